public import TimeAndChance

/// A circuit breaker of Resilience4j: it watches results, and turns calls away while they are bad.
///
/// Ask ``tryAcquirePermission(at:)`` before a call and tell ``record(_:duration:at:using:)`` how it
/// ended. A call belongs to no state: **whatever state is current when the result arrives receives
/// it**, so leftovers of an outage can decide a half-open trial. The breaker judges when a result is
/// recorded, never because time passed; time acts only through ``nextTimer``, which the caller fires
/// with ``fireTimer(using:)`` when its moment comes, before anything else at that instant.
///
/// | state | admits | on a result |
/// |---|---|---|
/// | closed | every call | records, then tests the thresholds |
/// | open | none until the wait is over | records into the window it inherited, decides nothing |
/// | half open | while permits remain | records into a window of its own, then decides |
/// | disabled | every call | drops it |
/// | forced open | none | drops it |
/// | metrics only | every call | records; publishes an exceeded rate once |
///
/// - Source: Resilience4j `circuitbreaker/internal/CircuitBreakerStateMachine.java`.
@frozen public struct CircuitBreaker: Hashable, Sendable {
  /// The six states, with the library's names.
  @frozen public enum State: UInt8, Hashable, Sendable, CaseIterable {
    /// Calls pass and are judged.
    case closed
    /// Calls are turned away until the wait is over.
    case open
    /// A few calls are tried.
    case halfOpen
    /// Calls pass, nothing is counted.
    case disabled
    /// Calls are turned away until someone says otherwise.
    case forcedOpen
    /// Calls pass and are counted, the breaker never opens.
    case metricsOnly
  }

  /// The answer to a call that asks for permission.
  @frozen public struct Permission: Hashable, Sendable {
    /// Whether the call may go.
    public var isPermitted: Bool
    /// What asking changed: an open breaker whose wait is over moves to half open.
    public var effects: CircuitBreakerEffects

    @inlinable @inline(__always) init(_ isPermitted: Bool, _ effects: CircuitBreakerEffects) {
      self.isPermitted = isPermitted
      self.effects = effects
    }
  }

  /// A timer set on entry into a state; `owner` says by which entry.
  @usableFromInline struct PendingTimer: Hashable, Sendable {
    @usableFromInline var due: SimTime
    @usableFromInline var owner: UInt32
    @usableFromInline var target: State
  }

  /// The settings; they do not change while the breaker lives.
  public let configuration: CircuitBreakerConfiguration
  /// The current state.
  public internal(set) var state: State
  @usableFromInline var metrics: CircuitBreakerMetrics
  /// The permits left in half open.
  ///
  /// Releasing can raise it above the configured number.
  @usableFromInline var permits: Int32 = 0
  /// Rates already published in this metrics-only state: bit 0 failures, bit 1 slow calls.
  @usableFromInline var published: UInt8 = 0
  /// From just after this moment a request ends the open state.
  @usableFromInline var retryAfter: SimTime = .zero
  /// Openings in a row, for the interval function.
  var attempts: Int = 0
  /// Counts the entries into states, to tell a timer's owner.
  var entry: UInt32 = 0
  var timers: ContiguousArray<PendingTimer> = []
  /// How far into a whole clock second the run began.
  let clockPhase: SimDuration

  /// A breaker in its initial state.
  ///
  /// - Parameters:
  ///   - configuration: Valid settings, see ``CircuitBreakerConfiguration/validate()``.
  ///   - now: When the application starts.
  ///   - clockPhase: How far into a whole clock second the run's time zero lies, at least 0; only
  ///     time windows see it.
  ///   - random: For a randomised open wait, when the initial state is open.
  public init(
    _ configuration: CircuitBreakerConfiguration, createdAt now: SimTime,
    clockPhase: SimDuration = .zero, using random: inout RandomStream
  ) {
    self.configuration = configuration
    self.clockPhase = clockPhase
    state = .closed
    metrics = .window(configuration, at: now, clockPhase: clockPhase)
    switch configuration.initialState {
    case .closed: break
    case .open, .halfOpen, .forcedOpen:
      enter(configuration.initialState, attempts: 1, at: now, using: &random)
    case .disabled, .metricsOnly:
      enter(configuration.initialState, attempts: 0, at: now, using: &random)
    }
  }

  /// Asks whether a call may go now.
  ///
  /// Half open takes a permit. An open breaker moves to half open at the first request **strictly
  /// after** its wait and is then judged there.
  @inlinable @inline(__always)
  public mutating func tryAcquirePermission(at now: SimTime) -> Permission {
    if state == .closed { return Permission(true, .none) }
    return tryAcquireOutsideClosed(at: now)
  }

