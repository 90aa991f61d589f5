public import Statistics
public import TimeAndChance
public import TrafficPolicy

/// What one run of a model left behind.
///
/// Plain values; the same for the same model and seed.
public struct RunRecord: Sendable {
  /// Counters and latencies of each source, in the model's order.
  public var sources: [FlowRecord] = []
  /// Counters of each edge, in the model's order.
  public var edges: [EdgeRecord] = []
  /// Calls of each flow, in the model's order; with ``RecordingOptions/serviceHistograms``.
  public var flows: [FlowRecord] = []
  /// Counters of each service's pods, in the model's order.
  public var services: [ServiceRecord] = []
  /// Counters of each proxy kind, in the model's order.
  public var proxies: [ProxyRecord] = []
  /// The requests, in the order in which they were started; with ``RecordingOptions/requests``.
  public var requests: [RequestRecord] = []
  /// The tries that reached a host, in order of arrival; with ``RecordingOptions/requests``.
  public var attempts: [AttemptRecord] = []
  /// The outlier event log, in order.
  public var ejections: [EjectionRecord] = []
  /// The causal log; with ``RecordingOptions/causes``.
  public var causes: [CausalEvent] = []
  /// When each phase of each scripted client began, by source.
  public var phaseStarts: [[SimTime]] = []
  /// Events that were simulated.
  public var eventCount: UInt64 = 0
  /// The most bytes that records under way, timers, pending events, logs, and the state of pods and
  /// proxies held.
  public var peakBytes = 0
  /// The time of the run's end.
  public var end: SimTime = .zero
  /// Why the run ended early, or nil when it did not.
  public var stopped: StopReason?

  /// An empty record.
  public init() {}
}

/// Why a run ended before its time.
public enum StopReason: Sendable, Equatable {
  /// The limit on events was reached.
  case eventLimit
  /// The limit on memory was reached.
  case memoryLimit
  /// More records of one kind were in use at once than a run can name: 16 million.
  case recordLimit
  /// The run was interrupted.
  case interrupted
}

/// One request of a source, as its proxy's access log would show it.
public struct RequestRecord: Sendable {
  /// What the client saw in the end.
  public enum ClientOutcome: Sendable, Equatable {
    /// An answer, with the status of the record.
    case answered
    /// The client gave up first.
    case gaveUp
    /// The answer had begun and its connection broke.
    case connectionBroken
    /// Not ended when the run ended.
    case open
  }
  /// The source.
  public var source: Int32 = 0
  /// The phase of a scripted client, from 0; else 0.
  public var phase: Int32 = 0
  /// The number of the request in its phase or source, from 0.
  public var index: Int32 = 0
  /// When the client started it.
  public var started: SimTime = .zero
  /// When it reached the proxy.
  public var arrived: SimTime = .zero
  /// When the proxy had sent the end of the answer, or gave it up.
  public var ended: SimTime = .never
  /// The status; 0 when the client left first.
  public var status: Int32 = 0
  /// The response flags.
  public var flags: ResponseFlags = []
  /// The response code details.
  public var details: ResponseDetails = .viaUpstream
  /// The tries, as the proxy counts them.
  public var attempts: Int32 = 0
  /// The cluster (index in the proxy's configuration), or -1 when none was chosen.
  public var cluster: Int32 = -1
  /// The pod whose answer was passed on, or nil.
  public var answeredBy: PodReference?
  /// What the client saw.
  public var client: ClientOutcome = .open
}

/// One try, as it arrived at a host.
public struct AttemptRecord: Sendable {
  /// The request (index in ``RunRecord/requests``), or -1 for a mirrored copy or a nested call.
  public var request: Int32
  /// The proxy's number of the try, from 1.
  public var number: Int32
  /// The pod.
  public var pod: PodReference
  /// When it arrived.
  public var arrived: SimTime
  /// True for a mirrored copy.
  public var isMirror: Bool
}

