/// What a ReplicaSet's controller does in one sync to reach its size.
///
/// Pods that are terminating or have ended are not counted, so a replacement is created at once,
/// without waiting for the old pod to disappear. Creation goes through ``SlowStartBatches``; a
/// refused create makes the sync fail, and the set is tried again after the ``WorkQueueBackOff``.
///
/// - Source: Kubernetes `manageReplicas`, `getPodsToDelete` in
///   `pkg/controller/replicaset/replica_set.go`.
public struct ReplicaSetControl: Sendable, Equatable {
  /// The most pods created or deleted in one sync; 500 upstream.
  public var burst: Int

  /// A controller with this burst.
  public init(burst: Int = 500) { self.burst = burst }

  /// What to do.
  public enum Action: Sendable, Equatable {
    /// The size is right.
    case none
    /// Ask for that many pods, in slow-start batches.
    case create(Int)
    /// Delete the pods at these positions, in deletion order.
    case delete([Int])
  }

  /// Compares the wanted size with the active pods.
  ///
  /// - Parameters:
  ///   - desired: the set's `spec.replicas`.
  ///   - pods: its active pods, in the order of their UIDs, which breaks ties.
  /// - Returns: what to create or delete, at most ``burst`` pods.
  public func manage(desired: Int, pods: [PodDeletionCandidate]) -> Action {
    let missing = desired - pods.count
    if missing > 0 { return .create(min(missing, burst)) }
    if missing == 0 { return .none }
    let surplus = min(-missing, burst)
    let order = pods.indices.sorted {
      switch PodDeletionCandidate.order(pods[$0], pods[$1]) {
      case .firstGoesFirst: true
      case .secondGoesFirst: false
      case .byUID: $0 < $1
      }
    }
    return .delete(Array(order.prefix(surplus)))
  }

  /// For each pod, the number of active pods of the same owner on its node.
  ///
  /// - Parameter nodes: the node of each pod of the owning Deployment, nil while unscheduled;
  ///   unscheduled pods count as being together, as upstream, where their node name is empty.
  /// - Returns: the count for each pod, in the order given.
  public static func colocatedRanks(nodes: [Int?]) -> [Int] {
    nodes.map { node in nodes.reduce(0) { $0 + ($1 == node ? 1 : 0) } }
  }
}
