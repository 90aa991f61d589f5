import Scenario
import TimeAndChance
import TrafficPolicy

/// Istio's root namespace, whose policies are for the whole mesh.
let rootNamespace = "istio-system"

extension ScenarioResolver {
  /// Which proxies stand where, and what each of them runs.
  mutating func resolveMesh() {
    labelIndex = LabelIndex(workloads.map(\.labels))
    namespaceLabels = Dictionary(
      manifests.namespaces.map { ($0.name, $0.labels) }, uniquingKeysWith: { first, _ in first })
    authenticationIndex = PolicyIndex(
      manifests.peerAuthentications.map { ($0.meta.namespace, $0.selector) })
    filterIndex = PolicyIndex(manifests.envoyFilters.map { ($0.meta.namespace, $0.selector) })
    registerPolicies()
    checkRoutes()
    let planes = scenario.workloads.indices.map { dataPlane(of: $0) }
    bindWaypoints(planes)
    let requests = requestsByWorkload()
    for index in scenario.workloads.indices {
      place(planes[index], workload: index, requests[index] ?? [])
    }
    var sources: [Int: [Int]] = [:]
    for (index, source) in scenario.traffic.enumerated() {
      if case .gateway(let proxy) = source.origin { sources[proxy, default: []].append(index) }
    }
    for entrance in entrances { fill(entrance, sources[entrance.proxy] ?? []) }
    noteMeshDefaults(planes)
    warnOfUnusedPolicies(planes)
  }

  private mutating func registerPolicies() {
    for item in manifests.virtualServices { placements.register(item.meta.title) }
    for item in manifests.destinationRules { placements.register(item.meta.title) }
    for item in manifests.envoyFilters { placements.register(item.meta.title) }
    for item in manifests.peerAuthentications { placements.register(item.meta.title) }
  }

  // MARK: Data planes

  /// How a workload meets the mesh: as the scenario says, else as labels say, else by sidecars when
  /// there are Istio manifests at all.
  private func dataPlane(of index: Int) -> MeshDraft.DataPlane {
    let workload = scenario.workloads[index]
    if scenario.services[workload.service].kind == .external { return .none }
    if let stated = draft.mesh.dataPlane { return stated }
    let namespace = namespaceLabels[workload.namespace] ?? []
    let manifest = workloads[index].manifest
    let own = (manifest?.labels ?? []) + (manifest?.annotations ?? [])
    switch own["sidecar.istio.io/inject"]?.lowercased() {
    case "false": return .none
    case "true": return .sidecar
    default: break
    }
    switch own["istio.io/dataplane-mode"] ?? namespace["istio.io/dataplane-mode"] {
    case "ambient": return .ambient
    case "none": return .none
    default: break
    }
    if namespace["istio-injection"] == "disabled" { return .none }
    if namespace["istio-injection"] == "enabled" || namespace["istio.io/rev"] != nil {
      return .sidecar
    }
    return manifests.mentionsIstio ? .sidecar : .none
  }

  private mutating func place(
    _ plane: MeshDraft.DataPlane, workload index: Int, _ requests: [MeshRequest]
  ) {
    let workload = scenario.workloads[index]
    switch plane {
    case .none:
      scenario.workloads[index].dataPlane = .none
      scenario.workloads[index].mutualTLS = .disabled
      return
    case .ambient: scenario.workloads[index].dataPlane = .ambient
    case .sidecar:
      let client = MeshClient(
        name: "sidecar of \(workload.name)", kind: .sidecarOutbound,
        namespace: workload.namespace, labels: workloads[index].labels, gateways: ["mesh"])
      let proxy = addProxy(client, requests)
      scenario.workloads[index].dataPlane = .sidecar(outbound: proxy)
      if draft.mesh.serverSidecars ?? true {
        scenario.workloads[index].inbound = addInbound(index)
      }
    }
    scenario.workloads[index].mutualTLS = mutualTLS(of: index)
  }

  /// What workloads ask others for: their calls, and traffic that starts at their pods.
  private func requestsByWorkload() -> [Int: [MeshRequest]] {
    var result: [Int: [MeshRequest]] = [:]
    for site in callSites.all {
      result[site.workload, default: []].append(MeshRequest(target: site.target, site: site))
    }
    for source in scenario.traffic {
      guard case .workload(let index) = source.origin else { continue }
      result[index, default: []] += source.mix.map { MeshRequest(target: $0.target, site: nil) }
    }
    return result
  }

