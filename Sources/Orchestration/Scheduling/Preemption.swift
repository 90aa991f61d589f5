import TimeAndChance

/// A budget as preemption sees it: it is respected where possible, and broken where not.
public struct PreemptionBudget: Sendable, Equatable {
  /// Which pods it protects.
  public var selector: LabelSelector
  /// Their namespace.
  public var namespace: String
  /// Evictions it allows now.
  public var disruptionsAllowed: Int

  /// A budget.
  public init(selector: LabelSelector, namespace: String = "default", disruptionsAllowed: Int) {
    self.selector = selector
    self.namespace = namespace
    self.disruptionsAllowed = disruptionsAllowed
  }
}

/// Who is displaced so that a pod of higher priority finds room, and where.
///
/// On each node all pods of lower priority are taken away in thought; if the pod then fits, they
/// are put back one by one, the most important first, as long as it still does. The node is chosen
/// by: fewest broken budgets, lowest top priority of the victims, smallest sum of priorities,
/// fewest victims, latest start of the most important victim, first node. Victims keep their grace
/// period; the pod stays Pending meanwhile, nominated for the node.
///
/// - Source: Kubernetes `SelectVictimsOnNode` in
///   `pkg/scheduler/framework/plugins/defaultpreemption/default_preemption.go`,
///   `pickOneNodeForPreemption` in `pkg/scheduler/framework/preemption/preemption.go`.
public struct Preemption: Sendable, Equatable {
  /// The node and the pods that leave it.
  public let node: Int
  /// The victims, most important first.
  public let victims: [Int]
  /// How many of them break a budget.
  public let violations: Int

  /// The preemption for a pod that no node takes; nil when none would help, or it may not preempt.
  ///
  /// - Parameters:
  ///   - pod: the pod.
  ///   - nodes: all nodes.
  ///   - budgets: the disruption budgets.
  public init?(
    for pod: SchedulingPod, nodes: [SchedulingNode], budgets: [PreemptionBudget] = []
  ) {
    guard !pod.neverPreempts else { return nil }
    let filter = NodeFilter(nodes: nodes)
    var best: Candidate?
    for index in nodes.indices {
      guard let refusal = filter.refusal(of: pod, node: index), refusal.canBeSolvedByPreemption,
        let candidate = Candidate(pod: pod, node: index, nodes: nodes, budgets: budgets)
      else { continue }
      if best.map({ candidate.isBetter(than: $0) }) ?? true { best = candidate }
    }
    guard let best else { return nil }
    node = best.node
    victims = best.victims.map(\.id)
    violations = best.violations
  }
}

/// What preempting on one node would cost.
private struct Candidate {
  let node: Int
  let victims: [SchedulingPod]
  let violations: Int

  init?(
    pod: SchedulingPod, node index: Int, nodes: [SchedulingNode], budgets: [PreemptionBudget]
  ) {
    var filter = NodeFilter(nodes: nodes)
    let lower = nodes[index].pods.filter { $0.priority < pod.priority }
    guard !lower.isEmpty else { return nil }
    filter.nodes[index].pods.removeAll { $0.priority < pod.priority }
    guard filter.refusal(of: pod, node: index) == nil else { return nil }

    // Budgets are used up in the order of importance; what exceeds them breaks them.
    var allowed = budgets.map(\.disruptionsAllowed)
    var breaking: [SchedulingPod] = []
    var harmless: [SchedulingPod] = []
    for victim in lower.sorted(by: Self.isMoreImportant) {
      var breaks = false
      for position in budgets.indices
      where budgets[position].namespace == victim.namespace
        && budgets[position].selector.matches(victim.labels)
      {
        allowed[position] -= 1
        if allowed[position] < 0 { breaks = true }
      }
      if breaks { breaking.append(victim) } else { harmless.append(victim) }
    }
    var victims: [SchedulingPod] = []
    var violations = 0
    for (pods, counts) in [(breaking, 1), (harmless, 0)] {
      for candidate in pods {
        filter.nodes[index].pods.append(candidate)
        if filter.refusal(of: pod, node: index) != nil {
          filter.nodes[index].pods.removeLast()
          victims.append(candidate)
          violations += counts
        }
      }
    }
    guard !victims.isEmpty else { return nil }
    node = index
    self.victims = victims.sorted(by: Self.isMoreImportant)
    self.violations = violations
  }

  static func isMoreImportant(_ left: SchedulingPod, _ right: SchedulingPod) -> Bool {
    (right.priority, left.startedAt.nanoseconds, left.id)
      < (left.priority, right.startedAt.nanoseconds, right.id)
  }

  func isBetter(than other: Candidate) -> Bool {
    if violations != other.violations { return violations < other.violations }
    let (top, otherTop) = (victims[0].priority, other.victims[0].priority)
    if top != otherTop { return top < otherTop }
    let (sum, otherSum) = (prioritySum, other.prioritySum)
    if sum != otherSum { return sum < otherSum }
    if victims.count != other.victims.count { return victims.count < other.victims.count }
    return victims[0].startedAt > other.victims[0].startedAt
  }

  /// Shifted so that a negative priority still counts as one more victim.
  private var prioritySum: Int64 {
    victims.reduce(0) { $0 + Int64($1.priority) + Int64(Int32.max) + 1 }
  }
}
