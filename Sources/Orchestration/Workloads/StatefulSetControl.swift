/// The pod of one ordinal of a StatefulSet.
public struct StatefulPodObservation: Sendable, Equatable {
  /// Running and its Ready condition true.
  public var isReady: Bool
  /// Ready for `minReadySeconds`.
  public var isAvailable: Bool
  /// Has a deletion timestamp.
  ///
  /// Pods of a lost node stay like this until their object is removed.
  public var isTerminating: Bool
  /// Ended (Succeeded or Failed): deleted and created again.
  public var hasEnded: Bool
  /// Made from the current template.
  public var isUpdated: Bool

  /// A pod; healthy and of the current template by default.
  public init(
    isReady: Bool = true, isAvailable: Bool? = nil, isTerminating: Bool = false,
    hasEnded: Bool = false, isUpdated: Bool = true
  ) {
    self.isReady = isReady
    self.isAvailable = isAvailable ?? isReady
    self.isTerminating = isTerminating
    self.hasEnded = hasEnded
    self.isUpdated = isUpdated
  }

  var isHealthy: Bool { isReady && isAvailable && !isTerminating && !hasEnded }
}

/// What a StatefulSet's controller does in one sync: identities, one after the other.
///
/// With `OrderedReady` pods are created upwards, each after all lower ones are available, and
/// removed downwards, each after the one above is gone. There are never two pods of one identity:
/// a terminating pod is waited for, however long it takes. A rolling update replaces the highest
/// outdated ordinal and waits for it; a pod that never gets ready blocks the rollout even after the
/// template was mended, and has to be deleted by hand.
///
/// - Source: Kubernetes `updateStatefulSet` in `pkg/controller/statefulset/stateful_set_control.go`;
///   issue kubernetes/kubernetes#67250.
public struct StatefulSetControl: Sendable, Equatable {
  /// How pods are replaced when the template changes.
  public enum UpdateStrategy: Sendable, Equatable {
    /// Only when someone deletes them.
    case onDelete
    /// From the highest ordinal down to `partition`, at most `maxUnavailable` at a time.
    /// Defaults: 0 and 1; a larger `maxUnavailable` needs the feature gate.
    case rollingUpdate(partition: Int, maxUnavailable: Int)
  }

  /// The wanted number of ordinals.
  public var replicas: Int
  /// `podManagementPolicy: Parallel`: creation and scaling do not wait; updates still do.
  public var isParallel: Bool
  /// How pods are replaced.
  public var strategy: UpdateStrategy

  /// A set of this size, ordered and rolling by default.
  public init(
    replicas: Int, isParallel: Bool = false,
    strategy: UpdateStrategy = .rollingUpdate(partition: 0, maxUnavailable: 1)
  ) {
    self.replicas = replicas
    self.isParallel = isParallel
    self.strategy = strategy
  }

  /// One thing to do.
  public enum Action: Sendable, Equatable {
    /// Create the pod of that ordinal, from the current template or, below the partition, the last.
    case create(ordinal: Int, updated: Bool)
    /// Delete the pod of that ordinal.
    case delete(ordinal: Int)
  }

  /// What one sync does.
  ///
  /// - Parameter pods: the pod of each ordinal from 0, nil where none exists. It may be longer than
  ///   ``replicas``; the surplus is removed.
  /// - Returns: the creations and deletions of this sync, in order.
  public func sync(pods: [StatefulPodObservation?]) -> [Action] {
    var actions: [Action] = []
    let wanted = (0..<replicas).map { $0 < pods.count ? pods[$0] : nil }
    for (ordinal, pod) in wanted.enumerated() {
      guard let pod else {
        actions.append(.create(ordinal: ordinal, updated: createsUpdated(ordinal: ordinal)))
        if isParallel { continue }
        return actions
      }
      if pod.hasEnded {
        if !pod.isTerminating { actions.append(.delete(ordinal: ordinal)) }
        if isParallel { continue }
        return actions
      }
      if !isParallel && !pod.isHealthy { return actions }
    }
    let surplus = pods.indices.dropFirst(replicas).reversed().filter { pods[$0] != nil }
    let firstUnhealthy = pods.indices.first { pods[$0].map { !$0.isHealthy } ?? false }
    for ordinal in surplus {
      guard let pod = pods[ordinal] else { continue }
      if pod.isTerminating {
        if isParallel { continue }
        return actions
      }
      if !isParallel && !pod.isHealthy && ordinal != firstUnhealthy { return actions }
      actions.append(.delete(ordinal: ordinal))
      if !isParallel { return actions }
    }
    // In order, scaling comes first: what is above has returned by now if there was any.
    return actions + rollingUpdate(wanted)
  }

  private func createsUpdated(ordinal: Int) -> Bool {
    if case .rollingUpdate(let partition, _) = strategy { return ordinal >= partition }
    return true
  }

  private func rollingUpdate(_ pods: [StatefulPodObservation?]) -> [Action] {
    guard case .rollingUpdate(let partition, let maxUnavailable) = strategy else { return [] }
    if maxUnavailable <= 1 {
      for ordinal in pods.indices.reversed() where ordinal >= partition {
        guard let pod = pods[ordinal] else { return [] }
        if !pod.isUpdated && !pod.isTerminating && !pod.hasEnded {
          return [.delete(ordinal: ordinal)]
        }
        if !pod.isHealthy { return [] }
      }
      return []
    }
    let unavailable = pods.reduce(0) { $0 + (($1?.isHealthy ?? false) ? 0 : 1) }
    let outdated = pods.indices.reversed().filter {
      $0 >= partition
        && pods[$0].map { !$0.isUpdated && !$0.isTerminating && !$0.hasEnded } ?? false
    }
    return outdated.prefix(max(0, maxUnavailable - unavailable)).map { .delete(ordinal: $0) }
  }
}
