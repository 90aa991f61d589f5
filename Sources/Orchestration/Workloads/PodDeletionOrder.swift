/// What decides which pod a ReplicaSet deletes first when it shrinks.
///
/// The first difference decides: unscheduled before scheduled; Pending before Unknown before
/// Running; not ready before ready; lower deletion cost; more pods of the same owner on the node;
/// ready for a shorter time; more restarts; younger. Times are compared as powers of two of
/// nanoseconds, so that pods of similar age are picked at random (by their UID) and a zone that
/// happens to hold the youngest is not emptied.
///
/// - Source: Kubernetes `ActivePodsWithRanks.Less`, `logarithmicRankDiff` in
///   `pkg/controller/controller_utils.go`.
public struct PodDeletionCandidate: Sendable, Equatable {
  /// A pod's phase, in the order of deletion.
  public enum Phase: Int, Sendable, Comparable {
    /// Not all containers have started.
    case pending
    /// Its node does not report.
    case unknown
    /// Started.
    case running

    public static func < (left: Phase, right: Phase) -> Bool { left.rawValue < right.rawValue }
  }

  /// Whether a node was assigned.
  public var isScheduled: Bool
  /// Pending, Unknown or Running; pods that ended or are terminating are not candidates.
  public var phase: Phase
  /// Whether its Ready condition is true.
  public var isReady: Bool
  /// The `controller.kubernetes.io/pod-deletion-cost` annotation; 0 by default.
  public var deletionCost: Int32
  /// Active pods of the same owner on the same node, this one included.
  public var colocatedRank: Int
  /// Nanoseconds since it became ready; nil without a timestamp.
  public var readyAgeNanoseconds: Int64?
  /// Restarts of its most restarted container.
  public var restarts: Int
  /// Nanoseconds since it was created; nil without a timestamp.
  public var ageNanoseconds: Int64?

  /// A candidate with these properties.
  public init(
    isScheduled: Bool, phase: Phase, isReady: Bool, deletionCost: Int32 = 0,
    colocatedRank: Int = 1, readyAgeNanoseconds: Int64?, restarts: Int = 0, ageNanoseconds: Int64?
  ) {
    self.isScheduled = isScheduled
    self.phase = phase
    self.isReady = isReady
    self.deletionCost = deletionCost
    self.colocatedRank = colocatedRank
    self.readyAgeNanoseconds = readyAgeNanoseconds
    self.restarts = restarts
    self.ageNanoseconds = ageNanoseconds
  }

  /// Which of two pods goes first.
  public enum Order: Sendable, Equatable {
    /// The first one.
    case firstGoesFirst
    /// The second one.
    case secondGoesFirst
    /// Neither by its properties: the lower UID goes first.
    case byUID
  }

  /// Compares two candidates.
  public static func order(_ first: Self, _ second: Self) -> Order {
    if first.isScheduled != second.isScheduled { return order(firstGoes: !first.isScheduled) }
    if first.phase != second.phase { return order(firstGoes: first.phase < second.phase) }
    if first.isReady != second.isReady { return order(firstGoes: !first.isReady) }
    if first.deletionCost != second.deletionCost {
      return order(firstGoes: first.deletionCost < second.deletionCost)
    }
    if first.colocatedRank != second.colocatedRank {
      return order(firstGoes: first.colocatedRank > second.colocatedRank)
    }
    if first.isReady, first.readyAgeNanoseconds != second.readyAgeNanoseconds {
      return order(ages: first.readyAgeNanoseconds, second.readyAgeNanoseconds)
    }
    if first.restarts != second.restarts {
      return order(firstGoes: first.restarts > second.restarts)
    }
    if first.ageNanoseconds != second.ageNanoseconds {
      return order(ages: first.ageNanoseconds, second.ageNanoseconds)
    }
    return .byUID
  }

  private static func order(firstGoes: Bool) -> Order {
    firstGoes ? .firstGoesFirst : .secondGoesFirst
  }

  /// Without timestamp first, then the younger power of two.
  private static func order(ages first: Int64?, _ second: Int64?) -> Order {
    guard let first, let second else { return order(firstGoes: first == nil) }
    let (left, right) = (bucket(first), bucket(second))
    return left == right ? .byUID : order(firstGoes: left < right)
  }

  private static func bucket(_ age: Int64) -> Int {
    age > 0 ? Int64.bitWidth - 1 - age.leadingZeroBitCount : -1
  }
}
