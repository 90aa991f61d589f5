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

  /// Adds the values to a histogram; those between the least and the greatest count as the middle
  /// of their bucket.
  public func add(to histogram: inout LatencyHistogram) {
    guard count > 0 else { return }
    var lowest: UInt64 = 1
    var highest: UInt64 = count > 1 ? 1 : 0
    histogram.record(least)
    if highest > 0 { histogram.record(greatest) }
    let leastBucket = LatencyBucket.index(of: UInt64(least))
    let greatestBucket = LatencyBucket.index(of: UInt64(greatest))
    for entry in entries {
      var rest = UInt64(entry.count)
      let bucket = Int(entry.bucket)
      if bucket == leastBucket {
        let taken = min(lowest, rest)
        rest -= taken
        lowest -= taken
      }
      if bucket == greatestBucket {
        let taken = min(highest, rest)
        rest -= taken
        highest -= taken
      }
      guard rest > 0 else { continue }
      let low = LatencyBucket.lowerEnd(bucket)
      let middle = Int64(low + (LatencyBucket.upperEnd(bucket) - low) / 2)
      histogram.record(min(max(middle, least), greatest), times: rest)
    }
  }
}
