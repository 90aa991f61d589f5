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
    var ports: Set<Int> = []
    for request in requests {
      let authority = request.target.authority
      let way = way(of: request.target, client)
      let routes = known[authority] ?? HostRoutes(virtualServices(for: way, client))
      known[authority] = routes
      checkDestinations(of: request, routes, way)
      guard seen.insert(authority).inserted else { continue }
      let first = builder.routes.count
      addRoutes(for: request.target, routes, way, client, &builder)
      let limits = routeLimits(
        of: client, host: way.host, port: way.port, first: first,
        count: builder.routes.count - first)
      for (index, limit) in limits.enumerated() {
        builder.routeFilters[first + index].localRateLimit = limit
      }
      ports.insert(way.port)
    }
    let limits = rateLimits(for: client, ports: ports)
    return ProxyPolicy(
      name: client.name, kind: client.kind,
      configuration: EnvoyConfiguration(
        workerThreads: draft.mesh.workerThreads ?? 2, filters: limits,
        streamIdleTimeout: client.kind == .gateway ? .minutes(5) : nil, routes: builder.routes,
        clusters: builder.clusters),
      upstreams: builder.upstreams, routeFilters: builder.routeFilters)
  }

  // MARK: Routes

  /// How requests for an authority come to a proxy.
  private func way(of target: CallTarget, _ client: MeshClient) -> RequestWay {
    let host = Authority.parts(target.authority).host
    let entry = client.entrance?.port(of: target.authority)
    return RequestWay(
      host: host, entry: entry,
      port: entry?.number ?? scenario.services[target.service].ports[target.port].number,
      gateways: entry?.gateways ?? client.gateways)
  }

  /// The VirtualServices that a client uses for a host, those of the narrowest host.
  ///
  /// In the mesh one VirtualService has a host, or all HTTPRoutes of a Service have it together; at a
  /// gateway those of the same host are joined. One without a rule for the port or the client is as
  /// if it were not there.
  private func virtualServices(
    for way: RequestWay, _ client: MeshClient
  ) -> [VirtualServiceManifest] {
    let candidates = index.virtualServices(for: way.host).compactMap {
      number -> (VirtualServiceManifest, Int)? in
      let virtualService = manifests.virtualServices[number]
      let isRun =
        way.entry?.runs(virtualService, for: way.host)
        ?? (virtualService.gateways.contains(where: { client.gateways.contains($0) })
          && (client.entrance?.admits(virtualService)
            ?? virtualService.isVisible(from: client.namespace)))
      guard isRun else { return nil }
      let fits = virtualService.hosts.filter { $0.matches(way.host) }
      return fits.map { HostPattern.specificity($0.name) }.max().map { (virtualService, $0) }
    }
    guard let best = candidates.map(\.1).max() else { return [] }
    let narrowest = candidates.filter { $0.1 == best }.map(\.0)
    let used = narrowest.filter { $0.rules.contains { applies($0, way, client) } }
    if client.kind == .gateway { return used }
    guard let nearest = narrowest.map({ $0.remoteness(from: client.namespace) }).min() else {
      return []
    }
    let own = narrowest.filter { $0.remoteness(from: client.namespace) == nearest }
    let chosen = own[0].isHTTPRoute ? own.filter(\.isHTTPRoute) : [own[0]]
    return used.filter { use in chosen.contains { $0.meta.title == use.meta.title } }
  }

  private mutating func addRoutes(
    for target: CallTarget, _ found: HostRoutes, _ way: RequestWay, _ client: MeshClient,
    _ builder: inout PolicyBuilder
  ) {
    let service = scenario.services[target.service]
    let isHTTP = client.kind == .gateway || service.ports[target.port].isHTTP
    if isHTTP {
      for source in found.virtualServices { placements.add(source.meta.title, proxy: client.name) }
      for (rule, _) in found.entries { addRule(rule, target, way, client, &builder) }
    }
    guard found.entries.isEmpty || !isHTTP, client.kind != .gateway, service.kind != .routedOnly
    else { return }
    let cluster = cluster(target.service, "", way.port, client, &builder)
    let hashes = builder.hashPolicies[cluster]
    if isHTTP {
      policyDefaults.add(
        service.name, .routes,
        [PolicyField(name: "timeout", usual: "off", isStated: false)] + RetryManifest.fields(nil))
    }
    builder.routes.append(
      Route(
        match: RouteMatch(authorities: [target.authority]),
        action: .forward(
          ForwardAction(
            destinations: [.init(cluster: cluster)], timeout: nil,
            retryPolicy: isHTTP
              ? RetryManifest.istioDefault.policy(hashesHosts: !hashes.isEmpty) : nil,
            hashPolicy: hashes))))
    builder.routeFilters.append(RouteFilters())
  }

  private mutating func addRule(
    _ rule: HTTPRule, _ target: CallTarget, _ way: RequestWay, _ client: MeshClient,
    _ builder: inout PolicyBuilder
  ) {
    let (host, number) = Authority.parts(target.authority)
    // Users name a port only where it is not that of the scheme.
    let named = number == 80 || number == 443 ? host : target.authority
    let matches = rule.matches.filter { match in
      applies(match, way, client)
        && match.authority?.holds(for: client.kind == .gateway ? named : target.authority) ?? true
    }
    if !rule.matches.isEmpty, matches.isEmpty { return }
    // A destination without port is meant at the port of the call; a gateway's own says nothing.
    let port = scenario.services[target.service].ports[target.port].number
    let action = action(rule, port, client, &builder)
    if rule.answer == nil {
      policyDefaults.add(scenario.services[target.service].name, .routes, rule.fields)
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

  /// Whether a rule is for requests that come this way, whatever they ask for.
  private func applies(_ rule: HTTPRule, _ way: RequestWay, _ client: MeshClient) -> Bool {
    rule.matches.isEmpty || rule.matches.contains { applies($0, way, client) }
  }

  private func applies(_ match: HTTPMatch, _ way: RequestWay, _ client: MeshClient) -> Bool {
    if !match.gateways.isEmpty, !match.gateways.contains(where: way.gateways.contains) {
      return false
    }
    if let wanted = match.port, wanted != way.port { return false }
    if !match.sourceNamespace.isEmpty, match.sourceNamespace != client.namespace { return false }
    return match.sourceLabels.isEmpty || client.labels.isSelected(by: match.sourceLabels)
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
    policyDefaults.add(known.name, .clusters, merged.fields)
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
    let known = service.ports.first { $0.number == port }
    var thresholds = pool?.thresholds ?? .none
    thresholds.retryBudget = policy.retryBudget
    var cluster = Cluster(
      name: name,
      upstreamProtocol:
        known?.layer == .http2 || pool?.upgradesToHTTP2 == true ? .http2 : .http1,
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
    if known?.layer == .tcp { cluster.seesOnlyConnections() }
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
    // TLS of another kind than the mesh's own is as foreign as none to pods that ask for that.
    case "DISABLE", "SIMPLE", "MUTUAL": .plaintext
    case "ISTIO_MUTUAL": .mutualTLS
    default: .automatic
    }
  }

  // MARK: DestinationRules

  /// The DestinationRules of a host for a client: in the client's namespace, else the service's, else
  /// the root's; of a namespace those of the narrowest host.
  ///
  /// One that selects the client is used alone, and only by clients.
  ///
  /// - Source: Istio `pilot/pkg/model/push_context.go`, `destinationRule`;
  ///   `pilot/pkg/model/sidecar.go`, `DestinationRule`.
  func destinationRules(
    for service: Int, _ client: MeshClient
  ) -> [DestinationRuleManifest] {
    let host = scenario.services[service].host
    let candidates = index.destinationRules(for: host).map { manifests.destinationRules[$0] }
    for namespace in [client.namespace, scenario.services[service].namespace, rootNamespace] {
      let fits = candidates.filter {
        $0.meta.namespace == namespace && $0.host.matches(host)
          && $0.isVisible(from: client.namespace, labels: client.labels)
          && (client.kind != .sidecarInbound || $0.clientLabels.isEmpty)
      }
      guard let best = fits.map({ HostPattern.specificity($0.host.name) }).max() else { continue }
      let rules = fits.filter { HostPattern.specificity($0.host.name) == best }
      return rules.first { !$0.clientLabels.isEmpty }.map { [$0] } ?? rules
    }
    return []
  }
}

extension Cluster {
  /// Leaves of the policy what a proxy of TCP can follow: it sees connections, not requests.
  ///
  /// - Source: Envoy `source/common/tcp_proxy/tcp_proxy.cc`: of outlier detection only failures to
  ///   connect are reported.
  fileprivate mutating func seesOnlyConnections() {
    thresholds.maxRequests = CircuitBreakerThresholds.unlimited
    thresholds.retryBudget = nil
    maxRequestsPerConnection = nil
    guard var outlier = outlierDetection else { return }
    if !outlier.splitExternalLocalOriginErrors {
      // Otherwise a failure to connect counts as a 503.
      let limits = [
        outlier.enforcingConsecutive5xx > 0 ? outlier.consecutive5xx : nil,
        outlier.enforcingConsecutiveGatewayFailure > 0 ? outlier.consecutiveGatewayFailure : nil,
      ].compactMap { $0 }
      outlier.splitExternalLocalOriginErrors = true
      outlier.consecutiveLocalOriginFailure = limits.min() ?? 5
      outlier.enforcingConsecutiveLocalOriginFailure = limits.isEmpty ? 0 : 100
    }
    outlier.enforcingConsecutive5xx = 0
    outlier.enforcingConsecutiveGatewayFailure = 0
    outlierDetection = outlier
  }
}
