import Scenario
import TimeAndChance
import TrafficPolicy

/// Callers of one place that ask for a service without a proxy of their own.
struct DirectRoute: Hashable {
  /// The workload whose pods call; -1 is outside.
  var caller: Int
  /// The service that is asked for.
  var service: Int
}

extension ModelBuilder {
  /// A kind of proxy for each policy of the scenario that clients run.
  ///
  /// A policy in front of a server adds its latency and nothing else.
  mutating func addProxies() {
    for (index, policy) in scenario.proxies.enumerated() {
      if policy.kind == .sidecarInbound {
        noteInbound(policy)
        continue
      }
      addProxy(policy, index)
    }
  }

  private mutating func noteInbound(_ policy: ProxyPolicy) {
    if !policy.configuration.filters.isEmpty
      || policy.routeFilters.contains(where: { $0.localRateLimit != nil })
    {
      note(policy.name, "rate limits in front of a server's pods are not applied")
    }
    if policy.configuration.clusters.contains(where: { $0.thresholds != .none }) {
      note(policy.name, "the connection pool in front of a server's pods is not applied")
    }
  }

  private mutating func addProxy(_ policy: ProxyPolicy, _ index: Int) {
    let placement: ProxyModel.Placement
    let callers: NetworkTimes.Placement
    var fromCaller = network.halfHop
    var instances = policy.instances
    switch policy.kind {
    case .sidecarOutbound, .sidecarInbound:
      guard let workload = workload(ofSidecar: index) else { return }
      let pods = scenario.workloads[workload]
      callers = NetworkTimes.Placement(pods)
      instances = max(1, pods.replicas)
      let hasTraffic = scenario.traffic.contains { $0.origin == .workload(workload) }
      if hasTraffic {
        // A source is no pod, so its requests are spread over the pods' proxies at random.
        placement = .shared(instances: instances)
        if pods.steps.contains(where: hasCalls) {
          note(
            policy.name,
            "calls of its pods go through the proxy of any of them, as traffic begins there too")
        }
      } else {
        placement = .besideEachCaller(service: workload)
      }
    case .gateway:
      placement = .shared(instances: instances)
      callers = NetworkTimes.Placement(pods: instances, nodes: policy.nodes)
      fromCaller += network.outside
    case .waypoint:
      placement = .shared(instances: instances)
      callers = NetworkTimes.Placement(pods: instances, nodes: policy.nodes)
      fromCaller += network.halfHop  // ztunnel beside the caller
    }
    var times: [Double] = []
    let endpoints = policy.upstreams.map { upstream -> [ProxyModel.Endpoint] in
      for workload in upstream.workloads where scenario.workloads[workload].replicas > 0 {
        let pods = scenario.workloads[workload]
        let further = pods.inbound != nil || pods.dataPlane == .ambient
        times.append(
          network.oneWay(from: callers, to: NetworkTimes.Placement(pods))
            + (further ? network.halfHop : 0))
      }
      return self.endpoints(of: upstream, callers: callers, policy)
    }
    if let first = times.first, times.contains(where: { $0 != first }) {
      note(policy.name, "ways to hosts at different distances take their mean")
    }
    let toHost = SimDuration(
      seconds: times.isEmpty ? 0 : times.reduce(0, +) / Double(times.count))
    var configuration = policy.configuration
    addRouteFilters(policy, to: &configuration)
    for place in configuration.clusters.indices {
      weigh(policy.upstreams[place], callers, &configuration.clusters[place], policy)
    }
    proxyIndex[index] = proxies.count
    map.proxies.append(
      ModelMap.ProxyOrigin(
        name: policy.name, instances: instances, services: policy.upstreams.map(\.service)))
    proxies.append(
      ProxyModel(
        name: policy.name, configuration: configuration, endpoints: endpoints,
        placement: placement, fromCaller: SimDuration(seconds: fromCaller), toHost: toHost,
        connect: toHost * 2, upFor: .minutes(60)))
  }

  /// The workload beside whose pods a sidecar stands.
  func workload(ofSidecar proxy: Int) -> Int? {
    scenario.workloads.firstIndex { $0.dataPlane == .sidecar(outbound: proxy) }
  }

