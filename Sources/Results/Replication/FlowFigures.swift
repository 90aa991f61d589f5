public import Statistics
public import TimeAndChance

/// Requests of one subject (a source, service, operation, workload or edge) in one replication.
public struct FlowFigures: Sendable, Equatable {
  /// Requests begun.
  public var offered: UInt64
  /// Requests that a source wanted to begin and could not (k6 `dropped_iterations`).
  public var dropped: UInt64
  /// Requests open when counting began.
  public var openAtStart: UInt64
  /// Requests open at the end.
  public var open: UInt64
  /// Requests that ended without an answer only because the run did: they had been open for longer
  /// than any request before, by far.
  public var unanswered: UInt64 = 0
  /// Requests that ended, by HTTP status, which is 0 without an answer; sorted.
  public private(set) var statuses: [StatusCount]
  /// Requests that ended, by response flags, sorted.
  ///
  /// The flags are as Envoy's access log writes them: `-`, `UF`, `URX,UF`.
  public private(set) var flags: [FlagCount]
  /// Tries: first tries and retries that were sent.
  public var attempts: UInt64
  /// Retries that were sent.
  public var retries: UInt64
  /// Retries that were wanted and not sent.
  public var retriesRefused: RefusedRetries
  /// Latency of every request that ended.
  public var latency: LatencyHistogram
  /// Latency of those answered without error.
  public var successLatency: LatencyHistogram
  /// When the last request failed; nil when none did.
  public var lastFailure: SimTime?
  /// The time series: a sample per window, from the start of the run.
  public var samples: [FlowSample]
  /// Latencies of each window, one entry per sample; empty unless
  /// ``RunDescription/needsWindowLatency(_:)`` asks for them.
  public var windowLatency: [CompactHistogram]

  /// Requests that ended with a status.
  public struct StatusCount: Sendable, Equatable {
    /// The HTTP status; 0 is no answer.
    public var status: Int
    /// How many.
    public var count: UInt64
    /// Requests of that status.
    public init(status: Int, count: UInt64) {
      self.status = status
      self.count = count
    }
  }

  /// Requests that ended with response flags.
  public struct FlagCount: Sendable, Equatable {
    /// The flags; `-` is none.
    public var flags: String
    /// How many.
    public var count: UInt64
    /// Requests of those flags.
    public init(flags: String, count: UInt64) {
      self.flags = flags
      self.count = count
    }
  }

  /// Retries that were wanted and not sent, by what refused them.
  public struct RefusedRetries: Sendable, Equatable {
    /// A retry budget (`retry_budget`).
    public var budget: UInt64
    /// `max_retries` of a circuit breaker, or another limit of it.
    public var overflow: UInt64
    /// A client's token bucket.
    public var bucket: UInt64
    /// A client's breaker on retries.
    public var breaker: UInt64
    /// All of them.
    public var total: UInt64 { budget + overflow + bucket + breaker }
    /// Refusals by cause.
    public init(
      budget: UInt64 = 0, overflow: UInt64 = 0, bucket: UInt64 = 0, breaker: UInt64 = 0
    ) {
      self.budget = budget
      self.overflow = overflow
      self.bucket = bucket
      self.breaker = breaker
    }
    /// Adds another subject's or replication's.
    public mutating func add(_ other: RefusedRetries) {
      budget += other.budget
      overflow += other.overflow
      bucket += other.bucket
      breaker += other.breaker
    }
  }

  /// Figures from their parts; the order of the counts and repeated keys do not matter.
  public init(
    offered: UInt64 = 0, dropped: UInt64 = 0, openAtStart: UInt64 = 0, open: UInt64 = 0,
    statuses: [StatusCount] = [], flags: [FlagCount] = [], attempts: UInt64 = 0,
    retries: UInt64 = 0, retriesRefused: RefusedRetries = RefusedRetries(),
    latency: LatencyHistogram = LatencyHistogram(),
    successLatency: LatencyHistogram = LatencyHistogram(), lastFailure: SimTime? = nil,
    samples: [FlowSample] = [], windowLatency: [CompactHistogram] = []
  ) {
    self.offered = offered
    self.dropped = dropped
    self.openAtStart = openAtStart
    self.open = open
    self.statuses = []
    self.flags = []
    self.attempts = attempts
    self.retries = retries
    self.retriesRefused = retriesRefused
    self.latency = latency
    self.successLatency = successLatency
    self.lastFailure = lastFailure
    self.samples = samples
    self.windowLatency = windowLatency
    for entry in statuses { add(entry.count, status: entry.status) }
    for entry in flags { add(entry.count, flags: entry.flags) }
  }

  /// Counts ended requests under a status.
  public mutating func add(_ count: UInt64, status: Int) {
    guard count > 0 else { return }
    let place = statuses.firstIndex { $0.status >= status } ?? statuses.count
    if place < statuses.count, statuses[place].status == status {
      statuses[place].count += count
    } else {
      statuses.insert(StatusCount(status: status, count: count), at: place)
    }
  }

  /// Counts ended requests under response flags.
  public mutating func add(_ count: UInt64, flags text: String) {
    guard count > 0 else { return }
    let place = flags.firstIndex { $0.flags >= text } ?? flags.count
    if place < flags.count, flags[place].flags == text {
      flags[place].count += count
    } else {
      flags.insert(FlagCount(flags: text, count: count), at: place)
    }
  }

  /// Adds another replication's counters and latencies: exact, in any order.
  ///
  /// Series belong to one replication and are dropped.
  public mutating func merge(_ other: FlowFigures) {
    offered += other.offered
    dropped += other.dropped
    openAtStart += other.openAtStart
    open += other.open
    unanswered += other.unanswered
    for entry in other.statuses { add(entry.count, status: entry.status) }
    for entry in other.flags { add(entry.count, flags: entry.flags) }
    attempts += other.attempts
    retries += other.retries
    retriesRefused.add(other.retriesRefused)
    latency.merge(other.latency)
    successLatency.merge(other.successLatency)
    if let later = other.lastFailure { lastFailure = max(lastFailure ?? later, later) }
    samples = []
    windowLatency = []
  }
}

extension FlowFigures {
  /// Requests that ended.
  public var completed: UInt64 { statuses.reduce(0) { $0 + $1.count } }
  /// Requests that ended in a 5xx or without an answer.
  public var errors: UInt64 { count { $0 == 0 || $0 >= 500 } }
  /// Requests that ended in 429.
  public var rejected: UInt64 { count { $0 == 429 } }
  /// Requests answered without error and not rejected.
  public var good: UInt64 { completed - errors - rejected }
  /// Whether nothing was lost: begun = ended + open.
  public var isConserved: Bool { openAtStart + offered == completed + open }

  private func count(where holds: (Int) -> Bool) -> UInt64 {
    statuses.reduce(0) { $0 + (holds($1.status) ? $1.count : 0) }
  }
}
