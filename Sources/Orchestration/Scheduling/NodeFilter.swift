/// Why a node does not take a pod.
public enum SchedulingRefusal: Sendable, Equatable {
  /// The node is cordoned.
  case unschedulable
  /// A taint is not tolerated.
  case taint(key: String)
  /// The node's labels are not those demanded.
  case nodeAffinity
  /// A port of the node is taken.
  case hostPort(Int)
  /// Too many pods.
  case tooManyPods
  /// Too little is left of a resource.
  case insufficient(ResourceName)
  /// A pod it must be near is not there.
  case podAffinity
  /// A pod it must be far from is there.
  case podAntiAffinity
  /// A pod that is there must be far from it.
  case existingAntiAffinity
  /// The node lacks the label that places are told by.
  case spreadLabelMissing
  /// The place would hold too many.
  case topologySpread

  /// Whether removing pods from the node could help.
  public var canBeSolvedByPreemption: Bool {
    switch self {
    case .unschedulable, .taint, .nodeAffinity, .spreadLabelMissing: false
    case .hostPort, .tooManyPods, .insufficient, .podAffinity, .podAntiAffinity,
      .existingAntiAffinity, .topologySpread:
      true
    }
  }
}

/// Which nodes can take a pod: every filter must agree.
///
/// - Source: Kubernetes `pkg/scheduler/framework/plugins/` (`nodeunschedulable`, `tainttoleration`,
///   `nodeaffinity`, `nodeports`, `noderesources/fit.go`, `interpodaffinity/filtering.go`,
///   `podtopologyspread/filtering.go`).
public struct NodeFilter: Sendable, Equatable {
  /// All nodes of the cluster.
  public var nodes: [SchedulingNode]

  /// A filter over these nodes.
  public init(nodes: [SchedulingNode]) { self.nodes = nodes }

  /// The first reason why a node does not take the pod; nil when it does.
  public func refusal(of pod: SchedulingPod, node index: Int) -> SchedulingRefusal? {
    let node = nodes[index]
    if node.isUnschedulable, !pod.tolerations.contains(where: { $0.tolerates(.unschedulable) }) {
      return .unschedulable
    }
    for taint in node.taints where taint.effect != .preferNoSchedule {
      if !pod.tolerations.contains(where: { $0.tolerates(taint) }) { return .taint(key: taint.key) }
    }
    if let terms = pod.nodeAffinity, !terms.contains(where: { $0.matches(node.labels) }) {
      return .nodeAffinity
    }
    for port in pod.hostPorts where node.pods.contains(where: { $0.hostPorts.contains(port) }) {
      return .hostPort(port)
    }
    return Self.resourceRefusal(of: pod, on: node)
      ?? spreadRefusal(of: pod, node: index) ?? affinityRefusal(of: pod, node: index)
  }

  /// Whether the node has room: what its pods ask for and this pod asks for, within allocatable.
  static func resourceRefusal(
    of pod: SchedulingPod, on node: SchedulingNode
  ) -> SchedulingRefusal? {
    if node.pods.count + 1 > node.maxPods { return .tooManyPods }
    for entry in pod.requests.entries where entry.quantity > .zero {
      var used = entry.quantity
      for other in node.pods { used += other.requests.amount(entry.name) }
      if used > node.allocatable.amount(entry.name) { return .insufficient(entry.name) }
    }
    return nil
  }

  /// `matching in the place + 1 − fewest in any place <= maxSkew`, for each required constraint.
  ///
  /// Terminating pods are not counted: upstream skips them since 1.18 (issue #87621). Nodes that do
  /// not have all labels, or do not meet the pod's node affinity, are no places.
  private func spreadRefusal(of pod: SchedulingPod, node index: Int) -> SchedulingRefusal? {
    let required = pod.spread.filter(\.isRequired)
    guard !required.isEmpty else { return nil }
    for constraint in required {
      guard let place = nodes[index].labels[constraint.topologyKey] else {
        return .spreadLabelMissing
      }
      var places: [(name: String, count: Int)] = []
      for node in nodes {
        guard required.allSatisfy({ node.labels[$0.topologyKey] != nil }),
          pod.nodeAffinity.map({ $0.contains { $0.matches(node.labels) } }) ?? true,
          let name = node.labels[constraint.topologyKey]
        else { continue }
        let count = Self.matching(constraint.selector, on: node, namespace: pod.namespace)
        if let known = places.firstIndex(where: { $0.name == name }) {
          places[known].count += count
        } else {
          places.append((name, count))
        }
      }
      let fewest =
        places.count < constraint.minDomains ? 0 : places.map(\.count).min() ?? 0
      let here = places.first { $0.name == place }?.count ?? 0
      let itself = constraint.selector.matches(pod.labels) ? 1 : 0
      if here + itself - fewest > constraint.maxSkew { return .topologySpread }
    }
    return nil
  }

  static func matching(
    _ selector: LabelSelector, on node: SchedulingNode, namespace: String
  ) -> Int {
    node.pods.reduce(0) { count, pod in
      let counts =
        !pod.isTerminating && pod.namespace == namespace && selector.matches(pod.labels)
      return count + (counts ? 1 : 0)
    }
  }

  private func affinityRefusal(of pod: SchedulingPod, node index: Int) -> SchedulingRefusal? {
    let labels = nodes[index].labels
    for term in pod.affinity {
      guard let place = labels[term.topologyKey] else { return .podAffinity }
      var isThere = false
      var isAnywhere = false
      for node in nodes where node.labels[term.topologyKey] != nil {
        guard node.pods.contains(where: { term.matches($0, owner: pod) }) else { continue }
        isAnywhere = true
        if node.labels[term.topologyKey] == place { isThere = true }
      }
      // The first pod of a group that wants to be near itself may go anywhere.
      if !isThere && (isAnywhere || !term.matches(pod, owner: pod)) { return .podAffinity }
    }
    for term in pod.antiAffinity {
      guard let place = labels[term.topologyKey] else { continue }
      for node in nodes where node.labels[term.topologyKey] == place {
        if node.pods.contains(where: { term.matches($0, owner: pod) }) { return .podAntiAffinity }
      }
    }
    for node in nodes {
      for other in node.pods {
        for term in other.antiAffinity where term.matches(pod, owner: other) {
          if let place = labels[term.topologyKey], node.labels[term.topologyKey] == place {
            return .existingAntiAffinity
          }
        }
      }
    }
    return nil
  }
}
