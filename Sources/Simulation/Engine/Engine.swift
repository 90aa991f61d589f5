import CPrefetch
import EventKernel
import Orchestration
import Statistics
import TimeAndChance
import TrafficPolicy

/// What an engine is built with; a constant, so that what is off is not compiled.
protocol EngineFeatures {
  /// False leaves out the code of every policy that is not on the common path: pools, outlier
  /// detection, filters, hedging, mirrors, rare timers. For measuring what their presence costs.
  static var hasPolicies: Bool { get }
}

/// Everything.
enum EveryPolicy: EngineFeatures { static var hasPolicies: Bool { true } }

/// Only what the common path needs.
enum NoPolicies: EngineFeatures { static var hasPolicies: Bool { false } }

/// One run: the tables of a model, the records of what is under way, and the loop over events.
///
/// A request's way through it is a chain of small functions, in the order of
/// `Engine+Sources`, `Engine+Router`, `Engine+ConnectionPool`, `Engine+Pods`, and back. Each is
/// entered by one ``EventKind`` or called by its neighbour when the delay between them is zero.
struct Engine<Features: EngineFeatures>: ~Copyable {
  var queue = EventQueue()
  let sampler: Sampler
  let model: SimulationModel
  let seed: UInt64
  let replication: UInt64
  /// Keeps the laws' tables alive.
  let samplingTables: SamplingTables

  // Records of what is under way.
  var calls = Slab<Call>()
  var jobs = Slab<Job>()
  var extras = Slab<CallExtra>(capacity: 16)
  var connections = Slab<Connection>(capacity: 16)
  var clientCalls = Slab<ClientCall>(capacity: 16)
  var users = Slab<ClientUser>(capacity: 16)
  /// Lost messages that wait to be sent again.
  var messages = Slab<Message>(capacity: 16)

  // What the model compiled to.
  var edges: Table<Edge>
  /// By edge: what its route's policy retries, and after which waits.
  var classifiers: Table<RetryClassifier>
  var backOffs: Table<RetryBackOff>
  var clientCounts: Table<ClientCount>
  var weights: Table<(cluster: UInt32, weight: UInt32)>
  var clusterKinds: Table<ClusterKind>
  var endpointPods: Table<UInt32>
  var services: Table<Service>
  var pods: Table<Pod>
  var podBooks: Table<PodBooks>
  /// The CPU of each pod, where any service has a limit.
  var processors: Table<CFSBandwidth>
  /// By job: its work on the CPU.
  var cpuWork = Table<CPUWork>()
  var entries: Table<UInt32>
  var steps: Table<Step>
  /// The laws of steps that take time.
  var laws: Table<CompiledDistribution>
  var branches: Table<UInt32>
  var choices: Table<(below: Double, step: UInt32)>
  var replies: Table<SpecialReply>
  var sources: Table<Source>
  var proxies: Table<Proxy>
  var segments: Table<RateSegment>
  var mixes: Table<(below: Double, edge: UInt32)>
  var mirrors: Table<Mirror>
  /// What is looked at rarely, by edge, by pod, by endpoint, by cluster kind.
  var retryPolicies: [RetryPolicy?]
  var clientSettings: [ClientSetting]
  var scripts: [HostScript?]
  var memberships: [Bool]
  /// What faults make of requests, by pod; empty until the first does.
  var failures: [(atOnce: FailureShares, afterService: FailureShares)] = []
  /// By cluster kind, for each home of the proxy's instances.
  var hostSetViews: [[HostSetViews]]

  // State of proxies, made on a pair's first use.
  var clusterOfInstance: Table<UInt32>
  var clusters = Table<ProxyCluster>()
  var outlierHosts = Table<OutlierHost>()
  var hostNotes = Table<HostNote>()
  var pools = Table<Pool>()
  var poolBooks = Table<PoolBooks>()
  var balancers = Table<ClusterBalancer>()
  var detectors = Table<ClusterHealth>()
  /// Bytes that balancers and detectors hold beside their places in the tables.
  var heapBytesOfClusters = 0
  var judges = Table<OutlierDetector>()
  var filters: Table<FilterChain>
  var localRateLimits = Table<LocalRateLimit>()
  /// By proxy instance: its filters, if they are local rate limits only and the same for every
  /// request; what passes them is not remembered.
  var plainRateLimits: Table<(first: UInt32, count: UInt32)>
  var rateLimitCounters: [FixedWindowCounter] = []

