import TimeAndChance
import TrafficPolicy

/// The `config` of a trace: property names of `application.yml`, durations with a unit suffix.
struct TraceSettings: Sendable {
  let values: [String: TraceJSON]
  let line: Int

  init(_ value: TraceJSON?, line: Int) throws(MalformedVector) {
    guard let members = value?.object else {
      throw MalformedVector(line: line, reason: "the header needs an object 'config'")
    }
    values = members
    self.line = line
  }

  func section(_ name: String) throws(MalformedVector) -> TraceSettings {
    try TraceSettings(values[name], line: line)
  }

  /// Reports properties that no reader asked for: a trace that we would replay without them.
  func require(known: [String]) throws(MalformedVector) {
    for name in values.keys.sorted() where !known.contains(name) {
      throw MalformedVector(line: line, reason: "unknown property '\(name)'")
    }
  }

  private func read<Value>(
    _ name: String, _ kind: String, _ convert: (TraceJSON) -> Value?
  ) throws(MalformedVector) -> Value? {
    guard let value = values[name] else { return nil }
    guard let converted = convert(value) else {
      throw MalformedVector(line: line, reason: "'\(name)' must be \(kind), is \(value)")
    }
    return converted
  }

  func integer(_ name: String) throws(MalformedVector) -> Int? {
    try read(name, "an integer") { $0.integer }
  }
  func float(_ name: String) throws(MalformedVector) -> Float? {
    try read(name, "a number") { $0.float }
  }
  func double(_ name: String) throws(MalformedVector) -> Double? {
    try read(name, "a number") { $0.double }
  }
  func bool(_ name: String) throws(MalformedVector) -> Bool? {
    try read(name, "true or false") { $0.bool }
  }
  func string(_ name: String) throws(MalformedVector) -> String? {
    try read(name, "a string") { $0.string }
  }

  /// A duration under its name with `-ns`, `-us` or `-ms`.
  func duration(_ name: String) throws(MalformedVector) -> SimDuration? {
    let units = [("-ns", 1), ("-us", 1_000), ("-ms", 1_000_000)]
    for (suffix, nanoseconds) in units {
      guard let count = try integer(name + suffix) else { continue }
      let (product, overflow) = Int64(count).multipliedReportingOverflow(by: Int64(nanoseconds))
      guard !overflow, product >= 0 else {
        throw MalformedVector(line: line, reason: "'\(name + suffix)' is out of range: \(count)")
      }
      return .nanoseconds(product)
    }
    return nil
  }

  /// The three spellings of a duration, for ``require(known:)``.
  static func spellings(_ name: String) -> [String] {
    [name + "-ns", name + "-us", name + "-ms"]
  }

  /// The classes of a list, subclasses included; nil when the list is absent.
  func exceptions(_ name: String) throws(MalformedVector) -> ExceptionSet? {
    guard let items = try read(name, "an array", { $0.array }) else { return nil }
    var classes: [ExceptionClass] = []
    for item in items {
      guard let text = item.string, let known = TraceExceptions.hierarchy.find(text) else {
        throw MalformedVector(line: line, reason: "'\(name)' has an unknown class: \(item)")
      }
      classes.append(known)
    }
    return TraceExceptions.hierarchy.set(matching: classes)
  }

  /// Whether a list is given and not empty.
  func hasEntries(_ name: String) -> Bool { values[name]?.array?.isEmpty == false }

  /// The wait function of the given properties, nil without a wait duration.
  func waits(_ wait: String, cap: String) throws(MalformedVector) -> IntervalFunction? {
    guard let base = try duration(wait) else { return nil }
    let initial = base.nanoseconds / 1_000_000
    guard try bool("enable-exponential-backoff") == true else {
      return .fixed(milliseconds: initial)
    }
    // The cap is read only together with a multiplier.
    let multiplier = try double("exponential-backoff-multiplier")
    let longest = try duration(cap)
    return .exponential(
      initialMilliseconds: initial, multiplier: multiplier ?? IntervalFunction.defaultMultiplier,
      maxMilliseconds: multiplier == nil ? nil : longest.map { $0.nanoseconds / 1_000_000 })
  }

  /// Turns a refusal of the settings into a refusal of the file.
  func valid<Configuration>(
    _ configuration: Configuration,
    _ validate: (Configuration) throws(Resilience4jProblem) -> Void
  ) throws(MalformedVector) -> Configuration {
    do {
      try validate(configuration)
      return configuration
    } catch {
      throw MalformedVector(line: line, reason: "'\(error.property)' \(error.reason)")
    }
  }
}

/// The exception classes that the traces speak of.
enum TraceExceptions {
  static let hierarchy: ExceptionHierarchy = {
    var hierarchy = ExceptionHierarchy()
    for (name, parent) in [
      ("Failure", "RuntimeException"), ("Unlisted", "RuntimeException"),
      ("TooMany", "RuntimeException"), ("Ignored", "RuntimeException"),
      ("IgnoredSub", "Ignored"), ("Retryable", "RuntimeException"), ("RetryableSub", "Retryable"),
      ("Other", "RuntimeException"),
    ] {
      guard let known = hierarchy.find(parent) else { continue }
      _ = try? hierarchy.add(name, extending: known)
    }
    return hierarchy
  }()

  /// The outcome of a call by its name in a trace.
  static func outcome(_ name: String) -> DecoratedOutcome? {
    switch name {
    case "ok": .returned
    case "bad": .returnedBad
    case "cancel": .cancelled
    default: hierarchy.find(name).map { .threw($0) }
    }
  }

  /// How a call ended, as the traces write it.
  static func ending(_ outcome: DecoratedOutcome) -> String {
    switch outcome {
    case .returned: "returned ok"
    case .returnedBad: "returned bad"
    case .threw(let exception, _): "threw \(hierarchy.simpleName(of: exception))"
    case .cancelled: "cancelled"
    }
  }
}

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
