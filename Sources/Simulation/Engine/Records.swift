import EventKernel
import TimeAndChance
import TrafficPolicy

/// The handle of nothing, in any slab.
let none: UInt32 = 0xFF_FFFF

/// A call under way: one request of a caller, with all its tries, as its proxy sees it.
///
/// 40 bytes; what only some calls need is in ``CallExtra``.
struct Call: BitwiseCopyable {
  /// Where a call stands.
  enum State: UInt8 {
    /// On its way to the proxy, or in the proxy's filters.
    case entering
    /// Queued for a connection; ``Call/tryTimer`` links to the next in the queue.
    case pending
    /// A try is under way.
    case trying
    /// Waiting before a retry; ``Call/tryTimer`` holds the low bits of the event's sequence.
    case backingOff
    /// Ended; the answer is on its way to the caller, see ``Call/setResult(_:flags:)``.
    case ended
    /// It, or its answer, has vanished on the way; only its caller can end it.
    case lost
  }

  /// When the caller made it.
  var started: SimTime
  /// Who waits for it: a tag in the upper 8 bits, see ``Parent``, and a handle.
  var parent: UInt32
  /// The job of the try under way, or ``none``.
  var job: UInt32
  /// The per-try timer, or ``none``.
  var tryTimer: UInt32
  /// The route's timer, or ``none``.
  var routeTimer: UInt32
  /// The proxy instance before routing, then the state of its cluster.
  var cluster: UInt32
  /// The endpoint of the try in the lower 24 bits, the worker thread in the upper 8.
  var hostAndWorker: UInt32
  /// The ``CallExtra`` in the lower 24 bits or ``none``, and the state and marks in the upper 8.
  var extraAndState: UInt32
  /// The edge.
  var edge: UInt16
  /// Tries begun.
  var attempts: UInt8
  /// The state and marks.
  var marks: UInt8

  /// Its job is a client's retry, or must know by when the caller wants the answer: see
  /// ``Engine/rareMarks(ofJob:for:)``.
  static let needsMarks: UInt8 = 1 << 3
  static let holdsRetrySlot: UInt8 = 1 << 4
  static let anyByteSent: UInt8 = 1 << 5
  static let answerBegun: UInt8 = 1 << 6
  static let mirrored: UInt8 = 1 << 7

  @inline(__always) var state: State {
    get { unsafeBitCast(marks & 7, to: State.self) }
    set { marks = marks & ~7 | newValue.rawValue }
  }
  @inline(__always) var host: UInt32 {
    get { hostAndWorker & 0xFF_FFFF }
    set { hostAndWorker = hostAndWorker & 0xFF00_0000 | newValue }
  }
  @inline(__always) var worker: Int {
    get { Int(hostAndWorker >> 24) }
    set { hostAndWorker = hostAndWorker & 0xFF_FFFF | UInt32(newValue) << 24 }
  }
  @inline(__always) var extra: UInt32 {
    get { extraAndState & 0xFF_FFFF }
    set { extraAndState = newValue }
  }
  /// Keeps what the caller will hear, in fields that an ended call no longer needs.
  @inline(__always) mutating func setResult(_ reply: UInt16, flags: ResponseFlags) {
    state = .ended
    tryTimer = UInt32(reply)
    routeTimer = flags.rawValue
  }
  @inline(__always) var reply: UInt16 { UInt16(truncatingIfNeeded: tryTimer) }
  @inline(__always) var flags: ResponseFlags { ResponseFlags(rawValue: routeTimer) }
}

/// Who waits for a call.
enum Parent {
  /// A job: one of a pod's calls (job handle).
  static let job: UInt32 = 0 << 24
  /// An open-loop source (source).
  static let source: UInt32 = 1 << 24
  /// A user of a closed loop, or a scripted client's request (user handle).
  static let user: UInt32 = 2 << 24
  /// A client without a mesh (client call handle).
  static let client: UInt32 = 3 << 24
  /// Nobody: a mirrored copy, or a call whose caller has gone.
  static let nobody: UInt32 = 4 << 24
  /// An open-loop source that limits its open requests (source).
  static let limitedSource: UInt32 = 5 << 24
  /// A request that has reached the proxy in front of its pod (job handle).
  static let door: UInt32 = 6 << 24

  static let tagMask: UInt32 = 0xFF00_0000
}

