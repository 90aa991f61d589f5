/// The pods of a DaemonSet on one node; terminating ones are told apart.
public struct DaemonNodeObservation: Sendable, Equatable {
  /// Whether the node should run a pod at all (selector, affinity, taints).
  public var shouldRun: Bool
  /// The pod of the current template: whether it is available; nil when there is none.
  public var newIsAvailable: Bool?
  /// The pod of an earlier template: whether it is available; nil when there is none.
  public var oldIsAvailable: Bool?
  /// A terminating pod still holds the node: no replacement is created before it is gone.
  public var hasTerminating: Bool

  /// The pods of a node; none by default.
  public init(
    shouldRun: Bool = true, newIsAvailable: Bool? = nil, oldIsAvailable: Bool? = nil,
    hasTerminating: Bool = false
  ) {
    self.shouldRun = shouldRun
    self.newIsAvailable = newIsAvailable
    self.oldIsAvailable = oldIsAvailable
    self.hasTerminating = hasTerminating
  }
}

/// What a DaemonSet's controller does in one sync, node by node.
///
/// Without surge a node's pod is deleted, waited for, created anew and waited for: while that goes
/// on, the node has none. With surge the new pod starts first, which host ports make impossible.
///
/// - Source: Kubernetes `rollingUpdate` in `pkg/controller/daemon/update.go`, `manage` in
///   `daemon_controller.go`.
public struct DaemonSetRollout: Sendable, Equatable {
  /// Nodes that may be without an available pod; 1 by default, percentages rounded up.
  public var maxUnavailable: IntOrPercent
  /// Nodes that may have two pods; 0 by default, percentages rounded up.
  public var maxSurge: IntOrPercent
  /// `OnDelete`: pods are replaced only when someone deletes them.
  public var isOnDelete: Bool

  /// A rolling update, one node at a time by default.
  public init(
    maxUnavailable: IntOrPercent = .int(1), maxSurge: IntOrPercent = .int(0),
    isOnDelete: Bool = false
  ) {
    self.maxUnavailable = maxUnavailable
    self.maxSurge = maxSurge
    self.isOnDelete = isOnDelete
  }

  /// The nodes where something happens, by their index.
  public struct Step: Sendable, Equatable {
    /// Nodes that get a pod of the current template.
    public var create: [Int] = []
    /// Nodes whose old pod is deleted.
    public var deleteOld: [Int] = []
    /// Nodes that should no longer run one: all their pods are deleted.
    public var deleteAll: [Int] = []
  }

  /// What one sync does.
  public func sync(nodes: [DaemonNodeObservation]) -> Step {
    var step = Step()
    for (index, node) in nodes.enumerated() {
      let isEmpty = node.newIsAvailable == nil && node.oldIsAvailable == nil
      if !node.shouldRun {
        if !isEmpty { step.deleteAll.append(index) }
      } else if isEmpty && !node.hasTerminating {
        step.create.append(index)
      }
    }
    guard !isOnDelete else { return step }
    let wanted = nodes.indices.filter { nodes[$0].shouldRun }
    let surge = maxSurge.scaled(to: wanted.count, roundingUp: true)
    var unavailable = maxUnavailable.scaled(to: wanted.count, roundingUp: true)
    if surge == 0 && unavailable == 0 { unavailable = 1 }
    if surge == 0 {
      step.deleteOld = replaceInPlace(nodes, wanted, maxUnavailable: unavailable)
    } else {
      surgeOnto(nodes, wanted, maxSurge: surge, step: &step)
    }
    return step
  }

  private func replaceInPlace(
    _ nodes: [DaemonNodeObservation], _ wanted: [Int], maxUnavailable: Int
  ) -> [Int] {
    var unavailable = 0
    var broken: [Int] = []
    var candidates: [Int] = []
    for index in wanted {
      switch (nodes[index].newIsAvailable, nodes[index].oldIsAvailable) {
      case (nil, nil), (.some, .some), (false, nil): unavailable += 1
      case (true, nil): break
      case (nil, false): broken.append(index)  // already down: replacing it costs nothing
      case (nil, true): candidates.append(index)
      }
    }
    return broken + candidates.prefix(max(0, maxUnavailable - unavailable))
  }

  private func surgeOnto(
    _ nodes: [DaemonNodeObservation], _ wanted: [Int], maxSurge: Int, step: inout Step
  ) {
    var surging = 0
    var broken: [Int] = []
    var candidates: [Int] = []
    for index in wanted {
      switch (nodes[index].newIsAvailable, nodes[index].oldIsAvailable) {
      case (_, nil): break
      case (nil, false): broken.append(index)
      case (nil, true): candidates.append(index)
      case (.some, false), (true, true): step.deleteOld.append(index)
      case (false, true): surging += 1
      }
    }
    step.create += broken + candidates.prefix(max(0, maxSurge - surging))
  }
}
