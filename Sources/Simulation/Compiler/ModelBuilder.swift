import Results
import Scenario
import TimeAndChance
import TrafficPolicy

/// Builds the model of a scenario; ``ScenarioCompiler`` says in which order.
struct ModelBuilder {
  let scenario: Scenario
  let network: NetworkTimes
  /// The windows of the series.
  let windows: WindowGrid
  var services: [ServiceModel] = []
  var proxies: [ProxyModel] = []
  var edges: [EdgeModel] = []
  var flows: [FlowModel] = []
  var sources: [SourceModel] = []
  var map = ModelMap()
  var gaps: [ModelGap] = []
  var spells = FaultSpells()
  var crashLoops: [CrashLoop] = []
  var kills: [Kill] = []
  /// Trouble on the network, which faults bring to bear.
  var rules: [NetworkRule] = []
  /// Edges that the engine adds: mirrored copies, and what goes on in front of pods.
  var furtherEdges = 0

  /// The model's proxy of each of the scenario's; nil of those in front of servers.
  var proxyIndex: [Int?]
  /// The stand-in proxies of callers without one.
  var directProxies: [DirectRoute: Int] = [:]
  /// The service whose only pod refuses all connections, once it is needed.
  var closedPod: PodReference?
  /// The flows that edges are counted with, by who calls whom.
  var flowIndex: [ModelMap.FlowOrigin: Int] = [:]
  /// The kinds of requests, each an operation index of every service of the model.
  var kinds: [RequestKind] = []
  var kindIndex: [RequestKind: Int] = [:]
  /// What each workload does, by kind.
  var operations: [[Int: OperationModel]]
  /// Kinds and workloads to compile, in order, and how many are done.
  var pending: [(kind: Int, workload: Int)] = []
  var done = 0
  /// The operations of each service by name; the first has it.
  let operationNumbers: [[String: Int]]
  /// What expectations ask the latencies of parts of the run of.
  let askedInParts: Set<Subject>
  /// The services of which an operation is asked that.
  let servicesAskedInParts: Set<Int>
  /// The workloads from which faults steal processors.
  let robbedWorkloads: Set<Int>
  /// The workload beside whose pods each sidecar stands.
  let sidecarWorkloads: [Int: Int]
  /// The workloads in front of whose pods each sidecar stands.
  let inboundWorkloads: [Int: [Int]]
  /// The service for which all requests of a source are; nil when they are for several.
  let soleServices: [Int?]
  /// The model's proxies that run a policy of the scenario.
  var policyProxies: Set<Int> = []
  /// The routes of proxies by host and path, once they are needed.
  var routeIndices: [Int: RouteIndex] = [:]
  /// Where routes of proxies lead, once it is needed.
  var routeTargets: [RouteKey: RouteTargets] = [:]
  private var knownGaps: Set<ModelGap> = []
  /// Names of headers that any call passes on: only those tell kinds apart.
  var forwardedNames: Set<String> = []

  /// The index in `Call.edge` has 16 bits; edges that the engine adds take some of them.
  static let mostEdges = 60_000
  /// With those.
  static let mostEdgesInAll = 65_536

  init(_ scenario: Scenario) {
    self.scenario = scenario
    network = NetworkTimes(scenario)
    windows = WindowGrid(of: scenario)
    proxyIndex = Array(repeating: nil, count: scenario.proxies.count)
    operations = Array(repeating: [:], count: scenario.workloads.count)
    operationNumbers = scenario.services.map { service in
      Dictionary(
        service.operations.enumerated().map { ($0.element.name, $0.offset) },
        uniquingKeysWith: { first, _ in first })
    }
    soleServices = scenario.traffic.map { source in
      let first = source.mix.first?.target.service
      return source.mix.allSatisfy { $0.target.service == first } ? first : nil
    }
    askedInParts = Set(
      scenario.expectations.compactMap { expectation in
        guard case .bound(let bound) = expectation.statement,
          [expectation].askLatencyInParts(of: bound.subject)
        else { return nil }
        return bound.subject
      })
    servicesAskedInParts = Set(
      askedInParts.compactMap { subject in
        if case .operation(let service, _) = subject { service } else { nil }
      })
    robbedWorkloads = Set(
      scenario.faults.flatMap { fault -> [Int] in
        guard case .cpuSteal(let pods, _) = fault.effect else { return [] }
        return pods.members.map(\.workload)
      })
    sidecarWorkloads = Dictionary(
      scenario.workloads.enumerated().compactMap { index, workload in
        if case .sidecar(let proxy) = workload.dataPlane { (proxy, index) } else { nil }
      }, uniquingKeysWith: { first, _ in first })
    inboundWorkloads = Dictionary(
      grouping: scenario.workloads.indices.filter { scenario.workloads[$0].inbound != nil },
      by: { scenario.workloads[$0].inbound ?? 0 })
    for workload in scenario.workloads {
      for steps in workload.steps { noteForwardedHeaders(steps) }
    }
  }

  /// Notes something that the model does not do as the scenario says.
  mutating func note(_ subject: String, _ text: String) {
    let gap = ModelGap(subject: subject, text: text)
    if knownGaps.insert(gap).inserted { gaps.append(gap) }
  }

  private mutating func noteForwardedHeaders(_ steps: [Scenario::Step]) {
    for step in steps {
      switch step {
      case .call(let call):
        for case .forwarded(let name) in call.headers { forwardedNames.insert(name) }
      case .parallel(let branches): for branch in branches { noteForwardedHeaders(branch) }
      case .branch(let branches): for branch in branches { noteForwardedHeaders(branch.steps) }
      case .loop(_, let steps): noteForwardedHeaders(steps)
      case .cpu, .wait, .fail: break
      }
    }
  }

  /// The finished model.
  consuming func compiled() -> CompiledScenario {
    // What nobody serves is the same everywhere, and most kinds are unknown to most workloads.
    let unknown = kinds.map { OperationModel.unknown($0.operation) }
    for workload in scenario.workloads.indices {
      var all = unknown
      for (kind, operation) in operations[workload] { all[kind] = operation }
      services[workload].operations = all
    }
    // What is the same in all replications is done once.
    for kill in kills where !kill.isDrawn { spells.add(kill, seed: 0, replication: 0) }
    // The end of the run ends its last window too.
    let cuts = windows.cuts + [windows.end]
    let model = SimulationModel(
      services: services, proxies: proxies, edges: edges, flows: flows, sources: sources,
      actions: spells.actions, duration: scenario.duration, linger: .zero,
      warmup: scenario.warmup,
      recording: RecordingOptions(
        causes: true, window: windows.width, cuts: cuts,
        serviceHistograms: true, windowLatency: true), network: network.model(rules: rules))
    return CompiledScenario(
      model: model, map: map, gaps: gaps, crashLoops: crashLoops,
      kills: kills.filter(\.isDrawn), spells: spells)
  }
}
