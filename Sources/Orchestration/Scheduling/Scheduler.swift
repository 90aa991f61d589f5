public import TimeAndChance

/// Finds a node for a pod: filters, then scores, then the best; if there is none, preemption.
///
/// All nodes are looked at, as upstream does below 100 nodes. Larger clusters stop there after a
/// share of them; here a large cluster is placed a little better than in reality.
///
/// - Source: Kubernetes `pkg/scheduler/schedule_one.go`.
public struct Scheduler: Sendable, Equatable {
  /// All nodes of the cluster, with their pods.
  public var nodes: [SchedulingNode]

  /// A scheduler over these nodes.
  public init(nodes: [SchedulingNode]) { self.nodes = nodes }

  /// What an attempt came to.
  public enum Outcome: Sendable, Equatable {
    /// The pod goes to that node.
    case node(Int)
    /// No node takes it; the first reason of each node.
    case unschedulable([SchedulingRefusal])
  }

  /// One attempt to place a pod; the pod is not added to the node.
  ///
  /// - Parameters:
  ///   - pod: the pod.
  ///   - random: picks among nodes of equal score, with one draw when there are several.
  /// - Returns: the chosen node, or why there is none.
  public func schedule(_ pod: SchedulingPod, random: inout RandomStream) -> Outcome {
    let filter = NodeFilter(nodes: nodes)
    var refusals: [SchedulingRefusal] = []
    var possible: [Int] = []
    for index in nodes.indices {
      if let refusal = filter.refusal(of: pod, node: index) {
        refusals.append(refusal)
      } else {
        possible.append(index)
      }
    }
    guard let only = possible.first else { return .unschedulable(refusals) }
    if possible.count == 1 { return .node(only) }
    let totals = NodeScore(nodes: nodes, pod: pod, possible: possible).totals()
    let best = totals.max() ?? 0
    let candidates = possible.indices.filter { totals[$0] == best }.map { possible[$0] }
    if candidates.count == 1 { return .node(candidates[0]) }
    return .node(candidates[Int(random.below(UInt32(candidates.count)))])
  }

  /// Puts a pod on a node.
  public mutating func bind(_ pod: SchedulingPod, to node: Int) { nodes[node].pods.append(pod) }

  /// Takes a pod off its node, when it is gone.
  public mutating func remove(pod id: Int) {
    for index in nodes.indices { nodes[index].pods.removeAll { $0.id == id } }
  }
}
