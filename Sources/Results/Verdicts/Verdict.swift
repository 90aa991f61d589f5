public import Scenario
public import TimeAndChance

/// Whether an expectation holds, how sure that is, and what was measured.
public struct Verdict: Sendable, Equatable {
  /// The expectation, as index in ``RunDescription/expectations``.
  public var expectation: Int
  /// Whether it holds.
  public var isMet: Bool
  /// Whether more replications could hardly change that.
  public var isCertain: Bool
  /// What decided.
  public var grounds: Grounds
  /// What was measured; nil when nothing was.
  ///
  /// The figure in its unit; for `runs:` the share of replications in which the bound holds; for a
  /// recovery the seconds from the fault's end. Then replications without recovery are left out.
  public var estimate: Estimate?
  /// The ends of the 95 % interval; nil with a single replication.
  public var interval: Interval?
  /// What ``estimate`` measures.
  public var unit: Metric.Unit
  /// The figure of each replication, in their order; nil where there is none.
  public var values: [Double?]
  /// Since when the bound is broken in the representative replication, if that can be told.
  public var firstMissed: SimTime?
  /// The share of errors that the callers of a service saw, where it breaks the bound that the
  /// service's own share keeps; else nil.
  ///
  /// A service knows nothing of requests that reach none of its pods.
  public var callersErrorRate: Double?

  /// What decided a verdict.
  public enum Grounds: Sendable, Equatable {
    /// The interval lies wholly on one side of the bound.
    case interval
    /// The interval holds the bound, so the mean decided.
    case pointEstimate
    /// The share of replications in which the bound holds.
    case shareOfRuns
    /// In so many replications no request went well: percentiles of failures are no answer.
    case noGoodput(replications: Int)
    /// In so many replications things were never as before.
    case neverRecovered(replications: Int)
    /// In so many replications things were not as before by the end of the run, or where it was ended,
    /// and that came before the time was over.
    case endedTooSoon(replications: Int)
    /// In so many replications there was nothing to compare with before the fault.
    case noBaseline(replications: Int)
    /// In so many replications no request of the window ended.
    case nothingEnded(replications: Int)
    /// No request came.
    case noTraffic
    /// The run kept no such figure.
    case notRecorded
  }

  /// An interval.
  public struct Interval: Sendable, Equatable {
    /// The lower end.
    public var low: Double
    /// The upper end.
    public var high: Double
    /// An interval of those ends.
    public init(low: Double, high: Double) {
      self.low = low
      self.high = high
    }
  }

  /// Whether anything was measured at all.
  public var isMeasured: Bool {
    switch grounds {
    case .noTraffic, .notRecorded, .nothingEnded, .noBaseline, .endedTooSoon: false
    default: true
    }
  }

  /// A verdict from its parts.
  public init(
    expectation: Int, isMet: Bool, isCertain: Bool, grounds: Grounds, estimate: Estimate? = nil,
    interval: Interval? = nil, unit: Metric.Unit = .number, values: [Double?] = [],
    firstMissed: SimTime? = nil
  ) {
    self.expectation = expectation
    self.isMet = isMet
    self.isCertain = isCertain
    self.grounds = grounds
    self.estimate = estimate
    self.interval = interval
    self.unit = unit
    self.values = values
    self.firstMissed = firstMissed
  }
}

extension MetricBound.Comparison {
  /// Whether a value keeps to the bound.
  public func holds(_ value: Double) -> Bool {
    switch self {
    case .below(let bound): value < bound
    case .atMost(let bound): value <= bound
    case .atLeast(let bound): value >= bound
    case .above(let bound): value > bound
    case .equals(let bound): value == bound
    }
  }

  /// Whether all of an interval keeps to the bound, none of it does, or neither (nil).
  func side(low: Double, high: Double) -> Bool? {
    if case .equals(let bound) = self {
      if low == bound && high == bound { return true }
      return low <= bound && bound <= high ? nil : false
    }
    let ends = (holds(low), holds(high))
    return ends.0 == ends.1 ? ends.0 : nil
  }

  /// The bound itself.
  public var bound: Double {
    switch self {
    case .below(let bound), .atMost(let bound), .atLeast(let bound), .above(let bound),
      .equals(let bound):
      bound
    }
  }
}