  // Statistics and logs.
  var statistics: Table<EnvoyClusterStatistics>
  /// By endpoint: tries that failed, over all proxies of its kind.
  var hostErrors: Table<UInt64>
  /// Time with each number of requests, by pod; on demand.
  var occupancy: Table<Int64>
  var recorders: Recorders
  /// By job at the door of its pod: the first step of what it asks for.
  var doorSteps = Table<UInt32>()
  /// By step: the operation that it belongs to, see ``operationSlots``.
  let slotOfStep: Table<UInt32>
  /// The operations of services that are counted, in the order of the services.
  let operationSlots: [OperationSlot]
  /// How long each pod's CPU limit had held it back at the end of the warm-up.
  var throttledBefore: [SimDuration] = []
  /// The edges' counters at the end of the warm-up.
  var edgesBefore: [EdgeRecord] = []
  var log = RunLog()
  var clients: [ScriptedClient?] = []
  var clientStates: Table<ClientGuard>
  /// The users of closed loops, by source.
  var populations: [UserPopulation] = []
  /// By when its caller wants a job's answer, by job; only of jobs whose call says
  /// ``Call/needsMarks``.
  var jobDeadlines = Table<SimTime>()
  /// The first branch of a parallel step that has failed, by job; only of jobs with
  /// ``Job/childFailed``.
  var failedArms = Table<UInt32>()
  /// Who came next, by job; only in queues that drop their oldest and are served from the youngest.
  var youngerInQueue = Table<UInt32>()
  /// Pods that became members of clusters during the run, in order, and when.
  var joins: [(pod: UInt32, at: SimTime)] = []
  /// The wait that the answer at hand asks for, while it is judged.
  var pendingAsked: AskedWait?
  /// The answer at hand as a number of ``replies``, while it is judged; 0 when it is a mere status.
  var pendingReply: UInt16 = 0
  /// Places, ways, and what goes wrong on them.
  var network: NetworkTables
  /// Rules of the network that act now.
  var activeRules = 0
  /// Messages that the network holds back, in order.
  var heldBack: [Message] = []
  /// Replies of scripts that stand in the table of special ones.
  var scriptedReplies: [(reply: HostScript.Reply, index: UInt16)] = []
  /// The end of the run has been scheduled.
  var isEnding = false

  var eventCount: UInt64 = 0
  /// The number of events at which the loop looks up.
  private var nextPause: UInt64 = 0
  var limits = RunLimits()
  /// Requests of sources that have not ended.
  var openRequests = 0
  /// Sources that may start further requests.
  var openSources = 0
  var isOver = false
  var stopReason: StopReason?
  /// Direct calls of each other by functions whose delay is zero; see ``maxDepth``.
  var depth = 0
  /// Requests that began before it are not counted.
  var countsFrom = SimTime.zero

  /// Direct calls nest no deeper; then an event with no delay takes over.
  static var maxDepth: Int { 24 }

  @inline(__always) var now: SimTime { queue.now }

  /// Runs to the end.
  mutating func run() {
    begin()
    // A model may be larger than the limit before anything has happened.
    if isOverMemory { return stop(for: .memoryLimit) }
    planPause()
    while !isOver, let event = next() {
      eventCount &+= 1
      handle(event)
      if eventCount == nextPause, pause() { break }
    }
  }

  /// Tidies up and looks at the limits: once per block of events, and where their limit is.
  @inline(never) private mutating func pause() -> Bool {
    if eventCount & 0x3FF == 0 { tidyTimers() }
    let isLast = limits.maxEvents.map { eventCount >= $0 } ?? false
    if eventCount & 0xFFF == 0 || isLast, mustStop() { return true }
    planPause()
    return false
  }