/// What only some calls need.
struct CallExtra: BitwiseCopyable {
  /// The index in the request log, or -1.
  var record: Int32 = -1
  /// The hash for consistent hashing, when ``hasHash``.
  var hash: UInt64 = 0
  var hasHash = false
  /// The filter that a suspended request goes on with.
  var filter: UInt8 = 0
  /// Flags that the request keeps however it ends.
  var flags: ResponseFlags = []
  /// The fault filter that counts it as active, from 1; 0 is none.
  var activeFault: UInt8 = 0
  /// The low bits of the sequence of the event that a suspended request waits for.
  var suspension: UInt32 = 0
  /// The proxy instance.
  var instance: UInt32 = 0
  /// It counts in adaptive concurrency, since then.
  var concurrencyCounts = false
  var concurrencyStart = SimTime.zero
  /// Admission control records its outcome.
  var admissionCounts = false
  /// The client gives up at this instant; `.never` if not.
  var abortAt = SimTime.never
  var abortTimer: UInt32 = none
  var idleTimer: UInt32 = none
  var durationTimer: UInt32 = none
  /// Endpoints tried, up to 16; older ones are forgotten.
  var triedCount: UInt8 = 0
  var tried = InlineArray<16, UInt32>(repeating: 0)
  /// The priority levels tried.
  var priorities = PreviousPriorities(updateFrequency: 1)
  /// Waits before retries that a header asked for.
  var waitsByHeader: UInt8 = 0
  /// Jobs of hedged tries that go on beside the present one.
  var hedgedCount: UInt8 = 0
  var hedged = InlineArray<8, UInt32>(repeating: none)
  var hedgedHosts = InlineArray<8, UInt32>(repeating: 0)
  /// The present try's timer has fired under hedging, without another try.
  var hasTimedOut = false
  /// A retry is waiting in back-off beside hedged tries, for the event of this sequence.
  var retryPending = false
  var retrySequence: UInt32 = 0
  /// The cluster of the configuration that was chosen, or -1.
  var chosenCluster: Int32 = -1
  /// The arrival at the proxy.
  var arrived = SimTime.zero
  /// The pod at which a source's request begins.
  var callerPod: UInt32 = none
  /// What is asked of the pod behind its own proxy, and the number of the try that brought it.
  var operation: UInt32 = 0
  var attempt: UInt16 = 0
}

/// A try as it exists on the wire and in a pod; it may outlive its call.
///
/// 32 bytes. Branches of a parallel step are jobs too: their ``call`` is the job they belong to.
struct Job: BitwiseCopyable {
  /// When it reached the pod.
  var since: SimTime
  /// The call that waits for it, or ``none``; for a branch, the job that waits for it.
  var call: UInt32
  /// The next in the pod's queue; while calls are under way, how many.
  var link: UInt32
  /// The pod.
  var pod: UInt32
  /// The connection it came on, or ``none``.
  var connection: UInt32
  /// The next step; on the way to the pod, the operation.
  var step: UInt32
  /// A status, or 1000 and more for an entry of the reply table; on the way, the proxy's number
  /// of the try.
  var reply: UInt16
  /// See the constants.
  var marks: UInt8
  /// What the job is doing.
  var state: UInt8

  static let travelling: UInt8 = 0
  static let queued: UInt8 = 1
  static let working: UInt8 = 2
  static let calling: UInt8 = 3
  static let answering: UInt8 = 4
  static let hanging: UInt8 = 5
  /// Gone, but an event that concerns it is still to come.
  static let gone: UInt8 = 6
  /// In the slab's free list.
  static let freed: UInt8 = 7

  static let hasWorker: UInt8 = 1 << 0
  static let isBranch: UInt8 = 1 << 1
  /// The news that its call gave up is on its way.
  static let abandonmentUnderWay: UInt8 = 1 << 2
  /// A call or branch of it failed.
  static let childFailed: UInt8 = 1 << 3
  static let isMirror: UInt8 = 1 << 4
  static let ignoresFailure: UInt8 = 1 << 5
  static let forwards: UInt8 = 1 << 6
  static let isRetry: UInt8 = 1 << 7
  /// It comes from the proxy in front of its pod; a mirrored copy is never retried, so that both
  /// marks together are free.
  static let isInside: UInt8 = isMirror | isRetry
}

/// A connection of a proxy to a host.
///
/// 32 bytes.
struct Connection: BitwiseCopyable {
  /// Its pool.
  var pool: UInt32
  /// The next in the pool's list of ready connections.
  var next: UInt32
  /// The handshake's timer, or ``none``.
  var timer: UInt32
  /// Streams on it now.
  var streams: UInt32
  /// When it was last used.
  var lastUse: SimTime
  /// Streams it has carried.
  var served: UInt32
  /// See the constants.
  var state: UInt8
  var isListed: Bool

