public import TimeAndChance

/// What one replication of a scenario produced: counts and times, no statistics yet.
///
/// Whoever runs the replication fills it. Arrays have the order of ``RunDescription``; counters
/// begin at the end of the warm-up, series at the start of the run.
public struct ReplicationResult: Sendable, Equatable {
  /// Its number, from 0.
  public var index: Int
  /// Requests of each traffic source, as its clients saw them.
  public var sources: [FlowFigures]
  /// Each service.
  public var services: [ServiceFigures]
  /// Each workload.
  public var workloads: [WorkloadFigures]
  /// Calls along each edge of ``RunDescription/edges``, as the caller saw them.
  public var edges: [FlowFigures]
  /// The causal log, in the order of time.
  public var events: [RunEvent]
  /// Causal events that did not fit into ``events``.
  public var eventsLeftOut: UInt64
  /// Events that were simulated.
  public var simulatedEvents: UInt64
  /// The time at which it ended.
  public var end: SimTime
  /// Why it ended early; nil when it did not.
  public var earlyEnd: EarlyEnd?

  /// Why a replication ended before its time.
  public enum EarlyEnd: String, Sendable, Equatable, CaseIterable {
    /// `--max-events` was reached.
    case eventLimit
    /// `--max-memory` was reached.
    case memoryLimit
    /// More requests were open at once than a run can tell apart.
    case recordLimit
    /// The run was interrupted.
    case interrupted
  }

  /// A replication from its parts.
  public init(
    index: Int, sources: [FlowFigures] = [], services: [ServiceFigures] = [],
    workloads: [WorkloadFigures] = [], edges: [FlowFigures] = [], events: [RunEvent] = [],
    eventsLeftOut: UInt64 = 0, simulatedEvents: UInt64 = 0, end: SimTime = .zero,
    earlyEnd: EarlyEnd? = nil
  ) {
    self.index = index
    self.sources = sources
    self.services = services
    self.workloads = workloads
    self.edges = edges
    self.events = events
    self.eventsLeftOut = eventsLeftOut
    self.simulatedEvents = simulatedEvents
    self.end = end
    self.earlyEnd = earlyEnd
  }
}

/// A service in one replication.
public struct ServiceFigures: Sendable, Equatable {
  /// All its requests, as its pods saw them: an arrival is a try.
  public var flow: FlowFigures
  /// Each operation, in the order of ``RunDescription/Service/operations``.
  public var operations: [FlowFigures]
  /// Its pods taken together.
  public var server: ServerFigures
  /// A service from its parts.
  public init(
    flow: FlowFigures = FlowFigures(), operations: [FlowFigures] = [],
    server: ServerFigures = ServerFigures()
  ) {
    self.flow = flow
    self.operations = operations
    self.server = server
  }
}

/// A workload in one replication.
public struct WorkloadFigures: Sendable, Equatable {
  /// Its requests, as its pods saw them.
  public var flow: FlowFigures
  /// Its pods taken together.
  public var server: ServerFigures
  /// Each pod, by ordinal.
  public var pods: [PodFigures]
  /// How many pods there were: an entry at the start and at each change.
  public var replicas: [ReplicaCount]

  /// The number of pods from an instant on.
  public struct ReplicaCount: Sendable, Equatable {
    /// When.
    public var at: SimTime
    /// Pods that answer.
    public var ready: Int
    /// Pods that exist.
    public var total: Int
    /// Pods from an instant on.
    public init(at: SimTime, ready: Int, total: Int) {
      self.at = at
      self.ready = ready
      self.total = total
    }
  }

  /// A workload from its parts.
  public init(
    flow: FlowFigures = FlowFigures(), server: ServerFigures = ServerFigures(),
    pods: [PodFigures] = [], replicas: [ReplicaCount] = []
  ) {
    self.flow = flow
    self.server = server
    self.pods = pods
    self.replicas = replicas
  }
}
