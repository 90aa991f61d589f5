import Scenario
import TimeAndChance
import TrafficPolicy

/// A policy while it is put together.
private struct PolicyBuilder {
  struct ClusterKey: Hashable {
    var service: Int
    var subset: String
    var port: Int
  }
  var routes: [Route] = []
  var routeFilters: [RouteFilters] = []
  var clusters: [Cluster] = []
  var upstreams: [Upstream] = []
  var clusterIndices: [ClusterKey: Int] = [:]
  /// The DestinationRules of the services so far.
  var rules: [Int: MergedDestinationRule] = [:]
  /// The hash policy of each cluster's balancer.
  var hashPolicies: [[HashPolicy]] = []
}

extension ScenarioResolver {
  /// Adds the policy of a proxy and gives its index.
  mutating func addProxy(_ client: MeshClient, _ requests: [MeshRequest]) -> Int {
    let policy = policy(client, requests)
    scenario.proxies.append(policy)
    return scenario.proxies.count - 1
  }

  /// What a proxy runs: the routes of all hosts that it is asked for, and their clusters.
  ///
  /// Hosts that nobody behind the proxy calls are left out; they change nothing.
  mutating func policy(_ client: MeshClient, _ requests: [MeshRequest]) -> ProxyPolicy {
    var builder = PolicyBuilder()
    var seen: Set<String> = []
    var known: [String: HostRoutes] = [:]
    for request in requests {
      let host = Self.hostName(request.target.authority)
      let routes = known[host] ?? HostRoutes(virtualServices(for: host, client))
      known[host] = routes
      checkDestinations(of: request, routes, client)
      guard seen.insert(request.target.authority).inserted else { continue }
      addRoutes(for: request.target, routes.virtualServices, client, &builder)
    }
    let limits = rateLimits(for: client)
    for index in builder.routeFilters.indices {
      builder.routeFilters[index].localRateLimit = limits.route
    }
    return ProxyPolicy(
      name: client.name, kind: client.kind,
      configuration: EnvoyConfiguration(
        workerThreads: draft.mesh.workerThreads ?? 2, filters: limits.listener,
        streamIdleTimeout: client.kind == .gateway ? .minutes(5) : nil, routes: builder.routes,
        clusters: builder.clusters),
      upstreams: builder.upstreams, routeFilters: builder.routeFilters)
  }

  // MARK: Routes

  /// The VirtualServices that a client uses for a host, narrowest host first.
  ///
  /// In the mesh one VirtualService has a host; at a gateway those of the same host are joined.
  func virtualServices(for host: String, _ client: MeshClient) -> [VirtualServiceManifest] {
    let candidates = index.virtualServices(for: host).compactMap {
      number -> (VirtualServiceManifest, Int)? in
      let virtualService = manifests.virtualServices[number]
      guard virtualService.gateways.contains(where: { client.gateways.contains($0) }),
        client.kind == .gateway || virtualService.isVisible(from: client.namespace)
      else { return nil }
      let fits = virtualService.hosts.filter { $0.matches(host) }
      return fits.map { HostPattern.specificity($0.name) }.max().map { (virtualService, $0) }
    }
    guard let best = candidates.map(\.1).max() else { return [] }
    let narrowest = candidates.filter { $0.1 == best }.map(\.0)
    return client.kind == .gateway ? narrowest : Array(narrowest.prefix(1))
  }

  private mutating func addRoutes(
    for target: CallTarget, _ found: [VirtualServiceManifest], _ client: MeshClient,
    _ builder: inout PolicyBuilder
  ) {
    let port = scenario.services[target.service].ports[target.port].number
    for virtualService in found {
      placements.add(virtualService.meta.title, proxy: client.name)
      for rule in virtualService.rules {
        addRule(rule, virtualService, target, port, client, &builder)
      }
    }
    guard found.isEmpty, client.kind != .gateway else { return }
    let service = scenario.services[target.service]
    guard service.kind != .routedOnly else { return }
    let cluster = cluster(target.service, "", port, client, &builder)
    let hashes = builder.hashPolicies[cluster]
    noteRouteDefaults(service.name, timeout: true, retries: true)
    builder.routes.append(
      Route(
        match: RouteMatch(authorities: [target.authority]),
        action: .forward(
          ForwardAction(
            destinations: [.init(cluster: cluster)], timeout: nil,
            retryPolicy: RetryManifest.istioDefault.policy(hashesHosts: !hashes.isEmpty),
            hashPolicy: hashes))))
    builder.routeFilters.append(RouteFilters())
  }

