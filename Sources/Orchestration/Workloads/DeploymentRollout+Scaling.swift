/// A change of `spec.replicas`, shared out among the sets.
///
/// - Source: Kubernetes `scale` in `pkg/controller/deployment/sync.go`, `GetReplicaSetProportion`
///   in `util/deployment_util.go`.
extension DeploymentRollout {
  /// Shares the wanted size out; returns whether any set changed.
  ///
  /// A single active set takes everything. When the new set is complete and available the old ones
  /// go to zero. Otherwise each active set grows or shrinks in proportion to its size, the larger
  /// ones first, and what rounding leaves over goes to the first.
  ///
  /// - Parameters:
  ///   - new: the set of the current template.
  ///   - old: the sets of earlier templates, oldest first.
  /// - Returns: whether any set changed its size.
  public func scale(
    new: inout ReplicaSetObservation, old: inout [ReplicaSetObservation]
  ) -> Bool {
    var sets = old + [new]
    let before = sets
    shareOut(&sets, newIsLast: true)
    new = sets.removeLast()
    old = sets
    return zip(before, sets + [new]).contains { $0.replicas != $1.replicas }
  }

  /// Shares the wanted size out among sets of which none is of the current template yet.
  public func scaleOld(_ old: inout [ReplicaSetObservation]) {
    shareOut(&old, newIsLast: false)
  }

  // The sets come oldest first.
  private func shareOut(_ sets: inout [ReplicaSetObservation], newIsLast: Bool) {
    let active = sets.indices.filter { sets[$0].replicas > 0 }
    guard active.count > 1 else {
      guard let only = active.first ?? sets.indices.last else { return }
      sets[only].replicas = replicas
      record(in: &sets[only])
      return
    }
    if newIsLast, let new = sets.last, new.replicas == replicas, new.recordedDesired == replicas,
      new.available == replicas
    {
      for index in sets.indices.dropLast() where sets[index].replicas > 0 {
        _ = resize(&sets[index], to: 0)
      }
      return
    }
    guard case .rollingUpdate = strategy else { return }

    let allowed = replicas > 0 ? maxTotal : 0
    let toAdd = allowed - active.reduce(0) { $0 + sets[$1].replicas }
    // Larger sets first; of equal ones the newer when growing, the older when shrinking.
    let order = active.sorted {
      let (left, right) = (sets[$0], sets[$1])
      if left.replicas != right.replicas { return left.replicas > right.replicas }
      let isOlder = (left.creationOrder, $0) < (right.creationOrder, $1)
      return toAdd > 0 ? !isOlder : isOlder
    }
    var added = 0
    let sizes = sets
    for index in order where toAdd != 0 {
      let share = proportion(of: sizes[index], allStatusReplicas: sizes, left: toAdd - added)
      sets[index].replicas += share
      added += share
    }
    if let first = order.first {
      sets[first].replicas = max(0, sets[first].replicas + toAdd - added)
    }
    for index in order { record(in: &sets[index]) }
  }

  private func proportion(
    of set: ReplicaSetObservation, allStatusReplicas sets: [ReplicaSetObservation], left: Int
  ) -> Int {
    guard left != 0 else { return 0 }
    let fraction: Int
    if replicas == 0 {
      fraction = -set.replicas
    } else {
      var base = set.recordedMax ?? 0
      if base == 0 { base = sets.reduce(0) { $0 + $1.existingPods } }
      guard base > 0 else { return 0 }
      // Sizes are never negative here, so rounding half away from zero is rounding half up.
      let size =
        (2 * Int128(set.replicas) * Int128(maxTotal) + Int128(base)) / (2 * Int128(base))
      fraction = Int(clamping: size) - set.replicas
    }
    return left > 0 ? min(fraction, left) : max(fraction, left)
  }
}
