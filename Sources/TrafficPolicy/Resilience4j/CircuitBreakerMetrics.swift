public import TimeAndChance

/// What one state of a circuit breaker has seen: its window, and the calls it turned away.
///
/// - Source: Resilience4j `circuitbreaker/internal/CircuitBreakerMetrics.java`.
@frozen public struct CircuitBreakerMetrics: Hashable, Sendable {
  /// The figures at one moment, as the library's `Metrics` shows them.
  public struct Snapshot: Hashable, Sendable {
    /// The failure rate in percent, single precision; -1 below the minimum number of calls.
    public let failureRate: Float
    /// The rate of slow calls in percent, single precision; -1 below the minimum.
    public let slowCallRate: Float
    /// The results in the window.
    public let numberOfBufferedCalls: Int
    /// Those that failed.
    public let numberOfFailedCalls: Int
    /// Those that were slow.
    public let numberOfSlowCalls: Int
    /// Those that were slow and failed.
    public let numberOfSlowFailedCalls: Int
    /// The calls turned away since the metrics began.
    public let numberOfNotPermittedCalls: Int
  }

  @usableFromInline var count: CountWindow
  @usableFromInline var time: TimeWindow
  @usableFromInline let isTimeBased: Bool
  @usableFromInline let minimum: Int32
  @usableFromInline var notPermitted: Int64 = 0

  /// The metrics of a state that decides by the configured window: closed, metrics only.
  static func window(
    _ configuration: CircuitBreakerConfiguration, at now: SimTime, clockPhase: SimDuration
  ) -> CircuitBreakerMetrics {
    guard configuration.slidingWindowType == .timeBased else {
      return calls(configuration.slidingWindowSize, configuration)
    }
    let lockFree = configuration.slidingWindowSynchronizationStrategy == .lockFree
    return CircuitBreakerMetrics(
      count: CountWindow(size: 0),
      time: TimeWindow(
        seconds: configuration.slidingWindowSize, createdAt: now,
        clockPhase: lockFree ? nil : clockPhase),
      isTimeBased: true, minimum: Int32(clamping: configuration.minimumNumberOfCalls))
  }

  /// The metrics of a state that keeps the last `size` calls: half open, and with 0 those that
  /// keep none (disabled, forced open).
  static func calls(
    _ size: Int, _ configuration: CircuitBreakerConfiguration
  ) -> CircuitBreakerMetrics {
    CircuitBreakerMetrics(
      count: CountWindow(size: size),
      time: TimeWindow(seconds: 0, createdAt: .zero, clockPhase: nil),
      isTimeBased: false, minimum: Int32(min(configuration.minimumNumberOfCalls, size)))
  }

  init(count: CountWindow, time: TimeWindow, isTimeBased: Bool, minimum: Int32) {
    self.count = count
    self.time = time
    self.isTimeBased = isTimeBased
    self.minimum = minimum
  }

  /// Adds a result; false when the window has no room, see ``CountWindow``.
  @inlinable @inline(__always)
  mutating func record(_ result: CallResult, at now: SimTime) -> Bool {
    if isTimeBased {
      time.record(result, at: now)
      return true
    }
    return count.record(result)
  }

  /// The totals as of the last result; no time passes.
  @inlinable @inline(__always) var totals: WindowTotals {
    isTimeBased ? time.totals : count.totals
  }

  /// Whether a decision is due: some result, and as many as the minimum.
  @inlinable @inline(__always) func isConclusive(_ totals: WindowTotals) -> Bool {
    totals.calls != 0 && totals.calls >= minimum
  }

  /// `part` of `calls` in percent, in single precision exactly as the library computes it.
  @inlinable @inline(__always) static func rate(_ part: Int32, of calls: Int32) -> Float {
    Float(part) * 100 / Float(calls)
  }

  /// The figures at `now`; reading advances a time window.
  mutating func snapshot(at now: SimTime) -> Snapshot {
    let totals = isTimeBased ? time.read(at: now) : count.totals
    let conclusive = isConclusive(totals)
    return Snapshot(
      failureRate: conclusive ? Self.rate(totals.failed, of: totals.calls) : -1,
      slowCallRate: conclusive ? Self.rate(totals.slow, of: totals.calls) : -1,
      numberOfBufferedCalls: Int(totals.calls), numberOfFailedCalls: Int(totals.failed),
      numberOfSlowCalls: Int(totals.slow), numberOfSlowFailedCalls: Int(totals.slowFailed),
      numberOfNotPermittedCalls: Int(notPermitted))
  }
}
