public import TimeAndChance

/// Some pods taken together (a service's or a workload's) in one replication.
public struct ServerFigures: Sendable, Equatable {
  /// Waiting requests, mean over time.
  public var meanQueue: Double
  /// The most waiting requests at once.
  public var peakQueue: Int
  /// Requests in service, mean over time.
  public var meanBusy: Double
  /// Workers, mean over time: pods times workers of each; nil when they are unlimited.
  public var workers: Double?
  /// Arrivals refused by a full queue.
  public var refused: UInt64
  /// Work that nobody waited for any more, done or dropped.
  public var unheard: UInt64
  /// Connections accepted.
  public var connectionsAccepted: UInt64
  /// Ejections of these pods, over all proxies.
  public var ejections: UInt64
  /// Containers that were started again.
  public var restarts: UInt64
  /// Time in which pods were held back by their CPU limit, summed over pods.
  public var throttled: SimDuration
  /// The time series: a sample per window, from the start of the run.
  public var samples: [ServerSample]

  /// Figures from their parts.
  public init(
    meanQueue: Double = 0, peakQueue: Int = 0, meanBusy: Double = 0, workers: Double? = nil,
    refused: UInt64 = 0, unheard: UInt64 = 0, connectionsAccepted: UInt64 = 0,
    ejections: UInt64 = 0, restarts: UInt64 = 0, throttled: SimDuration = .zero,
    samples: [ServerSample] = []
  ) {
    self.meanQueue = meanQueue
    self.peakQueue = peakQueue
    self.meanBusy = meanBusy
    self.workers = workers
    self.refused = refused
    self.unheard = unheard
    self.connectionsAccepted = connectionsAccepted
    self.ejections = ejections
    self.restarts = restarts
    self.throttled = throttled
    self.samples = samples
  }
}

/// A pod in one replication: what its proxies sent it and how they judged it.
public struct PodFigures: Sendable, Equatable {
  /// Tries sent to it, over all proxies.
  public var attempts: UInt64
  /// Those that failed, as outlier detectors count.
  public var errors: UInt64
  /// Arrivals refused by its full queue.
  public var refused: UInt64
  /// Requests in service, mean over time.
  public var meanBusy: Double
  /// Waiting requests, mean over time.
  public var meanQueue: Double
  /// When proxies stopped sending to it, in the order of time.
  public var ejections: [Ejection]

  /// A proxy's decision to leave a host alone for a while.
  public struct Ejection: Sendable, Equatable {
    /// The proxy's name, as in ``RunEvent/proxy``.
    public var proxy: String
    /// Its instance.
    public var instance: Int
    /// When.
    public var at: SimTime
    /// Until when; nil when it lasted until the end of the run.
    public var released: SimTime?
    /// The detector, in Envoy's words: `consecutive_5xx`.
    public var detector: String
    /// An ejection from its parts.
    public init(proxy: String, instance: Int, at: SimTime, released: SimTime?, detector: String) {
      self.proxy = proxy
      self.instance = instance
      self.at = at
      self.released = released
      self.detector = detector
    }
  }

  /// A pod from its parts.
  public init(
    attempts: UInt64 = 0, errors: UInt64 = 0, refused: UInt64 = 0, meanBusy: Double = 0,
    meanQueue: Double = 0, ejections: [Ejection] = []
  ) {
    self.attempts = attempts
    self.errors = errors
    self.refused = refused
    self.meanBusy = meanBusy
    self.meanQueue = meanQueue
    self.ejections = ejections
  }
}
