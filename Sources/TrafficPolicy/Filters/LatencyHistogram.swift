/// Latencies in microseconds in bins of two decimal digits, as Envoy's controller keeps them.
///
/// - Source: `circonus-labs/libcircllhist` (hist_insert, hist_approx_quantile).
struct LatencyHistogram: Sendable {
  /// Bins of 10 ...
  ///
  /// 99 for each power of ten, after those of 0 ... 9.
  private var counts = ContiguousArray<UInt32>(repeating: 0, count: 10 + 90 * 12)
  private(set) var count: UInt64 = 0

  /// The bin's index, its left edge and its width.
  private static func bin(of value: Int64) -> Int {
    if value < 10 { return Int(max(0, value)) }
    var scaled = value
    var power = 0
    while scaled >= 100, power < 11 {
      scaled /= 10
      power += 1
    }
    return 10 + 90 * power + Int(min(99, scaled)) - 10
  }

  private static func edges(of bin: Int) -> (left: Double, width: Double) {
    if bin < 10 { return (Double(bin), bin == 0 ? 0 : 0.1) }  // below 10, digits after the point
    var width = 1.0
    for _ in 0..<((bin - 10) / 90) { width *= 10 }
    return (Double(10 + (bin - 10) % 90) * width, width)
  }

  mutating func insert(_ microseconds: Int64) {
    counts[Self.bin(of: microseconds)] += 1
    count += 1
  }

  /// The quantile 0...1, interpolated within its bin; `count` is above 0.
  func quantile(_ share: Double) -> Double {
    let wanted = Double(count) * share
    var lower = 0.0
    var upper = 0.0
    var found = 0
    for bin in counts.indices where counts[bin] > 0 {
      found = bin
      lower = upper
      upper = lower + Double(counts[bin])
      if upper >= wanted { break }
    }
    let (left, width) = Self.edges(of: found)
    if lower == wanted { return left }
    if upper == wanted { return left + width }
    return left + (wanted - lower) / (upper - lower) * width
  }

  mutating func removeAll() {
    guard count > 0 else { return }
    for bin in counts.indices { counts[bin] = 0 }
    count = 0
  }
}
