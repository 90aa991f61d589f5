public import TimeAndChance

/// One ReplicaSet and its controller: what a sync does, and when the next one comes.
///
/// A refused create (quota, policy, unknown class) fails the sync: the set shows `ReplicaFailure`
/// and is tried again after its back-off. An event of its own pods, or a change of the set, brings a
/// sync at once; quota that another workload frees does not, so a set that was refused often enough
/// may stay short for up to 1000 s although there is room.
///
/// - Source: Kubernetes `syncReplicaSet`, `manageReplicas`, `processNextWorkItem` in
///   `pkg/controller/replicaset/replica_set.go`; issue kubernetes/kubernetes#98656.
public struct ReplicaSetController: Sendable, Equatable {
  /// What a sync did.
  public struct Outcome: Sendable, Equatable {
    /// Pods created.
    public var created: Int
    /// Creates refused; each is a `FailedCreate` event.
    public var refused: Int
    /// Pods to delete, by their position in the list given, in deletion order.
    public var deleted: [Int]
    /// When the set is tried again by itself; nil when only an event brings the next sync.
    public var retryAt: SimTime?

    /// An outcome; nothing done by default.
    public init(
      created: Int = 0, refused: Int = 0, deleted: [Int] = [], retryAt: SimTime? = nil
    ) {
      self.created = created
      self.refused = refused
      self.deleted = deleted
      self.retryAt = retryAt
    }
  }

  /// How much one sync may do.
  public let control: ReplicaSetControl
  /// The condition `ReplicaFailure`: the last sync had a refused create.
  public private(set) var hasReplicaFailure = false
  /// When the set is tried again by itself.
  public private(set) var retryAt: SimTime?
  private var backOff: WorkQueueBackOff

  /// A set that has not been synced.
  public init(
    control: ReplicaSetControl = ReplicaSetControl(),
    backOff: WorkQueueBackOff = WorkQueueBackOff()
  ) {
    self.control = control
    self.backOff = backOff
  }

  /// One sync.
  ///
  /// - Parameters:
  ///   - desired: the set's `spec.replicas`.
  ///   - pods: its active pods, in the order of their UIDs.
  ///   - now: the instant of the sync.
  ///   - create: asks for one pod and says whether it was admitted.
  /// - Returns: what was done and when the set is tried again.
  public mutating func sync(
    desired: Int, pods: [PodDeletionCandidate], at now: SimTime, create: () -> Bool
  ) -> Outcome {
    var outcome = Outcome()
    switch control.manage(desired: desired, pods: pods) {
    case .none: break
    case .delete(let positions): outcome.deleted = positions
    case .create(let count):
      let batches = SlowStartBatches.run(count: count) { _ in create() }
      outcome.created = batches.succeeded
      outcome.refused = batches.attempted - batches.succeeded
    }
    hasReplicaFailure = outcome.refused > 0
    if hasReplicaFailure {
      retryAt = now + backOff.delayAfterFailure()
    } else {
      retryAt = nil
      backOff.recordSuccess()
    }
    outcome.retryAt = retryAt
    return outcome
  }
}
