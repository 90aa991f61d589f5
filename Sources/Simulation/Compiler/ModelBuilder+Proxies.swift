import Scenario
import TimeAndChance
import TrafficPolicy

/// Callers of one workload, or outside, that ask for a service without a proxy of their own.
struct DirectRoute: Hashable {
  /// The workload whose pods call; -1 is outside.
  var caller: Int
  /// The service that is asked for.
  var service: Int
}

extension ModelBuilder {
  /// A kind of proxy for each policy of the scenario.
  mutating func addProxies() {
    for (index, policy) in scenario.proxies.enumerated() {
      if policy.kind == .sidecarInbound {
        addDoors(policy, index)
      } else {
        addProxy(policy, index)
      }
    }
  }

  private mutating func addProxy(_ policy: ProxyPolicy, _ index: Int) {
    let placement: ProxyModel.Placement
    var nodes = (0..<policy.instances).map { number in
      policy.nodes.isEmpty ? 0 : policy.nodes[number % policy.nodes.count]
    }
    var ways = ProxyModel.Ways(site: .places(nodes), hop: network.hop())
    switch policy.kind {
    case .sidecarOutbound, .sidecarInbound:
      guard let workload = workload(ofSidecar: index) else { return }
      let pods = scenario.workloads[workload]
      nodes = (0..<max(1, pods.replicas)).map { pods.node(of: $0) }
      placement = .besideEachCaller(service: workload)
      ways.site = .caller
    case .gateway: placement = .shared(instances: policy.instances)
    case .waypoint:
      placement = .shared(instances: policy.instances)
      ways.hop = network.hop(2)  // with the ztunnel beside the caller
    }
    var configuration = policy.configuration
    let limits = addRouteFilters(policy, to: &configuration)
    var endpoints = policy.upstreams.map { self.endpoints(of: $0) }
    var (homes, homeOfInstance) = homes(of: policy, at: nodes)
    if homes.count == 1 {
      // One view for all: the endpoints and clusters say it themselves.
      for (cluster, weights) in homes[0].localityWeights.enumerated() {
        for host in endpoints[cluster].indices {
          endpoints[cluster][host].priority = homes[0].priorities[cluster][host]
        }
        configuration.clusters[cluster].localityWeights = weights ?? []
        if weights == nil { configuration.clusters[cluster].localityWeighted = false }
      }
      (homes, homeOfInstance) = ([], [])
    }
    proxyIndex[index] = proxies.count
    policyProxies.insert(proxies.count)
    map.proxies.append(
      ModelMap.ProxyOrigin(
        name: policy.name, instances: nodes.count, services: policy.upstreams.map(\.service)))
    proxies.append(
      ProxyModel(
        name: policy.name, configuration: configuration, endpoints: endpoints,
        placement: placement, connect: .zero, upFor: .minutes(60), ways: ways, homes: homes,
        homeOfInstance: homeOfInstance, routeRateLimits: limits))
  }

  /// The workload beside whose pods a sidecar stands.
  func workload(ofSidecar proxy: Int) -> Int? {
    sidecarWorkloads[proxy]
  }

  // MARK: Hosts

  private mutating func endpoints(of upstream: Upstream) -> [ProxyModel.Endpoint] {
    var result: [ProxyModel.Endpoint] = []
    for workload in upstream.workloads {
      let pods = scenario.workloads[workload]
      let isOut = !accepts(pods, upstream.transport)
      for pod in 0..<pods.replicas {
        result.append(
          ProxyModel.Endpoint(
            pod: isOut ? closed() : PodReference(service: workload, pod: pod),
            locality: scenario.nodes[pods.node(of: pod)].locality,
            hashKey: "\(pods.name)-\(pod)"))
      }
    }
    return result
  }

  /// Whether a workload's pods let in a proxy that sends so.
  private func accepts(_ pods: Workload, _ transport: Upstream.Transport) -> Bool {
    switch (transport, pods.mutualTLS) {
    case (.plaintext, .strict): false
    case (.mutualTLS, .disabled): scenario.services[pods.service].kind == .external
    default: true
    }
  }

  // MARK: Filters of routes

  /// Adds the fault filters that routes want, each for its own route only; the routes' own local
  /// rate limits, by route, none when no route has one.
  mutating func addRouteFilters(
    _ policy: ProxyPolicy, to configuration: inout EnvoyConfiguration
  ) -> [RouteRateLimit?] {
    for (route, filters) in policy.routeFilters.enumerated() {
      guard var fault = filters.fault else { continue }
      fault.headers.append(
        RouteMatch.HeaderMatch(name: EdgeModel.Attributes.routeHeader, value: .exact("\(route)")))
      configuration.filters.append(.fault(fault))
    }
    let limits = policy.routeFilters.map(\.localRateLimit)
    var all = limits.compactMap { $0?.settings }
    for case .localRateLimit(let limit) in configuration.filters { all.append(limit) }
    if all.contains(where: \.perDownstreamConnection) {
      note(
        "proxy \(policy.name)",
        "local_rate_limit_per_downstream_connection is not modelled: all connections of a proxy "
          + "share one bucket")
    }
    return limits.contains { $0 != nil } ? limits : []
  }

  // MARK: Callers without a proxy

  /// The proxy that stands for callers without one: it picks a pod at random and does nothing else.
  mutating func directProxy(_ route: DirectRoute, isAmbient: Bool) -> Int {
    if let known = directProxies[route] { return known }
    let service = scenario.services[route.service]
    var endpoints: [ProxyModel.Endpoint] = []
    for workload in service.workloads {
      let pods = scenario.workloads[workload]
      let isOut = pods.mutualTLS == .strict && !isAmbient
      for pod in 0..<pods.replicas {
        let reference = isOut ? closed() : PodReference(service: workload, pod: pod)
        endpoints.append(ProxyModel.Endpoint(pod: reference))
      }
    }
    let caller = route.caller < 0 ? "outside" : scenario.workloads[route.caller].name
    let name = "\(caller) to \(service.name)"
    let cluster = Cluster(
      name: service.name, thresholds: .none, loadBalancer: .random, panicThreshold: 0)
    let forward = ForwardAction(destinations: [.init(cluster: 0)], timeout: nil)
    proxies.append(
      ProxyModel(
        name: name,
        configuration: EnvoyConfiguration(
          streamIdleTimeout: nil, routes: [Route(action: .forward(forward))], clusters: [cluster]),
        endpoints: [endpoints], placement: .shared(instances: 1),
        // An ambient caller's ztunnel stands on its own side of the way.
        ways: ProxyModel.Ways(site: .caller, hostHop: isAmbient ? network.hop() : HopModel())))
    map.proxies.append(
      ModelMap.ProxyOrigin(name: name, instances: 1, services: [route.service]))
    directProxies[route] = proxies.count - 1
    return proxies.count - 1
  }
}

extension Scenario::Node {
  /// Region and zone, as Istio writes a locality.
  var locality: String { zone.isEmpty ? region : "\(region)/\(zone)" }
}
