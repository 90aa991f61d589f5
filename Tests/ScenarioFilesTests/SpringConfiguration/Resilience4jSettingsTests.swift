import ScenarioFiles
import Testing
import TimeAndChance
import TrafficPolicy

@Suite struct Resilience4jSettingsTests {
  private func settings(_ yaml: String, profiles: [String] = []) -> Resilience4jSettings {
    Resilience4jSettings(yaml: yaml, profiles: profiles)
  }

  private func messages(
    _ settings: Resilience4jSettings, _ severity: SpringIssue.Severity
  ) -> [String] {
    settings.issues.filter { $0.severity == severity }.map {
      "\($0.line): \($0.message)" + ($0.help.map { "; \($0)" } ?? "")
    }
  }

  /// The same settings in every spelling that Spring's relaxed binding knows.
  @Test(arguments: [
    "resilience4j: {retry: {instances: {cart: {max-attempts: 2, wait-duration: 100ms}}}}",
    "resilience4j: {retry: {instances: {cart: {maxAttempts: 2, waitDuration: PT0.1S}}}}",
    "resilience4j.retry.instances.cart: {max_attempts: 2, WAIT_DURATION: 100}",
    "resilience4j.retry.instances.cart.maxAttempts: 2\nresilience4j.retry:\n  backends.cart:\n    wait-duration: '100'",
    "resilience4j.retry.configs.default.max-attempts: ${tries:2}\nresilience4j.retry.instances[cart].wait-duration: ${other.wait}\nother: {wait: 0.1s}\n---\nother.wait: 100ms",
  ])
  func `kebab and camel case, nested or dotted, are one`(yaml: String) {
    let settings = settings(yaml)
    #expect(settings.retries["cart"].maxAttempts == 2)
    #expect(settings.retries["cart"].intervalFunction == .fixed(milliseconds: 100))
    #expect(settings.issues == [])
  }

