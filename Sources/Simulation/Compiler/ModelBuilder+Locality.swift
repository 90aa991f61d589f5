import Scenario
import TrafficPolicy

// Hosts near a proxy: what each instance sees depends on where it stands.
//
// - Source: Istio `pilot/pkg/networking/core/loadbalancer/loadbalancer.go`.
extension ModelBuilder {
  /// The views of the hosts that a proxy's instances have, by where those stand, and each
  /// instance's; none when no cluster looks at localities.
  func homes(
    of policy: ProxyPolicy, at nodes: [Int]
  ) -> (homes: [ProxyModel.Home], homeOfInstance: [Int]) {
    guard policy.upstreams.contains(where: { $0.locality != .ignored }) else { return ([], []) }
    var localities: [Scenario::Node] = []
    let homeOfInstance = nodes.map { index -> Int in
      let node = scenario.nodes[index]
      if let known = localities.firstIndex(where: {
        $0.region == node.region && $0.zone == node.zone
      }) {
        return known
      }
      localities.append(node)
      return localities.count - 1
    }
    let homes = localities.map { home in
      ProxyModel.Home(
        priorities: policy.upstreams.map { priorities(of: $0, from: home) },
        localityWeights: zip(policy.upstreams, policy.configuration.clusters).map {
          weights(of: $0, $1, from: home)
        })
    }
    return (homes, homeOfInstance)
  }

  /// The priority of each host, as a proxy's preference for near hosts makes it.
  private func priorities(of upstream: Upstream, from home: Scenario::Node) -> [Int] {
    let hosts = hostNodes(of: upstream)
    guard case .failover(let failovers) = upstream.locality else { return hosts.map { _ in 0 } }
    let next = failovers.filter { $0.from == home.region }.map(\.to)
    let raw = hosts.map { host -> Int in
      let node = scenario.nodes[host]
      if node.region == home.region { return node.zone == home.zone ? 0 : 1 }
      return next.isEmpty || next.contains(node.region) ? 2 : 3
    }
    // Empty priorities are closed up.
    let used = Set(raw).sorted()
    return raw.map { priority in used.firstIndex(of: priority) ?? 0 }
  }

  /// The weights of localities; nil where nothing is shared out by them.
  private func weights(
    of upstream: Upstream, _ cluster: Cluster, from home: Scenario::Node
  ) -> [Cluster.LocalityWeight]? {
    guard case .distribute(let distributions) = upstream.locality else {
      return cluster.localityWeighted ? cluster.localityWeights : nil
    }
    guard let own = distributions.first(where: { Self.covers($0.from, home) }) else { return nil }
    var hosts: [(node: Scenario::Node, count: Int)] = []
    for host in hostNodes(of: upstream) {
      let place = scenario.nodes[host]
      if let known = hosts.firstIndex(where: { $0.node.locality == place.locality }) {
        hosts[known].count += 1
      } else {
        hosts.append((place, 1))
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
    return zip(hosts, weights).map {
      Cluster.LocalityWeight(locality: $0.node.locality, weight: $1)
    }
  }

  /// The node of each host of a cluster, in the order of its endpoints.
  private func hostNodes(of upstream: Upstream) -> [Int] {
    upstream.workloads.flatMap { index -> [Int] in
      let pods = scenario.workloads[index]
      return (0..<pods.replicas).map { pods.node(of: $0) }
    }
  }

  /// Whether `region`, `region/zone` or one of them with `/*` covers a node.
  private static func covers(_ pattern: String, _ node: Scenario::Node) -> Bool {
    let parts = pattern.split(separator: "/", omittingEmptySubsequences: false)
    if parts.isEmpty || parts[0] == "*" { return true }
    guard parts[0] == node.region else { return false }
    return parts.count < 2 || parts[1] == "*" || parts[1] == node.zone
  }
}
