import Scenario
import TimeAndChance
import TrafficPolicy

/// Istio's root namespace, whose policies are for the whole mesh.
let rootNamespace = "istio-system"

extension ScenarioResolver {
  /// Which proxies stand where, and what each of them runs.
  mutating func resolveMesh() {
    labelIndex = LabelIndex(workloads.map(\.labels))
    authenticationIndex = PolicyIndex(
      manifests.peerAuthentications.map { ($0.meta.namespace, $0.selector) })
    filterIndex = PolicyIndex(manifests.envoyFilters.map { ($0.meta.namespace, $0.selector) })
    registerPolicies()
    checkRoutes()
    checkAdmission()
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
  ///
  /// - Source: Istio, "Installing the sidecar", controlling the injection policy: a label that
  ///   disables it, of pod or namespace, comes before one that enables it.
  private func dataPlane(of index: Int) -> MeshDraft.DataPlane {
    let workload = scenario.workloads[index]
    if scenario.services[workload.service].kind == .external { return .none }
    if let stated = draft.mesh.dataPlane { return stated }
    let namespace = namespaceLabels[workload.namespace]
    let manifest = workloads[index].manifest
    let own = (manifest?.labels ?? []) + (manifest?.annotations ?? [])
    let wanted = own["sidecar.istio.io/inject"]?.lowercased()
    if wanted == "false" { return .none }
    switch own["istio.io/dataplane-mode"] ?? namespace["istio.io/dataplane-mode"] {
    case "ambient" where wanted == nil: return .ambient
    case "none" where wanted == nil: return .none
    default: break
    }
    if namespace["istio-injection"] == "disabled" { return .none }
    if wanted == "true" || namespace["istio-injection"] == "enabled"
      || namespace["istio.io/rev"] != nil
    {
      return .sidecar
    }
    // Who labels some of the namespaces that are there means the others to be without.
    if namespaceLabels.isStated(workload.namespace), labelsNamespaces { return .none }
    return manifests.mentionsIstio ? .sidecar : .none
  }

  /// Whether any Namespace says how its pods meet the mesh.
  private var labelsNamespaces: Bool {
    namespaceLabels.haveAny(of: ["istio-injection", "istio.io/rev", "istio.io/dataplane-mode"])
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
      name: entrance.name, kind: .gateway,
      namespace: entrance.admission.podNamespace ?? entrance.manifests[0].meta.namespace,
      labels: labels(of: entrance), gateways: entrance.references)
    client.replicas = replicas(of: entrance)
    client.entrance = entrance
    let requests = sources.flatMap { scenario.traffic[$0].mix }
      .map { MeshRequest(target: $0.target, site: nil) }
    scenario.proxies[entrance.proxy] = policy(client, requests)
    scenario.proxies[entrance.proxy].nodes = allNodes
    let instances = gatewayInstances[entrance.proxy]?.value ?? client.replicas ?? 1
    scenario.proxies[entrance.proxy].instances = instances
    for index in sources { scenario.traffic[index].instances = instances }
    let ports = entrance.ports.map { "\($0.number)" }
    if ports.count > 1, !sources.isEmpty {
      let others = NameList.joined(Array(ports.dropFirst()), by: "or")
      defaults.add(entrance.name, "port", "\(ports[0]), not \(others)", by: "Foreshock")
    }
    if gatewayInstances[entrance.proxy] == nil, client.replicas == nil, !sources.isEmpty {
      defaults.add(entrance.name, "instances", "1", by: "Foreshock")
    }
  }

  /// The gateway's own Deployment when it is among the manifests.
  private func deployment(of entrance: Entrance) -> WorkloadManifest? {
    let selector = entrance.manifests[0].selector
    return manifests.workloads.first { $0.labels.isSelected(by: selector) }
  }

  private func replicas(of entrance: Entrance) -> Int? {
    deployment(of: entrance).flatMap { $0.statesReplicas ? max(1, $0.replicas) : nil }
  }

