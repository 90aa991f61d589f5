public import Scenario
public import TimeAndChance

/// What was run, in words and lists: everything a report says beside measured figures.
///
/// Replications refer to its arrays by index.
public struct RunDescription: Sendable, Equatable {
  /// The scenario's name.
  public var scenario: String
  /// What it shows; may be empty.
  public var about: String
  /// The length of the simulated time.
  public var duration: SimDuration
  /// The beginning that is not counted.
  public var warmup: SimDuration
  /// How its time is cut into the windows of the series.
  public var windows: WindowGrid
  /// The seed.
  public var seed: UInt64
  /// The version of the program that ran it.
  public var version: String
  /// The words of the command without seed and replications: `foreshock run x.yaml`.
  public var command: [String]
  /// The traffic sources, in the scenario's order.
  public var sources: [Source]
  /// The services, in the scenario's order.
  public var services: [Service]
  /// The workloads, in the scenario's order.
  public var workloads: [Workload]
  /// Who calls whom, in order of first mention: first from sources, then from services.
  public var edges: [Edge] { didSet { placesOfEdges = Self.places(of: edges) } }
  private var placesOfEdges: [Edge: Int]
  /// The faults, in the scenario's order.
  public var faults: [FaultDescription]
  /// The expectations, in the scenario's order.
  public var expectations: [Expectation]
  /// Where values come from: files, defaults filled in, placement of policies.
  public var provenance: Provenance

  /// A traffic source.
  public struct Source: Sendable, Equatable {
    /// The name.
    public var name: String
    /// Where it enters: `outside`, `gateway shop/edge`, `pods of content`.
    public var entry: String
    /// How many client instances.
    public var instances: Int
    /// Whether it asks at one rate from before the end of the warm-up to its end.
    public var isSteady: Bool
    /// Whether users send its requests, each the next one after an answer (a closed loop).
    public var hasUsers: Bool
    /// A source from its parts.
    public init(
      name: String, entry: String = "outside", instances: Int = 1, isSteady: Bool = true,
      hasUsers: Bool = false
    ) {
      self.name = name
      self.entry = entry
      self.instances = instances
      self.isSteady = isSteady
      self.hasUsers = hasUsers
    }
  }

  /// A service.
  public struct Service: Sendable, Equatable {
    /// The name.
    public var name: String
    /// Its operations.
    public var operations: [String]
    /// Its workloads, as indices in ``RunDescription/workloads``.
    public var workloads: [Int]
    /// False when only manifests name it and its behaviour is the stated default.
    public var isDescribed: Bool
    /// A service from its parts.
    public init(
      name: String, operations: [String] = [], workloads: [Int] = [], isDescribed: Bool = true
    ) {
      self.name = name
      self.operations = operations
      self.workloads = workloads
      self.isDescribed = isDescribed
    }
  }

  /// A workload.
  public struct Workload: Sendable, Equatable {
    /// The name; its pods are `<name>-0`, `<name>-1` and so on.
    public var name: String
    /// Its service, as index in ``RunDescription/services``.
    public var service: Int
    /// Its pods at the start.
    public var replicas: Int
    /// Requests that one pod works on at once; nil is unlimited.
    public var workers: Int?
    /// A workload from its parts.
    public init(name: String, service: Int, replicas: Int = 1, workers: Int? = nil) {
      self.name = name
      self.service = service
      self.replicas = replicas
      self.workers = workers
    }
  }

  /// A caller and whom it calls.
  public struct Edge: Sendable, Hashable {
    /// Who calls.
    public enum Caller: Sendable, Hashable {
      /// A traffic source, as index in ``RunDescription/sources``.
      case source(Int)
      /// A service, as index in ``RunDescription/services``.
      case service(Int)
    }
    /// Who calls.
    public var from: Caller
    /// Who is called, as index in ``RunDescription/services``.
    public var to: Int
    /// An edge.
    public init(from: Caller, to: Int) {
      self.from = from
      self.to = to
    }
  }

  /// A description from its parts; by default with windows of 1 s and no other edges.
  public init(
    scenario: String, about: String = "", duration: SimDuration, warmup: SimDuration = .zero,
    windows: WindowGrid? = nil, seed: UInt64 = 1, version: String = "",
    command: [String] = ["foreshock", "run"], sources: [Source] = [], services: [Service] = [],
    workloads: [Workload] = [], edges: [Edge] = [], faults: [FaultDescription] = [],
    expectations: [Expectation] = [], provenance: Provenance = Provenance()
  ) {
    self.scenario = scenario
    self.about = about
    self.duration = duration
    self.warmup = warmup
    self.windows = windows ?? WindowGrid(width: .seconds(1), end: .zero + duration)
    self.seed = seed
    self.version = version
    self.command = command
    self.sources = sources
    self.services = services
    self.workloads = workloads
    self.edges = edges
    placesOfEdges = Self.places(of: edges)
    self.faults = faults
    self.expectations = expectations
    self.provenance = provenance
  }

  /// The place of an edge in ``edges``; nil of none.
  public func edge(from caller: Edge.Caller, to service: Int) -> Int? {
    placesOfEdges[Edge(from: caller, to: service)]
  }

  private static func places(of edges: [Edge]) -> [Edge: Int] {
    Dictionary(zip(edges, edges.indices)) { first, _ in first }
  }

  /// The usual length of a window of the series.
  public var window: SimDuration { windows.width }

  /// The time that is counted.
  public var counted: SimDuration { duration - warmup }

  /// The name of a pod.
  public func podName(workload: Int, ordinal: Int) -> String {
    guard workloads.indices.contains(workload) else { return "pod-\(ordinal)" }
    return "\(workloads[workload].name)-\(ordinal)"
  }

  /// Whether the latencies of each window of a subject are wanted.
  ///
  /// Quantiles over a part of a run, and recovery, are had from ``FlowFigures/windowLatency``. It
  /// costs memory, so only traffic sources need fill it, and subjects of which an expectation asks
  /// the latency in a part of the run.
  public func needsWindowLatency(_ subject: Subject) -> Bool {
    if case .source = subject { return true }
    return expectations.askLatencyInParts(of: subject)
  }
}

extension [Expectation] {
  /// Whether one of them bounds a latency of a subject in a part of the run.
  public func askLatencyInParts(of subject: Subject) -> Bool {
    contains { expectation in
      switch expectation.statement {
      case .recovered: return false
      case .bound(let bound):
        guard bound.subject == subject, bound.window != .counted else { return false }
        switch bound.metric {
        case .latencyQuantile, .meanLatency, .maxLatency: return true
        default: return false
        }
      }
    }
  }
}
