/// One ReplicaSet of a Deployment as its controller sees it.
public struct ReplicaSetObservation: Sendable, Equatable {
  /// The size it should have (`spec.replicas`).
  public var replicas: Int
  /// Its pods that have been ready for `minReadySeconds`.
  public var available: Int
  /// Its pods that have not ended, terminating ones included; only `Recreate` looks at it.
  public var existingPods: Int
  /// The Deployment's size when this set was last scaled (`desired-replicas` annotation).
  public var recordedDesired: Int?
  /// The Deployment's size plus surge when this set was last scaled (`max-replicas` annotation).
  public var recordedMax: Int?
  /// When it was created compared with the others, larger is newer; decides between sets of equal
  /// size.
  ///
  /// Sets with equal numbers are taken in the order they are given, oldest first.
  public var creationOrder = 0

  /// A set of this size; as many pods exist as it should have, unless told otherwise.
  public init(
    replicas: Int, available: Int = 0, existingPods: Int? = nil, recordedDesired: Int? = nil,
    recordedMax: Int? = nil
  ) {
    self.replicas = replicas
    self.available = available
    self.existingPods = existingPods ?? replicas
    self.recordedDesired = recordedDesired
    self.recordedMax = recordedMax
  }
}

/// What a Deployment should look like, and what one sync of its controller does about it.
///
/// A sync does the first thing that changes something and stops; the change of status brings the
/// next sync. Sizes count what the sets should have: terminating pods are not counted, so more pods
/// than `replicas + surge` can exist while old ones drain.
///
/// - Source: Kubernetes `pkg/controller/deployment/{deployment_controller,rolling,recreate}.go`.
public struct DeploymentRollout: Sendable, Equatable {
  /// The wanted number of pods (`spec.replicas`); 1 by default in the API.
  public var replicas: Int
  /// How pods are replaced.
  public var strategy: DeploymentStrategy
  /// A paused Deployment still scales, but rolls nothing out.
  public var isPaused: Bool

  /// A Deployment of this size and strategy, not paused.
  public init(replicas: Int, strategy: DeploymentStrategy = .apiDefault, isPaused: Bool = false) {
    self.replicas = replicas
    self.strategy = strategy
    self.isPaused = isPaused
  }

  /// What one sync changed.
  public enum Change: Sendable, Equatable {
    /// Nothing to do.
    case none
    /// The size of the Deployment changed and was shared out.
    case scaled
    /// The new set grew or shrank.
    case resizedNew
    /// Old sets shrank.
    case shrankOld
  }

  /// The smallest number of available pods a rollout may leave.
  public var minAvailable: Int { replicas - strategy.unavailable(replicas: replicas) }

  /// The largest sum of sizes a rollout may reach.
  public var maxTotal: Int { replicas + strategy.surge(replicas: replicas) }

  /// One sync: resizes the sets in place and says what it did.
  ///
  /// - Parameters:
  ///   - new: the set of the current template; size 0 when it was just created.
  ///   - old: the sets of earlier templates, oldest first.
  /// - Returns: what changed; the sets hold their new sizes.
  public func sync(new: inout ReplicaSetObservation, old: inout [ReplicaSetObservation]) -> Change {
    let recorded = ([new] + old).filter { $0.replicas > 0 }.compactMap(\.recordedDesired)
    if isPaused || recorded.contains(where: { $0 != replicas }) {
      if scale(new: &new, old: &old) { return .scaled }
      if isPaused { return .none }
    }
    switch strategy {
    case .rollingUpdate:
      let size = newReplicaSetSize(
        new: new.replicas, total: new.replicas + old.reduce(0) { $0 + $1.replicas })
      if resize(&new, to: size) { return .resizedNew }
      return reconcileOld(new: new, old: &old) > 0 ? .shrankOld : .none
    case .recreate:
      var shrank = false
      for index in old.indices where resize(&old[index], to: 0) { shrank = true }
      if shrank { return .shrankOld }
      guard old.allSatisfy({ $0.existingPods == 0 }) else { return .none }
      return resize(&new, to: replicas) ? .resizedNew : .none
    }
  }

  /// Changes a size and notes, as the controller does, what the Deployment's was.
  func resize(_ set: inout ReplicaSetObservation, to size: Int) -> Bool {
    guard set.replicas != size else { return false }
    set.replicas = size
    record(in: &set)
    return true
  }

  func record(in set: inout ReplicaSetObservation) {
    set.recordedDesired = replicas
    set.recordedMax = maxTotal
  }

  // MARK: - Rolling

  /// The size of the new set in this step: shrunk to the wanted number, or grown into the surge.
  ///
  /// - Parameters:
  ///   - new: its size now.
  ///   - total: the sizes of all sets, the new one included.
  /// - Returns: its size after this step.
  public func newReplicaSetSize(new: Int, total: Int) -> Int {
    if new >= replicas { return replicas }
    if case .recreate = strategy { return replicas }
    guard total < maxTotal else { return new }
    return new + min(maxTotal - total, replicas - new)
  }

  /// Shrinks old sets as far as availability allows; returns how many pods went.
  public func reconcileOld(
    new: ReplicaSetObservation, old: inout [ReplicaSetObservation]
  ) -> Int {
    let oldTotal = old.reduce(0) { $0 + $1.replicas }
    guard oldTotal > 0 else { return 0 }
    let newUnavailable = new.replicas - new.available
    let room = oldTotal + new.replicas - minAvailable - newUnavailable
    guard room > 0 else { return 0 }
    let removed = cleanUpUnhealthy(old: &old, atMost: room)
    let available = new.available + old.reduce(0) { $0 + $1.available }
    return removed + scaleDownOld(old: &old, totalAvailable: available)
  }

  /// Removes pods that are not available from old sets, oldest first; returns how many went.
  public func cleanUpUnhealthy(old: inout [ReplicaSetObservation], atMost budget: Int) -> Int {
    var removed = 0
    for index in old.indices where old[index].replicas > 0 && removed < budget {
      let unhealthy = old[index].replicas - old[index].available
      guard unhealthy > 0 else { continue }
      let count = min(budget - removed, unhealthy)
      _ = resize(&old[index], to: old[index].replicas - count)
      removed += count
    }
    return removed
  }

  /// Removes available pods beyond the minimum from old sets, oldest first; returns how many went.
  public func scaleDownOld(old: inout [ReplicaSetObservation], totalAvailable: Int) -> Int {
    var budget = totalAvailable - minAvailable
    var removed = 0
    for index in old.indices where old[index].replicas > 0 && budget > 0 {
      let count = min(old[index].replicas, budget)
      _ = resize(&old[index], to: old[index].replicas - count)
      removed += count
      budget -= count
    }
    return removed
  }
}
