public import TimeAndChance

/// The settings of one circuit breaker, with the names of `application.yml`.
///
/// Not to be confused with Envoy's circuit breakers, which limit concurrency: this one opens on
/// failures.
///
/// - Source: Resilience4j `circuitbreaker/CircuitBreakerConfig.java`.
public struct CircuitBreakerConfiguration: Hashable, Sendable {
  /// What the sliding window counts.
  public enum SlidingWindowType: Hashable, Sendable {
    /// The last ``slidingWindowSize`` results.
    case countBased
    /// The results of the last ``slidingWindowSize`` seconds.
    case timeBased
  }

  /// How the library guards its window; the two differ in where a time slice begins.
  public enum SlidingWindowSynchronizationStrategy: Hashable, Sendable {
    /// The default: a time slice is a whole clock second.
    case synchronized
    /// Set in code only: time slices count from the creation of the window.
    case lockFree
  }

  /// What opens a closed breaker at once, whatever the rates say (`transitionOnResult`, code only).
  public struct TransitionOnResult: Hashable, Sendable {
    /// The exceptions that open it, subclasses included; none by default.
    public var exceptions: ExceptionSet
    /// Whether a bad result opens it; not by default.
    public var onBadResult: Bool
    /// How long it stays open; nil asks ``waitIntervalFunctionInOpenState`` as usual.
    public var waitDuration: SimDuration?

    /// A rule that opens the breaker.
    public init(exceptions: ExceptionSet, onBadResult: Bool = false, waitDuration: SimDuration?) {
      self.exceptions = exceptions
      self.onBadResult = onBadResult
      self.waitDuration = waitDuration
    }
  }

  /// The failure rate, in percent, at which the breaker opens; over 0 up to 100, default 50.
  public var failureRateThreshold: Float = 50
  /// The rate of slow calls, in percent, at which it opens; over 0 up to 100, default 100.
  public var slowCallRateThreshold: Float = 100
  /// A call is slow when it takes **longer** than this; at least 1 ns, default 60 s.
  public var slowCallDurationThreshold: SimDuration = .seconds(60)
  /// Calls or seconds; default calls.
  public var slidingWindowType: SlidingWindowType = .countBased
  /// Where time slices begin; default whole clock seconds.
  public var slidingWindowSynchronizationStrategy: SlidingWindowSynchronizationStrategy =
    .synchronized
  /// The window's length in calls or whole seconds; at least 1, default 100.
  public var slidingWindowSize: Int = 100
  /// How many results a decision needs; at least 1, default 100.
  ///
  /// A count window caps it at its size, half open at the number of permits.
  public var minimumNumberOfCalls: Int = 100
  /// How long the breaker stays open, by the number of openings in a row; default 60 s.
  public var waitIntervalFunctionInOpenState: IntervalFunction = .fixed(milliseconds: 60_000)
  /// How many calls a half-open breaker admits; at least 1, default 10.
  public var permittedNumberOfCallsInHalfOpenState: Int = 10
  /// How long half open may last, in whole milliseconds; 0, the default, is for ever.
  public var maxWaitDurationInHalfOpenState: SimDuration = .zero
  /// Where the end of ``maxWaitDurationInHalfOpenState`` leads: open (default) or closed.
  public var transitionToStateAfterWaitDuration: CircuitBreaker.State = .open
  /// Whether a timer ends the open state; otherwise the first call after the wait does.
  ///
  /// Default no.
  public var automaticTransitionFromOpenToHalfOpenEnabled = false
  /// What counts as a failure, subclasses included; every exception by default.
  public var recordExceptions: ExceptionSet = .all
  /// What is neither failure nor success; wins over ``recordExceptions``.
  ///
  /// None by default.
  public var ignoreExceptions = ExceptionSet()
  /// Whether a returned value that matches the result predicate is a failure; not by default.
  public var recordResultAsFailure = false
  /// What opens a closed breaker at once; nothing by default.
  public var transitionOnResult: TransitionOnResult?
  /// The state a new breaker is in; default closed.
  public var initialState: CircuitBreaker.State = .closed

  /// The library's defaults.
  public init() {}

  /// Refuses what the library refuses, and the one window it breaks on.
  ///
  /// - Throws: A ``Resilience4jProblem`` for the first setting out of range.
  public func validate() throws(Resilience4jProblem) {
    func require(
      _ condition: Bool, _ property: String, _ reason: String
    ) throws(Resilience4jProblem) {
      if !condition { throw Resilience4jProblem(property: property, reason: reason) }
    }
    try require(
      failureRateThreshold > 0 && failureRateThreshold <= 100, "failure-rate-threshold",
      "must be over 0 and at most 100, is \(failureRateThreshold)")
    try require(
      slowCallRateThreshold > 0 && slowCallRateThreshold <= 100, "slow-call-rate-threshold",
      "must be over 0 and at most 100, is \(slowCallRateThreshold)")
    try require(
      slowCallDurationThreshold >= .nanoseconds(1), "slow-call-duration-threshold",
      "must be at least 1 ns, is \(slowCallDurationThreshold.nanoseconds) ns")
    try require(
      slidingWindowSize >= 1, "sliding-window-size",
      "must be at least 1, is \(slidingWindowSize)")
    try require(
      slidingWindowSize <= 10_000_000, "sliding-window-size",
      "must be at most 10000000 here, since every entry is stored; is \(slidingWindowSize)")
    try require(
      minimumNumberOfCalls >= 1, "minimum-number-of-calls",
      "must be at least 1, is \(minimumNumberOfCalls)")
    try require(
      permittedNumberOfCallsInHalfOpenState >= 1,
      "permitted-number-of-calls-in-half-open-state",
      "must be at least 1, is \(permittedNumberOfCallsInHalfOpenState)")
    try require(
      permittedNumberOfCallsInHalfOpenState <= 10_000_000,
      "permitted-number-of-calls-in-half-open-state",
      "must be at most 10000000 here, is \(permittedNumberOfCallsInHalfOpenState)")
    try require(
      maxWaitDurationInHalfOpenState >= .zero, "max-wait-duration-in-half-open-state",
      "must not be negative")
    try require(
      transitionToStateAfterWaitDuration == .open || transitionToStateAfterWaitDuration == .closed,
      "transition-to-state-after-wait-duration", "must be OPEN or CLOSED")
    // A lock-free count window of one call raises a null pointer at its first result, closed as
    // well as half open, so a breaker that could reach one is refused.
    if slidingWindowSynchronizationStrategy == .lockFree {
      try require(
        slidingWindowType == .timeBased || slidingWindowSize > 1, "sliding-window-size",
        "a LOCK_FREE count window of 1 raises a null pointer in the library; use 2 or SYNCHRONIZED")
      try require(
        permittedNumberOfCallsInHalfOpenState > 1,
        "permitted-number-of-calls-in-half-open-state",
        "a LOCK_FREE breaker with 1 permit raises a null pointer in the library; use 2 or more")
    }
    try waitIntervalFunctionInOpenState.validate(
      property: "wait-duration-in-open-state", allowsZero: false)
  }
}
