public import Scenario
import TimeAndChance

extension RunDescription {
  /// The description of a scenario.
  ///
  /// - Parameters:
  ///   - scenario: a checked scenario.
  ///   - version: of the program.
  ///   - command: the words that ran it, without seed and replications.
  public init(
    _ scenario: Scenario, version: String = "",
    command: [String] = ["foreshock", "run"]
  ) {
    self.init(
      scenario: scenario.name, about: scenario.about, duration: scenario.duration,
      warmup: scenario.warmup, windows: WindowGrid(of: scenario),
      seed: scenario.seed, version: version, command: command,
      sources: scenario.traffic.map { source in
        Source(
          name: source.name, entry: Self.entry(of: source, in: scenario),
          instances: source.instances, isSteady: Self.isSteady(source),
          hasUsers: Self.hasUsers(source))
      },
      services: scenario.services.map { service in
        Service(
          name: service.name, operations: service.operations.map(\.name),
          workloads: service.workloads, isDescribed: service.isDescribed)
      },
      workloads: scenario.workloads.map { workload in
        Workload(
          name: workload.name, service: workload.service, replicas: workload.replicas,
          workers: workload.workers)
      },
      edges: Self.edges(of: scenario),
      faults: scenario.faults.map { FaultDescription($0, in: scenario) },
      expectations: scenario.expectations, provenance: scenario.provenance)
  }

  private static func entry(of source: TrafficSource, in scenario: Scenario) -> String {
    switch source.origin {
    case .outside: "outside"
    case .gateway(let proxy): scenario.proxies[proxy].name
    case .workload(let workload): "pods of \(scenario.workloads[workload].name)"
    }
  }

  private static func isSteady(_ source: TrafficSource) -> Bool {
    switch source.pattern {
    case .open(let open):
      let rates = open.rate.pieces.flatMap { [$0.startRate, $0.endRate] }
      return rates.allSatisfy { $0 == rates[0] }
    case .closed(let closed):
      let users = closed.stages.flatMap { [$0.startUsers, $0.endUsers] }
      return users.allSatisfy { $0 == users[0] }
    }
  }

  private static func hasUsers(_ source: TrafficSource) -> Bool {
    if case .closed = source.pattern { true } else { false }
  }

  /// Who calls whom, in order of first mention.
  private static func edges(of scenario: Scenario) -> [Edge] {
    var edges: [Edge] = []
    var known: Set<Edge> = []
    func add(_ caller: Edge.Caller, _ service: Int) {
      let edge = Edge(from: caller, to: service)
      if known.insert(edge).inserted { edges.append(edge) }
    }
    for (index, source) in scenario.traffic.enumerated() {
      for entry in source.mix { add(.source(index), entry.target.service) }
    }
    for (index, called) in scenario.calledServices.enumerated() {
      edges += called.map { Edge(from: .service(index), to: $0) }
    }
    return edges
  }
}
