import Testing
import TimeAndChance
import TrafficPolicy

@Suite struct DecoratedCallTests {
  private var random = RandomStream(state: 11)
  private static let failure = DecoratedOutcome.threw(.runtimeException)

  private func retry(_ attempts: Int, waitMilliseconds: Int64) -> Retry {
    var configuration = RetryConfiguration()
    configuration.maxAttempts = attempts
    configuration.intervalFunction = .fixed(milliseconds: waitMilliseconds)
    return Retry(configuration)
  }

  private mutating func breaker(
    _ change: (inout CircuitBreakerConfiguration) -> Void
  ) -> CircuitBreaker {
    var configuration = CircuitBreakerConfiguration()
    change(&configuration)
    return CircuitBreaker(configuration, createdAt: .zero, using: &random)
  }

  @Test mutating func `an open breaker is retried by default, at the full waits`() {
    var policies = ResiliencePolicies()
    policies.retry = retry(3, waitMilliseconds: 500)
    policies.circuitBreaker = breaker { $0.initialState = .forcedOpen }
    var call = DecoratedCall(id: 1)
    #expect(
      call.start(at: .zero, &policies, using: &random)
        == .sleep(until: .milliseconds(500), deadline: nil))
    #expect(
      call.resumed(at: .milliseconds(500), &policies, using: &random)
        == .sleep(until: .milliseconds(1_000), deadline: nil))
    #expect(
      call.resumed(at: .milliseconds(1_000), &policies, using: &random)
        == .done(.threw(.callNotPermittedException)))
  }

  @Test mutating func `many retries without a wait do not pile up`() {
    var policies = ResiliencePolicies()
    policies.retry = retry(1_000_000, waitMilliseconds: 0)
    policies.circuitBreaker = breaker { $0.initialState = .forcedOpen }
    var call = DecoratedCall(id: 1)
    #expect(
      call.start(at: .zero, &policies, using: &random)
        == .done(.threw(.callNotPermittedException)))
    #expect(policies.retry?.metrics.totalCalls == 1_000_000)
  }

  @Test
  mutating func `a refused limiter sleeps its timeout, and the breaker counts a slow failure`() {
    var limiting = RateLimiterConfiguration()
    limiting.limitForPeriod = 1
    limiting.limitRefreshPeriod = .seconds(10)
    limiting.timeoutDuration = .milliseconds(100)
    var policies = ResiliencePolicies()
    policies.circuitBreaker = breaker { $0.slowCallDurationThreshold = .milliseconds(50) }
    policies.rateLimiter = RateLimiter(limiting, createdAt: .zero)
    _ = policies.rateLimiter?.reserve(at: .zero)
    var call = DecoratedCall(id: 1)
    #expect(
      call.start(at: .zero, &policies, using: &random)
        == .sleep(until: .milliseconds(100), deadline: nil))
    #expect(
      call.resumed(at: .milliseconds(100), &policies, using: &random)
        == .done(.threw(.requestNotPermitted)))
    let metrics = policies.circuitBreaker?.readMetrics(at: .milliseconds(100))
    #expect(metrics?.numberOfSlowFailedCalls == 1)
  }

  @Test mutating func `a fallback on the breaker hides the failure from the retry`() {
    let order = DecorationOrder([
      .init(.retry), .init(.circuitBreaker, fallback: .all),
    ])
    var policies = ResiliencePolicies(order: order)
    policies.retry = retry(3, waitMilliseconds: 500)
    policies.circuitBreaker = breaker { _ in }
    var call = DecoratedCall(id: 1)
    _ = call.start(at: .zero, &policies, using: &random)
    #expect(
      call.finished(Self.failure, at: .milliseconds(5), &policies, using: &random)
        == .done(.returned))
    #expect(policies.circuitBreaker?.readMetrics(at: .zero).numberOfFailedCalls == 1)
  }

  @Test mutating func `work behind a time limiter keeps its bulkhead permit until it ends`() {
    var policies = ResiliencePolicies()
    policies.circuitBreaker = breaker { _ in }
    policies.timeLimiter = TimeLimiter(TimeLimiterConfiguration())
    var limit = BulkheadConfiguration()
    limit.maxConcurrentCalls = 1
    policies.bulkhead = Bulkhead(limit)
    var call = DecoratedCall(id: 1)
    let deadline = SimTime.milliseconds(1_000)
    #expect(call.start(at: .zero, &policies, using: &random) == .call(deadline: deadline))
    var (step, remains) = call.timedOut(at: deadline, &policies, using: &random)
    #expect(step == .done(.threw(.timeoutException)))
    #expect(policies.circuitBreaker?.readMetrics(at: deadline).numberOfFailedCalls == 1)
    var other = DecoratedCall(id: 2)
    #expect(
      other.start(at: deadline, &policies, using: &random)
        == .done(.threw(.bulkheadFullException)))
    step = remains.finished(.returned, at: .milliseconds(1_500), &policies, using: &random)
    #expect(step == .done(.returned))
    #expect(policies.bulkhead?.availableConcurrentCalls == 1)
    // Nobody told the breaker twice: the timeout and the second call's refusal.
    #expect(policies.circuitBreaker?.readMetrics(at: deadline).numberOfBufferedCalls == 2)
  }

  @Test mutating func `a waiting caller gets the permit of one that ends`() {
    var limit = BulkheadConfiguration()
    limit.maxConcurrentCalls = 1
    limit.maxWaitDuration = .milliseconds(30)
    var policies = ResiliencePolicies()
    policies.bulkhead = Bulkhead(limit)
    var first = DecoratedCall(id: 1)
    var second = DecoratedCall(id: 2)
    var third = DecoratedCall(id: 3)
    _ = first.start(at: .zero, &policies, using: &random)
    let line = DecoratedCall.Step.wait(until: .milliseconds(30), deadline: nil)
    #expect(second.start(at: .zero, &policies, using: &random) == line)
    #expect(third.start(at: .zero, &policies, using: &random) == line)
    _ = first.finished(.returned, at: .milliseconds(10), &policies, using: &random)
    #expect(Array(policies.admitted) == [2])
    #expect(
      second.admitted(at: .milliseconds(10), &policies, using: &random) == .call(deadline: nil))
    #expect(
      third.refused(at: .milliseconds(30), &policies, using: &random)
        == .done(.threw(.bulkheadFullException)))
  }

  @Test mutating func `interrupted work gives everything back`() {
    var policies = ResiliencePolicies()
    policies.timeLimiter = TimeLimiter(TimeLimiterConfiguration(), form: .future)
    policies.threadPoolBulkhead = ThreadPoolBulkhead(
      ThreadPoolBulkheadConfiguration(availableProcessors: 1))
    var running = DecoratedCall(id: 1)
    var queued = DecoratedCall(id: 2)
    _ = running.start(at: .zero, &policies, using: &random)
    #expect(
      queued.start(at: .zero, &policies, using: &random)
        == .wait(until: .never, deadline: .milliseconds(1_000)))
    var (_, left) = queued.timedOut(at: .milliseconds(1_000), &policies, using: &random)
    #expect(policies.timeLimiter?.stopsWork == true)
    _ = left.interrupted(at: .milliseconds(1_000), &policies, using: &random)
    #expect(policies.threadPoolBulkhead?.queueDepth == 0)
    var (_, rest) = running.timedOut(at: .milliseconds(1_000), &policies, using: &random)
    _ = rest.interrupted(at: .milliseconds(1_000), &policies, using: &random)
    #expect(policies.threadPoolBulkhead?.activeThreadCount == 0)
  }

  @Test func `orders of Spring and Feign`() {
    #expect(
      DecorationOrder.spring(aspectOrders: [(.circuitBreaker, 1), (.retry, 2)]).layers.map(\.kind)
        == [.circuitBreaker, .retry, .rateLimiter, .timeLimiter, .bulkhead])
    #expect(
      DecorationOrder.feign(added: [.bulkhead, .retry]).layers.map(\.kind) == [.retry, .bulkhead])
    #expect(DecorationOrder.spring.layers.map(\.kind).first == .retry)
  }
}
