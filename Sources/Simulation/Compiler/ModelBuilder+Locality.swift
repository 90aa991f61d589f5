import Scenario
import TrafficPolicy

// Hosts near a proxy.
//
// - Source: Istio `pilot/pkg/networking/core/loadbalancer/loadbalancer.go`.
extension ModelBuilder {
  /// The priority of hosts on each node, as a proxy's preference for near hosts makes it.
  mutating func priorities(
    of upstream: Upstream, callers: NetworkTimes.Placement, _ policy: ProxyPolicy
  ) -> [Int] {
    let none = Array(repeating: 0, count: scenario.nodes.count)
    guard case .failover(let failovers) = upstream.locality else { return none }
    guard let home = home(of: callers) else {
      if !callers.counts.isEmpty {
        note(policy.name, "its instances stand in several zones, so near hosts are not preferred")
      }
      return none
    }
    let next = failovers.filter { $0.from == home.region }.map(\.to)
    let raw = scenario.nodes.map { node -> Int in
      if node.region == home.region { return node.zone == home.zone ? 0 : 1 }
      return next.isEmpty || next.contains(node.region) ? 2 : 3
    }
    var used: [Int] = []
    for workload in upstream.workloads {
      for (node, _) in NetworkTimes.Placement(scenario.workloads[workload]).counts
      where !used.contains(raw[node]) {
        used.append(raw[node])
      }
    }
    used.sort()
    return raw.map { priority in used.firstIndex(of: priority) ?? 0 }
  }

  /// Spreads a proxy's traffic over localities by weight, where its locality asks for it.
  mutating func weigh(
    _ upstream: Upstream, _ callers: NetworkTimes.Placement, _ cluster: inout Cluster,
    _ policy: ProxyPolicy
  ) {
    guard case .distribute(let distributions) = upstream.locality else { return }
    guard let home = home(of: callers) else {
      if !callers.counts.isEmpty {
        note(policy.name, "its instances stand in several zones, so no locality has a weight")
      }
      return
    }
    guard let own = distributions.first(where: { Self.covers($0.from, home) }) else { return }
    var hosts: [(node: Scenario::Node, count: Int)] = []
    for workload in upstream.workloads {
      for (node, count) in NetworkTimes.Placement(scenario.workloads[workload]).counts {
        let place = scenario.nodes[node]
        if let known = hosts.firstIndex(where: { $0.node.locality == place.locality }) {
          hosts[known].count += count
        } else {
          hosts.append((place, count))
        }
      }
    }
    var weights = hosts.map { _ in 0 }
    for share in own.to {
      let members = hosts.indices.filter { Self.covers(share.locality, hosts[$0].node) }
      let all = members.reduce(0) { $0 + hosts[$1].count }
      guard all > 0 else { continue }
      // Rounded up, as Istio does, so that no locality with a share is left without.
      for member in members where weights[member] == 0 {
        weights[member] = (share.weight * hosts[member].count + all - 1) / all
      }
    }
    cluster.localityWeighted = true
    cluster.localityWeights = zip(hosts, weights).map {
      Cluster.LocalityWeight(locality: $0.node.locality, weight: $1)
    }
  }

  /// The one locality of some instances; nil when there are several or none.
  private func home(of callers: NetworkTimes.Placement) -> Scenario::Node? {
    guard let first = callers.counts.first.map({ scenario.nodes[$0.node] }) else { return nil }
    let isOne = callers.counts.allSatisfy {
      scenario.nodes[$0.node].locality == first.locality
    }
    return isOne ? first : nil
  }

  /// Whether `region`, `region/zone` or one of them with `/*` covers a node.
  private static func covers(_ pattern: String, _ node: Scenario::Node) -> Bool {
    let parts = pattern.split(separator: "/", omittingEmptySubsequences: false)
    if parts.isEmpty || parts[0] == "*" { return true }
    guard parts[0] == node.region else { return false }
    return parts.count < 2 || parts[1] == "*" || parts[1] == node.zone
  }
}
