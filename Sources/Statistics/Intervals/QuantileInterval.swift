/// A quantile with its confidence interval, from one sample of independent values.
///
/// The number of values below the true quantile is binomial, whatever their law; so two ranks of
/// the sorted sample enclose it with a known probability. Over replications use
/// ``overReplications(_:quantile:confidence:)`` instead: within a run latencies depend on one
/// another, and these intervals are then too narrow.
///
/// - Source: H. A. David, H. N. Nagaraja, "Order Statistics", 3rd edition, section 7.1.
public struct QuantileInterval: Sendable, Equatable {
  /// The estimate.
  public let value: Double
  /// The lower end.
  public let low: Double
  /// The upper end.
  public let high: Double

  /// The ranks, counted from 1, whose values enclose the quantile with that confidence.
  ///
  /// Each side is missed with probability `(1 - confidence)/2` at most. Nil if the sample is too
  /// small to have such ranks: the 99th percentile needs 368 values for 95 %.
  public static func ranks(
    count: Int, quantile: Double, confidence: Double = 0.95
  ) -> (lower: Int, upper: Int)? {
    precondition(quantile > 0 && quantile < 1, "quantile must be 0...1, not \(quantile)")
    precondition(confidence > 0 && confidence < 1, "confidence must be 0...1, not \(confidence)")
    let miss = 0.5 * (1 - confidence)
    // The quantile is below the value of rank l when fewer than l values are below it.
    func below(_ rank: Int) -> Double {
      SpecialFunctions.binomial(atMost: rank - 1, trials: count, probability: quantile)
    }
    let lower = firstRank(count) { below($0) > miss } - 1
    let upper = firstRank(count) { below($0) >= 1 - miss }
    return lower >= 1 && upper <= count ? (lower, upper) : nil
  }

  /// The smallest rank in `1...count` with a property that all later ones share; else `count + 1`.
  private static func firstRank(_ count: Int, where holds: (Int) -> Bool) -> Int {
    var (low, high) = (1, count + 1)
    while low < high {
      let middle = low + (high - low) / 2
      if holds(middle) { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// The interval of a sorted sample; nil if it is too small for one.
  public init?(sorted values: [Double], quantile: Double, confidence: Double = 0.95) {
    guard
      let ranks = Self.ranks(count: values.count, quantile: quantile, confidence: confidence)
    else { return nil }
    let place = quantile * Double(values.count - 1)
    let index = min(Int(place), values.count - 2)
    let part = place - Double(index)
    value = values[index] + part * (values[index + 1] - values[index])
    low = values[ranks.lower - 1]
    high = values[ranks.upper - 1]
  }

  /// The interval of a histogram, in nanoseconds; nil if it holds too few values for one.
  public init?(_ histogram: LatencyHistogram, quantile: Double, confidence: Double = 0.95) {
    guard
      let count = Int(exactly: histogram.count),
      let ranks = Self.ranks(count: count, quantile: quantile, confidence: confidence),
      let value = histogram.quantile(quantile),
      let low = histogram.quantile((Double(ranks.lower) - 0.5) / Double(count)),
      let high = histogram.quantile((Double(ranks.upper) - 0.5) / Double(count))
    else { return nil }
    self.value = value
    self.low = low
    self.high = high
  }

  /// The mean over replications of each one's quantile, with its interval; in nanoseconds.
  ///
  /// Replications without values are left out; nil if none has any.
  public static func overReplications(
    _ histograms: some Collection<LatencyHistogram>, quantile: Double, confidence: Double = 0.95
  ) -> ReplicationInterval? {
    ReplicationInterval(
      histograms.compactMap { $0.quantile(quantile) }, confidence: confidence)
  }
}
