/// How good each of the possible nodes is for a pod, 0…100 per rule times the rule's weight.
///
/// Weights: taint preference 3; node affinity, pod affinity and topology spread 2; least allocated,
/// balanced allocation and image locality 1.
///
/// - Source: Kubernetes `pkg/scheduler/apis/config/v1/default_plugins.go`,
///   `pkg/scheduler/framework/plugins/*/scoring.go`, `noderesources/{least_allocated,
///   balanced_allocation}.go`, `imagelocality`.
struct NodeScore {
  let nodes: [SchedulingNode]
  let pod: SchedulingPod
  /// The nodes that passed the filters.
  let possible: [Int]

  /// The total score of each possible node, in the order of `possible`.
  func totals() -> [Int] {
    let parts: [(weight: Int, scores: [Int])] = [
      (1, possible.map { leastAllocated(nodes[$0]) }),
      (1, possible.map { balancedAllocation(nodes[$0]) }),
      (1, possible.map { imageLocality(nodes[$0]) }),
      (2, topologySpread()),
      (2, podAffinity()),
      (2, Self.normalized(possible.map { nodeAffinity(nodes[$0]) }, reversed: false)),
      (3, Self.normalized(possible.map { avoidedTaints(nodes[$0]) }, reversed: true)),
    ]
    return possible.indices.map { position in
      parts.reduce(0) { $0 + $1.weight * $1.scores[position] }
    }
  }

  /// Scales so that the largest becomes 100; reversed, the smallest raw value is the best.
  static func normalized(_ raw: [Int], reversed: Bool) -> [Int] {
    let largest = raw.max() ?? 0
    guard largest > 0 else { return raw.map { _ in reversed ? 100 : 0 } }
    return raw.map { reversed ? 100 - 100 * $0 / largest : 100 * $0 / largest }
  }

  /// What scoring assumes a pod uses that asks for nothing: 100m of cpu, 200 MiB of memory.
  private static func assumed(_ pod: SchedulingPod, _ name: ResourceName) -> Int128 {
    let asked =
      name == .cpu ? pod.requests.amount(name).milliValue : pod.requests.amount(name).value
    return Int128(asked > 0 ? asked : name == .cpu ? 100 : 200 << 20)
  }

  private func leastAllocated(_ node: SchedulingNode) -> Int {
    var sum: Int128 = 0
    for name in [ResourceName.cpu, .memory] {
      let amount = node.allocatable.amount(name)
      let capacity = Int128(name == .cpu ? amount.milliValue : amount.value)
      let used = node.pods.reduce(Self.assumed(pod, name)) { $0 + Self.assumed($1, name) }
      if capacity > 0 && used <= capacity { sum += (capacity - used) * 100 / capacity }
    }
    return Int(sum / 2)
  }

  private func balancedAllocation(_ node: SchedulingNode) -> Int {
    let fractions = [ResourceName.cpu, .memory].map { name -> Double in
      var used = pod.requests.amount(name)
      for other in node.pods { used += other.requests.amount(name) }
      let capacity = node.allocatable.amount(name).approximateValue
      return capacity > 0 ? min(1, used.approximateValue / capacity) : 1
    }
    return Int((1 - abs(fractions[0] - fractions[1]) / 2) * 100)
  }

  /// Images that are there already, weighted by how common they are, from 23 MB to 1 GB each.
  private func imageLocality(_ node: SchedulingNode) -> Int {
    guard !pod.images.isEmpty else { return 0 }
    var sum: Int64 = 0
    for image in pod.images where node.images.contains(image.name) {
      let holders = nodes.reduce(0) { $0 + ($1.images.contains(image.name) ? 1 : 0) }
      sum += Int64(Double(image.sizeBytes) * (Double(holders) / Double(nodes.count)))
    }
    let megabyte: Int64 = 1 << 20
    let (low, high) = (23 * megabyte, 1000 * megabyte * Int64(pod.images.count))
    return Int(100 * (min(max(sum, low), high) - low) / (high - low))
  }

  private func nodeAffinity(_ node: SchedulingNode) -> Int {
    pod.preferredNodes.reduce(0) { $0 + ($1.term.matches(node.labels) ? $1.weight : 0) }
  }

  private func avoidedTaints(_ node: SchedulingNode) -> Int {
    node.taints.reduce(0) { count, taint in
      let isAvoided =
        taint.effect == .preferNoSchedule && !pod.tolerations.contains { $0.tolerates(taint) }
      return count + (isAvoided ? 1 : 0)
    }
  }

  /// Preferences of the pod and of those already placed, as a share of the range they span.
  private func podAffinity() -> [Int] {
    let raw = possible.map { index -> Int in
      let labels = nodes[index].labels
      var score = 0
      for node in nodes {
        for other in node.pods {
          for (owner, target) in [(pod, other), (other, pod)] {
            for preference in owner.preferredPods
            where preference.term.matches(target, owner: owner) {
              let key = preference.term.topologyKey
              if let place = labels[key], node.labels[key] == place { score += preference.weight }
            }
          }
        }
      }
      return score
    }
    let (low, high) = (raw.min() ?? 0, raw.max() ?? 0)
    guard high > low else { return raw.map { _ in 0 } }
    return raw.map { 100 * ($0 - low) / (high - low) }
  }

  /// Fewer matching pods in the place are better; places that are many count for more.
  private func topologySpread() -> [Int] {
    let preferred = pod.spread.filter { !$0.isRequired }
    guard !preferred.isEmpty else { return possible.map { _ in 0 } }
    let isPlaced = possible.map { index in
      preferred.allSatisfy { nodes[index].labels[$0.topologyKey] != nil }
    }
    var sums = possible.map { _ in 0.0 }
    for constraint in preferred {
      let key = constraint.topologyKey
      var names: [String] = []
      for (position, index) in possible.enumerated() where isPlaced[position] {
        if let name = nodes[index].labels[key], !names.contains(name) { names.append(name) }
      }
      let weight = naturalLogarithm(names.count + 2)
      for (position, index) in possible.enumerated() where isPlaced[position] {
        let count = nodes.reduce(0) { count, node in
          node.labels[key] == nodes[index].labels[key]
            ? count
              + NodeFilter.matching(constraint.selector, on: node, namespace: pod.namespace)
            : count
        }
        sums[position] += Double(count) * weight + Double(constraint.maxSkew - 1)
      }
    }
    let raw = sums.map { Int($0.rounded(.toNearestOrAwayFromZero)) }
    let placed = raw.indices.filter { isPlaced[$0] }.map { raw[$0] }
    let (low, high) = (placed.min() ?? 0, placed.max() ?? 0)
    return raw.indices.map {
      isPlaced[$0] ? high == 0 ? 100 : 100 * (high + low - raw[$0]) / high : 0
    }
  }
}

/// ln(n) for n ≥ 1, from the four basic operations only, so that it is the same on every machine.
func naturalLogarithm(_ number: Int) -> Double {
  var mantissa = Double(max(1, number))
  var halvings = 0
  while mantissa > 1.5 {
    mantissa /= 2
    halvings += 1
  }
  func series(_ value: Double) -> Double {
    let ratio = (value - 1) / (value + 1)
    var power = ratio
    var sum = 0.0
    var odd = 1.0
    while abs(power) > 1e-18 {
      sum += power / odd
      power *= ratio * ratio
      odd += 2
    }
    return 2 * sum
  }
  return series(mantissa) + Double(halvings) * 0.693_147_180_559_945_3
}
