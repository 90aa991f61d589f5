/// How many values fell into each bucket of a fixed grid: quantiles within 0.8 %, exact merging.
///
/// Holds only the span of buckets that is in use, 1 KB an octave. Count, sum, least and greatest
/// value are exact. Equal contents are equal values, in whatever order they came together. Run
/// loops record with ``LatencyRecorder`` and take its histogram at the end. All values are
/// nanoseconds and not negative.
public struct LatencyHistogram: Sendable, Equatable {
  /// The bucket of the first of ``counts``; see ``LatencyBucket``.
  public private(set) var firstBucket = 0
  /// The counts from the first bucket in use to the last.
  public private(set) var counts: [UInt64] = []
  /// How many values were recorded.
  public private(set) var count: UInt64 = 0
  /// Their exact sum in nanoseconds.
  public private(set) var sum: UInt128 = 0
  // Without values these are the extremes of their type, so that comparing needs no case.
  private var least = Int64.max
  private var greatest = Int64.min

  /// A histogram without values.
  public init() {}

  /// A histogram of buckets that were counted elsewhere; the buckets at both ends are in use.
  init(firstBucket: Int, counts: [UInt64], sum: UInt128, least: Int64, greatest: Int64) {
    self.firstBucket = firstBucket
    self.counts = counts
    self.count = counts.reduce(0, +)
    self.sum = sum
    self.least = least
    self.greatest = greatest
  }

  /// The smallest value; nil of none.
  public var minimum: Int64? { count == 0 ? nil : least }
  /// The largest value; nil of none.
  public var maximum: Int64? { count == 0 ? nil : greatest }
  /// The exact mean in nanoseconds; nil of no values.
  public var mean: Double? { count == 0 ? nil : Double(sum) / Double(count) }

  /// Records a value, as often as said.
  public mutating func record(_ nanoseconds: Int64, times: UInt64 = 1) {
    precondition(nanoseconds >= 0, "a latency is not negative: \(nanoseconds) ns")
    guard times > 0 else { return }
    let bucket = LatencyBucket.index(of: UInt64(nanoseconds))
    cover(bucket...bucket)
    counts[bucket - firstBucket] += times
    count += times
    sum += UInt128(nanoseconds) * UInt128(times)
    least = min(least, nanoseconds)
    greatest = max(greatest, nanoseconds)
  }

  /// Adds the values of another histogram; exact, in any order.
  public mutating func merge(_ other: LatencyHistogram) {
    guard other.count > 0 else { return }
    cover(other.firstBucket...other.firstBucket + other.counts.count - 1)
    let offset = other.firstBucket - firstBucket
    for (index, count) in other.counts.enumerated() { counts[offset + index] += count }
    count += other.count
    sum += other.sum
    least = min(least, other.least)
    greatest = max(greatest, other.greatest)
  }

  /// Makes room for some buckets that are about to be used.
  private mutating func cover(_ buckets: ClosedRange<Int>) {
    if counts.isEmpty { firstBucket = buckets.lowerBound }
    if buckets.lowerBound < firstBucket {
      let missing = firstBucket - buckets.lowerBound
      counts.insert(contentsOf: repeatElement(0, count: missing), at: 0)
      firstBucket = buckets.lowerBound
    }
    let missing = buckets.upperBound - firstBucket + 1 - counts.count
    if missing > 0 { counts.append(contentsOf: repeatElement(0, count: missing)) }
  }

  /// A bucket with values in it.
  public struct Bucket: Sendable, Equatable {
    /// The smallest value that falls into it.
    public let lowerEnd: UInt64
    /// The smallest value above it.
    public let upperEnd: UInt64
    /// How many values did.
    public let count: UInt64
  }

  /// The buckets that hold values, from the smallest up.
  public var buckets: [Bucket] {
    counts.indices.compactMap { index in
      guard counts[index] > 0 else { return nil }
      let bucket = firstBucket + index
      return Bucket(
        lowerEnd: LatencyBucket.lowerEnd(bucket), upperEnd: LatencyBucket.upperEnd(bucket),
        count: counts[index])
    }
  }

  /// The value in nanoseconds that a share of all values lies below; nil of no values.
  ///
  /// Even inside a bucket; exact at 0 and 1, and never outside the values that were recorded.
  /// The share is `0...1`; 0.99 for the 99th percentile.
  public func quantile(_ share: Double) -> Double? {
    precondition(share >= 0 && share <= 1, "a quantile is within 0...1, not \(share)")
    guard count > 0 else { return nil }
    if share == 1 { return Double(greatest) }
    let rank = share * Double(count)
    var below: UInt64 = 0
    for index in counts.indices where counts[index] > 0 {
      let upTo = below + counts[index]
      if Double(upTo) >= rank {
        let (low, high) = ends(index)
        return low + (high - low) * ((rank - Double(below)) / Double(counts[index]))
      }
      below = upTo
    }
    return Double(greatest)
  }

  /// The share of the values that are greater than a limit in nanoseconds; 0 of no values.
  public func share(above limit: Double) -> Double {
    guard count > 0, limit < Double(greatest) else { return 0 }
    if limit < Double(least) { return 1 }
    var above = 0.0
    for index in counts.indices.reversed() where counts[index] > 0 {
      let (low, high) = ends(index)
      if high <= limit { break }
      let part = low >= limit ? 1 : (high - limit) / (high - low)
      above += part * Double(counts[index])
    }
    return min(1, above / Double(count))
  }

  /// The ends of a bucket, narrowed to the values that were recorded.
  private func ends(_ index: Int) -> (low: Double, high: Double) {
    LatencyBucket.ends(firstBucket + index, least: least, greatest: greatest)
  }
}
