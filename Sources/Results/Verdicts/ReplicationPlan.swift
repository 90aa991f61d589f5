public import Scenario

/// How many replications are run: fixed batches, until every expectation is decided.
///
/// What is run next depends on whole batches in the order of replications, never on which one
/// finished first, so the number is the same on any number of cores. Batches double: each look at
/// the results is a chance to stop at a lucky moment, and four looks are few.
public struct ReplicationPlan: Sendable, Equatable {
  /// The numbers of replications after which the results are looked at, rising.
  public var stages: [Int]

  /// 5, 10, 20 and at last 40 replications.
  public static let untilDecided = ReplicationPlan(stages: [5, 10, 20, 40])

  /// Looks at the results after those numbers of replications.
  public init(stages: [Int]) { self.stages = stages }

  /// The plan for what a scenario or a command line asks.
  public init(_ replications: Replications) {
    switch replications {
    case .untilDecided: self = .untilDecided
    case .exactly(let count): self.init(stages: [max(1, count)])
    }
  }

  /// The most replications that are run.
  public var maximum: Int { stages.last ?? 0 }

  /// The numbers of the replications to run next; empty when enough were run.
  ///
  /// - Parameters:
  ///   - done: how many were run: a whole number of batches.
  ///   - verdicts: the verdicts on those.
  /// - Returns: the numbers that follow.
  public func nextBatch(after done: Int, verdicts: [Verdict]) -> Range<Int> {
    guard let stage = stages.first(where: { $0 > done }) else { return done..<done }
    if done > 0, verdicts.allSatisfy(\.isCertain) { return done..<done }
    return done..<stage
  }
}
