/// Creates pods in batches of 1, 2, 4, 8, …, and gives up after the first batch that had a failure.
///
/// A full quota is thus found out with one or two refused requests instead of hundreds. Within a
/// batch all requests are made, even after one of them failed.
///
/// - Source: Kubernetes `slowStartBatch` in `pkg/controller/replicaset/replica_set.go`.
public enum SlowStartBatches {
  /// What a run of batches did.
  public struct Outcome: Sendable, Equatable {
    /// Requests that succeeded.
    public var succeeded: Int
    /// Requests that were made.
    public var attempted: Int
  }

  /// Makes up to `count` requests.
  ///
  /// - Parameters:
  ///   - count: how many are wanted.
  ///   - initialBatch: the size of the first batch; 1 in the controllers.
  ///   - request: makes the request of that index, counted from 0, and says whether it succeeded.
  /// - Returns: how many requests were made and how many succeeded.
  public static func run(
    count: Int, initialBatch: Int = 1, request: (Int) -> Bool
  ) -> Outcome {
    var outcome = Outcome(succeeded: 0, attempted: 0)
    var batch = min(count, max(1, initialBatch))
    while batch > 0 {
      let first = outcome.attempted
      for index in first..<(first + batch) where request(index) { outcome.succeeded += 1 }
      outcome.attempted += batch
      if outcome.succeeded < outcome.attempted { break }
      batch = min(2 * batch, count - outcome.attempted)
    }
    return outcome
  }
}
