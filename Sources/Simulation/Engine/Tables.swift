import EventKernel
import TimeAndChance
import TrafficPolicy

/// A delay that is the same for every event of its kind: a line of the queue, or none at all.
struct FixedDelay: BitwiseCopyable {
  var line: DelayLine
  var isZero: Bool

  /// The longest that a message is on its way, 347 days: beyond the end of any run, and below the
  /// 2^55 ns that a line of the queue takes.
  static let longest = SimDuration.seconds(30_000_000)
}

/// A timeout that is the same for every call of an edge: a line of the queue, or off.
struct FixedTimeout: BitwiseCopyable {
  var line: TimerLine
  var isOn: Bool
  /// The timer is started only when something else has gone wrong, see ``Engine/armRouteTimer(_:)``.
  var isLate = false
}

/// How calls along an edge are treated: its model, its proxy's route and the proxy, resolved.
///
/// Three cache lines, of which the first is what every call looks at, when it begins and when it
/// ends.
struct Edge {
  /// What becomes of a call that reaches the proxy.
  enum Action: UInt8 {
    /// Forwarded to the one cluster.
    case forward
    /// Forwarded to a cluster drawn by weight.
    case forwardByWeight
    /// Answered by the proxy itself.
    case directResponse
    /// 404 NR.
    case noRoute
    /// 503 NC.
    case unknownCluster
  }

  /// Which proxy instance takes a call.
  enum Placement: UInt8 {
    /// The only one.
    case single
    /// One drawn at random.
    case random
    /// The caller's own; one drawn at random for callers that are no pods.
    case besideCaller
    /// One drawn at random, for a caller that is a pod drawn at random.
    case drawn
  }

  // What every call looks at, when it begins and when it ends.
  var action = Action.noRoute
  var placement = Placement.single
  /// ``hasEntryWork`` or ``hasRareWork``.
  var isUnusual = false
  /// True when the edge's caller handles failures itself, or may have a deadline of its own.
  var hasClient = false
  /// The marks of a new call: none, or ``Call/needsMarks``.
  var callMarks: UInt8 = 0
  /// Why the way from the caller must be looked at, see the constants; 0 on the common path.
  var callerMarks: UInt8 = 0
  /// Even an answer below 400 may be retried.
  var retriesSuccess = false
  /// True when filters, or calls that come with a ``CallExtra``, stand before the router.
  var hasEntryWork = false
  var firstInstance: UInt32 = 0
  /// The pods of the calling service; none for callers outside.
  var firstCaller: UInt32 = 0
  /// Where the state of its cluster in an instance stands in ``Engine/clusterOfInstance``.
  ///
  /// The stride times the instance's number among all, and on; only for ``Action/forward``.
  var slotBase: Int32 = 0
  var slotStride: Int32 = 0
  var operation: UInt32 = 0
  /// The flow that its calls are counted with, or ``none``.
  var flow: UInt32 = none
  var fromCaller: FixedDelay
  /// ``fromCaller`` takes no time while no rule of the network says otherwise.
  var fromCallerIsZero = true
  var routeTimeout: FixedTimeout
  /// True when mirrors, hashing, hedging, or timers beyond route and try are configured.
  var hasRareWork = false
  var tryTimeout: FixedTimeout
  // Counters, from the start of the run.
  var succeeded: UInt64 = 0

  // What a call looks at when it begins.
  var calls: UInt64 = 0
  var attempts: UInt64 = 0
  var failed: UInt64 = 0
  /// Of the ``attempts``, those that were not their call's first, or their client call's.
  var retries: UInt64 = 0
  var retriesRefused: UInt64 = 0
  /// The time of ``fromCaller``, in nanoseconds.
  var fromCallerTime: Int64 = 0
  /// Draws of the proxy instance, the cluster, and mirrors.
  var random: RandomStream
  var instanceCount: UInt32 = 1
  var proxy: UInt32 = 0

