import Testing
import TimeAndChance
import TrafficPolicy

@Suite struct RetryTests {
  private var random = RandomStream(state: 3)

  @Test mutating func `max attempts include the first call`() {
    var retry = Retry(RetryConfiguration())
    var context = Retry.Context()
    let failure = DecoratedOutcome.threw(.runtimeException)
    #expect(retry.judge(failure, &context, using: &random) == .retry(after: .milliseconds(500)))
    #expect(retry.judge(failure, &context, using: &random) == .retry(after: .milliseconds(500)))
    #expect(retry.judge(failure, &context, using: &random) == .finish(failure))
    #expect(retry.metrics.failedCallsWithRetryAttempt == 1)
  }

  @Test mutating func `a call that fails for its bad results is counted twice`() {
    var configuration = RetryConfiguration()
    configuration.maxAttempts = 1
    configuration.retryOnBadResult = true
    configuration.failAfterMaxAttempts = true
    var retry = Retry(configuration)
    var context = Retry.Context()
    #expect(
      retry.judge(.returnedBad, &context, using: &random)
        == .finish(.threw(.maxRetriesExceededException)))
    #expect(retry.metrics.failedCallsWithRetryAttempt == 2)
    #expect(retry.metrics.totalCalls == 3)
  }

  @Test mutating func `only the asynchronous form unwraps`() {
    var configuration = RetryConfiguration()
    configuration.retryExceptions = ExceptionHierarchy().set(matching: [.timeoutException])
    for asynchronous in [false, true] {
      var retry = Retry(configuration, isAsynchronous: asynchronous)
      var context = Retry.Context()
      let outcome = DecoratedOutcome.threw(.completionException, cause: .timeoutException)
      let decision = retry.judge(outcome, &context, using: &random)
      #expect(decision == (asynchronous ? .retry(after: .milliseconds(500)) : .finish(outcome)))
    }
  }

  @Test mutating func `exponential waits are cut at each step`() {
    let function = IntervalFunction.exponential(
      initialMilliseconds: 500, multiplier: 1.5, maxMilliseconds: nil)
    let waits = (1...6).map { function.milliseconds(attempt: $0, using: &random) }
    #expect(waits == [500, 750, 1_125, 1_687, 2_530, 3_795])
  }

  @Test mutating func `a wait saturates and its cap applies afterwards`() {
    let free = IntervalFunction.exponential(
      initialMilliseconds: 100, multiplier: 3, maxMilliseconds: nil)
    #expect(free.milliseconds(attempt: 1_000_000_000, using: &random) == .max)
    let capped = IntervalFunction.exponential(
      initialMilliseconds: 100, multiplier: 3, maxMilliseconds: 900)
    #expect(capped.milliseconds(attempt: 1_000_000_000, using: &random) == 900)
    #expect(free.interval(attempt: 1_000_000_000, using: &random) > .zero)
  }

  @Test mutating func `a randomised wait stays in its range and reaches both ends`() {
    let function = IntervalFunction.randomized(milliseconds: 10, factor: 0.5)
    var seen: [Int64: Int] = [:]
    for _ in 0..<20_000 { seen[function.milliseconds(attempt: 1, using: &random), default: 0] += 1 }
    #expect(seen.keys.sorted() == Array(5...15))
    let expected = 20_000.0 / 11
    // Eleven equally likely waits: each count within five standard deviations.
    #expect(seen.values.allSatisfy { abs(Double($0) - expected) < 5 * 41 })
  }

  @Test mutating func `an exponential random wait is capped after it is randomised`() {
    let function = IntervalFunction.exponentialRandom(
      initialMilliseconds: 100, multiplier: 2, factor: 0.5, maxMilliseconds: 250)
    let waits = (0..<2_000).map { _ in function.milliseconds(attempt: 4, using: &random) }
    #expect(waits.allSatisfy { $0 == 250 })
    #expect(
      (0..<2_000).allSatisfy { _ in
        (50...150).contains(function.milliseconds(attempt: 1, using: &random))
      })
  }

  @Test mutating func `a caller's own step is iterated`() {
    let function = IntervalFunction.iterating(from: 7, attempts: 4) { $0 + 3 }
    #expect(
      (1...5).map { function.milliseconds(attempt: $0, using: &random) } == [7, 10, 13, 16, 16])
  }

  @Test(arguments: [
    IntervalFunction.fixed(milliseconds: -1),
    .exponential(initialMilliseconds: 0, multiplier: 2, maxMilliseconds: nil),
    .exponential(initialMilliseconds: 1, multiplier: 2, maxMilliseconds: 0),
    .randomized(milliseconds: 10, factor: 1.1),
    .table([]), .table([5, -1]),
  ])
  func `waits and factors out of range are refused`(function: IntervalFunction) {
    #expect(throws: Resilience4jProblem.self) {
      try function.validate(property: "wait-duration", allowsZero: true)
    }
  }

  @Test func `a set holds subclasses and nothing else`() throws {
    var hierarchy = ExceptionHierarchy()
    let ours = try hierarchy.add("com.example.Declined")
    let sub = try hierarchy.add("com.example.CardDeclined", extending: ours)
    let io = try #require(hierarchy.find("java.io.IOException"))
    let connect = try #require(hierarchy.find("ConnectException"))
    let set = hierarchy.set(matching: [ours, io])
    #expect(set.contains(ours) && set.contains(sub) && set.contains(io) && set.contains(connect))
    #expect(!set.contains(.runtimeException) && !set.contains(.timeoutException))
    #expect(hierarchy.find("feign.FeignException$NotFound") != nil)
    #expect(hierarchy.isSubclass(.cancellationException, of: .runtimeException))
    #expect(hierarchy.simpleName(of: .requestNotPermitted) == "RequestNotPermitted")
    #expect(hierarchy.simpleName(of: .cancellationException) == "CancellationException")
    #expect(hierarchy.simpleName(of: .arithmeticException) == "ArithmeticException")
  }

  @Test func `the hierarchy says when it is full`() {
    var hierarchy = ExceptionHierarchy()
    #expect(throws: ExceptionHierarchy.Full.self) {
      for number in 0...256 { _ = try hierarchy.add("com.example.E\(number)") }
    }
    #expect(hierarchy.count == 256)
  }
}