  private func hasCalls(_ steps: [Scenario::Step]) -> Bool {
    steps.contains { step in
      switch step {
      case .call: true
      case .parallel(let branches): branches.contains(where: hasCalls)
      case .branch(let branches): branches.contains { hasCalls($0.steps) }
      case .loop(_, let steps): hasCalls(steps)
      case .cpu, .wait, .fail: false
      }
    }
  }

  // MARK: Hosts

  private mutating func endpoints(
    of upstream: Upstream, callers: NetworkTimes.Placement, _ policy: ProxyPolicy
  ) -> [ProxyModel.Endpoint] {
    let priorities = self.priorities(of: upstream, callers: callers, policy)
    var result: [ProxyModel.Endpoint] = []
    for workload in upstream.workloads {
      let pods = scenario.workloads[workload]
      let isOut = !accepts(pods, upstream.transport)
      for pod in 0..<pods.replicas {
        let node = pods.nodes[pod % pods.nodes.count]
        result.append(
          ProxyModel.Endpoint(
            pod: isOut ? closed() : PodReference(service: workload, pod: pod),
            priority: priorities[node], locality: scenario.nodes[node].locality,
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

  /// The header by which filters know the route that a request will take.
  ///
  /// No request of a user can carry it: HTTP allows no such name.
  static let routeHeader = ":route"

  /// Adds what routes want of the filters in front of them, each for its own route only.
  private mutating func addRouteFilters(
    _ policy: ProxyPolicy, to configuration: inout EnvoyConfiguration
  ) {
    for (route, filters) in policy.routeFilters.enumerated() {
      let condition = RouteMatch.HeaderMatch(name: Self.routeHeader, value: .exact("\(route)"))
      if var fault = filters.fault {
        fault.headers.append(condition)
        configuration.filters.append(.fault(fault))
      }
      if let limit = filters.localRateLimit {
        let hasListenerLimit = policy.configuration.filters.contains { filter in
          if case .localRateLimit = filter { return true }
          return false
        }
        if hasListenerLimit {
          note(policy.name, "a route's rate limit acts beside the listener's, not instead of it")
        }
        if !limit.descriptors.isEmpty {
          note(policy.name, "descriptors of a route's rate limit are not applied")
        }
        var own = limit
        own.bucket = TokenBucketSettings(
          maxTokens: 1_000_000_000, tokensPerFill: 1_000_000_000, fillInterval: .seconds(1))
        own.alwaysConsumesDefaultBucket = false
        own.descriptors = [
          LocalRateLimitSettings.Descriptor(headers: [condition], bucket: limit.bucket)
        ]
        configuration.filters.append(.localRateLimit(own))
      }
    }
  }

  // MARK: Callers without a proxy

  /// The proxy that stands for callers without one: it picks a pod at random and does nothing else.
  mutating func directProxy(_ route: DirectRoute, isAmbient: Bool) -> Int {
    if let known = directProxies[route] { return known }
    let service = scenario.services[route.service]
    let callers =
      route.caller < 0 ? nil : NetworkTimes.Placement(scenario.workloads[route.caller])
    var times: [Double] = []
    var endpoints: [ProxyModel.Endpoint] = []
    for workload in service.workloads {
      let pods = scenario.workloads[workload]
      let isOut = pods.mutualTLS == .strict && !isAmbient
      for pod in 0..<pods.replicas {
        let reference = isOut ? closed() : PodReference(service: workload, pod: pod)
        endpoints.append(ProxyModel.Endpoint(pod: reference))
      }
      guard pods.replicas > 0 else { continue }
      let way =
        callers.map { network.oneWay(from: $0, to: NetworkTimes.Placement(pods)) }
        ?? network.outside
      let further = pods.inbound != nil || pods.dataPlane == .ambient
      times.append(way + (further ? network.halfHop : 0) + (isAmbient ? network.halfHop : 0))
    }
    let time = times.isEmpty ? 0 : times.reduce(0, +) / Double(times.count)
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
        toHost: SimDuration(seconds: time)))
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
