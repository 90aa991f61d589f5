public import Statistics

/// A figure's mean over replications, with its 95 % interval by Student's t.
///
/// The same as `ReplicationInterval`, with the factor looked up: a report has thousands of these.
public struct Estimate: Sendable, Equatable {
  /// How many replications have the figure.
  public let count: Int
  /// The mean over them.
  public let mean: Double
  /// The standard deviation between them; 0 of a single one.
  public let standardDeviation: Double
  /// Half the width of the interval; infinite with a single replication.
  public let halfWidth: Double

  /// The lower end.
  public var low: Double { mean - halfWidth }
  /// The upper end.
  public var high: Double { mean + halfWidth }
  /// Whether there are enough replications for an interval.
  public var hasInterval: Bool { count > 1 }
}

/// The factors of Student's t for 95 %, for up to a number of replications.
public struct StudentFactors: Sendable {
  /// By the number of values; infinite for none and one.
  private let factors: [Double]

  /// The factors for up to that many replications.
  public init(upTo replications: Int) {
    factors = (0...max(1, replications)).map { count in
      count < 2
        ? .infinity : StudentT.quantile(confidence: 0.95, degreesOfFreedom: Double(count - 1))
    }
  }

  /// The estimate from one value for each replication, in their order; nil of none.
  ///
  /// A replication without the figure has nil and is left out.
  public func estimate(_ values: some Sequence<Double?>) -> Estimate? {
    var summary = Welford()
    for value in values { if let value { summary.add(value) } }
    return estimate(summary)
  }

  /// The estimate from the mean and variance of replications; nil of none.
  public func estimate(_ summary: Welford) -> Estimate? {
    guard summary.count > 0 else { return nil }
    let deviation = summary.standardDeviation ?? 0
    let factor = summary.count < factors.count ? factors[summary.count] : .infinity
    return Estimate(
      count: summary.count, mean: summary.mean, standardDeviation: deviation,
      halfWidth: summary.count < 2
        ? .infinity : factor * deviation / Double(summary.count).squareRoot())
  }
}
