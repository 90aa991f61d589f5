import TrafficPolicy

/// The kinds of policy in a Spring configuration and the properties that the library reads.
enum Resilience4jKind: CaseIterable {
  case circuitBreaker
  case retry
  case rateLimiter
  case bulkhead
  case threadPoolBulkhead
  case timeLimiter

  /// The section's name below `resilience4j`.
  var name: String {
    switch self {
    case .circuitBreaker: "circuitbreaker"
    case .retry: "retry"
    case .rateLimiter: "ratelimiter"
    case .bulkhead: "bulkhead"
    case .threadPoolBulkhead: "thread-pool-bulkhead"
    case .timeLimiter: "timelimiter"
    }
  }

  /// The old names of `instances`; they fill the same map.
  var aliases: [String] {
    switch self {
    case .rateLimiter: ["limiters"]
    case .timeLimiter: []
    case .circuitBreaker, .retry, .bulkhead, .threadPoolBulkhead: ["backends"]
    }
  }

  /// The property that moves this kind's annotation in the order, and what it moves.
  var aspectOrder: (property: String, kind: DecorationOrder.Kind)? {
    switch self {
    case .circuitBreaker: ("circuit-breaker-aspect-order", .circuitBreaker)
    case .retry: ("retry-aspect-order", .retry)
    case .rateLimiter: ("rate-limiter-aspect-order", .rateLimiter)
    case .bulkhead: ("bulkhead-aspect-order", .bulkhead)
    case .timeLimiter: ("time-limiter-aspect-order", .timeLimiter)
    case .threadPoolBulkhead: nil
    }
  }

  /// Every property of a block that the library knows.
  var properties: [String] {
    let common = ["base-config", "event-consumer-buffer-size"]
    switch self {
    case .circuitBreaker:
      return common + [
        "failure-rate-threshold", "slow-call-rate-threshold", "slow-call-duration-threshold",
        "sliding-window-type", "sliding-window-size", "minimum-number-of-calls",
        "wait-duration-in-open-state", "permitted-number-of-calls-in-half-open-state",
        "max-wait-duration-in-half-open-state", "transition-to-state-after-wait-duration",
        "automatic-transition-from-open-to-half-open-enabled", "enable-exponential-backoff",
        "exponential-backoff-multiplier", "exponential-max-wait-duration-in-open-state",
        "enable-randomized-wait", "randomized-wait-factor", "record-exceptions",
        "ignore-exceptions", "record-failure-predicate", "record-result-predicate",
        "ignore-exception-predicate", "initial-state", "register-health-indicator",
        "allow-health-indicator-to-fail", "writable-stack-trace-enabled",
        "ignore-class-binding-exceptions",
      ]
    case .retry:
      return common + [
        "max-attempts", "wait-duration", "enable-exponential-backoff",
        "exponential-backoff-multiplier", "exponential-max-wait-duration",
        "enable-randomized-wait", "randomized-wait-factor", "retry-exceptions",
        "ignore-exceptions", "retry-exception-predicate", "result-predicate",
        "interval-bi-function", "consume-result-before-retry-attempt", "fail-after-max-attempts",
        "ignore-class-binding-exceptions",
      ]
    case .rateLimiter:
      return common + [
        "limit-for-period", "limit-refresh-period", "timeout-duration", "subscribe-for-events",
        "register-health-indicator", "allow-health-indicator-to-fail",
        "writable-stack-trace-enabled",
      ]
    case .bulkhead:
      return common + ["max-concurrent-calls", "max-wait-duration", "writable-stack-trace-enabled"]
    case .threadPoolBulkhead:
      return common + [
        "max-thread-pool-size", "core-thread-pool-size", "queue-capacity", "keep-alive-duration",
        "context-propagators", "writable-stack-trace-enabled",
      ]
    case .timeLimiter:
      return common + ["timeout-duration", "cancel-running-future"]
    }
  }

  /// Properties that name code, and what a simulation does in its place.
  var code: [(property: String, assumption: String)] {
    switch self {
    case .circuitBreaker:
      [
        ("record-failure-predicate", "only 'record-exceptions' decides what is a failure"),
        ("record-result-predicate", "bad results are taken to be failures"),
        ("ignore-exception-predicate", "only 'ignore-exceptions' decides what is ignored"),
      ]
    case .retry:
      [
        ("retry-exception-predicate", "only 'retry-exceptions' decides what is tried again"),
        ("result-predicate", "bad results are taken to be tried again"),
        ("interval-bi-function", "the other settings decide the waits"),
      ]
    case .rateLimiter, .bulkhead, .threadPoolBulkhead, .timeLimiter:
      []
    }
  }
}

/// The blocks of one kind: shared configurations and instances, by name.
struct Resilience4jSection {
  private(set) var configs: [String: SpringBlock] = [:]
  private(set) var instances: [String: SpringBlock] = [:]

  mutating func insert(
    _ property: SpringProperty, shared: Bool, block: String, name: String, index: Int?
  ) {
    if shared {
      configs[block, default: SpringBlock()].insert(property, as: name, index: index)
    } else {
      instances[block, default: SpringBlock()].insert(property, as: name, index: index)
    }
  }

  /// Takes a block in that says nothing, such as `payments: {}`.
  mutating func touch(_ property: SpringProperty, shared: Bool, block: String) {
    if shared {
      configs[block, default: SpringBlock()].touch(property)
    } else {
      instances[block, default: SpringBlock()].touch(property)
    }
  }

  /// The names of `configs`, in order.
  var configNames: [String] { configs.keys.sorted() }
  /// The names of `instances`, in order.
  var instanceNames: [String] { instances.keys.sorted() }
}