  private mutating func fill(_ entrance: Entrance, _ sources: [Int]) {
    var client = MeshClient(
      name: entrance.name, kind: .gateway, namespace: entrance.manifests[0].meta.namespace,
      labels: entrance.manifests[0].selector, gateways: entrance.references)
    client.replicas = replicas(of: entrance)
    let requests = sources.flatMap { scenario.traffic[$0].mix }
      .map { MeshRequest(target: $0.target, site: nil) }
    scenario.proxies[entrance.proxy] = policy(client, requests)
    scenario.proxies[entrance.proxy].nodes = allNodes
    let instances = gatewayInstances[entrance.proxy]?.value ?? client.replicas ?? 1
    scenario.proxies[entrance.proxy].instances = instances
    for index in sources { scenario.traffic[index].instances = instances }
    if gatewayInstances[entrance.proxy] == nil, client.replicas == nil, !sources.isEmpty {
      defaults.add(entrance.name, "instances", "1", by: "Foreshock")
    }
  }

  /// The replicas of the gateway's own Deployment when it is among the manifests.
  private func replicas(of entrance: Entrance) -> Int? {
    let selector = entrance.manifests[0].selector
    let own = manifests.workloads.first { $0.labels.isSelected(by: selector) }
    return own.flatMap { $0.statesReplicas ? max(1, $0.replicas) : nil }
  }

  // MARK: Waypoints

  /// Gives ambient services the waypoint that their labels name.
  private mutating func bindWaypoints(_ planes: [MeshDraft.DataPlane]) {
    var proxies: [String: Int] = [:]
    var members: [String: [Int]] = [:]
    let isAmbient = planes.contains(.ambient)
    for index in scenario.services.indices where isAmbient {
      guard let manifest = services[index].manifest,
        scenario.services[index].workloads.contains(where: { planes[$0] == .ambient })
      else { continue }
      let meta = manifest.meta
      let labels =
        meta.labels["istio.io/use-waypoint"] != nil
        ? meta.labels : namespaceLabels[meta.namespace] ?? []
      guard let name = labels["istio.io/use-waypoint"], name.lowercased() != "none" else {
        continue
      }
      let home = labels["istio.io/use-waypoint-namespace"] ?? meta.namespace
      let gateway = manifests.gateways.first {
        $0.isWaypoint && $0.meta.name == name && $0.meta.namespace == home
      }
      guard let gateway else {
        diagnostics.error(
          .danglingHost, at: meta.span,
          "\(meta.title) uses waypoint \("\(home)/\(name)".quoted), which is not there",
          help: "add its Gateway with gatewayClassName: istio-waypoint")
        continue
      }
      members[gateway.reference, default: []].append(index)
    }
    for gateway in manifests.gateways {
      guard let services = members[gateway.reference] else { continue }
      let client = MeshClient(
        name: "waypoint \(gateway.reference)", kind: .waypoint, namespace: gateway.meta.namespace,
        labels: [], gateways: ["mesh"])
      let requests = waypointRequests(services)
      let proxy = addProxy(client, requests)
      scenario.proxies[proxy].nodes = allNodes
      defaults.add(client.name, "instances", "1", by: "Foreshock")
      proxies[gateway.reference] = proxy
      for service in services { scenario.services[service].waypoint = proxy }
    }
  }

  private func waypointRequests(_ services: [Int]) -> [MeshRequest] {
    let services = Set(services)
    let calls = callSites.all.map { MeshRequest(target: $0.target, site: $0) }
    let traffic = scenario.traffic.flatMap(\.mix).map { MeshRequest(target: $0.target, site: nil) }
    return (calls + traffic).filter { services.contains($0.target.service) }.map { request in
      var request = request
      request.target.authority = scenario.services[request.target.service].host
      return request
    }
  }

  // MARK: Servers