  @usableFromInline @inline(never)
  mutating func tryAcquireOutsideClosed(at now: SimTime) -> Permission {
    switch state {
    case .closed, .disabled, .metricsOnly:
      return Permission(true, .none)
    case .forcedOpen:
      metrics.notPermitted += 1
      return Permission(false, .none)
    case .halfOpen:
      return Permission(takePermit(), .none)
    case .open:
      guard now > retryAfter else {
        metrics.notPermitted += 1
        return Permission(false, .none)
      }
      enterHalfOpen(at: now)
      var effects = CircuitBreakerEffects.none
      effects.from = .open
      effects.to = .halfOpen
      return Permission(takePermit(), effects)
    }
  }

  private mutating func takePermit() -> Bool {
    guard permits > 0 else {
      metrics.notPermitted += 1
      return false
    }
    permits -= 1
    return true
  }

  /// Gives an unused permission back; only half open keeps count, and there even of a permission
  /// that another state gave.
  @inlinable public mutating func releasePermission() {
    if state == .halfOpen { permits += 1 }
  }

  /// Takes note of how a call ended.
  ///
  /// An ignored exception and a cancelled call release their permission and record nothing. Ignoring
  /// wins over recording; an exception that is not to be recorded counts as a **success**. After
  /// forced open or disabled, a commanded open state has a window without room: the library then
  /// counts the result and raises a division by zero in the caller's thread, which
  /// ``CircuitBreakerEffects/raisedDivisionByZero`` reports.
  ///
  /// - Parameters:
  ///   - outcome: How the call ended.
  ///   - duration: From permission to result, waits of inner policies included.
  ///   - now: When the result arrived.
  ///   - random: For a randomised open wait; drawn only when the breaker opens.
  /// - Returns: What it changed.
  @inlinable
  public mutating func record(
    _ outcome: DecoratedOutcome, duration: SimDuration, at now: SimTime,
    using random: inout RandomStream
  ) -> CircuitBreakerEffects {
    let failed: Bool
    switch outcome {
    case .returned:
      failed = false
    case .returnedBad:
      failed = configuration.recordResultAsFailure
    case .threw(let thrown, let cause):
      let exception = unwrapped(thrown, cause: cause)
      if configuration.ignoreExceptions.contains(exception) {
        releasePermission()
        return .ignoredError
      }
      failed = configuration.recordExceptions.contains(exception)
    case .cancelled:
      releasePermission()
      return .none
    }
    let slow = duration > configuration.slowCallDurationThreshold
    let result = CallResult(failed: failed, slow: slow)
    if state == .closed {
      _ = metrics.record(result, at: now)
      let totals = metrics.totals
      if metrics.isConclusive(totals) {
        let failureRate = CircuitBreakerMetrics.rate(totals.failed, of: totals.calls)
        let slowRate = CircuitBreakerMetrics.rate(totals.slow, of: totals.calls)
        if failureRate >= configuration.failureRateThreshold
          || slowRate >= configuration.slowCallRateThreshold
        {
          return open(failureRate: failureRate, slowRate: slowRate, at: now, using: &random)
        }
      }
      if outcome == .returned || configuration.transitionOnResult == nil { return .none }
      return openOnResult(outcome, at: now, using: &random)
    }
    return recordOutsideClosed(result, at: now, using: &random)
  }

  @usableFromInline @inline(never)
  mutating func recordOutsideClosed(
    _ result: CallResult, at now: SimTime, using random: inout RandomStream
  ) -> CircuitBreakerEffects {
    switch state {
    case .closed, .disabled, .forcedOpen:
      return .none
    case .open:
      return metrics.record(result, at: now) ? .none : .divisionByZero
    case .halfOpen, .metricsOnly:
      _ = metrics.record(result, at: now)
    }
    let totals = metrics.totals
    guard metrics.isConclusive(totals) else { return .none }
    let failureRate = CircuitBreakerMetrics.rate(totals.failed, of: totals.calls)
    let slowRate = CircuitBreakerMetrics.rate(totals.slow, of: totals.calls)
    let failing = failureRate >= configuration.failureRateThreshold
    let slow = slowRate >= configuration.slowCallRateThreshold
    if state == .halfOpen {
      return transition(to: failing || slow ? .open : .closed, at: now, using: &random)
    }
    var effects = CircuitBreakerEffects.none
    if failing, published & 1 == 0 {
      published |= 1
      effects.failureRateExceeded = failureRate
    }
    if slow, published & 2 == 0 {
      published |= 2
      effects.slowCallRateExceeded = slowRate
    }
    return effects
  }

  /// The figures of the current state; reading them advances a time window.
  public mutating func readMetrics(at now: SimTime) -> CircuitBreakerMetrics.Snapshot {
    metrics.snapshot(at: now)
  }
}
