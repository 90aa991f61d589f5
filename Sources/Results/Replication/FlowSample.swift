/// A window of a subject's time series, by the time at which requests end.
public struct FlowSample: Sendable, Equatable {
  /// Requests begun.
  public var offered: UInt32
  /// Ended 1xx to 3xx.
  public var succeeded: UInt32
  /// Ended 4xx, 429 apart.
  public var clientErrors: UInt32
  /// Ended 429.
  public var rejected: UInt32
  /// Ended 5xx.
  public var serverErrors: UInt32
  /// Ended without an answer.
  public var unanswered: UInt32
  /// Tries sent, first tries and retries; at a service or workload its arrivals.
  public var attempts: UInt32
  /// Retries sent; at a service or workload those among its arrivals.
  public var retries: UInt32
  /// Retries wanted and not sent.
  public var retriesRefused: UInt32
  /// The median latency in nanoseconds; 0 when nothing ended.
  public var p50: Int64
  /// The 99th percentile.
  public var p99: Int64
  /// The longest.
  public var max: Int64

  /// A window from its parts.
  public init(
    offered: UInt32 = 0, succeeded: UInt32 = 0, clientErrors: UInt32 = 0, rejected: UInt32 = 0,
    serverErrors: UInt32 = 0, unanswered: UInt32 = 0, attempts: UInt32 = 0, retries: UInt32 = 0,
    retriesRefused: UInt32 = 0, p50: Int64 = 0, p99: Int64 = 0, max: Int64 = 0
  ) {
    self.offered = offered
    self.succeeded = succeeded
    self.clientErrors = clientErrors
    self.rejected = rejected
    self.serverErrors = serverErrors
    self.unanswered = unanswered
    self.attempts = attempts
    self.retries = retries
    self.retriesRefused = retriesRefused
    self.p50 = p50
    self.p99 = p99
    self.max = max
  }

  /// Requests that ended in a 5xx or without an answer.
  public var errors: UInt64 { UInt64(serverErrors) + UInt64(unanswered) }
  /// Requests answered without error and not rejected.
  public var good: UInt64 { UInt64(succeeded) + UInt64(clientErrors) }
  /// Requests that ended.
  public var ended: UInt64 { good + errors + UInt64(rejected) }
}

/// A window of the time series of some pods taken together.
public struct ServerSample: Sendable, Equatable {
  /// Waiting requests, mean over the window.
  public var queue: Float
  /// The most waiting requests in the window.
  public var queuePeak: UInt32
  /// Busy workers (requests in service), mean over the window.
  public var busy: Float
  /// Workers that there were: pods times workers of each; 0 when they are unlimited.
  public var workers: UInt32
  /// Open connections at the window's end.
  public var connections: UInt32
  /// Arrivals refused by a full queue.
  public var refused: UInt32
  /// Pairs of proxy instance and pod whose pod is ejected, at the window's end.
  public var ejected: UInt32
  /// Ejections in the window, over all proxies.
  public var ejections: UInt32

  /// A window from its parts.
  public init(
    queue: Float = 0, queuePeak: UInt32 = 0, busy: Float = 0, workers: UInt32 = 0,
    connections: UInt32 = 0, refused: UInt32 = 0, ejected: UInt32 = 0, ejections: UInt32 = 0
  ) {
    self.queue = queue
    self.queuePeak = queuePeak
    self.busy = busy
    self.workers = workers
    self.connections = connections
    self.refused = refused
    self.ejected = ejected
    self.ejections = ejections
  }
}