  static let free: UInt8 = 0
  static let connecting: UInt8 = 1
  static let open: UInt8 = 2
  static let draining: UInt8 = 3
}

/// What one worker of a proxy has with one host of a cluster: half a cache line, which is all of the
/// host that a try looks at.
struct Pool: BitwiseCopyable {
  /// The proxy's active requests at the host; in the pool of its first worker.
  var active: UInt32 = 0
  /// Good answers that the outlier detector is still to hear of; in the pool of the first worker.
  var successes: UInt32 = 0
  /// Tries sent, from the end of the warm-up; in the pool of the first worker.
  var attempts: UInt64 = 0
  /// The host's pod.
  var pod: UInt32
  /// The endpoint.
  var host: UInt32
  /// The first connection with room for a stream, or ``none``.
  var ready: UInt32 = none
  /// The queue of calls begins here.
  var pendingHead: UInt32 = none

  init(host: UInt32, pod: UInt32) {
    self.host = host
    self.pod = pod
  }
}

/// What of a pool only its queue and its new connections look at.
struct PoolBooks: BitwiseCopyable {
  /// The state of the proxy's cluster.
  var cluster: UInt32
  /// The queue of calls ends here.
  var pendingTail: UInt32 = none
  var pendingCount: UInt32 = 0
  /// Connections, and those of them whose handshake is under way.
  var connections: UInt32 = 0
  var connecting: UInt32 = 0

  init(cluster: UInt32) { self.cluster = cluster }
}

/// One pod at run time: two cache lines, of which the first is what an arrival needs.
struct Pod: BitwiseCopyable {
  /// See the constants; 0 on the common path.
  var marks: UInt16 = 0
  var service: UInt32
  var busy: Int32 = 0
  var workers: Int32 = .max
  var queued: Int32 = 0
  var queueHead: UInt32 = none
  /// The first entry of its service's operations, see ``Service/firstEntry``.
  var firstEntry: UInt32
  var peakBusy: Int32 = 0
  var random: RandomStream
  // Accounting, from the end of the warm-up.
  var lastChange = SimTime.zero
  /// Busy workers × nanoseconds: the lower 64 bits of ``busyNanoseconds``.
  var busyLow: UInt64 = 0
  var arrivals: UInt64 = 0

  /// Waiting requests × nanoseconds: the lower 64 bits of ``queuedNanoseconds``.
  var queuedLow: UInt64 = 0
  var queueLimit: Int32 = .max
  var queueTail: UInt32 = none
  var peakQueue: Int32 = 0
  var occupancyTop: Int32 = 0
  var succeeded: UInt64 = 0
  var failed: UInt64 = 0
  var delayed: UInt64 = 0
  /// The upper bits of the two sums: a queue of thousands fills the lower ones within days.
  var busyHigh: UInt32 = 0
  var queuedHigh: UInt32 = 0
  /// Time with so many requests in the pod, by number up to ``occupancyTop``; on demand.
  var occupancy: UnsafeMutablePointer<Int64>?

  static let isDown: UInt16 = 1 << 0
  static let isBlackhole: UInt16 = 1 << 1
  static let isScripted: UInt16 = 1 << 2
  static let hangs: UInt16 = 1 << 3
  static let failsAtOnce: UInt16 = 1 << 4
  static let failsAfterService: UInt16 = 1 << 5
  /// The pod's health check answers badly.
  static let isUnhealthy: UInt16 = 1 << 6
  /// A rule of the network may concern messages between it and who calls it.
  static let hasNetworkFault: UInt16 = 1 << 7
  /// ``PodBooks/slowFactor`` is not 1.
  static let isSlow: UInt16 = 1 << 8
  /// It has ``occupancy``.
  static let isWatched: UInt16 = 1 << 9
  /// Callers tell it by when they want its answers.
  static let seesDeadlines: UInt16 = 1 << 14
  /// The ways to it are not the same for all who call it.
  static let hasWays: UInt16 = 1 << 12
  /// A proxy in front of it looks at every request.
  static let hasDoor: UInt16 = 1 << 13
  /// What an answer must be looked at for.
  static let concernsAnswers = failsAfterService | hasDoor
  /// What an arriving try must be looked at for.
  static let concernsArrivals =
    isDown | isBlackhole | isScripted | hangs | failsAtOnce | hasDoor | seesDeadlines
  /// What a message on the way to or from it must be looked at for.
  static let concernsTravel = hasNetworkFault | hasWays

  /// Busy workers × nanoseconds, from the end of the warm-up.
  var busyNanoseconds: Int128 { Int128(busyHigh) << 64 | Int128(busyLow) }

