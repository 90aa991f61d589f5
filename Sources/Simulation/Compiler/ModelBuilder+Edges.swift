import Results
import Scenario
import TimeAndChance
import TrafficPolicy

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
    let routes = proxies[proxy].configuration.routes
    let route = routes.firstIndex { $0.match.takes(attributes) }
    var reached: [Int] = []
    var hasBudget = false
    if let route, case .forward(let forward) = routes[route].action {
      let clusters = forward.destinations.map(\.cluster) + forward.mirrors.map(\.cluster)
      furtherEdges += forward.mirrors.count
      for cluster in clusters {
        for endpoint in proxies[proxy].endpoints[cluster]
        where endpoint.pod != closedPod && !reached.contains(endpoint.pod.service) {
          reached.append(endpoint.pod.service)
        }
        hasBudget =
          hasBudget || proxies[proxy].configuration.clusters[cluster].thresholds.retryBudget != nil
      }
    }
    if let route, !proxies[proxy].configuration.filters.isEmpty {
      attributes.headers.append(HostScript.Header(name: Self.routeHeader, value: "\(route)"))
    }
    let all = edges.count + 1 + furtherEdges
    guard all <= Self.mostEdgesInAll else {
      throw .tooMany("calls and mirrored copies", count: all, limit: Self.mostEdgesInAll)
    }
    let kind = RequestKind(
      operation: operation.name,
      headers: headers.filter { forwardedNames.contains($0.name) }.sorted { $0.name < $1.name })
    let number = serve(kind, on: reached)
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
    let behaviour = behaviour(of: client, "\(from) → \(service.name) \(operation.name)")
    edges.append(
      EdgeModel(
        name: "\(from) → \(service.name) \(operation.name)\(label)", carrier: .proxy(proxy),
        attributes: attributes, operation: number, client: behaviour,
        statusOnFailure: statusOnFailure, caller: place))
    map.edges.append(
      ModelMap.EdgeOrigin(
        caller: origin, service: target.service, operation: target.operation,
        refusal: refusal(behaviour, hasBudget: hasBudget)))
    return edges.count - 1
  }

  private func refusal(_ client: ClientBehaviour?, hasBudget: Bool) -> ModelMap.Refusal {
    switch client?.retryGuard {
    case .tokenBucket: .bucket
    case .lifetimeRatio: .breaker
    case .some(.none), nil: hasBudget ? .budget : .overflow
    }
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

  /// What a caller does by itself, as far as the engine's clients can.
  private mutating func behaviour(of client: ClientPolicy, _ name: String) -> ClientBehaviour? {
    if client == .plain { return nil }
    func note(_ text: String) { self.note("client of \(name)", text) }
    var behaviour = ClientBehaviour(
      retries: client.numRetries, tryTimeout: client.perTryTimeout, deadline: client.timeout)
    switch client.backOff {
    case .none: behaviour.backOff = .none
    case .constant(let wait): behaviour.backOff = .constant(wait)
    case .exponential(let growth):
      let cap = growth.maximum ?? .nanoseconds(1 << 54)
      if growth.factor != 2 { note("its back-off doubles, not × \(growth.factor)") }
      switch growth.jitter {
      case .none: behaviour.backOff = .exponential(base: growth.base, cap: cap)
      case .full: behaviour.backOff = .fullJitter(base: growth.base, cap: cap)
      case .equal, .decorrelated:
        note("its back-off has full jitter")
        behaviour.backOff = .fullJitter(base: growth.base, cap: cap)
      }
    }
    if client.numRetries > 0 {
      if client.retryOn != .failures {
        note("it retries every failure: a 5xx, a time limit, a broken connection")
      }
      if client.retryBucket != nil, client.retryBreaker != nil {
        note("of its bucket and its breaker on retries only the bucket acts")
      }
    }
    if let bucket = client.retryBucket {
      if bucket.initial != bucket.capacity { note("its bucket is full at the start") }
      // The engine's bucket counts in retries.
      behaviour.retryGuard = .tokenBucket(
        perCall: bucket.perCall / bucket.perRetry, capacity: bucket.capacity / bucket.perRetry)
    } else if let breaker = client.retryBreaker {
      behaviour.retryGuard = .lifetimeRatio(breaker.maximumFailureRatio)
    }
    if client.propagatesDeadline { note("its deadline is not passed on to those whom it calls") }
    return behaviour
  }
}
