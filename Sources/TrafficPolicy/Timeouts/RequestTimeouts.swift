public import TimeAndChance

/// The timers of a forwarded request, resolved: what each means and which are dropped.
///
/// - Source: Envoy `source/common/router/router.cc` (FilterUtility::finalTimeout),
///   `source/common/router/upstream_request.cc`.
@frozen public struct RequestTimeouts: Sendable, Hashable {
  /// The route's timeout: from the whole request received to the last byte of the answer, over all
  /// tries and waits; nil is off.
  ///
  /// 504 UT.
  public var route: SimDuration?
  /// The per-try timeout: from a ready connection with the request sent to the response headers of
  /// that try; nil is off.
  public var perTry: SimDuration?
  /// As ``perTry``, restarted by activity; nil is off.
  public var perTryIdle: SimDuration?
  /// The stream idle timeout: from the last byte in either direction; nil is off.
  ///
  /// 504 or 408, SI.
  public var streamIdle: SimDuration?
  /// The longest life of the stream; nil is off.
  ///
  /// 504 without a flag.
  public var maxStreamDuration: SimDuration?

  /// The timers of a request that `action` forwards through a listener with `streamIdle`.
  ///
  /// A timeout of 0 is off. A per-try timeout that is not smaller than the route's is dropped.
  public init(_ action: ForwardAction, listenerStreamIdle: SimDuration? = nil) {
    self.init(
      route: action.timeout, perTry: action.retryPolicy?.perTryTimeout,
      perTryIdle: action.retryPolicy?.perTryIdleTimeout,
      streamIdle: action.idleTimeout ?? listenerStreamIdle,
      maxStreamDuration: action.maxStreamDuration)
  }

  /// The timers from their configured values.
  public init(
    route: SimDuration?, perTry: SimDuration?, perTryIdle: SimDuration? = nil,
    streamIdle: SimDuration? = nil, maxStreamDuration: SimDuration? = nil
  ) {
    self.route = Self.set(route)
    self.perTry = Self.effectivePerTry(perTry, route: route)
    self.perTryIdle = Self.set(perTryIdle)
    self.streamIdle = Self.set(streamIdle)
    self.maxStreamDuration = Self.set(maxStreamDuration)
  }

  /// The per-try timeout that applies: dropped unless it is smaller than the route's.
  public static func effectivePerTry(_ perTry: SimDuration?, route: SimDuration?) -> SimDuration? {
    guard let perTry = set(perTry) else { return nil }
    if let route = set(route), perTry >= route { return nil }
    return perTry
  }

  private static func set(_ timeout: SimDuration?) -> SimDuration? {
    guard let timeout, timeout > .zero else { return nil }
    return timeout
  }

  /// The status of a stream that its idle timer ends: 408 while the request is not complete.
  @inlinable public static func streamIdleStatus(requestComplete: Bool) -> UInt16 {
    requestComplete ? 504 : 408
  }
}
