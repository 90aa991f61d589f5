public import Statistics

/// A latency histogram of few values in few bytes: only the buckets that hold something.
///
/// Keeps the latencies of one window, so that quantiles over any stretch of windows can be had
/// later. Count, sum, least and greatest value are exact; a value in between is known by its
/// bucket, 0.8 % wide.
public struct CompactHistogram: Sendable, Equatable {
  /// A bucket's place in the grid and its count.
  struct Entry: Sendable, Equatable {
    var bucket: UInt16
    var count: UInt32
  }
  private(set) var entries: [Entry] = []
  private(set) var least: Int64 = 0
  private(set) var greatest: Int64 = 0
  private(set) var sum: UInt128 = 0
  /// How many values.
  public private(set) var count: UInt64 = 0

  /// No values.
  public init() {}

  /// The values of a histogram.
  public init(_ histogram: LatencyHistogram) {
    guard let least = histogram.minimum, let greatest = histogram.maximum else { return }
    self.least = least
    self.greatest = greatest
    count = histogram.count
    sum = histogram.sum
    entries.reserveCapacity(histogram.counts.count)
    for (offset, count) in histogram.counts.enumerated() where count > 0 {
      var rest = count
      while rest > 0 {  // a count beyond 32 bits takes several entries
        let part = UInt32(clamping: rest)
        entries.append(Entry(bucket: UInt16(histogram.firstBucket + offset), count: part))
        rest -= UInt64(part)
      }
    }
  }
}

/// The latencies of several windows together: what quantiles over a part of a run come from.
public struct MergedLatency: Sendable {
  private var counts: [UInt64] = []
  private var firstBucket = 0
  private var least = Int64.max
  private var greatest = Int64.min
  private var sum: UInt128 = 0
  /// How many values.
  public private(set) var count: UInt64 = 0

  /// The values of some windows.
  public init(_ windows: some Collection<CompactHistogram>) {
    var last = -1
    firstBucket = Int.max
    for window in windows where window.count > 0 {
      firstBucket = min(firstBucket, Int(window.entries[0].bucket))
      last = max(last, Int(window.entries[window.entries.count - 1].bucket))
    }
    guard last >= 0 else { return }
    counts = [UInt64](repeating: 0, count: last - firstBucket + 1)
    for window in windows where window.count > 0 {
      for entry in window.entries {
        counts[Int(entry.bucket) - firstBucket] += UInt64(entry.count)
      }
      count += window.count
      sum += window.sum
      least = min(least, window.least)
      greatest = max(greatest, window.greatest)
    }
  }

  /// The exact mean in nanoseconds; nil of no values.
  public var mean: Double? { count == 0 ? nil : Double(sum) / Double(count) }
  /// The smallest value; nil of none.
  public var minimum: Int64? { count == 0 ? nil : least }
  /// The largest value; nil of none.
  public var maximum: Int64? { count == 0 ? nil : greatest }

  /// The value in nanoseconds that a share in 0...1 of all values lies below; nil of none.
  ///
  /// By the rule of `LatencyHistogram.quantile`: even inside a bucket, never outside the values.
  public func quantile(_ share: Double) -> Double? {
    guard count > 0 else { return nil }
    if share >= 1 { return Double(greatest) }
    let rank = share * Double(count)
    var below: UInt64 = 0
    for index in counts.indices where counts[index] > 0 {
      let upTo = below + counts[index]
      if Double(upTo) >= rank {
        let bucket = firstBucket + index
        let low = max(Double(LatencyBucket.lowerEnd(bucket)), Double(least))
        let high = min(Double(LatencyBucket.upperEnd(bucket)), Double(greatest))
        return low + (high - low) * ((rank - Double(below)) / Double(counts[index]))
      }
      below = upTo
    }
    return Double(greatest)
  }
}
