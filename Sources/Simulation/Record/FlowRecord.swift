public import Statistics
public import TimeAndChance
public import TrafficPolicy

/// Requests of one subject (a source, an operation of a service, calls along some edges), from the
/// end of the warm-up; series from the start of the run.
///
/// A request counts when it began after the warm-up, so `offered` = ended + `open`, always.
public struct FlowRecord: Sendable {
  /// Requests begun; at an operation tries that arrived.
  public var offered: UInt64 = 0
  /// Requests that were due and not started: beyond the limit of open ones, or iterations that
  /// were left when the source ended.
  ///
  /// - Source: k6 `dropped_iterations`.
  public var dropped: UInt64 = 0
  /// Requests that ended, by status; the key is the status (0: no answer).
  public var byStatus: [Int: UInt64] = [:]
  /// Requests that ended, by response flags.
  public var byFlags: [ResponseFlags: UInt64] = [:]
  /// Requests that are open at the end of the run, found by looking for them.
  public var open: UInt64 = 0
  /// When those of them began that have been open for a second, and for twice as long as any request
  /// that ended, without a timeout that would end them: nobody can say that an answer is only late.
  ///
  /// Empty after a run that was ended early, and where nothing ended; of operations always.
  public var overdue: [SimTime] = []
  /// Tries sent; at an operation those that arrived.
  public var attempts: UInt64 = 0
  /// Retries made; at an operation those among its arrivals.
  public var retries: UInt64 = 0
  /// Retries wanted and refused by a budget, a limit, a bucket or a breaker.
  public var retriesRefused: UInt64 = 0
  /// Latency of every request that ended; of an operation only of answered tries.
  public var latency = LatencyHistogram()
  /// Latency of those answered below 500.
  public var successLatency = LatencyHistogram()
  /// When the last request failed, or nil.
  public var lastFailure: SimTime?
  /// The time series; with ``RecordingOptions/window``.
  public var windows: [FlowWindow] = []
  /// The latencies of each window; only where the model asks for them.
  public var windowLatency: [CompactHistogram] = []

  /// No requests.
  public init() {}
}

/// A window of a time series, by the time of the end of requests.
public struct FlowWindow: Sendable, Equatable {
  /// Requests begun in the window.
  public var offered: UInt32 = 0
  /// Requests that were due in the window and not started.
  public var dropped: UInt32 = 0
  /// Ended below 400.
  public var succeeded: UInt32 = 0
  /// Ended 4xx, 429 apart.
  public var clientErrors: UInt32 = 0
  /// Ended 429.
  public var limited: UInt32 = 0
  /// Ended 5xx.
  public var serverErrors: UInt32 = 0
  /// Ended without an answer.
  public var unanswered: UInt32 = 0
  /// Tries sent; at an operation those that arrived.
  public var attempts: UInt32 = 0
  /// Retries sent; at an operation those among its arrivals.
  public var retries: UInt32 = 0
  /// Retries wanted and refused.
  public var retriesRefused: UInt32 = 0
  /// Latency quantiles in nanoseconds; 0 when nothing ended.
  public var p50: Int64 = 0
  /// The 99th percentile.
  public var p99: Int64 = 0
  /// The largest.
  public var max: Int64 = 0

  /// An empty window.
  public init() {}
}

/// What callers of a service, or of some edges, are kept apart by.
public struct FlowModel: Sendable, Equatable {
  /// Whether the latencies of every window are kept, for quantiles over parts of the run.
  public var keepsWindowLatency: Bool
  /// A group of edges whose calls are counted together.
  public init(keepsWindowLatency: Bool = false) { self.keepsWindowLatency = keepsWindowLatency }
}