  /// The host of an authority without its port.
  static func hostName(_ authority: String) -> String {
    String(authority.prefix { $0 != ":" })
  }

  private mutating func addRule(
    _ rule: HTTPRule, _ virtualService: VirtualServiceManifest, _ target: CallTarget, _ port: Int,
    _ client: MeshClient, _ builder: inout PolicyBuilder
  ) {
    let matches = rule.matches.filter { match in
      if !match.gateways.isEmpty, !match.gateways.contains(where: client.gateways.contains) {
        return false
      }
      if let wanted = match.port, wanted != port, client.kind != .gateway { return false }
      if !match.sourceNamespace.isEmpty, match.sourceNamespace != client.namespace { return false }
      if !match.sourceLabels.isEmpty, !client.labels.isSelected(by: match.sourceLabels) {
        return false
      }
      return match.authority?.holds(for: target.authority) ?? true
    }
    if !rule.matches.isEmpty, matches.isEmpty { return }
    let action = action(rule, port, client, &builder)
    if rule.answer == nil {
      noteRouteDefaults(
        scenario.services[target.service].name, timeout: rule.timeout == nil,
        retries: rule.retries == nil)
    }
    let conditions =
      matches.isEmpty
      ? [RouteMatch(authorities: [target.authority])]
      : matches.map {
        RouteMatch(
          path: $0.path, method: $0.method, authorities: [target.authority], headers: $0.headers)
      }
    for condition in conditions {
      builder.routes.append(Route(match: condition, action: action))
      builder.routeFilters.append(RouteFilters(fault: rule.fault))
    }
  }

  private mutating func action(
    _ rule: HTTPRule, _ port: Int, _ client: MeshClient, _ builder: inout PolicyBuilder
  ) -> RouteAction {
    if let answer = rule.answer { return .directResponse(status: answer) }
    var destinations: [ForwardAction.Destination] = []
    var hashes: [HashPolicy] = []
    for weighted in rule.destinations {
      let weight = weighted.weight ?? (rule.destinations.count == 1 ? 1 : 0)
      // Istio leaves destinations of weight 0 out, and a single one takes everything.
      if weight == 0, rule.destinations.count > 1 { continue }
      guard let cluster = cluster(weighted.destination, port, client, &builder) else { continue }
      destinations.append(.init(cluster: cluster, weight: max(1, weight)))
      for policy in builder.hashPolicies[cluster] where !hashes.contains(policy) {
        hashes.append(policy)
      }
    }
    if destinations.isEmpty { return .unknownCluster }
    let mirrors = rule.mirrors.compactMap { mirror -> ForwardAction.Mirror? in
      cluster(mirror.destination, port, client, &builder).map {
        ForwardAction.Mirror(cluster: $0, fraction: mirror.fraction)
      }
    }
    return .forward(
      ForwardAction(
        destinations: destinations, timeout: rule.timeout,
        retryPolicy: (rule.retries ?? .istioDefault).policy(hashesHosts: !hashes.isEmpty),
        mirrors: mirrors, hashPolicy: hashes))
  }

  private mutating func noteRouteDefaults(_ service: String, timeout: Bool, retries: Bool) {
    if timeout { defaults.add("calls to \(service)", "timeout", "off", by: "Istio") }
    if retries {
      defaults.add(
        "calls to \(service)", "retries",
        "2 on connect-failure, refused-stream, unavailable, cancelled", by: "Istio")
    }
  }

  // MARK: Clusters

