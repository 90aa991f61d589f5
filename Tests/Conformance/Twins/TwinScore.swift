import Synchronization

/// How many metrics that are limited by the spread of the runs lie inside their own 95 % interval.
///
/// A perfect simulator has 95 of 100 there; far fewer betray one that only the joint judgement lets
/// pass.
struct TwinScore: Sendable {
  /// Metrics that were compared.
  private(set) var metrics = 0
  /// Those of them inside their interval.
  private(set) var inside = 0

  /// The score of all twins that were judged so far; whole numbers, so in any order.
  private static let total = Mutex(TwinScore())

  /// Adds the score of a twin to that of all.
  static func report(_ score: TwinScore) { total.withLock { $0.merge(score) } }

  /// The score of all twins in words; nil when there was nothing to compare.
  static var line: String? { total.withLock(\.line) }

  /// Counts a metric.
  mutating func add(isInside: Bool) {
    metrics += 1
    if isInside { inside += 1 }
  }

  private mutating func merge(_ other: TwinScore) {
    metrics += other.metrics
    inside += other.inside
  }

  private var line: String? {
    guard metrics > 0 else { return nil }
    let expected = Int((Double(metrics) * TwinJudge.confidence).rounded())
    return "twins: \(inside) of \(metrics) metrics inside their own 95 % interval "
      + "(\(expected) expected of a perfect simulator)"
  }
}
