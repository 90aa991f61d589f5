import Simulation
import TimeAndChance
import TrafficPolicy

/// One case of a vector file, ready to run: the model and what its parts are called.
struct EnvoyExperiment: Sendable {
  /// What is simulated.
  let model: SimulationModel
  /// The hosts, by their index in the service of hosts.
  let hosts: [ExperimentHost]
  /// The clusters of the proxy under test, by index.
  let clusterNames: [String]
  /// What the client does.
  let client: ExperimentClient
  /// The number that the file gives to each phase of the model, counted from 1.
  let phaseNumbers: [Int]

  /// The service of the recorded hosts.
  static let hostService = 0
  /// The proxy under test.
  static let proxy = 0

  /// The numbers of the phases in which requests are sent.
  var requestPhases: [Int] {
    client.phases.indices.filter { client.phases[$0].hasRequests }.map { $0 + 1 }
  }

  /// The host that stands behind a pod: itself, or the one that a second proxy leads to.
  func hostIndex(of pod: PodReference) -> Int {
    pod.service == Self.hostService ? pod.pod : pod.service - 1
  }
}

extension EnvoyExperiment {
  /// What the README states about the transport and the clock of a simulator.
  enum Transport {
    /// Client to proxy, one way.
    static let toProxy = SimDuration.microseconds(250)
    /// Proxy to host, one way; the second proxy adds the same once more.
    static let toHost = SimDuration.microseconds(500)
    /// A new connection: one round trip.
    static let connect = SimDuration.milliseconds(1)
    /// How much longer than `settle_s` the proxies were up, typically.
    static let startUp = SimDuration.milliseconds(40)
  }

  /// The experiment of those blocks.
  /// - Throws: ``MalformedVector`` when one names something that another does not have.
  init(
    topology: ExperimentTopology, policy: ExperimentPolicy, client: ExperimentClient,
    sweepOffset: SimDuration?, line: Int
  ) throws {
    let hosts = topology.hosts + policy.extraHosts
    guard Set(hosts.map(\.name)).count == hosts.count else {
      throw MalformedVector(line: line, reason: "two hosts have the same name")
    }
    var builder = ExperimentModelBuilder(
      hosts: hosts, topology: topology, policy: policy, client: client)
    let phases = try builder.phases()
    model = builder.model(phases: phases, sweepOffset: sweepOffset)
    phaseNumbers = builder.phaseNumbers
    clusterNames = policy.configuration.clusters.map(\.name)
    self.hosts = hosts
    self.client = client
  }
}