/// An entry of the outlier event log.
public struct EjectionRecord: Sendable {
  /// The proxy kind and instance that judged.
  public var proxy: Int32
  /// The instance of that kind.
  public var instance: Int32
  /// The cluster (index in the proxy's configuration).
  public var cluster: Int32
  /// The pod that was judged.
  public var pod: PodReference
  /// The detector.
  public var type: OutlierEjectionType
  /// When it was judged.
  public var at: SimTime
  /// False when the detection was only logged.
  public var enforced: Bool
  /// Ejections of this host so far, this one included.
  public var ejectionsSoFar: Int32
  /// When the host was released; ``SimTime/never`` when it was not.
  public var released: SimTime
}

/// An entry of the causal log: a change of state and what it concerned.
public struct CausalEvent: Sendable {
  /// What changed.
  public enum Kind: Sendable, Equatable {
    /// A timed action with that index.
    case action(Int)
    /// A host was ejected.
    case ejected(OutlierEjectionType)
    /// A host was released from ejection.
    case released
    /// Health changes reached the balancers.
    case healthApplied
    /// Panic routing began.
    case panicBegan
    /// Panic routing ended.
    case panicEnded
    /// A circuit breaker's limit refused its first request after a quiet second: which limit, and
    /// what it is.
    case overflowBegan(Overflow, limit: UInt32)
    /// A queue was full and refused its first request after a quiet second.
    case queueFull
    /// A pod's CPU limit held it back for the first time after a quiet second.
    case throttled
    /// A rate limit refused its first request after a quiet second.
    case rateLimited
  }
  /// A limit of a circuit breaker that refuses requests.
  public enum Overflow: Sendable, Equatable {
    /// `max_pending_requests`.
    case pendingRequests
    /// `max_requests`.
    case requests
  }
  /// When.
  public var at: SimTime
  /// When it was so for the last time, without a quiet second in between.
  public var last: SimTime
  /// How often it was so from ``at`` to ``last``.
  public var count: UInt64 = 1
  /// What.
  public var kind: Kind
  /// The proxy kind, or -1.
  public var proxy: Int32 = -1
  /// The instance, or -1.
  public var instance: Int32 = -1
  /// The cluster, or -1.
  public var cluster: Int32 = -1
  /// The pod, or nil.
  public var pod: PodReference?

  /// An entry.
  public init(
    at: SimTime, kind: Kind, proxy: Int32 = -1, instance: Int32 = -1, cluster: Int32 = -1,
    pod: PodReference? = nil
  ) {
    self.at = at
    last = at
    self.kind = kind
    self.proxy = proxy
    self.instance = instance
    self.cluster = cluster
    self.pod = pod
  }
}

/// Counters of one edge, after the warm-up.
public struct EdgeRecord: Sendable {
  /// Calls begun.
  public var calls: UInt64 = 0
  /// Calls that ended below 500.
  public var succeeded: UInt64 = 0
  /// Calls that ended with 5xx or without an answer.
  public var failed: UInt64 = 0
  /// Tries sent.
  public var attempts: UInt64 = 0
  /// Those of the ``attempts`` that were retries.
  public var retries: UInt64 = 0
  /// Retries refused by a budget or `max_retries`.
  public var retriesRefused: UInt64 = 0
  /// Retries refused by the caller's own bucket.
  public var refusedByBucket: UInt64 = 0
  /// Retries refused by the caller's own breaker.
  public var refusedByBreaker: UInt64 = 0
}

extension EdgeRecord {
  /// The counters of an edge at run time.
  init(_ edge: Edge, _ client: ClientCount) {
    self.init(
      calls: edge.hasClient ? client.calls : edge.calls,
      succeeded: edge.hasClient ? client.succeeded : edge.succeeded,
      failed: edge.hasClient ? client.failed : edge.failed,
      attempts: edge.attempts, retries: edge.retries, retriesRefused: edge.retriesRefused,
      refusedByBucket: client.refusedByBucket, refusedByBreaker: client.refusedByBreaker)
  }

  /// What came after an earlier time.
  func since(_ before: EdgeRecord) -> EdgeRecord {
    EdgeRecord(
      calls: calls &- before.calls, succeeded: succeeded &- before.succeeded,
      failed: failed &- before.failed, attempts: attempts &- before.attempts,
      retries: retries &- before.retries,
      retriesRefused: retriesRefused &- before.retriesRefused,
      refusedByBucket: refusedByBucket &- before.refusedByBucket,
      refusedByBreaker: refusedByBreaker &- before.refusedByBreaker)
  }
}