  private mutating func planPause() {
    let block = (eventCount | 0x3FF) &+ 1
    nextPause = limits.maxEvents.map { eventCount < $0 ? min(block, $0) : block } ?? block
  }

  /// The next event; the records of many that come near are asked for together.
  @inline(__always) private mutating func next() -> Event? {
    let calls = self.calls.base
    return queue.next(soon: { event in
      if event.kind == EventKind.backOffOver.rawValue { prefetch(calls + Int(event.handle)) }
    })
  }

  /// One event: the whole of the dispatch.
  @inline(__always) mutating func handle(_ event: Event) {
    let handle = event.handle
    switch unsafeBitCast(event.kind, to: EventKind.self) {
    case .sourceArrival: sourceArrival(handle)
    case .callAtProxy: callAtProxy(handle)
    case .jobArrives: jobArrives(handle)
    case .stepDone: stepDone(handle)
    case .responseAtProxy: responseAtProxy(handle)
    case .answerAtCaller: answerAtCaller(handle)
    case .backOffOver: backOffOver(handle, sequence: event.sequence)
    default: if Features.hasPolicies { handleRare(event) } else { handleRun(event) }
    }
  }

  /// Events of the run itself, and those of features off the common path.
  @inline(never) mutating func handleRare(_ event: Event) {
    let handle = event.handle
    switch unsafeBitCast(event.kind, to: EventKind.self) {
    case .connectDone: connectDone(handle)
    case .connectTimeout: connectTimedOut(handle)
    case .connectionIdle: connectionIdle(handle)
    case .bodyBroken: bodyBroken(handle)
    case .streamIdle: streamIdle(handle)
    case .maxStreamDuration: maxStreamDuration(handle)
    case .clientAbort: clientAbort(handle)
    case .faultDelayOver: faultDelayOver(handle, sequence: event.sequence)
    case .rateLimitAnswer: rateLimitAnswer(handle, sequence: event.sequence)
    case .abandonmentAtPod: abandonmentAtPod(handle)
    case .cpuDone: cpuDone(handle, sequence: event.sequence)
    case .retransmission: retransmission(handle)
    case .clientRetry: clientRetry(handle, sequence: event.sequence)
    case .clientTryTimeout: clientTryTimeout(handle)
    case .clientDeadline: clientDeadline(handle)
    case .callerDeadline: callerDeadline(handle, sequence: event.sequence)
    case .outlierSweep: outlierSweep(handle)
    case .mergeTimer: mergeTimer(handle)
    case .healthCheck: healthCheck(handle)
    case .concurrencyUpdate: concurrencyUpdate(handle)
    case .minRTTWindow: minRTTWindow(handle)
    default: handleRun(event)
    }
  }

  @inline(never) mutating func handleRun(_ event: Event) {
    let handle = event.handle
    switch unsafeBitCast(event.kind, to: EventKind.self) {
    case .thinkOver: thinkOver(handle, sequence: event.sequence)
    case .usersChange: usersChange(handle)
    case .graceOver: graceOver(handle, sequence: event.sequence)
    case .usersEnd: usersEnd(handle)
    case .clientStep: clientStep(handle)
    case .clientOpenLoop: clientOpenLoop(handle)
    case .action: act(handle)
    case .warmupOver: warmupOver()
    case .windowEnd: windowEnd()
    case .sourcesEnd: sourcesEnd()
    case .runEnd: isOver = true
    case .timersDue: timersDue(event)
    default: preconditionFailure("an event of kind \(event.kind) reached the wrong switch")
    }
  }

  /// Schedules along a fixed delay.
  @inline(__always)
  mutating func schedule(_ kind: EventKind, _ handle: UInt32, along delay: FixedDelay) {
    queue.schedule(on: delay.line, kind: kind.rawValue, handle: handle)
  }

  /// Schedules after a delay of any length.
  @inline(__always) @discardableResult
  mutating func schedule(_ kind: EventKind, _ handle: UInt32, after delay: SimDuration) -> UInt64 {
    queue.schedule(after: delay, kind: kind.rawValue, handle: handle)
  }