  private mutating func cluster(
    _ destination: DestinationReference, _ port: Int, _ client: MeshClient,
    _ builder: inout PolicyBuilder
  ) -> Int? {
    guard let service = serviceIndex(host: destination.host.name) else { return nil }
    let ports = scenario.services[service].ports
    var number = destination.port ?? port
    if destination.port == nil, !ports.contains(where: { $0.number == port }) {
      number = ports[scenario.services[service].defaultPort].number
    }
    return cluster(service, destination.subset, number, client, &builder)
  }

  /// The cluster of a service, subset and port, made on first use.
  private mutating func cluster(
    _ service: Int, _ subset: String, _ port: Int, _ client: MeshClient,
    _ builder: inout PolicyBuilder
  ) -> Int {
    let key = PolicyBuilder.ClusterKey(service: service, subset: subset, port: port)
    if let index = builder.clusterIndices[key] { return index }
    let rule =
      builder.rules[service] ?? MergedDestinationRule(destinationRules(for: service, client))
    builder.rules[service] = rule
    for title in rule.titles { placements.add(title, proxy: client.name) }
    let part = rule.subsets[subset]
    let merged = TrafficPolicyManifest.merged(
      rule: rule.policy, subset: subset.isEmpty ? nil : part?.policy, port: port)
    let known = scenario.services[service]
    builder.clusters.append(
      envoyCluster("outbound|\(port)|\(subset)|\(known.host)", merged, known, port))
    builder.hashPolicies.append(merged.loadBalancer?.hashPolicy ?? [])
    builder.upstreams.append(
      Upstream(
        service: service, subset: subset,
        workloads: subset.isEmpty
          ? known.workloads : part.map { members(of: $0, among: known.workloads) } ?? [],
        locality: locality(merged, service: service), transport: transport(merged, known)))
    noteClusterDefaults(known.name, merged)
    builder.clusterIndices[key] = builder.clusters.count - 1
    return builder.clusters.count - 1
  }

  /// The workloads whose pods are in a subset; a subset without labels has all pods.
  func members(of subset: DestinationRuleManifest.Subset, among workloads: [Int]) -> [Int] {
    labelIndex.members(of: subset.labels, among: workloads)
  }

  private func envoyCluster(
    _ name: String, _ policy: TrafficPolicyManifest, _ service: Service, _ port: Int
  ) -> Cluster {
    let pool = policy.connectionPool
    let balancer = policy.loadBalancer
    let portName = service.ports.first { $0.number == port }?.name ?? ""
    let isHTTP2 = portName.hasPrefix("grpc") || portName.hasPrefix("http2")
    var thresholds = pool?.thresholds ?? .none
    thresholds.retryBudget = policy.retryBudget
    var cluster = Cluster(
      name: name,
      upstreamProtocol: isHTTP2 || pool?.upgradesToHTTP2 == true ? .http2 : .http1,
      connectTimeout: pool?.connectTimeout ?? .seconds(10), thresholds: thresholds,
      maxRequestsPerConnection: pool?.maxRequestsPerConnection,
      loadBalancer: balancer?.policy ?? .leastRequest())
    if let streams = pool?.maxConcurrentStreams { cluster.maxConcurrentStreams = streams }
    if let idle = pool?.idleTimeout { cluster.idleTimeout = idle > .zero ? idle : nil }
    if balancer?.isPassthrough == true { cluster.loadBalancer = .random }
    cluster.slowStart = balancer?.slowStart
    if let outlier = policy.outlierDetection {
      cluster.outlierDetection = outlier.settings
      cluster.panicThreshold = outlier.panicThreshold
    }
    let failsOver =
      policy.outlierDetection != nil
      && (balancer?.failover.isEmpty == false || balancer?.hasFailoverPriority == true)
    cluster.localityWeighted = failsOver || balancer?.distribution.isEmpty == false
    return cluster
  }

