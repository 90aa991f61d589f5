import Scenario
import TimeAndChance

/// How long ways take, from the scenario's network.
struct NetworkTimes {
  private let nodes: [Scenario::Node]
  private let network: Network

  init(_ scenario: Scenario) {
    nodes = scenario.nodes
    network = scenario.network
  }

  /// The place of everybody outside; those of pods and proxies are their nodes.
  var outside: Int { nodes.count }

  /// The time until proxies know of a pod's end or return; nil: they never do.
  var endpointDelay: Distribution? { network.endpointDelay }

  /// What so many proxies add to a request and its answer.
  ///
  /// A proxy's time is one for both ways: a constant is halved, a law is drawn on the way there.
  func hop(_ proxies: Int = 1) -> HopModel {
    let all = Array(repeating: network.proxyHop, count: proxies)
    guard case .constant(let seconds) = network.proxyHop.law else { return HopModel(there: all) }
    guard seconds > 0, let half = try? Distribution(.constant(seconds / 2)) else {
      return HopModel()
    }
    let halves = Array(repeating: half, count: proxies)
    return HopModel(there: halves, back: halves)
  }

  /// The places and the ways between them.
  func model(rules: [NetworkRule]) -> NetworkModel {
    var laws: [Distribution] = []
    func number(_ law: Distribution) -> Int {
      if let known = laws.firstIndex(of: law) { return known }
      laws.append(law)
      return laws.count - 1
    }
    let places = nodes.count + 1
    let outward = number(network.outside)
    var between = Array(repeating: outward, count: places * places)
    // Between zones first: of those there are few.
    var zones: [Scenario::Node] = []
    let zoneOfNode = nodes.map { node -> Int in
      if let known = zones.firstIndex(where: { $0.zone == node.zone && $0.region == node.region }) {
        return known
      }
      zones.append(node)
      return zones.count - 1
    }
    let byZone = zones.map { one in
      zones.map { other -> (law: Int, isStated: Bool) in
        if let pair = pair(.zone, one.zone, other.zone) { return (number(pair), true) }
        if one.region != other.region { return (number(network.betweenRegions), false) }
        let law = one.zone == other.zone ? network.sameZone : network.betweenZones
        return (number(law), false)
      }
    }
    let onNode = number(network.sameNode)
    for from in nodes.indices {
      for to in nodes.indices {
        let way = byZone[zoneOfNode[from]][zoneOfNode[to]]
        between[from * places + to] = from == to && !way.isStated ? onNode : way.law
      }
    }
    for pair in network.pairs.reversed() where pair.level == .node {
      let law = number(pair.latency)
      for from in nodes.indices where nodes[from].name == pair.first {
        for to in nodes.indices where nodes[to].name == pair.second {
          between[from * places + to] = law
          between[to * places + from] = law
        }
      }
    }
    return NetworkModel(
      placeCount: places, outside: outside, laws: laws, between: between, rules: rules)
  }

  /// The stated law between two names, in either order; the first that is stated.
  private func pair(_ level: Network.Pair.Level, _ one: String, _ other: String) -> Distribution? {
    network.pairs.first { pair in
      pair.level == level
        && ((pair.first, pair.second) == (one, other) || (pair.second, pair.first) == (one, other))
    }?.latency
  }
}

extension Workload {
  /// The node of one of its pods: they are placed on the nodes in turn.
  func node(of pod: Int) -> Int { nodes.isEmpty ? 0 : nodes[pod % nodes.count] }
}