  /// What inbound connections to a workload must bring: the narrowest policy that says so.
  private mutating func mutualTLS(of index: Int) -> Workload.MutualTLS {
    let workload = scenario.workloads[index]
    let labels = workloads[index].labels
    let all = manifests.peerAuthentications
    let own = authenticationIndex.selecting(labels).filter {
      all[$0].meta.namespace == workload.namespace && labels.isSelected(by: all[$0].selector)
    }
    let ordered =
      own + authenticationIndex.selectingAll(in: workload.namespace)
      + authenticationIndex.selectingAll(in: rootNamespace)
    guard let number = ordered.first(where: { all[$0].mode != "UNSET" }) else {
      return .permissive
    }
    let policy = all[number]
    placements.add(policy.meta.title, proxy: "sidecar of \(workload.name)")
    switch policy.mode {
    case "STRICT": return .strict
    case "DISABLE": return .disabled
    default: return .permissive
    }
  }

  /// The policy of the proxy in front of a workload's pods.
  ///
  /// - Source: Istio: inbound retries `reset-before-request` since 1.24, the connection pool of the
  ///   service's DestinationRule, no route timeout; `envoy-istio.md` 1.8, 2, 3.
  private mutating func addInbound(_ index: Int) -> Int {
    let workload = scenario.workloads[index]
    let service = scenario.services[workload.service]
    let port = service.ports[service.defaultPort]
    let name = "inbound sidecar of \(workload.name)"
    let client = MeshClient(
      name: name, kind: .sidecarInbound, namespace: workload.namespace,
      labels: workloads[index].labels, gateways: [])
    let rules = destinationRules(for: workload.service, client)
    let merged = TrafficPolicyManifest.merged(
      rule: rules.lazy.compactMap(\.policy).first, subset: nil, port: port.number)
    var cluster = Cluster(
      name: "inbound|\(port.number)||", connectTimeout: .seconds(10),
      thresholds: merged.connectionPool?.thresholds ?? .none)
    cluster.maxRequestsPerConnection = merged.connectionPool?.maxRequestsPerConnection
    if let idle = merged.connectionPool?.idleTimeout {
      cluster.idleTimeout = idle > .zero ? idle : nil
    }
    if merged.connectionPool != nil {
      for rule in rules { placements.add(rule.meta.title, proxy: name) }
    }
    let retries = RetryPolicy(retryOn: .resetBeforeRequest, numRetries: 2)
    let route = Route(
      action: .forward(
        ForwardAction(
          destinations: [.init(cluster: 0)], timeout: nil,
          retryPolicy: port.isHTTP ? retries : nil)))
    let limits = rateLimits(for: client)
    scenario.proxies.append(
      ProxyPolicy(
        name: name, kind: .sidecarInbound,
        configuration: EnvoyConfiguration(
          workerThreads: draft.mesh.workerThreads ?? 2, filters: limits.listener,
          streamIdleTimeout: nil, routes: [route], clusters: [cluster]),
        upstreams: [Upstream(service: workload.service, workloads: [index])],
        routeFilters: [RouteFilters(localRateLimit: limits.route)]))
    return scenario.proxies.count - 1
  }

  // MARK: Reports

  private mutating func noteMeshDefaults(_ planes: [MeshDraft.DataPlane]) {
    if draft.mesh.dataPlane == nil, manifests.namespaces.isEmpty {
      let word = manifests.mentionsIstio ? "sidecars, as there are Istio manifests" : "none"
      defaults.add("mesh", "dataPlane", word, by: "Foreshock")
    }
    if draft.mesh.workerThreads == nil, !scenario.proxies.isEmpty {
      defaults.add("mesh", "workerThreads", "2", by: "Istio")
    }
  }

  /// Policies are of no use where nobody has a proxy.
  private mutating func warnOfUnusedPolicies(_ planes: [MeshDraft.DataPlane]) {
    guard entrances.isEmpty, !planes.contains(.sidecar), !planes.contains(.ambient) else { return }
    for meta in manifests.virtualServices.map(\.meta) + manifests.destinationRules.map(\.meta) {
      diagnostics.warning(
        .policyWithoutProxy, at: meta.span, "no proxy runs \(meta.title)",
        help: "set mesh.dataPlane to sidecar, or label the namespace istio-injection: enabled")
    }
  }
}