  /// Schedules an event of the run itself before everything else of its instant.
  mutating func scheduleFirst(_ kind: EventKind, after delay: SimDuration) {
    queue.scheduleFirst(after: delay, kind: kind.rawValue, handle: 0)
  }

  /// Starts a timer, or none when the timeout is off.
  @inline(__always)
  mutating func start(_ timeout: FixedTimeout, _ kind: EventKind, _ handle: UInt32) -> UInt32 {
    guard timeout.isOn else { return none }
    return queue.startTimer(on: timeout.line, kind: kind.rawValue, handle: handle).ticket
  }

  /// Takes a timer back, if there is one: a timer runs for as long as its ticket is kept.
  @inline(__always) mutating func cancel(_ timer: inout UInt32) { timer = none }

  /// Gives a job back; its state tells scans that nothing is there.
  @inline(__always) mutating func freeJob(_ j: UInt32) {
    jobs[j].state = Job.freed
    jobs.free(j)
  }

  /// The replies that stand first in the table of special ones.
  var resetReply: UInt16 { 1000 }
  var refusedReply: UInt16 { 1001 }

  /// Bytes of records, timers, pending events and logs, and of the state of pods and proxies.
  var byteCount: Int {
    let records =
      calls.byteCount + jobs.byteCount + extras.byteCount + connections.byteCount
      + clientCalls.byteCount + users.byteCount + messages.byteCount + jobDeadlines.byteCount
      + failedArms.byteCount + youngerInQueue.byteCount + cpuWork.byteCount + queue.byteCount
      + log.byteCount
    return records + proxyBytes + podBytes
  }

  /// Bytes of what proxies know of their hosts: a mesh of thousands of each has millions of pairs.
  private var proxyBytes: Int {
    let hosts =
      clusterOfInstance.byteCount + clusters.byteCount + outlierHosts.byteCount
      + hostNotes.byteCount + pools.byteCount + poolBooks.byteCount
    let policies =
      balancers.byteCount + detectors.byteCount + judges.byteCount + filters.byteCount
      + localRateLimits.byteCount + plainRateLimits.byteCount
    return hosts + policies + heapBytesOfClusters
  }

  private var podBytes: Int {
    pods.byteCount + podBooks.byteCount + processors.byteCount + endpointPods.byteCount
      + hostErrors.byteCount + occupancy.byteCount
  }

  /// Jobs that are in use: none when all that was asked has ended, which tests hold it to.
  var jobCount: Int {
    (0..<UInt32(jobs.highWater)).count { jobs[$0].state != Job.freed }
  }

  /// Whether a limit of the run is reached; once per block of events.
  @inline(never) mutating func mustStop() -> Bool {
    queue.checkLimits()
    if let most = limits.maxEvents, eventCount >= most, !isOver { stopReason = .eventLimit }
    if isOutOfRecords { stopReason = .recordLimit }
    if isOverMemory { stopReason = .memoryLimit }
    if limits.isInterrupted() { stopReason = .interrupted }
    return stopReason != nil
  }

  var isOverMemory: Bool { limits.maxMemory.map { byteCount > $0 } ?? false }

  /// Whether a slab will soon have no handle left.
  ///
  /// A handle has 24 bits. What is missing to that is room for what is made until the next look:
  /// 4096 events of nearly 200 records each. Events that may make more look themselves.
  var isOutOfRecords: Bool {
    let most = limits.mostRecords
    return calls.highWater > most || jobs.highWater > most || extras.highWater > most
      || clientCalls.highWater > most || users.highWater > most || connections.highWater > most
      || messages.highWater > most
  }

  /// Whether a loop within one event must end because a slab will soon be full; ends the run.
  mutating func mustStopMaking() -> Bool {
    guard isOutOfRecords else { return false }
    stop(for: .recordLimit)
    return true
  }

  /// Ends the run within an event.
  @inline(never) mutating func stop(for reason: StopReason) {
    stopReason = reason
    isOver = true
  }
}