  /// How near hosts are preferred.
  ///
  /// - Source: Istio `pilot/pkg/networking/core/loadbalancer/loadbalancer.go`: failover needs
  ///   outlier detection (or a traffic distribution), and localities that are known.
  private func locality(_ policy: TrafficPolicyManifest, service: Int) -> LocalityPreference {
    let balancer = policy.loadBalancer
    guard balancer?.prefersLocality ?? true,
      hasLocalities
    else { return .ignored }
    if let distribution = balancer?.distribution, !distribution.isEmpty {
      return .distribute(distribution)
    }
    let prefersClose = services[service].manifest?.prefersClose ?? false
    guard policy.outlierDetection != nil || prefersClose else { return .ignored }
    return .failover(balancer?.failover ?? [])
  }

  private func transport(
    _ policy: TrafficPolicyManifest, _ service: Service
  ) -> Upstream.Transport {
    switch policy.tlsMode {
    case "DISABLE": .plaintext
    case "ISTIO_MUTUAL": .mutualTLS
    default: .automatic
    }
  }

  private mutating func noteClusterDefaults(_ service: String, _ policy: TrafficPolicyManifest) {
    let subject = "calls to \(service)"
    if policy.loadBalancer == nil {
      defaults.add(subject, "loadBalancer", "LEAST_REQUEST, 2 choices", by: "Istio")
    }
    if policy.connectionPool == nil {
      defaults.add(subject, "connectionPool", "no limits", by: "Istio")
    }
    if policy.connectionPool?.connectTimeout == nil {
      defaults.add(subject, "connectTimeout", "10s", by: "Istio")
    }
    if policy.outlierDetection == nil {
      defaults.add(subject, "outlierDetection", "none", by: "Istio")
    }
  }

  // MARK: DestinationRules

  /// The DestinationRules of a host for a client: in the client's namespace, else the service's, else
  /// the root's; of a namespace those of the narrowest host, in the order of precedence.
  ///
  /// - Source: Istio `pilot/pkg/model/push_context.go`, `destinationRule`.
  func destinationRules(
    for service: Int, _ client: MeshClient
  ) -> [DestinationRuleManifest] {
    let host = scenario.services[service].host
    let candidates = index.destinationRules(for: host).map { manifests.destinationRules[$0] }
    for namespace in [client.namespace, scenario.services[service].namespace, rootNamespace] {
      let fits = candidates.filter {
        $0.meta.namespace == namespace && $0.host.matches(host)
          && $0.isVisible(from: client.namespace, labels: client.labels)
      }
      guard let best = fits.map({ HostPattern.specificity($0.host.name) }).max() else { continue }
      let rules = fits.filter { HostPattern.specificity($0.host.name) == best }
      return rules.filter { !$0.clientLabels.isEmpty } + rules.filter(\.clientLabels.isEmpty)
    }
    return []
  }

  // MARK: Rate limits

  /// The local rate limits of EnvoyFilters for a proxy.
  mutating func rateLimits(for client: MeshClient) -> ProxyRateLimits {
    var result = ProxyRateLimits()
    let open = Set([rootNamespace, client.namespace]).flatMap(filterIndex.selectingAll)
    for number in (filterIndex.selecting(client.labels) + open).sorted() {
      let filter = manifests.envoyFilters[number]
      guard isSelected(client, by: filter) else { continue }
      for limit in filter.limits where limit.context.includes(client.kind) {
        placements.add(filter.meta.title, proxy: client.name)
        if limit.isPerRoute {
          result.route = limit.settings
        } else {
          result.listener.append(.localRateLimit(limit.settings))
        }
      }
    }
    return result
  }

  private func isSelected(_ client: MeshClient, by filter: EnvoyFilterManifest) -> Bool {
    if filter.selector.isEmpty {
      return filter.meta.namespace == rootNamespace || filter.meta.namespace == client.namespace
    }
    guard client.labels.isSelected(by: filter.selector) else { return false }
    return client.kind == .gateway || filter.meta.namespace == client.namespace
      || filter.meta.namespace == rootNamespace
  }
}

extension EnvoyFilterManifest.Context {
  /// Whether a patch of this context applies to a proxy.
  func includes(_ kind: ProxyPolicy.Kind) -> Bool {
    switch self {
    case .any: true
    case .inbound: kind == .sidecarInbound
    case .outbound: kind == .sidecarOutbound
    case .gateway: kind == .gateway
    }
  }
}
