import TimeAndChance
import TrafficPolicy

/// How the library builds the configurations of circuit breakers.
///
/// An instance inherits its `base-config`; without one, `configs.<its own name>`, and else
/// `configs.default`. **A base inherits nothing** unless it names a base itself.
///
/// - Source: Resilience4j
///   `common/circuitbreaker/configuration/CommonCircuitBreakerConfigurationProperties.java`.
extension Resilience4jReader {
  mutating func circuitBreakers() -> NamedConfigurations<CircuitBreakerConfiguration> {
    let section = section(.circuitBreaker)
    // The application builds every shared configuration at its start, used or not.
    for name in section.configNames {
      _ = circuitBreaker(name, section.configs[name], visited: [name])
    }
    let instances = section.instanceNames.map { name in
      NamedConfigurations<CircuitBreakerConfiguration>.Instance(
        name: name, configuration: circuitBreaker(name, section.instances[name], visited: []))
    }
    let unlisted = section.configs["default"].map {
      circuitBreaker("default", $0, visited: ["default"])
    }
    return NamedConfigurations(
      instances: instances, unlisted: unlisted ?? CircuitBreakerConfiguration())
  }

  private mutating func circuitBreaker(
    _ name: String, _ block: SpringBlock?, visited: [String]
  ) -> CircuitBreakerConfiguration {
    let section = section(.circuitBreaker)
    var inherited = CircuitBreakerConfiguration()
    if let block, let baseName = block.string("base-config") {
      if baseName == name || visited.contains(baseName) {
        issues.add(
          .error, at: block.written("base-config"),
          "'base-config: \(baseName)' leads back to itself")
      } else if let base = base(baseName, of: block, .circuitBreaker) {
        inherited = circuitBreaker(baseName, base, visited: visited + [baseName])
      }
    } else if let own = section.configs[name] {
      // Also the way of a base without a base; its own block is applied again below.
      inherited = build(own, on: inherited)
    } else if let shared = section.configs["default"] {
      inherited = circuitBreaker("default", shared, visited: visited + ["default"])
    }
    return block.map { build($0, on: inherited) } ?? inherited
  }

  private mutating func build(
    _ block: SpringBlock, on inherited: CircuitBreakerConfiguration
  ) -> CircuitBreakerConfiguration {
    var result = inherited
    openWait(block, &result)
    if let value = block.percent("failure-rate-threshold", &issues) {
      result.failureRateThreshold = value
    }
    if let value = block.percent("slow-call-rate-threshold", &issues) {
      result.slowCallRateThreshold = value
    }
    if let value = block.duration(
      "slow-call-duration-threshold", atLeast: .nanoseconds(1), &issues)
    {
      result.slowCallDurationThreshold = value
    }
    if let value = block.duration("max-wait-duration-in-half-open-state", &issues) {
      result.maxWaitDurationInHalfOpenState = value
    }
    if let value = block.word(
      "transition-to-state-after-wait-duration",
      [("OPEN", CircuitBreaker.State.open), ("CLOSED", .closed)], &issues)
    {
      result.transitionToStateAfterWaitDuration = value
    }
    if let value = block.integer("sliding-window-size", atLeast: 1, &issues) {
      result.slidingWindowSize = value
    }
    if let value = block.integer("minimum-number-of-calls", atLeast: 1, &issues) {
      result.minimumNumberOfCalls = value
    }
    if let value = block.word(
      "sliding-window-type",
      [
        ("COUNT_BASED", CircuitBreakerConfiguration.SlidingWindowType.countBased),
        ("TIME_BASED", .timeBased),
      ], &issues)
    {
      result.slidingWindowType = value
    }
    if let value = block.integer(
      "permitted-number-of-calls-in-half-open-state", atLeast: 1, &issues)
    {
      result.permittedNumberOfCallsInHalfOpenState = value
    }
    if let value = block.bool("automatic-transition-from-open-to-half-open-enabled", &issues) {
      result.automaticTransitionFromOpenToHalfOpenEnabled = value
    }
    if let value = block.word(
      "initial-state",
      [
        ("CLOSED", CircuitBreaker.State.closed), ("OPEN", .open), ("HALF_OPEN", .halfOpen),
        ("DISABLED", .disabled), ("FORCED_OPEN", .forcedOpen), ("METRICS_ONLY", .metricsOnly),
      ], &issues)
    {
      result.initialState = value
    }
    // A list replaces the inherited one; an empty record list means every exception again.
    if let set = block.exceptions("record-exceptions", exceptions) {
      result.recordExceptions = set == ExceptionSet() ? .all : set
    }
    if let set = block.exceptions("ignore-exceptions", exceptions) {
      result.ignoreExceptions = set
    }
    if block.written("record-result-predicate") != nil { result.recordResultAsFailure = true }
    noteCode(in: block, of: .circuitBreaker)
    let built = result
    check(block) { () throws(Resilience4jProblem) in try built.validate() }
    return result
  }

  /// The wait in the open state: inherited untouched, unless the block itself sets the duration;
  /// then the block's own switches decide, and a base's exponential growth is lost.
  private mutating func openWait(
    _ block: SpringBlock, _ result: inout CircuitBreakerConfiguration
  ) {
    let exponential = block.bool("enable-exponential-backoff", &issues) == true
    let randomized = block.bool("enable-randomized-wait", &issues) == true
    let multiplier = block.multiplier(&issues)
    let factor = block.factor(&issues)
    let longest = block.duration(
      "exponential-max-wait-duration-in-open-state", atLeast: .milliseconds(1), &issues)
    if exponential, randomized {
      issues.add(
        .error, at: block.written("enable-randomized-wait"),
        "a circuit breaker cannot have both 'enable-exponential-backoff' and "
          + "'enable-randomized-wait'")
    }
    let name = "wait-duration-in-open-state"
    guard let wait = block.duration(name, atLeast: .milliseconds(1), &issues) else {
      if exponential || randomized {
        issues.add(
          .warning,
          at: block.written(exponential ? "enable-exponential-backoff" : "enable-randomized-wait"),
          "has no effect without '\(name)' in the same block")
      }
      return
    }
    let milliseconds = wait.nanoseconds / 1_000_000
    if exponential {
      warnOfUnreadCap(block, "exponential-max-wait-duration-in-open-state")
      result.waitIntervalFunctionInOpenState = .exponential(
        initialMilliseconds: milliseconds,
        multiplier: multiplier ?? IntervalFunction.defaultMultiplier,
        maxMilliseconds: multiplier == nil ? nil : longest.map { $0.nanoseconds / 1_000_000 })
    } else if randomized {
      result.waitIntervalFunctionInOpenState = .randomized(
        milliseconds: milliseconds, factor: factor ?? IntervalFunction.defaultFactor)
    } else {
      result.waitIntervalFunctionInOpenState = .fixed(milliseconds: milliseconds)
    }
  }

  /// A cap is read only together with a multiplier.
  mutating func warnOfUnreadCap(_ block: SpringBlock, _ cap: String, hasMultiplier: Bool = false) {
    guard let property = block.written(cap), !hasMultiplier,
      block.written("exponential-backoff-multiplier") == nil
    else { return }
    issues.add(
      .warning, at: property, "'\(cap)' is not read without 'exponential-backoff-multiplier'",
      help: "the default multiplier is 1.5; write it down")
  }
}
