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
    sum = histogram.sum
    entries.reserveCapacity(histogram.counts.count)
    for (offset, count) in histogram.counts.enumerated() where count > 0 {
      append(count, histogram.firstBucket + offset)
    }
  }

  /// The values of a recorder.
  public init(_ recorder: borrowing LatencyRecorder) {
    guard !recorder.isEmpty else { return }
    least = recorder.least
    greatest = recorder.greatest
    sum = recorder.sum
    var used = 0
    var most: UInt64 = 0
    recorder.forEachCount { _, number in
      used &+= 1
      most = max(most, number)
    }
    guard most < UInt32.max else {
      recorder.forEachCount { bucket, number in append(number, bucket) }
      return
    }
    entries = Array(unsafeUninitializedCapacity: used) { room, filled in
      recorder.forEachCount { bucket, number in
        (room.baseAddress.unsafelyUnwrapped + filled).initialize(
          to: Entry(
            bucket: UInt16(truncatingIfNeeded: bucket), count: UInt32(truncatingIfNeeded: number)))
        filled &+= 1
        count &+= number
      }
    }
  }

  /// The values of two recorders together.
  public init(_ one: borrowing LatencyRecorder, _ other: borrowing LatencyRecorder) {
    if other.isEmpty {
      self.init(one)
    } else if one.isEmpty {
      self.init(other)
    } else {
      self.init(merging: [CompactHistogram(one), CompactHistogram(other)])
    }
  }

  /// The values of some histograms together.
  public init(merging parts: some Collection<CompactHistogram>) {
    let used = parts.lazy.filter { $0.count > 0 }
    if let first = used.first, used.dropFirst().isEmpty {
      self = first
      return
    }
    self.init()
    var first = Int.max
    var last = -1
    least = .max
    greatest = .min
    for part in parts where part.count > 0 {
      first = min(first, Int(part.entries[0].bucket))
      last = max(last, Int(part.entries[part.entries.count - 1].bucket))
      least = min(least, part.least)
      greatest = max(greatest, part.greatest)
      sum += part.sum
    }
    guard last >= 0 else {
      self.init()
      return
    }
    var counts = [UInt64](repeating: 0, count: last - first + 1)
    for part in parts {
      for entry in part.entries { counts[Int(entry.bucket) - first] += UInt64(entry.count) }
    }
    for (offset, count) in counts.enumerated() { append(count, first + offset) }
  }

  /// Adds a bucket above all others.
  private mutating func append(_ number: UInt64, _ bucket: Int) {
    count += number
    var rest = number
    while rest > 0 {  // a count beyond 32 bits takes several entries
      let part = UInt32(clamping: rest)
      entries.append(Entry(bucket: UInt16(bucket), count: part))
      rest -= UInt64(part)
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
  /// By the rule of ``LatencyHistogram/quantile(_:)``: even inside a bucket, never outside the
  /// values.
  public func quantile(_ share: Double) -> Double? {
    guard count > 0 else { return nil }
    if share >= 1 { return Double(greatest) }
    let rank = share * Double(count)
    var below: UInt64 = 0
    for entry in entries {
      let upTo = below + UInt64(entry.count)
      if Double(upTo) >= rank {
        let (low, high) = LatencyBucket.ends(
          Int(entry.bucket), least: least, greatest: greatest)
        return low + (high - low) * ((rank - Double(below)) / Double(entry.count))
      }
      below = upTo
    }
    return Double(greatest)
  }
}