  // What only some calls look at.
  var failureReply: UInt16 = 503
  var directReply: UInt16 = 200
  /// The cluster in the proxy's configuration; for weights, the first entry and count.
  var cluster: UInt32 = 0
  var hedges = false
  var avoidsPreviousHosts = false
  var isMirror = false
  /// See the constants.
  var rareMarks: UInt8 = 0
  var maxPicks: UInt32 = 1
  var previousPrioritiesFrequency: UInt32 = 0
  /// The mirrors, in the table of mirrors.
  var firstMirror: UInt32 = 0
  var mirrorCount: UInt32 = 0
  var callerCount: UInt32 = 0
  /// The route in the proxy's configuration, or -1.
  var route: Int32 = -1
  var weightTotal: UInt32 = 0
  var numRetries: UInt32 = 0
  var streamIdle: FixedTimeout
  var maxStreamDuration: FixedTimeout
  /// The model's edge, for cold details.
  var model: UInt32 = 0

  /// In ``rareMarks``: a filter in front of the router may hold a call back.
  static let waitsInFilters: UInt8 = 1 << 0
  /// In ``rareMarks``: ``tryTimeout`` is the limit on idle tries.
  static let endsIdleTries: UInt8 = 1 << 1

  /// The way from the caller is not the same for all.
  static let hasWays: UInt8 = 1 << 0
  /// A rule of the network may concern it.
  static let hasNetworkFault: UInt8 = 1 << 1
  /// In ``operation``: calls of this edge come from the proxy in front of their pod.
  static let isInside: UInt32 = 1 << 31
}

/// Counters of the calls of clients that handle failures themselves; each may be several calls of
/// its edge.
struct ClientCount: BitwiseCopyable {
  var calls: UInt64 = 0
  var succeeded: UInt64 = 0
  var failed: UInt64 = 0
  var refusedByBucket: UInt64 = 0
  var refusedByBreaker: UInt64 = 0
}

/// A proxy kind at run time.
struct Proxy {
  /// Its instances among all.
  var firstInstance: UInt32
  var instanceCount: UInt32
  var workers: UInt32
  var clusterCount: UInt32
  /// From an instance's cluster kinds to the next one's; 0 when all instances share them.
  var kindStride: UInt32 = 0
  /// The first entry of its instances' clusters in the table of states.
  var firstSlot: UInt32
  /// The first of its clusters among all kinds.
  var firstKind: UInt32
  /// Each instance's share of an interval by which its sweeps are late, 0 ..< 1.
  var phases: [Double]
}

/// A copy that a route makes.
struct Mirror {
  var edge: UInt32
  var probability: Double
}

/// What an edge's caller does about failures by itself.
struct ClientSetting {
  var behaviour: ClientBehaviour?
  var tryTimeout: FixedTimeout
  var deadline: FixedTimeout
  /// The first of its instances' guards.
  var firstState: UInt32
  /// Failed connections are seen as such, and not as a proxy's 503.
  var seesConnections: Bool
  /// The caller is a service that may have been told a deadline.
  var mindsCaller = false
}

/// What every instance of a proxy kind does with one cluster.
struct ClusterKind {
  // What every try looks at.
  /// The first entry in the endpoint tables, and how many there are.
  var firstEndpoint: UInt32
  var opensConnections: Bool
  var isHTTP2: Bool
  var hasDetector: Bool
  /// ``countsStreams`` or ``preconnects``.
  var looksAtStreams: Bool
  var toHost: FixedDelay
  var maxRequests: UInt32
  /// Streams one connection carries at once.
  var streamsPerConnection: UInt32
  /// Requests one connection carries in all.
  var requestsPerConnection: UInt32
  var workers: UInt32

  var proxy: UInt32
  /// The cluster's index in the proxy's configuration.
  var index: UInt32
  var endpointCount: UInt32
  var maxConnections: UInt32
  var maxPending: UInt32
  var connectRTT: FixedDelay
  var connectTimeout: FixedTimeout
  var idleTimeout: FixedTimeout
  var retryAdmission: RetryAdmission
  /// The detector hears of streams that were had.
  var countsStreams: Bool
  /// A pool keeps more connections than it needs now.
  var preconnects: Bool
  /// Fills the second line.
  private let rest = InlineArray<3, UInt64>(repeating: 0)
}

