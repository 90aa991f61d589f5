/// Measured values of one kind and the statistics under which they are reported.
struct MetricSample: Sendable {
  /// A statistic of a sample.
  enum Statistic: String, Sendable {
    /// How many values.
    case n
    /// The smallest.
    case min
    /// The average.
    case mean
    /// The middle one.
    case median
    /// The largest.
    case max
    /// The three quartiles, as a list.
    case quartiles
  }

  /// The values, ascending.
  let sorted: [Double]
  /// The statistics that are reported, in order.
  let reported: [Statistic]

  /// The sample of those values, in any order.
  init(_ values: [Double], _ reported: [Statistic]) {
    sorted = values.sorted()
    self.reported = reported
  }

  /// The reported statistics under their names.
  var statistics: [MetricEntry] {
    reported.map { MetricEntry(key: $0.rawValue, value: value(of: $0)) }
  }

  /// The quantile at `share` in 0...1, by linear interpolation between order statistics.
  func quantile(_ share: Double) -> Double {
    guard let first = sorted.first else { return 0 }
    guard sorted.count > 1 else { return first }
    let position = share * Double(sorted.count - 1)
    let below = Swift.min(Int(position), sorted.count - 2)
    return sorted[below] + (sorted[below + 1] - sorted[below]) * (position - Double(below))
  }

  private func value(of statistic: Statistic) -> MetricValue {
    switch statistic {
    case .n: .number(Double(sorted.count))
    case .min: .number(sorted.first ?? 0)
    case .max: .number(sorted.last ?? 0)
    case .median: .number(quantile(0.5))
    case .mean: .number(sorted.isEmpty ? 0 : sorted.reduce(0, +) / Double(sorted.count))
    case .quartiles: .list([0.25, 0.5, 0.75].map { .number(quantile($0)) })
    }
  }
}
