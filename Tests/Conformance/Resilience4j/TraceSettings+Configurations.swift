import TimeAndChance
import TrafficPolicy

/// How a trace's properties become configurations; unknown ones are refused, since a replay without
/// them would judge something else.
extension TraceSettings {
  func circuitBreaker() throws(MalformedVector) -> CircuitBreakerConfiguration {
    try require(
      known: [
        "sliding-window-type", "sliding-window-size", "minimum-number-of-calls",
        "failure-rate-threshold", "slow-call-rate-threshold",
        "permitted-number-of-calls-in-half-open-state", "enable-exponential-backoff",
        "exponential-backoff-multiplier", "automatic-transition-from-open-to-half-open-enabled",
        "transition-to-state-after-wait-duration", "initial-state", "record-exceptions",
        "ignore-exceptions", "x-record-result-failure", "x-sync", "x-open-on-too-many-ms",
      ] + Self.spellings("slow-call-duration-threshold")
        + Self.spellings("wait-duration-in-open-state")
        + Self.spellings("max-wait-duration-in-half-open-state")
        + Self.spellings("exponential-max-wait-duration-in-open-state"))
    var result = CircuitBreakerConfiguration()
    if let type = try string("sliding-window-type") {
      result.slidingWindowType = try word(
        type, ["COUNT_BASED": .countBased, "TIME_BASED": .timeBased], "sliding-window-type")
    }
    if let strategy = try string("x-sync") {
      result.slidingWindowSynchronizationStrategy = try word(
        strategy, ["LOCK_FREE": .lockFree, "SYNCHRONIZED": .synchronized], "x-sync")
    }
    result.slidingWindowSize = try integer("sliding-window-size") ?? result.slidingWindowSize
    result.minimumNumberOfCalls =
      try integer("minimum-number-of-calls") ?? result.minimumNumberOfCalls
    result.failureRateThreshold =
      try float("failure-rate-threshold") ?? result.failureRateThreshold
    result.slowCallRateThreshold =
      try float("slow-call-rate-threshold") ?? result.slowCallRateThreshold
    result.slowCallDurationThreshold =
      try duration("slow-call-duration-threshold") ?? result.slowCallDurationThreshold
    result.permittedNumberOfCallsInHalfOpenState =
      try integer("permitted-number-of-calls-in-half-open-state")
      ?? result.permittedNumberOfCallsInHalfOpenState
    result.maxWaitDurationInHalfOpenState =
      try duration("max-wait-duration-in-half-open-state") ?? result.maxWaitDurationInHalfOpenState
    result.automaticTransitionFromOpenToHalfOpenEnabled =
      try bool("automatic-transition-from-open-to-half-open-enabled") ?? false
    result.waitIntervalFunctionInOpenState =
      try waits("wait-duration-in-open-state", cap: "exponential-max-wait-duration-in-open-state")
      ?? result.waitIntervalFunctionInOpenState
    if let name = try string("transition-to-state-after-wait-duration") {
      result.transitionToStateAfterWaitDuration = try state(name)
    }
    if let name = try string("initial-state") { result.initialState = try state(name) }
    if hasEntries("record-exceptions") {
      result.recordExceptions = try exceptions("record-exceptions") ?? .all
    }
    result.ignoreExceptions = try exceptions("ignore-exceptions") ?? ExceptionSet()
    result.recordResultAsFailure = try bool("x-record-result-failure") ?? false
    if let wait = try duration("x-open-on-too-many"),
      let known = TraceExceptions.outcome("TooMany"),
      case .threw(let tooMany, _) = known
    {
      result.transitionOnResult = .init(
        exceptions: TraceExceptions.hierarchy.set(matching: [tooMany]), waitDuration: wait)
    }
    return try valid(result) { (value) throws(Resilience4jProblem) in try value.validate() }
  }

