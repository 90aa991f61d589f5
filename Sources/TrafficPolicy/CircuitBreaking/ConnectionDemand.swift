/// Whether a pool wants a further connection.
///
/// - Source: Envoy `source/common/conn_pool/conn_pool_base.cc` (shouldConnect).
public enum ConnectionDemand {
  /// True when the streams wanted exceed those provided for.
  ///
  /// Wanted are `ratio` times the queued and the active ones; provided for are the active ones and
  /// `capacity`, the streams that connections being opened will take; idle connections are left out.
  /// With a ratio of 1 that is: more are queued than are being set up. A pool asks again, at most
  /// three times, after each connection that it opens.
  @inlinable @inline(__always)
  public static func wantsConnection(
    pending: UInt32, active: UInt32, capacity: UInt64, ratio: Double = 1
  ) -> Bool {
    if ratio <= 1 { return UInt64(pending) > capacity }
    let wanted = (Double(pending) + Double(active)) * ratio
    return wanted > Double(capacity) + Double(active)
  }

  /// The connections that a pool opens at once at most.
  @inlinable public static var burst: Int { 3 }
}
