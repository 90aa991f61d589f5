import Scenario
import TimeAndChance

/// How long ways take on average, from the scenario's network.
struct NetworkTimes {
  private let nodes: [Scenario::Node]
  private let network: Network
  /// Whether any time is a law and no constant.
  let isSpread: Bool

  init(_ scenario: Scenario) {
    nodes = scenario.nodes
    network = scenario.network
    let laws =
      [
        network.sameNode, network.sameZone, network.betweenZones, network.betweenRegions,
        network.outside, network.proxyHop,
      ] + network.pairs.map(\.latency)
    isSpread = laws.contains { law in
      if case .constant = law.law { return false }
      return true
    }
  }

  /// One way between the outside and a gateway or pod, in seconds.
  var outside: Double { Self.mean(network.outside) }

  /// Half of what a proxy adds, for each way, in seconds.
  var halfHop: Double { Self.mean(network.proxyHop) / 2 }

  /// The time until proxies know of a pod's end or return; nil: they never do.
  var endpointDelay: SimDuration? {
    network.endpointDelay.map { SimDuration(seconds: Self.mean($0)) }
  }

  /// One way between two sets of pods, placed in turn on their nodes, in seconds: the mean over all
  /// pairs.
  func oneWay(from callers: Placement, to pods: Placement) -> Double {
    var sum = 0.0
    var weights = 0.0
    for (from, callerCount) in callers.counts {
      for (to, podCount) in pods.counts {
        let weight = Double(callerCount) * Double(podCount)
        sum += weight * oneWay(from, to)
        weights += weight
      }
    }
    return weights > 0 ? sum / weights : 0
  }

  private func oneWay(_ from: Int, _ to: Int) -> Double {
    let (one, other) = (nodes[from], nodes[to])
    for level in [Network.Pair.Level.node, .zone] {
      let names = level == .node ? (one.name, other.name) : (one.zone, other.zone)
      for pair in network.pairs where pair.level == level {
        if (pair.first, pair.second) == names || (pair.second, pair.first) == names {
          return Self.mean(pair.latency)
        }
      }
    }
    if from == to { return Self.mean(network.sameNode) }
    if one.region != other.region { return Self.mean(network.betweenRegions) }
    return Self.mean(one.zone == other.zone ? network.sameZone : network.betweenZones)
  }

  static func mean(_ law: Distribution) -> Double { law.mean ?? 0 }

  /// How many pods stand on each node, in order of first mention.
  struct Placement {
    private(set) var counts: [(node: Int, count: Int)] = []

    /// Pods that are placed on nodes in turn.
    init(pods: Int, nodes: [Int]) {
      guard !nodes.isEmpty else { return }
      for (place, node) in nodes.enumerated() {
        let count = pods / nodes.count + (place < pods % nodes.count ? 1 : 0)
        if count > 0 { counts.append((node, count)) }
      }
    }

    init(_ workload: Workload) {
      self.init(pods: workload.replicas, nodes: workload.nodes)
    }
  }
}