/// Counters of one service, after the warm-up.
public struct ServiceRecord: Sendable {
  /// An operation and the tries that asked for it.
  public struct Operation: Sendable {
    /// The name; empty for everything that the service does not know.
    public var name: String
    /// The tries, as pods saw them.
    public var flow: FlowRecord
  }

  /// Its pods, in the model's order.
  public var pods: [PodRecord] = []
  /// The most waiting requests at once, all pods together.
  public var peakQueue = 0
  /// Time from arrival to the start of service; with ``RecordingOptions/waits``.
  public var wait: LatencyHistogram?
  /// Its operations, in the model's order; with ``RecordingOptions/serviceHistograms``.
  public var operations: [Operation] = []
  /// The time average of the number of pods that hold at least n requests, waiting or in service.
  ///
  /// The index is n. As long as ``RecordingOptions/occupancyLevels``.
  public var occupancy: [Double] = []
  /// The time series of its pods; with ``RecordingOptions/window``.
  public var windows: [ServiceWindow] = []
  /// The time series of the tries of all operations together; with both of these.
  public var flowWindows: [FlowWindow] = []
  /// The latencies of each of those windows; where ``ServiceModel/keepsWindowLatency`` asks for it.
  public var windowLatency: [CompactHistogram] = []
}

/// Counters of one pod, after the warm-up.
public struct PodRecord: Sendable {
  /// Tries that arrived.
  public var arrivals: UInt64 = 0
  /// Refused by a full queue.
  public var refused: UInt64 = 0
  /// Answered below 500.
  public var succeeded: UInt64 = 0
  /// Answered 5xx, reset or closed.
  public var failed: UInt64 = 0
  /// Work that nobody waited for any more, done or dropped.
  public var unheard: UInt64 = 0
  /// The time average of busy workers.
  public var meanBusy: Double = 0
  /// The time average of waiting requests.
  public var meanQueue: Double = 0
  /// The most waiting requests at once.
  public var peakQueue: Int = 0
  /// The most requests in service at once; connections of a scripted host.
  public var peakConcurrency: Int = 0
  /// Connections accepted.
  public var connectionsAccepted: UInt64 = 0
  /// Arrivals that found no free worker.
  public var delayed: UInt64 = 0
  /// How long its CPU limit held it back, in seconds.
  public var throttled: Double = 0
}

/// A window of the time series of a service's pods.
public struct ServiceWindow: Sendable, Equatable {
  /// Waiting requests at the window's end, all pods.
  public var queue: UInt32 = 0
  /// The most waiting requests at once in the window, all pods.
  public var queuePeak: UInt32 = 0
  /// Waiting requests, mean over the window, all pods.
  public var meanQueue: Float = 0
  /// Busy workers, mean over the window, all pods.
  public var meanBusy: Float = 0
  /// Refused by full queues in the window.
  public var refused: UInt32 = 0
  /// Open connections of proxies at the window's end.
  public var connections: UInt32 = 0
  /// Pairs of proxy instance and pod with the pod ejected, at the window's end.
  public var ejected: UInt32 = 0
}

/// Counters of one proxy kind, summed over its instances, over the whole run.
public struct ProxyRecord: Sendable {
  /// Counters of each cluster, in the configuration's order.
  public var clusters: [EnvoyClusterStatistics] = []
  /// The outlier detectors' counters, by cluster.
  public var outliers: [OutlierStatistics] = []
  /// Hosts ejected at the end, by cluster.
  public var ejectionsActive: [UInt64] = []
  /// Counters of the filters, by Envoy's name, in order of first use.
  public var filters: [(name: String, value: UInt64)] = []
  /// Per cluster and endpoint: tries sent, after the warm-up.
  public var hostAttempts: [[UInt64]] = []
  /// Per cluster and endpoint: failures as the outlier detector counts them, after the warm-up.
  public var hostErrors: [[UInt64]] = []
}