/// The state of one cluster in one proxy instance: one cache line.
struct ProxyCluster {
  var kind: UInt32
  /// The first entry in the per-host tables.
  var hostBase: UInt32
  /// The first pool; pools of a host are adjacent, one for each of so many workers.
  var poolBase: UInt32
  var workers: UInt32
  /// The balancers, one for each worker.
  var firstBalancer: UInt32
  // Under way now.
  var requests: UInt32 = 0
  var pending: UInt32 = 0
  var connections: UInt32 = 0
  var retries: UInt32 = 0
  /// See ``ClusterBalancer/plainHostCount``; 0 when the balancers have to be asked.
  var plainHosts: UInt32 = 0
  /// Draws of the balancers.
  var balancing: RandomStream
  /// Of its kind, where each answer finds it.
  var toHost: FixedDelay
  var instance: UInt32
  /// See the constants.
  var marks: UInt32 = 0

  /// A pick was last made in panic.
  static let inPanic: UInt32 = 1 << 0
  /// Tries need connections.
  static let opensConnections: UInt32 = 1 << 1
}

/// A service at run time.
struct Service {
  var firstPod: UInt32
  var podCount: UInt32
  /// The first entry of its operations in the table of entries.
  var firstEntry: UInt32
  var holdsWorkerWhileCalling: Bool
  var abandonedWork: ServiceModel.AbandonedWork
  /// Whether news of abandonment concerns its pods.
  var hearsOfAbandonment: Bool
  var order: ServiceModel.QueueOrder
  /// The queue is served from its youngest.
  var isLIFO: Bool
  /// What a worker would start is looked at before: it may not be wanted any more.
  var checksBeforeStart: Bool
  /// Callers may tell it by when they want its answers.
  var seesDeadlines = false
  /// 0: a full queue is silent.
  var refusal: UInt16
  /// The edge of the proxy in front of each of its pods, or ``none``.
  var door: UInt32 = none
  /// Arrivals that full queues refused of late.
  var queueFull = RefusalSpell()
  /// Waiting requests of all pods, and the most of them, in all and in the present window.
  var queued: Int32 = 0
  var peakQueued: Int32 = 0
  var peakQueuedInWindow: Int32 = 0
  /// Open connections of proxies to its pods.
  var connections: Int32 = 0
  /// The first of its operations among all that are counted, and how many.
  var firstSlot: UInt32
  var slotCount: UInt32 = 0
  /// Pairs of proxy instance and pod with the pod ejected.
  var ejected = 0
}

/// A step of an operation, compiled: what to do, and where to go on.
struct Step {
  /// What to do.
  enum Code: UInt8 {
    /// Draw a time and work; stretched by slow-downs.
    case work
    /// Draw CPU time and use it under the pod's limit.
    case cpu
    /// Draw a time and wait.
    case wait
    /// Call along edge ``Step/a``.
    case call
    case callIgnoringFailure
    /// Call along edge ``Step/a`` and answer with its outcome.
    case forward
    /// Begin branches: ``Step/b`` entries from ``Step/a`` of the branch table; go on after.
    case parallel
    /// Go to ``Step/a``.
    case jump
    /// Go to one of ``Step/b`` entries from ``Step/a`` of the choice table.
    case choose
    /// End with reply ``Step/a`` with probability ``Step/p``.
    case fail
    /// The end of a branch.
    case endBranch
    /// The end.
    case end
    /// The end of work that was dropped while its event was on the way.
    case gone
  }
  var code: Code
  /// For work and waits, the law of their time in the table of laws.
  var a: UInt32 = 0
  var b: UInt32 = 0
  var p: Double = 0

  /// In the branch table: the entry is no step but the edge of a call, which is the whole branch.
  static let callFlag: UInt32 = 0x8000_0000

  /// The table of steps begins with an end, and the end of dropped work.
  static let endIndex: UInt32 = 0
  static let goneIndex: UInt32 = 1
}

/// An operation of a service that is counted by itself; all unknown ones of a service are one.
struct OperationSlot {
  var service: Int
  var name: String
  /// The step that ends it.
  var end: UInt32
}

/// A reply that is more than a status.
struct SpecialReply {
  var outcome: AttemptOutcome
  var status: UInt16
  /// The wait that the answer's headers ask for, by the proxy that judges; nil without.
  var headers: [HostScript.Header] = []
  /// The answer breaks off that long after its headers.
  var breaksAfter: SimDuration?
}