  /// The labels of a gateway's pods, by which an EnvoyFilter selects them.
  ///
  /// - Source: Istio `manifests/charts/istio-control/istio-discovery/files/kube-gateway.yaml`: what
  ///   it deploys for a Gateway of the Gateway API.
  private func labels(of entrance: Entrance) -> [Label] {
    let manifest = entrance.manifests[0]
    if manifest.selector.isEmpty {
      let name = manifest.meta.name
      return manifest.meta.labels + [
        Label(name: "gateway.networking.k8s.io/gateway-name", value: name),
        Label(name: "istio.io/gateway-name", value: name),
      ]
    }
    return deployment(of: entrance)?.labels ?? manifest.selector
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
        ? meta.labels : namespaceLabels[meta.namespace]
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
      guard gateway.takesServices(of: meta.namespace, namespaceLabels) else {
        warnOfRefusal(of: meta, by: gateway)
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
  ///   service's DestinationRule, no route timeout (`pilot/pkg/networking/core/listener_inbound.go`,
  ///   `cluster_builder.go`).
  private mutating func addInbound(_ index: Int) -> Int {
    let workload = scenario.workloads[index]
    let service = scenario.services[workload.service]
    let port = service.ports[service.defaultPort]
    let name = "inbound sidecar of \(workload.name)"
    let client = MeshClient(
      name: name, kind: .sidecarInbound, namespace: workload.namespace,
      labels: workloads[index].labels, gateways: [])
    let rules = destinationRules(for: workload.service, client)
    let merged = inboundPolicy(rules, service, port)
    var cluster = Cluster(
      name: "inbound|\(port.number)||",
      upstreamProtocol: port.layer == .http2 ? .http2 : .http1, connectTimeout: .seconds(10),
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
    let limits = rateLimits(for: client, ports: [port.number])
    let routeLimit = routeLimits(
      of: client, host: service.host, port: port.number, first: 0, count: 1)[0]
    scenario.proxies.append(
      ProxyPolicy(
        name: name, kind: .sidecarInbound,
        configuration: EnvoyConfiguration(
          workerThreads: draft.mesh.workerThreads ?? 2, filters: limits, streamIdleTimeout: nil,
          routes: [route], clusters: [cluster]),
        upstreams: [Upstream(service: workload.service, workloads: [index])],
        routeFilters: [RouteFilters(localRateLimit: routeLimit)]))
    return scenario.proxies.count - 1
  }

  /// What DestinationRules ask of the sidecars in front of a service's pods.
  ///
  /// They are simulated with one pool for all ports; where ports differ, only callers keep to them.
  private mutating func inboundPolicy(
    _ rules: [DestinationRuleManifest], _ service: Service, _ usual: Service.Port
  ) -> TrafficPolicyManifest {
    guard let rule = rules.first(where: { $0.policy != nil }), let policy = rule.policy else {
      return TrafficPolicyManifest()
    }
    let named = Set(policy.ports.map(\.number))
    let own = service.ports.filter { named.contains($0.number) }
    if service.ports.count > 1, !own.isEmpty {
      diagnostics.warning(
        .unmodelledField, at: rule.meta.span,
        "limits of single ports of \(service.name.quoted) are simulated at its callers, not in "
          + "front of its pods")
      return TrafficPolicyManifest()
    }
    return .merged(rule: policy, subset: nil, port: usual.number)
  }

  // MARK: Reports

  private mutating func noteMeshDefaults(_ planes: [MeshDraft.DataPlane]) {
    policyDefaults.fill(&defaults)
    if draft.mesh.dataPlane == nil, manifests.namespaces.isEmpty {
      let word = manifests.mentionsIstio ? "sidecars, as there are Istio manifests" : "none"
      defaults.add("mesh", "dataPlane", word, by: "Foreshock")
    }
    if draft.mesh.workerThreads == nil, !scenario.proxies.isEmpty {
      defaults.add("mesh", "workerThreads", "2", by: "Istio")
    }
  }

  /// Policies are of no use where nobody who is concerned has a proxy.
  private mutating func warnOfUnusedPolicies(_ planes: [MeshDraft.DataPlane]) {
    for filter in manifests.envoyFilters
    where !filter.limits.isEmpty && placements.isUnused(filter.meta.title) {
      diagnostics.warning(
        .policyWithoutProxy, at: filter.meta.span,
        "no proxy with traffic runs \(filter.meta.title)",
        help: "compare workloadSelector with the labels of the pods, and match with their ports")
    }
    let hosts = hostsCalledWithoutProxy(planes)
    let isNobody =
      entrances.isEmpty && !planes.contains(.sidecar) && !planes.contains(.ambient)
    func warn(_ meta: ObjectMeta, _ own: [HostReference], _ diagnostics: inout DiagnosticList) {
      guard placements.isUnused(meta.title),
        isNobody || own.contains(where: { host in hosts.contains(where: host.matches) })
      else { return }
      diagnostics.warning(
        .policyWithoutProxy, at: meta.span, "no proxy runs \(meta.title)",
        help: planes.contains(.ambient)
          ? "ambient pods need a waypoint for it: label the service istio.io/use-waypoint"
          : "set mesh.dataPlane to sidecar, or label the namespace istio-injection: enabled")
    }
    for item in manifests.virtualServices where item.gateways.contains("mesh") || isNobody {
      warn(item.meta, item.hosts, &diagnostics)
    }
    for item in manifests.destinationRules { warn(item.meta, [item.host], &diagnostics) }
  }

  /// The hosts for which pods without a sidecar ask, past any waypoint.
  private func hostsCalledWithoutProxy(_ planes: [MeshDraft.DataPlane]) -> Set<String> {
    var hosts: Set<String> = []
    for site in callSites.all where planes[site.workload] != .sidecar {
      let service = scenario.services[site.target.service]
      if service.waypoint == nil { hosts.insert(service.host) }
    }
    for source in scenario.traffic {
      guard case .workload(let index) = source.origin, planes[index] != .sidecar else { continue }
      let services = source.mix.map { scenario.services[$0.target.service] }
      hosts.formUnion(services.filter { $0.waypoint == nil }.map(\.host))
    }
    return hosts
  }
}
