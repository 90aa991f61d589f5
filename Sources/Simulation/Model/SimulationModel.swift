public import TimeAndChance

/// All that a run needs, resolved to numbers and indices: what the engine is fed.
///
/// A scenario compiles into one of these; so do recorded experiments and benchmark models. Every
/// reference is an index into an array of this value. The engine trusts it, so whoever builds one
/// from a user's input must have checked that input; ``validate()`` names what would be wrong.
public struct SimulationModel: Sendable {
  /// The services: groups of pods that answer.
  public var services: [ServiceModel]
  /// The kinds of client proxies.
  ///
  /// Calls go through one of them, or directly.
  public var proxies: [ProxyModel]
  /// Where calls lead: every call of a source or step names one of these.
  public var edges: [EdgeModel]
  /// Groups of edges whose calls are counted together; with
  /// ``RecordingOptions/serviceHistograms``.
  public var flows: [FlowModel]
  /// Where requests come from.
  public var sources: [SourceModel]
  /// What happens at fixed times: faults begin and end, hosts come and go.
  public var actions: [TimedAction]
  /// When no source starts requests any more; nil runs until every source has ended.
  public var duration: SimDuration?
  /// How long the run goes on after that, so that open requests can end.
  public var linger: SimDuration
  /// The start that is simulated and not counted in statistics.
  public var warmup: SimDuration
  /// What is recorded beside the counters.
  public var recording: RecordingOptions
  /// The places of pods and proxies and the ways between them.
  public var network: NetworkModel

  /// A model of those parts.
  public init(
    services: [ServiceModel] = [], proxies: [ProxyModel] = [], edges: [EdgeModel] = [],
    flows: [FlowModel] = [], sources: [SourceModel] = [], actions: [TimedAction] = [],
    duration: SimDuration? = nil,
    linger: SimDuration = .zero, warmup: SimDuration = .zero,
    recording: RecordingOptions = RecordingOptions(), network: NetworkModel = NetworkModel()
  ) {
    self.services = services
    self.proxies = proxies
    self.edges = edges
    self.flows = flows
    self.sources = sources
    self.actions = actions
    self.duration = duration
    self.linger = linger
    self.warmup = warmup
    self.recording = recording
    self.network = network
  }
}

/// What a run records beside its counters.
public struct RecordingOptions: Sendable, Equatable {
  /// One ``RequestRecord`` for each request of a source, and one ``AttemptRecord`` for each try
  /// that reached a host.
  ///
  /// Memory grows with the run: for experiments, not for production scenarios.
  public var requests: Bool
  /// The causal log: ejections, faults, overloads, one ``CausalEvent`` each.
  public var causes: Bool
  /// The length of a window of the time series; nil records none.
  public var window: SimDuration?
  /// Where windows end beside the multiples of ``window``; rising.
  public var cuts: [SimTime]
  /// Counts and latencies of each operation and flow, beside those of the sources.
  public var serviceHistograms: Bool
  /// A histogram of the time from arrival to the start of service, for each service.
  public var waits: Bool
  /// The latencies of every window of each source.
  public var windowLatency: Bool
  /// How many levels of ``ServiceRecord/occupancy`` are measured; 0 measures none.
  public var occupancyLevels: Int

  /// Nothing beside the counters, unless asked.
  public init(
    requests: Bool = false, causes: Bool = false, window: SimDuration? = nil,
    cuts: [SimTime] = [], serviceHistograms: Bool = false, waits: Bool = false,
    windowLatency: Bool = false,
    occupancyLevels: Int = 0
  ) {
    self.requests = requests
    self.causes = causes
    self.window = window
    self.cuts = cuts
    self.serviceHistograms = serviceHistograms
    self.waits = waits
    self.windowLatency = windowLatency
    self.occupancyLevels = occupancyLevels
  }
}

/// A pod of a service.
public struct PodReference: Hashable, Sendable {
  /// The index in ``SimulationModel/services``.
  public var service: Int
  /// The index in ``ServiceModel/pods``.
  public var pod: Int
  /// That pod of that service.
  public init(service: Int, pod: Int) {
    self.service = service
    self.pod = pod
  }
}