  func state(_ name: String) throws(MalformedVector) -> CircuitBreaker.State {
    try word(
      name,
      [
        "CLOSED": .closed, "OPEN": .open, "HALF_OPEN": .halfOpen, "DISABLED": .disabled,
        "FORCED_OPEN": .forcedOpen, "METRICS_ONLY": .metricsOnly,
      ], "a state")
  }

  private func word<Value>(
    _ text: String, _ known: [String: Value], _ property: String
  ) throws(MalformedVector) -> Value {
    guard let value = known[text] else {
      throw MalformedVector(line: line, reason: "unknown value '\(text)' of \(property)")
    }
    return value
  }

  func retry() throws(MalformedVector) -> RetryConfiguration {
    try require(
      known: [
        "max-attempts", "retry-exceptions", "ignore-exceptions", "fail-after-max-attempts",
        "retry-on-bad-result", "enable-exponential-backoff", "exponential-backoff-multiplier",
        "interval",
      ] + Self.spellings("wait-duration") + Self.spellings("exponential-max-wait-duration"))
    var result = RetryConfiguration()
    result.maxAttempts = try integer("max-attempts") ?? result.maxAttempts
    result.intervalFunction =
      try waits("wait-duration", cap: "exponential-max-wait-duration") ?? result.intervalFunction
    if values["interval"] != nil { result.intervalFunction = try section("interval").interval() }
    if hasEntries("retry-exceptions") {
      result.retryExceptions = try exceptions("retry-exceptions") ?? .all
    }
    result.ignoreExceptions = try exceptions("ignore-exceptions") ?? ExceptionSet()
    result.failAfterMaxAttempts = try bool("fail-after-max-attempts") ?? false
    result.retryOnBadResult = try bool("retry-on-bad-result") ?? false
    return try valid(result) { (value) throws(Resilience4jProblem) in try value.validate() }
  }

  private func interval() throws(MalformedVector) -> IntervalFunction {
    guard let initial = try integer("ms") else {
      throw MalformedVector(line: line, reason: "an interval needs 'ms'")
    }
    switch try string("type") {
    case "fixed":
      return .fixed(milliseconds: Int64(initial))
    case "exponential":
      return .exponential(
        initialMilliseconds: Int64(initial),
        multiplier: try double("multiplier") ?? IntervalFunction.defaultMultiplier,
        maxMilliseconds: try integer("max_ms").map { Int64($0) })
    case let other:
      throw MalformedVector(
        line: line, reason: "unknown type of interval '\(other ?? "none")'")
    }
  }

  func rateLimiter() throws(MalformedVector) -> RateLimiterConfiguration {
    try require(
      known: ["limit-for-period"] + Self.spellings("limit-refresh-period")
        + Self.spellings("timeout-duration"))
    var result = RateLimiterConfiguration()
    result.limitForPeriod = try integer("limit-for-period") ?? result.limitForPeriod
    result.limitRefreshPeriod = try duration("limit-refresh-period") ?? result.limitRefreshPeriod
    result.timeoutDuration = try duration("timeout-duration") ?? result.timeoutDuration
    return try valid(result) { (value) throws(Resilience4jProblem) in try value.validate() }
  }

  func bulkhead() throws(MalformedVector) -> BulkheadConfiguration {
    try require(known: ["max-concurrent-calls"] + Self.spellings("max-wait-duration"))
    var result = BulkheadConfiguration()
    result.maxConcurrentCalls = try integer("max-concurrent-calls") ?? result.maxConcurrentCalls
    result.maxWaitDuration = try duration("max-wait-duration") ?? result.maxWaitDuration
    return try valid(result) { (value) throws(Resilience4jProblem) in try value.validate() }
  }

  func timeLimiter() throws(MalformedVector) -> TimeLimiterConfiguration {
    try require(known: ["cancel-running-future"] + Self.spellings("timeout-duration"))
    var result = TimeLimiterConfiguration()
    result.timeoutDuration = try duration("timeout-duration") ?? result.timeoutDuration
    result.cancelRunningFuture = try bool("cancel-running-future") ?? true
    return try valid(result) { (value) throws(Resilience4jProblem) in try value.validate() }
  }
}
