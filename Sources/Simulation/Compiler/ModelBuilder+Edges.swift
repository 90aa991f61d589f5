import Results
import Scenario
import TimeAndChance
import TrafficPolicy

/// A route of a proxy of the model.
struct RouteKey: Hashable {
  var proxy: Int
  var route: Int
}

/// Where a route leads.
struct RouteTargets {
  /// The workloads behind it, each once, those of mirrored copies last.
  var workloads: [Int] = []
  var mirrors = 0
  /// Whether a retry budget of any of its clusters refuses retries.
  var hasBudget = false
}

extension ModelBuilder {
  /// An edge of the model for one call site or one share of a source's requests.
  mutating func addEdge(
    from caller: ModelCaller, to target: CallTarget, headers: [RequestKind.Header],
    client: ClientPolicy, statusOnFailure: Int = 503, label: String = ""
  ) throws(CompilationError) -> Int {
    guard edges.count < Self.mostEdges else {
      throw .tooMany("calls", count: edges.count + 1, limit: Self.mostEdges)
    }
    let service = scenario.services[target.service]
    let operation = service.operations[target.operation]
    var attributes = EdgeModel.Attributes(
      path: operation.path, method: operation.method, authority: target.authority,
      headers: headers.map { HostScript.Header(name: $0.name, value: $0.value) })
    let proxy = self.proxy(of: caller, to: target.service)
    let index = routeIndices[proxy] ?? RouteIndex(proxies[proxy].configuration.routes)
    routeIndices[proxy] = index
    let route = index.first(taking: attributes)
    let targets = route.map { self.targets(of: RouteKey(proxy: proxy, route: $0)) }
    furtherEdges += targets?.mirrors ?? 0
    if let route, !proxies[proxy].configuration.filters.isEmpty {
      attributes.headers.append(
        HostScript.Header(name: EdgeModel.Attributes.routeHeader, value: "\(route)"))
    }
    let all = edges.count + 1 + furtherEdges
    guard all <= Self.mostEdgesInAll else {
      throw .tooMany("calls and mirrored copies", count: all, limit: Self.mostEdgesInAll)
    }
    let kind = RequestKind(
      operation: operation.name,
      headers: headers.filter { forwardedNames.contains($0.name) }.sorted { $0.name < $1.name })
    let number = serve(kind, on: targets?.workloads ?? [])
    let from: String
    let origin: RunDescription.Edge.Caller
    var place = EdgeModel.Caller.outside
    switch caller {
    case .source(let source):
      from = scenario.traffic[source].name
      origin = .source(source)
      if case .workload(let workload) = scenario.traffic[source].origin,
        scenario.workloads[workload].replicas > 0
      {
        place = .pods(service: workload)
      }
    case .workload(let workload):
      from = scenario.workloads[workload].name
      origin = .service(scenario.workloads[workload].service)
      place = .pods(service: workload)
    }
    let behaviour = behaviour(of: client, isBehindProxy: policyProxies.contains(proxy))
    edges.append(
      EdgeModel(
        name: "\(from) → \(service.name) \(operation.name)\(label)", carrier: .proxy(proxy),
        attributes: attributes, operation: number, client: behaviour,
        statusOnFailure: statusOnFailure, flow: flow(from: origin, to: target.service),
        caller: place))
    map.edges.append(
      ModelMap.EdgeOrigin(
        caller: origin, service: target.service, operation: target.operation,
        refusal: targets?.hasBudget == true ? .budget : .overflow))
    return edges.count - 1
  }

  /// Where a route of a proxy leads.
  private mutating func targets(of key: RouteKey) -> RouteTargets {
    if let known = routeTargets[key] { return known }
    var targets = RouteTargets()
    let proxy = proxies[key.proxy]
    if case .forward(let forward) = proxy.configuration.routes[key.route].action {
      targets.mirrors = forward.mirrors.count
      var seen: Set<Int> = []
      for cluster in forward.destinations.map(\.cluster) + forward.mirrors.map(\.cluster) {
        for endpoint in proxy.endpoints[cluster]
        where endpoint.pod != closedPod && seen.insert(endpoint.pod.service).inserted {
          targets.workloads.append(endpoint.pod.service)
        }
        if proxy.configuration.clusters[cluster].thresholds.retryBudget != nil {
          targets.hasBudget = true
        }
      }
    }
    routeTargets[key] = targets
    return targets
  }

  /// The flow that an edge's calls are counted with.
  ///
  /// A source that asks for one service only is that flow itself.
  private mutating func flow(from caller: RunDescription.Edge.Caller, to service: Int) -> Int? {
    if case .source(let source) = caller, soleServices[source] == service { return nil }
    let origin = ModelMap.FlowOrigin(caller: caller, service: service)
    if let known = flowIndex[origin] { return known }
    flowIndex[origin] = flows.count
    map.flows.append(origin)
    var flow = FlowModel()
    if case .service(let from) = caller {
      flow.keepsWindowLatency = askedInParts.contains(.edge(from: from, to: service))
    }
    flows.append(flow)
    return flows.count - 1
  }

  /// The proxy of the model through which a caller's requests for a service go.
  private mutating func proxy(of caller: ModelCaller, to service: Int) -> Int {
    let workload: Int
    switch caller {
    case .workload(let index): workload = index
    case .source(let index):
      switch scenario.traffic[index].origin {
      case .outside: return directProxy(DirectRoute(caller: -1, service: service), isAmbient: false)
      case .gateway(let gateway):
        if let proxy = proxyIndex[gateway] { return proxy }
        return directProxy(DirectRoute(caller: -1, service: service), isAmbient: false)
      case .workload(let index): workload = index
      }
    }
    let direct = DirectRoute(caller: workload, service: service)
    switch scenario.workloads[workload].dataPlane {
    case .none: return directProxy(direct, isAmbient: false)
    case .sidecar(let outbound):
      return proxyIndex[outbound] ?? directProxy(direct, isAmbient: false)
    case .ambient:
      if let waypoint = scenario.services[service].waypoint, let proxy = proxyIndex[waypoint] {
        return proxy
      }
      return directProxy(direct, isAmbient: true)
    }
  }

  // MARK: Clients

  /// What a caller does by itself; nil when it tries once and waits for ever.
  private func behaviour(of client: ClientPolicy, isBehindProxy: Bool) -> ClientBehaviour? {
    if client == .plain { return nil }
    return ClientBehaviour(
      retries: client.numRetries, retryOn: client.retryOn, backOff: client.backOff,
      retryBucket: client.retryBucket, retryBreaker: client.retryBreaker,
      tryTimeout: client.perTryTimeout, deadline: client.timeout,
      propagatesDeadline: client.propagatesDeadline, seesConnections: !isBehindProxy)
  }
}