  @Test func `a breaker's named base does not inherit the default`() {
    let settings = settings(
      """
      resilience4j:
        circuitbreaker:
          configs:
            default: {minimum-number-of-calls: 10, sliding-window-size: 30, failure-rate-threshold: 60}
            critical: {sliding-window-size: 50, minimum-number-of-cals: 5}
            chained: {base-config: default, sliding-window-size: 20}
            orders: {failure-rate-threshold: 20}
          instances:
            pay: {base-config: critical}
            stock: {base-config: chained, failure-rate-threshold: 33.3}
            mail: {sliding-window-size: 7}
            orders: {sliding-window-size: 8}
      """)
    let breakers = settings.circuitBreakers
    #expect(breakers["pay"].minimumNumberOfCalls == 100)
    #expect(breakers["pay"].slidingWindowSize == 50)
    #expect(breakers["pay"].failureRateThreshold == 50)
    #expect(breakers["stock"].minimumNumberOfCalls == 10)
    #expect(breakers["stock"].slidingWindowSize == 20)
    #expect(breakers["stock"].failureRateThreshold == 33.3)
    #expect(breakers["mail"].minimumNumberOfCalls == 10)
    #expect(breakers["mail"].slidingWindowSize == 7)
    // A shared block of the instance's own name comes before the default.
    #expect(breakers["orders"].failureRateThreshold == 20)
    #expect(breakers["orders"].minimumNumberOfCalls == 100)
    // Not listed at all.
    #expect(breakers["nobody"].minimumNumberOfCalls == 10)
    #expect(
      messages(settings, .warning) == [
        "5: unknown key 'minimum-number-of-cals': the library ignores it; "
          + "did you mean 'minimum-number-of-calls'?"
      ])
  }

  @Test func `the other kinds' bases inherit the default`() {
    let settings = settings(
      """
      resilience4j:
        ratelimiter:
          configs:
            default: {limit-for-period: 9, timeout-duration: 1s}
            slow: {limit-refresh-period: 1m}
          instances:
            a: {base-config: slow, timeout-duration: 0}
        bulkhead:
          configs: {default: {max-concurrent-calls: 3}, slow: {max-wait-duration: 20ms}}
          instances: {slow: {base-config: slow}}
        thread-pool-bulkhead:
          instances: {a: {core-thread-pool-size: 0, max-thread-pool-size: 4, queue-capacity: 0}}
        timelimiter:
          instances: {a: {cancel-running-future: off}}
      """)
    let limiter = settings.rateLimiters["a"]
    #expect(limiter.limitForPeriod == 9)
    #expect(limiter.limitRefreshPeriod == .minutes(1))
    #expect(limiter.timeoutDuration == .zero)
    #expect(settings.bulkheads["slow"].maxConcurrentCalls == 3)
    #expect(settings.bulkheads["slow"].maxWaitDuration == .milliseconds(20))
    #expect(settings.threadPoolBulkheads["a"].coreThreadPoolSize == 1)
    #expect(settings.threadPoolBulkheads["a"].maxThreadPoolSize == 4)
    #expect(settings.threadPoolBulkheads["a"].queueCapacity == 0)
    #expect(settings.timeLimiters["a"].cancelRunningFuture == false)
    #expect(settings.timeLimiters["a"].timeoutDuration == .seconds(1))
    #expect(settings.issues == [])
  }

  @Test func `lists replace lists, and an empty one too`() throws {
    let settings = settings(
      """
      resilience4j:
        circuitbreaker:
          configs:
            default:
              record-exceptions: [java.io.IOException, com.shop.Broken]
              ignore-exceptions: [com.shop.Declined]
          instances:
            same: {}
            other: {record-exceptions: "java.util.concurrent.TimeoutException, com.shop.Broken"}
            all: {record-exceptions: [], ignore-exceptions: []}
        retry:
          instances:
            a: {retry-exceptions: [java.io.IOException], ignore-exceptions: java.net.ConnectException}
      """)
    func known(_ name: String) throws -> ExceptionClass {
      try #require(settings.exceptions.find(name))
    }
    let io = try known("IOException")
    let broken = try known("com.shop.Broken")
    let connect = try known("ConnectException")
    let same = settings.circuitBreakers["same"]
    #expect(same.recordExceptions.contains(connect) && same.recordExceptions.contains(broken))
    #expect(!same.recordExceptions.contains(.timeoutException))
    let other = settings.circuitBreakers["other"]
    #expect(!other.recordExceptions.contains(io) && other.recordExceptions.contains(broken))
    #expect(other.recordExceptions.contains(.timeoutException))
    #expect(other.ignoreExceptions == same.ignoreExceptions)
    #expect(settings.circuitBreakers["all"].recordExceptions == .all)
    #expect(settings.circuitBreakers["all"].ignoreExceptions == ExceptionSet())
    let retry = settings.retries["a"]
    #expect(retry.retryExceptions.contains(connect) && retry.ignoreExceptions.contains(connect))
    #expect(messages(settings, .note).count == 2)
    #expect(settings.startsApplication)
  }

  @Test func `a breaker that only changes its wait loses the base's growth`() {
    let settings = settings(
      """
      resilience4j.circuitbreaker:
        configs:
          default:
            wait-duration-in-open-state: 10s
            enable-exponential-backoff: true
            exponential-backoff-multiplier: 2
            exponential-max-wait-duration-in-open-state: 1m
        instances:
          kept: {failure-rate-threshold: 20}
          lost: {wait-duration-in-open-state: 5s}
          unread:
            wait-duration-in-open-state: 5s
            enable-exponential-backoff: true
            exponential-max-wait-duration-in-open-state: 8s
          random: {wait-duration-in-open-state: 5s, enable-randomized-wait: true}
          nothing: {enable-randomized-wait: true}
      """)
    let grown = IntervalFunction.exponential(
      initialMilliseconds: 10_000, multiplier: 2, maxMilliseconds: 60_000)
    let breakers = settings.circuitBreakers
    #expect(breakers["kept"].waitIntervalFunctionInOpenState == grown)
    #expect(breakers["nothing"].waitIntervalFunctionInOpenState == grown)
    #expect(breakers["lost"].waitIntervalFunctionInOpenState == .fixed(milliseconds: 5_000))
    #expect(
      breakers["unread"].waitIntervalFunctionInOpenState
        == .exponential(initialMilliseconds: 5_000, multiplier: 1.5, maxMilliseconds: nil))
    #expect(
      breakers["random"].waitIntervalFunctionInOpenState
        == .randomized(milliseconds: 5_000, factor: 0.5))
    #expect(messages(settings, .warning).count == 2)
  }

  @Test func `a retry's backoff switches come down, its factor does not`() {
    let settings = settings(
      """
      resilience4j.retry:
        configs:
          default:
            wait-duration: 100ms
            enable-exponential-backoff: true
            exponential-backoff-multiplier: 3
            exponential-max-wait-duration: 2s
            enable-randomized-wait: true
            randomized-wait-factor: 0.1
          named: {max-attempts: 5}
        instances:
          same: {base-config: named}
          shorter: {base-config: named, wait-duration: 50ms}
          plain: {wait-duration: 50ms, enable-exponential-backoff: false, enable-randomized-wait: false}
          alone: {enable-exponential-backoff: true}
      """)
    let retries = settings.retries
    #expect(
      retries["same"].intervalFunction
        == .exponentialRandom(
          initialMilliseconds: 100, multiplier: 3, factor: 0.1, maxMilliseconds: 2_000))
    #expect(retries["same"].maxAttempts == 5)
    // Without a factor of its own the block gets the default one, and the cap is not read.
    #expect(
      retries["shorter"].intervalFunction
        == .exponentialRandom(
          initialMilliseconds: 50, multiplier: 3, factor: 0.5, maxMilliseconds: nil))
    #expect(retries["plain"].intervalFunction == .fixed(milliseconds: 50))
    #expect(retries["alone"].intervalFunction == retries["same"].intervalFunction)
    #expect(messages(settings, .warning).count == 1)
  }

  /// Text, and its length in nanoseconds; nil where Spring has no duration.
  @Test(
    arguments: [
      ("500ms", 500_000_000), ("2s", 2_000_000_000), ("1m", 60_000_000_000),
      ("250", 250_000_000), ("7us", 7_000), ("3ns", 3), ("1h", 3_600_000_000_000),
      ("1d", 86_400_000_000_000), ("PT0.1S", 100_000_000), ("pt1m30s", 90_000_000_000),
      ("P1DT2H", 93_600_000_000_000), ("1_000", 1_000_000_000), ("5S", 5_000_000_000),
      ("Os", nil), ("1.5s", nil), ("500 ms", nil), ("PT", nil), ("P1S", nil), ("1w", nil),
      ("99999999999d", nil), ("-1s", nil),
    ] as [(String, Int64?)])
  func `durations are read as Spring reads them`(text: String, nanoseconds: Int64?) {
    let settings = settings(
      "resilience4j.ratelimiter.instances.a: {timeout-duration: \(text)}")
    #expect(settings.startsApplication == (nanoseconds != nil))
    #expect(
      settings.rateLimiters["a"].timeoutDuration.nanoseconds == nanoseconds ?? 5_000_000_000)
  }

  @Test(arguments: [
    ("circuitbreaker.instances.a: {failure-rate-threshold: 0.5}", "must be a number in 1...100"),
    ("circuitbreaker.instances.a: {base-config: nobody}", "there is no 'nobody' below"),
    ("circuitbreaker.instances.a: {base-config: a}", "leads back to itself"),
    ("circuitbreaker.configs: {a: {base-config: b}, b: {base-config: a}}", "leads back to itself"),
    ("retry.configs: {a: {base-config: b}, b: {base-config: a}}", "leads back to itself"),
    (
      "circuitbreaker.instances.a: {enable-exponential-backoff: true, enable-randomized-wait: true}",
      "a circuit breaker cannot have both"
    ),
    ("circuitbreaker.instances.a: {sliding-window-type: COUNTED}", "must be one of COUNT_BASED"),
    ("retry.instances.a: {max-attempts: 0}", "must be an integer of at least 1"),
    ("retry.instances.a: {max-attempts: 2.5}", "must be an integer of at least 1"),
    (
      "retry.instances.a: {wait-duration: 0, enable-exponential-backoff: true}",
      "must be at least 1 ms"
    ),
    ("retry.instances.a: {max-attempts: \"${TRIES}\"}", "cannot resolve the placeholder 'TRIES'"),
    (
      "thread-pool-bulkhead.configs.a: {core-thread-pool-size: 8}",
      "must be at least the core size 8"
    ),
    ("timelimiter.instances.a: {timeout-duration: Os}", "must be a duration, is 'Os'"),
    ("bulkhead: {instances: {a: {max-concurrent-calls: 1}, a: {}}}", ""),
    ("bulkhead: [", ""),
  ])
  func `what stops the application is an error`(yaml: String, message: String) {
    let settings = settings("resilience4j.\(yaml)")
    let errors = settings.issues.filter { $0.severity == .error }
    #expect(errors.contains { $0.message.contains(message) || message.isEmpty })
    #expect(!settings.startsApplication)
    #expect(errors.allSatisfy { $0.line >= 1 })
  }

  @Test func `keys that the library ignores are warned of, with their place`() {
    let settings = settings(
      """
      resilience4j:
        circuitbreakr:
          instances: {a: {sliding-window-size: 5}}
        ratelimiter:
          backends: {a: {limit-for-period: 1}}
        retry:
          instances:
            a:
              max-atempts: 9
              unheard-of: 1
          metrics.enabled: true
      """)
    #expect(
      messages(settings, .warning) == [
        "3: unknown key 'circuitbreakr': the library ignores it; did you mean 'circuitbreaker'?",
        "5: unknown key 'backends': the library ignores it; did you mean 'instances'?",
        "9: unknown key 'max-atempts': the library ignores it; did you mean 'max-attempts'?",
        "10: unknown key 'unheard-of': the library ignores it",
      ])
    #expect(settings.retries["a"].maxAttempts == 3)
    #expect(settings.rateLimiters["a"].limitForPeriod == 50)
  }

  @Test func `documents of other profiles are left out, merged keys are overridden`() {
    let yaml = """
      base: &base {max-attempts: 4, wait-duration: 1s}
      resilience4j.retry.instances.a:
        <<: *base
        max-attempts: 5
      ---
      spring.config.activate.on-profile: prod
      resilience4j.retry.instances.a.max-attempts: 7
      """
    #expect(settings(yaml).retries["a"].maxAttempts == 5)
    #expect(settings(yaml).retries["a"].intervalFunction == .fixed(milliseconds: 1_000))
    #expect(settings(yaml, profiles: ["prod"]).retries["a"].maxAttempts == 7)
  }

  @Test func `aspect orders change the order of the annotations`() {
    let settings = settings("resilience4j.circuitbreaker.circuitBreakerAspectOrder: 1")
    #expect(settings.order.layers.first?.kind == .circuitBreaker)
    #expect(self.settings("").order == .spring)
  }

  @Test func `hostile files end in an error`() {
    let deep = String(repeating: "[", count: 100_000)
    #expect(!settings("resilience4j: " + deep).startsApplication)
    let dashes = String(repeating: "- ", count: 100_000)
    #expect(!settings("resilience4j:\n  " + dashes).startsApplication)
    var bomb = "a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n"
    for level in 1...9 {
      let below = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ",")
      bomb += "a\(level): &a\(level) [\(below)]\n"
    }
    #expect(!settings(bomb).startsApplication)
  }

  @Test func `the sample of a shop is read whole`() {
    let settings = settings(
      """
      resilience4j:
        circuitbreaker:
          configs:
            default:
              slidingWindowType: COUNT_BASED
              slidingWindowSize: 50
              minimumNumberOfCalls: 20
              slowCallRateThreshold: 80
              slowCallDurationThreshold: 2s
              waitDurationInOpenState: 10s
              permittedNumberOfCallsInHalfOpenState: 5
              automaticTransitionFromOpenToHalfOpenEnabled: true
          instances:
            payments:
              baseConfig: default
              failure-rate-threshold: 30
        retry:
          instances:
            payments:
              waitDuration: 200ms
              enableExponentialBackoff: true
              exponentialBackoffMultiplier: 2
              enableRandomizedWait: true
              randomizedWaitFactor: 0.5
        bulkhead:
          instances:
            payments: {maxConcurrentCalls: 25, maxWaitDuration: 0}
        timelimiter:
          instances:
            payments: {timeoutDuration: 1500ms, cancelRunningFuture: true}
      """)
    #expect(settings.issues == [])
    var expected = CircuitBreakerConfiguration()
    expected.slidingWindowSize = 50
    expected.minimumNumberOfCalls = 20
    expected.failureRateThreshold = 30
    expected.slowCallRateThreshold = 80
    expected.slowCallDurationThreshold = .seconds(2)
    expected.waitIntervalFunctionInOpenState = .fixed(milliseconds: 10_000)
    expected.permittedNumberOfCallsInHalfOpenState = 5
    expected.automaticTransitionFromOpenToHalfOpenEnabled = true
    #expect(settings.circuitBreakers["payments"] == expected)
    #expect(
      settings.retries["payments"].intervalFunction
        == .exponentialRandom(
          initialMilliseconds: 200, multiplier: 2, factor: 0.5, maxMilliseconds: nil))
    #expect(settings.timeLimiters["payments"].timeoutDuration == .milliseconds(1_500))
  }
}
