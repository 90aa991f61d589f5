/// A mean over independent replications with its confidence interval.
public struct ReplicationInterval: Sendable, Equatable {
  /// How many replications.
  public let count: Int
  /// The mean over the replications.
  public let mean: Double
  /// The standard deviation between replications; 0 of a single one.
  public let standardDeviation: Double
  /// Half the width of the interval; infinite with a single replication.
  public let halfWidth: Double
  /// The probability with which such intervals hold the true mean.
  public let confidence: Double

  /// The interval of one number per replication; nil of none.
  ///
  /// The numbers are taken as independent and nearly normal, which means of long runs are.
  /// For a comparison under common random numbers pass the differences, pair by pair.
  public init?(_ values: some Collection<Double>, confidence: Double = 0.95) {
    guard !values.isEmpty else { return nil }
    let summary = Welford(values)
    count = summary.count
    mean = summary.mean
    standardDeviation = summary.standardDeviation ?? 0
    self.confidence = confidence
    if count < 2 {
      halfWidth = .infinity
    } else {
      let t = StudentT.quantile(confidence: confidence, degreesOfFreedom: Double(count - 1))
      halfWidth = t * standardDeviation / Double(count).squareRoot()
    }
  }

  /// The lower end.
  public var low: Double { mean - halfWidth }
  /// The upper end.
  public var high: Double { mean + halfWidth }

  /// Whether the interval holds a value.
  public func contains(_ value: Double) -> Bool { value >= low && value <= high }
}