  /// Waiting requests × nanoseconds, from the end of the warm-up.
  var queuedNanoseconds: Int128 { Int128(queuedHigh) << 64 | Int128(queuedLow) }

  @inline(__always) mutating func account(at now: SimTime) {
    let elapsed = (now - lastChange).nanoseconds
    Self.add(elapsed, times: busy, to: &busyLow, &busyHigh)
    if queued != 0 { Self.add(elapsed, times: queued, to: &queuedLow, &queuedHigh) }
    if marks & Self.isWatched != 0 { noteOccupancy(elapsed) }
    lastChange = now
  }

  /// Adds to a sum in two parts; only the lower one is touched but once in 18 billion
  /// request-seconds.
  ///
  /// 96 bits hold 2^31 requests over the 2^55 ns that a clock can show.
  @inline(__always)
  private static func add(
    _ elapsed: Int64, times level: Int32, to low: inout UInt64, _ high: inout UInt32
  ) {
    let product = UInt64(bitPattern: elapsed).multipliedFullWidth(
      by: UInt64(UInt32(bitPattern: level)))
    let (sum, wentRound) = low.addingReportingOverflow(product.low)
    low = sum
    if product.high != 0 || wentRound {
      carry(product.high, wentRound, to: &high)
    }
  }

  @inline(never)
  private static func carry(_ part: UInt64, _ wentRound: Bool, to high: inout UInt32) {
    high &+= UInt32(truncatingIfNeeded: part) &+ (wentRound ? 1 : 0)
  }

  /// The sums begin again, at the end of the warm-up.
  mutating func resetTimes() {
    (busyLow, busyHigh) = (0, 0)
    (queuedLow, queuedHigh) = (0, 0)
  }

  @inline(never) private func noteOccupancy(_ elapsed: Int64) {
    occupancy?[Int(min(busy + queued, occupancyTop))] &+= elapsed
  }
}

/// What is seldom counted of a pod, and what only some pods have.
struct PodBooks: BitwiseCopyable {
  // From the end of the warm-up.
  var refused: UInt64 = 0
  var unheard: UInt64 = 0

  var connectionsAccepted: UInt64 = 0
  /// Requests since the script began.
  var scriptCount: UInt64 = 0
  /// How often it has died, where CPU is modelled.
  var deaths: UInt32 = 0
  /// Work takes so many times as long.
  var slowFactor: Double = 1
}

/// A user of a closed loop, or a request of a scripted client.
struct ClientUser: BitwiseCopyable {
  /// What a user of a closed loop is doing.
  enum State: UInt8 {
    /// Not there.
    case absent
    /// Thinking; ``ClientUser/thinkSequence`` tells the event that ends it.
    case thinking
    /// Waiting for the answer to ``ClientUser/call``.
    case asking
    /// There, and through with its iterations.
    case finished
  }

  var source: UInt32
  /// The phase of a scripted client, from 0.
  var phase: UInt32 = 0
  /// The request under way: a client call if ``isClientCall``, else a call.
  var call: UInt32 = none
  /// Requests made since it came.
  var iterations: UInt32 = 0
  /// The low bits of the sequence of the event that ends its thinking.
  var thinkSequence: UInt32 = 0
  /// The low bits of the sequence of the event at which its request is given up, or 0.
  var graceSequence: UInt32 = 0
  var state = State.absent
  /// It counts among the users that the source has now; else it leaves.
  var isWanted = false
  var isClientCall = false
}

/// A call of a client without a mesh: its tries are ``Call``s.
struct ClientCall: BitwiseCopyable {
  var started: SimTime
  var parent: UInt32
  /// The try under way, or ``none``.
  var call: UInt32 = none
  var tryTimer: UInt32 = none
  var deadlineTimer: UInt32 = none
  /// The low bits of the sequence of a retry that waits, or 0.
  var retrySequence: UInt32 = 0
  /// Whose guard it uses.
  var instance: UInt32
  var edge: UInt16
  var isOver = false
  var attempts: UInt32 = 0
  /// The instant at which the client gives up altogether.
  var deadline = SimTime.never
  /// The low bits of the sequence of the event at a deadline that its own caller set, or 0.
  var deadlineSequence: UInt32 = 0
  /// The index in the request log, or -1.
  var record: Int32 = -1
  /// What the server of the present try is told: when it will be given up.
  var told = SimTime.never
  /// The last bound of the back-off in nanoseconds; under decorrelated jitter, the last wait.
  var wait = 0.0
}
