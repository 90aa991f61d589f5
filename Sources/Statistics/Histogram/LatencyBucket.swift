/// The log-linear grid of the histograms: 128 buckets an octave, exact below 256 ns.
///
/// From 256 on a bucket is 1/128 (0.78 %) of its lower end wide at most, 1/256 at least. The grid
/// is fixed, so histograms merge by adding counts.
///
/// - Source: the grid of HdrHistogram (G. Tene), with the octave's 128 upper halves as buckets.
public enum LatencyBucket {
  /// The bucket of a value; 0 for 0, 7295 at most.
  @inlinable @inline(__always) public static func index(of nanoseconds: UInt64) -> Int {
    // The lowest set bit that counts is the eighth, so the shift is never negative.
    let shift = 56 &- (nanoseconds | 128).leadingZeroBitCount
    let mantissa = nanoseconds &>> UInt64(truncatingIfNeeded: shift)
    return (shift &<< 7) &+ Int(truncatingIfNeeded: mantissa)
  }

  /// The smallest value of a bucket.
  public static func lowerEnd(_ index: Int) -> UInt64 {
    if index < 256 { return UInt64(index) }
    return UInt64(index & 127 | 128) << UInt64(index / 128 - 1)
  }

  /// The smallest value above a bucket.
  public static func upperEnd(_ index: Int) -> UInt64 { lowerEnd(index + 1) }

  /// The stretch that a bucket's values lie in, when all values are in `least...greatest`.
  ///
  /// Below 256 it is a point: such a bucket holds one whole number of nanoseconds, and 0 is no
  /// part of a nanosecond.
  static func ends(
    _ index: Int, least: Int64, greatest: Int64
  ) -> (low: Double, high: Double) {
    let low = lowerEnd(index)
    if index < 256 { return (Double(low), Double(low)) }
    return (max(Double(low), Double(least)), min(Double(upperEnd(index)), Double(greatest)))
  }
}
