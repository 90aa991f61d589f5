import Simulation
import TimeAndChance
import TrafficPolicy

/// Puts the blocks of an experiment together into what the engine is fed.
struct ExperimentModelBuilder {
  /// The hosts, extra clusters included.
  let hosts: [ExperimentHost]
  /// How they are grouped.
  let topology: ExperimentTopology
  /// What the proxies are told.
  let policy: ExperimentPolicy
  /// What the client does.
  let client: ExperimentClient
  /// The number that the file gives to each phase of the model.
  private(set) var phaseNumbers: [Int] = []

  /// A builder.
  init(
    hosts: [ExperimentHost], topology: ExperimentTopology, policy: ExperimentPolicy,
    client: ExperimentClient
  ) {
    self.hosts = hosts
    self.topology = topology
    self.policy = policy
    self.client = client
  }

  private var hasBridge: Bool { policy.bridge != nil }

  /// The pod that really answers for a host.
  private func pod(_ host: Int) -> PodReference {
    PodReference(service: EnvoyExperiment.hostService, pod: host)
  }

  /// The pod that the proxy under test sees: the host, or the second proxy in front of it.
  private func front(_ host: Int) -> PodReference {
    hasBridge ? PodReference(service: host + 1, pod: 0) : pod(host)
  }

  /// The model of those phases.
  func model(phases: [ClientPhase], sweepOffset: SimDuration?) -> SimulationModel {
    typealias Transport = EnvoyExperiment.Transport
    let upFor = client.settle + Transport.startUp
    var model = SimulationModel()
    model.services = [hostService] + (hasBridge ? hosts.indices.map(bridgeService) : [])
    model.proxies = [
      ProxyModel(
        name: "proxy", configuration: policy.configuration,
        endpoints: policy.configuration.clusters.map { endpoints(of: $0.name) },
        placement: .shared(instances: 1), fromCaller: Transport.toProxy, toHost: Transport.toHost,
        connect: Transport.connect, sweepOffset: sweepOffset, upFor: upFor)
    ]
    model.edges = [
      EdgeModel(
        name: "client", carrier: .proxy(EnvoyExperiment.proxy),
        attributes: EdgeModel.Attributes(path: "/", authority: "svc"))
    ]
    if let bridge = policy.bridge {
      model.proxies.append(bridgeProxy(bridge, upFor: upFor))
      model.edges += hosts.map { host in
        EdgeModel(
          name: "bridge → \(host.name)", carrier: .proxy(1),
          attributes: EdgeModel.Attributes(path: "/", authority: host.name))
      }
    }
    model.sources = [
      SourceModel(name: "client", pattern: .phases(phases), mix: [(edge: 0, weight: 1)])
    ]
    model.linger = client.linger
    model.recording = RecordingOptions(requests: true)
    return model
  }

  private var hostService: ServiceModel {
    ServiceModel(
      name: "hosts",
      pods: hosts.map {
        PodModel(name: $0.name, reachability: $0.reachability, script: $0.script)
      }, abandonedWork: .droppedAtOnce, operations: [OperationModel(name: "request", steps: [])])
  }

  /// The second proxy's listener for one host: the first proxy balances over these.
  private func bridgeService(_ host: Int) -> ServiceModel {
    ServiceModel(
      name: "bridge-\(hosts[host].name)", pods: [PodModel(name: hosts[host].name)],
      abandonedWork: .droppedAtOnce, operations: [.forwarding(to: 1 + host)])
  }

  /// The second proxy: one cluster and one route for each host, without limits of its own.
  private func bridgeProxy(_ action: ForwardAction, upFor: SimDuration) -> ProxyModel {
    var configuration = EnvoyConfiguration(streamIdleTimeout: nil)
    configuration.clusters = hosts.map { Cluster(name: $0.name, thresholds: .none) }
    configuration.routes = hosts.indices.map { index in
      var own = action
      own.destinations = [ForwardAction.Destination(cluster: index)]
      return Route(
        match: RouteMatch(authorities: [hosts[index].name]), action: .forward(own))
    }
    return ProxyModel(
      name: "bridge", configuration: configuration,
      endpoints: hosts.indices.map { [ProxyModel.Endpoint(pod: pod($0))] },
      placement: .shared(instances: 1), toHost: EnvoyExperiment.Transport.toHost,
      connect: EnvoyExperiment.Transport.connect, upFor: upFor)
  }

  private func endpoints(of cluster: String) -> [ProxyModel.Endpoint] {
    hosts.indices.filter { hosts[$0].cluster == cluster }.map { index in
      let host = hosts[index]
      return ProxyModel.Endpoint(
        pod: front(index), weight: host.weight, priority: host.priority, locality: host.zone,
        hashKey: topology.hashesByName ? host.name : "127.0.0.1:\(20_000 + index)",
        isMember: host.isMember)
    }
  }

  /// The client's phases as the engine knows them.
  ///
  /// One phase of the file may take several of the model; ``phaseNumbers`` leads back.
  mutating func phases() throws -> [ClientPhase] {
    var phases: [ClientPhase] = []
    for (index, phase) in client.phases.enumerated() {
      let own = try modelPhases(phase)
      phases += own
      phaseNumbers += Array(repeating: index + 1, count: own.count)
    }
    return phases
  }

  private func modelPhases(_ phase: ExperimentClient.Phase) throws -> [ClientPhase] {
    switch phase {
    case .sequential(let count, let gap, let abort):
      return [.sequential(count: count, gap: gap, abortAfter: abort)]
    case .openLoop(let count, let rate, let abort):
      return [.openLoop(count: count, perSecond: rate, abortAfter: abort)]
    case .burst(let count, let abort): return [.burst(count: count, abortAfter: abort)]
    case .closedLoop(let users, let count, let abort):
      return [.closedLoop(users: users, count: count, abortAfter: abort)]
    case .wait(let time): return [.wait(time)]
    case .until(let time): return [.until(time)]
    case .keys(let count):
      guard let hashes = keyHashes(count) else {
        return [.sequential(count: count, gap: .zero, abortAfter: nil)]
      }
      return [.keys(hashes: hashes)]
    case .change(let change): return try modelPhases(change)
    }
  }

  private func modelPhases(_ change: ExperimentClient.HostChange) throws -> [ClientPhase] {
    guard let host = hosts.firstIndex(where: { $0.name == change.host }) else {
      throw MalformedVector(line: change.line, reason: "no host is named '\(change.host)'")
    }
    switch change.kind {
    case .membership(let isMember):
      return [
        .actDuring(.membership(front(host), isMember: isMember), .milliseconds(150))
      ]
    case .set(let script, let isHealthy, let isDown):
      var actions: [ActionKind] = []
      if let script { actions.append(.script(pod(host), script)) }
      if let isHealthy { actions.append(.health(front(host), isHealthy: isHealthy)) }
      if let isDown { actions.append(.reachability(pod(host), isDown ? .down : .up)) }
      return actions.map { .act($0) }
    }
  }

  /// The hash of each key as the route's hash policy makes it; nil when the route hashes nothing
  /// that the keys set.
  ///
  /// The keys set one header, so every other source of a hash is absent and adds nothing.
  private func keyHashes(_ count: Int) -> [UInt64]? {
    guard case .forward(let action)? = policy.configuration.routes.first?.action else { return nil }
    let times = action.hashPolicy.count { $0 == .header("x-key") }
    guard times > 0 else { return nil }
    return (0..<count).map { key in
      let hash = XXHash64.hash("key-\(key)")
      return (1..<max(1, times)).reduce(hash) { combined, _ in XXHash64.combine(combined, hash) }
    }
  }
}
