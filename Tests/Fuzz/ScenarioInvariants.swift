import Scenario
import TimeAndChance
import TrafficPolicy

/// What an engine relies on in every scenario that was loaded.
enum ScenarioInvariants {
  /// The first statement that does not hold; nil when all do.
  static func broken(in scenario: Scenario) -> String? {
    topology(scenario) ?? steps(scenario) ?? traffic(scenario) ?? proxies(scenario)
      ?? faults(scenario) ?? expectations(scenario)
  }

  private static func topology(_ scenario: Scenario) -> String? {
    if scenario.duration <= .zero || scenario.warmup >= scenario.duration { return "times" }
    if scenario.nodes.isEmpty { return "no nodes" }
    for service in scenario.services {
      if !service.ports.indices.contains(service.defaultPort) { return "default port" }
      if !service.workloads.allSatisfy(scenario.workloads.indices.contains) { return "workloads" }
      if let waypoint = service.waypoint, !scenario.proxies.indices.contains(waypoint) {
        return "waypoint"
      }
    }
    for workload in scenario.workloads {
      guard scenario.services.indices.contains(workload.service) else { return "owner" }
      if workload.steps.count != scenario.services[workload.service].operations.count {
        return "steps of \(workload.name)"
      }
      if workload.nodes.isEmpty || !workload.nodes.allSatisfy(scenario.nodes.indices.contains) {
        return "nodes of \(workload.name)"
      }
      if workload.replicas < 0 { return "replicas" }
      if case .sidecar(let proxy) = workload.dataPlane, !scenario.proxies.indices.contains(proxy) {
        return "sidecar"
      }
      if let inbound = workload.inbound, !scenario.proxies.indices.contains(inbound) {
        return "inbound"
      }
    }
    return nil
  }

  private static func isValid(_ target: CallTarget, _ scenario: Scenario) -> Bool {
    guard scenario.services.indices.contains(target.service) else { return false }
    let service = scenario.services[target.service]
    return service.operations.indices.contains(target.operation)
      && service.ports.indices.contains(target.port)
  }

  private static func steps(_ scenario: Scenario) -> String? {
    func check(_ steps: [Step]) -> String? {
      for step in steps {
        switch step {
        case .cpu, .wait: continue
        case .fail(_, let share): if !(0...1).contains(share) { return "share" }
        case .call(let call): if !isValid(call.target, scenario) { return "call" }
        case .parallel(let branches):
          for branch in branches { if let bad = check(branch) { return bad } }
        case .branch(let branches):
          if !branches.contains(where: { $0.weight > 0 }) { return "weights" }
          for branch in branches { if let bad = check(branch.steps) { return bad } }
        case .loop(_, let inner): if let bad = check(inner) { return bad }
        }
      }
      return nil
    }
    for workload in scenario.workloads {
      for steps in workload.steps { if let bad = check(steps) { return bad } }
    }
    return nil
  }

  private static func traffic(_ scenario: Scenario) -> String? {
    var names: Set<String> = []
    let end = SimTime.zero + scenario.duration
    for source in scenario.traffic {
      if !names.insert(source.name).inserted { return "names of traffic" }
      if source.mix.isEmpty || !source.mix.contains(where: { $0.weight > 0 }) { return "mix" }
      if source.classes.isEmpty || source.instances < 1 { return "classes" }
      if source.end > end || source.start > source.end { return "times of \(source.name)" }
      if !source.mix.allSatisfy({ isValid($0.target, scenario) }) { return "target" }
      switch source.origin {
      case .outside: break
      case .gateway(let proxy):
        guard scenario.proxies.indices.contains(proxy), scenario.proxies[proxy].kind == .gateway
        else { return "gateway" }
      case .workload(let workload):
        if !scenario.workloads.indices.contains(workload) { return "origin" }
      }
      if case .open(let open) = source.pattern, let bad = pieces(open.rate.pieces) { return bad }
    }
    return nil
  }

  private static func pieces(_ pieces: [RateCurve.Piece]) -> String? {
    var time = SimTime.zero
    for piece in pieces {
      if piece.start < time || piece.end <= piece.start { return "pieces" }
      if !piece.startRate.isFinite || !piece.endRate.isFinite { return "rates" }
      if piece.startRate < 0 || piece.endRate < 0 { return "negative rate" }
      time = piece.end
    }
    return nil
  }

  private static func proxies(_ scenario: Scenario) -> String? {
    for proxy in scenario.proxies {
      let configuration = proxy.configuration
      if proxy.upstreams.count != configuration.clusters.count {
        return "upstreams of \(proxy.name)"
      }
      if proxy.routeFilters.count != configuration.routes.count {
        return "filters of \(proxy.name)"
      }
      if proxy.instances < 1 { return "instances" }
      for route in configuration.routes {
        guard case .forward(let action) = route.action else { continue }
        let clusters = action.destinations.map(\.cluster) + action.mirrors.map(\.cluster)
        if !clusters.allSatisfy(configuration.clusters.indices.contains) { return "clusters" }
        if action.destinations.isEmpty { return "no destination" }
      }
      for upstream in proxy.upstreams {
        if !scenario.services.indices.contains(upstream.service) { return "service of upstream" }
        if !upstream.workloads.allSatisfy(scenario.workloads.indices.contains) { return "hosts" }
      }
    }
    return nil
  }

  private static func faults(_ scenario: Scenario) -> String? {
    for fault in scenario.faults {
      if fault.at >= .zero + scenario.duration { return "time of fault" }
      let sets: [PodSet] =
        switch fault.effect {
        case .kill(let pods), .crashLoop(let pods, _), .slow(let pods, _), .hang(let pods),
          .error(let pods, _, _, _), .cpuSteal(let pods, _):
          [pods]
        case .network(let network): [network.from.pods, network.to.pods]
        case .unreachable: []
        }
      for member in sets.flatMap(\.members) {
        guard scenario.workloads.indices.contains(member.workload) else { return "members" }
        let replicas = scenario.workloads[member.workload].replicas
        if let ordinals = member.ordinals, !ordinals.allSatisfy((0..<replicas).contains) {
          return "ordinals"
        }
      }
    }
    return nil
  }

  private static func expectations(_ scenario: Scenario) -> String? {
    for expectation in scenario.expectations {
      switch expectation.statement {
      case .recovered(let recovery):
        if !scenario.faults.indices.contains(recovery.fault) { return "fault of recovery" }
        if !recovery.sources.allSatisfy(scenario.traffic.indices.contains) { return "sources" }
      case .bound(let bound):
        if case .during(let fault) = bound.window, !scenario.faults.indices.contains(fault) {
          return "fault of window"
        }
      }
    }
    return nil
  }
}
