import Testing
import TimeAndChance
import TrafficPolicy

@Suite struct CircuitBreakerTests {
  private var random = RandomStream(state: 7)

  private func breaker(
    _ change: (inout CircuitBreakerConfiguration) -> Void = { _ in }
  ) -> CircuitBreaker {
    var configuration = CircuitBreakerConfiguration()
    configuration.slidingWindowSize = 4
    configuration.minimumNumberOfCalls = 2
    configuration.permittedNumberOfCallsInHalfOpenState = 2
    configuration.waitIntervalFunctionInOpenState = .fixed(milliseconds: 100)
    change(&configuration)
    var random = RandomStream(state: 1)
    return CircuitBreaker(configuration, createdAt: .zero, using: &random)
  }

  private static let failure = DecoratedOutcome.threw(.runtimeException)

  /// Opens a closed breaker of `breaker()` at the given millisecond.
  private mutating func open(_ breaker: inout CircuitBreaker, atMillisecond time: Int64) {
    for _ in 0..<2 {
      _ = breaker.record(
        Self.failure, duration: .zero, at: .milliseconds(time), using: &random)
    }
    #expect(breaker.state == .open)
  }

  /// A breaker that never opens, against a plain list of results with their times.
  @Test mutating func `counts equal its window, whatever the trace`() {
    for seed in UInt64(0)..<300 {
      var chance = RandomStream(seed: seed, name: "breaker.window")
      let size = Int(chance.below(12)) + 1
      let timeBased = chance.below(2) == 0
      let phase = SimDuration.milliseconds(Int64(chance.below(1_000)))
      var configuration = CircuitBreakerConfiguration()
      configuration.slidingWindowSize = size
      configuration.slidingWindowType = timeBased ? .timeBased : .countBased
      configuration.minimumNumberOfCalls = Int(chance.below(6)) + 1
      configuration.slowCallDurationThreshold = .milliseconds(50)
      configuration.initialState = .metricsOnly
      var breaker = CircuitBreaker(
        configuration, createdAt: .zero, clockPhase: phase, using: &random)
      var seen: [(second: Int64, failed: Bool, slow: Bool)] = []
      var now = SimTime.zero
      for _ in 0..<200 {
        now =
          now
          + .milliseconds(Int64(chance.below(20) == 0 ? chance.below(20_000) : chance.below(700)))
        let second = (now.nanoseconds + phase.nanoseconds) / 1_000_000_000
        if chance.below(4) != 0 {
          let failed = chance.below(3) == 0
          let slow = chance.below(3) == 0
          seen.append((second, failed, slow))
          _ = breaker.record(
            failed ? Self.failure : .returned, duration: .milliseconds(slow ? 51 : 50), at: now,
            using: &random)
        }
        let window =
          timeBased ? seen.filter { $0.second > second - Int64(size) } : Array(seen.suffix(size))
        let metrics = breaker.readMetrics(at: now)
        #expect(metrics.numberOfBufferedCalls == window.count, "seed \(seed)")
        #expect(metrics.numberOfFailedCalls == window.count { $0.failed }, "seed \(seed)")
        #expect(metrics.numberOfSlowCalls == window.count { $0.slow }, "seed \(seed)")
        #expect(
          metrics.numberOfSlowFailedCalls == window.count { $0.slow && $0.failed }, "seed \(seed)")
        let minimum =
          timeBased
          ? configuration.minimumNumberOfCalls : min(size, configuration.minimumNumberOfCalls)
        let rate =
          window.isEmpty || window.count < minimum
          ? -1 : Float(window.count { $0.failed }) * 100 / Float(window.count)
        #expect(metrics.failureRate == rate, "seed \(seed)")
      }
    }
  }

  /// Random calls and commands: half open never has more calls under way than it gave permits for,
  /// apart from those that an ignored error gave back.
  @Test mutating func `half open conserves its permits`() {
    for seed in UInt64(0)..<300 {
      var chance = RandomStream(seed: seed, name: "breaker.permits")
      let ignored = ExceptionHierarchy().set(matching: [.timeoutException])
      var breaker = breaker {
        $0.ignoreExceptions = ignored
        $0.permittedNumberOfCallsInHalfOpenState = 5
        $0.minimumNumberOfCalls = 5
        $0.initialState = .halfOpen
      }
      var budget = 5
      for step in 0..<50 {
        guard breaker.state == .halfOpen else { break }
        let now = SimTime.milliseconds(Int64(step))
        switch chance.below(3) {
        case 0:
          let permitted = breaker.tryAcquirePermission(at: now).isPermitted
          #expect(permitted == (budget > 0), "seed \(seed)")
          if permitted { budget -= 1 }
        case 1:
          _ = breaker.record(
            .threw(.timeoutException), duration: .zero, at: now, using: &random)
          budget += 1
        default:
          _ = breaker.record(.returned, duration: .zero, at: now, using: &random)
        }
      }
    }
  }

  @Test mutating func `opens when a rate equals its threshold`() {
    var breaker = breaker()
    _ = breaker.record(.returned, duration: .zero, at: .zero, using: &random)
    let effects = breaker.record(Self.failure, duration: .zero, at: .zero, using: &random)
    #expect(effects.failureRateExceeded == 50)
    #expect(effects.from == .closed && effects.to == .open)
  }

  @Test mutating func `a call that takes exactly the threshold is not slow`() {
    var breaker = breaker {
      $0.slowCallDurationThreshold = .milliseconds(20)
      $0.slowCallRateThreshold = 100
    }
    for _ in 0..<4 {
      _ = breaker.record(.returned, duration: .milliseconds(20), at: .zero, using: &random)
    }
    #expect(breaker.state == .closed)
    for _ in 0..<4 {
      _ = breaker.record(.returned, duration: .nanoseconds(20_000_001), at: .zero, using: &random)
    }
    #expect(breaker.state == .open)
  }

  @Test mutating func `a request exactly at the end of the wait is refused, one after it is tried`()
  {
    var breaker = breaker()
    open(&breaker, atMillisecond: 0)
    #expect(breaker.tryAcquirePermission(at: .milliseconds(100)).isPermitted == false)
    let permission = breaker.tryAcquirePermission(at: SimTime(nanoseconds: 100_000_001))
    #expect(permission.isPermitted)
    #expect(permission.effects.to == .halfOpen)
  }

  @Test mutating func `a late failure of the outage re-opens a half-open breaker`() {
    var breaker = breaker { $0.automaticTransitionFromOpenToHalfOpenEnabled = true }
    open(&breaker, atMillisecond: 0)
    #expect(breaker.nextTimer == .milliseconds(100))
    _ = breaker.fireTimer(using: &random)
    #expect(breaker.state == .halfOpen)
    for _ in 0..<2 {
      _ = breaker.record(
        Self.failure, duration: .seconds(1), at: .milliseconds(101), using: &random)
    }
    #expect(breaker.state == .open)
  }

  @Test mutating func `the wait grows with failed trials and starts over after closing`() {
    var breaker = breaker {
      $0.automaticTransitionFromOpenToHalfOpenEnabled = true
      $0.waitIntervalFunctionInOpenState = .exponential(
        initialMilliseconds: 100, multiplier: 2, maxMilliseconds: nil)
    }
    open(&breaker, atMillisecond: 0)
    #expect(breaker.nextTimer == .milliseconds(100))
    _ = breaker.fireTimer(using: &random)
    for _ in 0..<2 {
      _ = breaker.record(Self.failure, duration: .zero, at: .milliseconds(100), using: &random)
    }
    #expect(breaker.nextTimer == .milliseconds(300))
    _ = breaker.fireTimer(using: &random)
    for _ in 0..<2 {
      _ = breaker.record(.returned, duration: .zero, at: .milliseconds(300), using: &random)
    }
    #expect(breaker.state == .closed)
    open(&breaker, atMillisecond: 400)
    #expect(breaker.nextTimer == .milliseconds(500))
  }

  @Test mutating func `a reset leaves the timer, which cuts the next open state short`() {
    var breaker = breaker { $0.automaticTransitionFromOpenToHalfOpenEnabled = true }
    open(&breaker, atMillisecond: 0)
    _ = breaker.apply(.reset, at: .milliseconds(10), using: &random)
    open(&breaker, atMillisecond: 50)
    let fired = breaker.fireTimer(using: &random)
    #expect(fired?.at == .milliseconds(100))
    #expect(breaker.state == .halfOpen)
    // The newer open state's own timer went with it.
    #expect(breaker.nextTimer == .never)
  }

  @Test mutating func `a stale timer finds a closed breaker and does nothing`() {
    var breaker = breaker { $0.automaticTransitionFromOpenToHalfOpenEnabled = true }
    open(&breaker, atMillisecond: 0)
    _ = breaker.apply(.reset, at: .milliseconds(10), using: &random)
    #expect(breaker.fireTimer(using: &random)?.effects.isTimerWithoutEffect == true)
    #expect(breaker.state == .closed)
  }

  @Test mutating func `half open ends by its own timer in the configured state`() {
    for target in [CircuitBreaker.State.open, .closed] {
      var breaker = breaker {
        $0.initialState = .halfOpen
        $0.maxWaitDurationInHalfOpenState = .milliseconds(40)
        $0.transitionToStateAfterWaitDuration = target
      }
      #expect(breaker.nextTimer == .milliseconds(40))
      _ = breaker.fireTimer(using: &random)
      #expect(breaker.state == target)
    }
  }

  @Test mutating func `a late result after forced open and open raises a division by zero`() {
    var breaker = breaker { $0.initialState = .forcedOpen }
    _ = breaker.apply(.transition(to: .open), at: .zero, using: &random)
    let effects = breaker.record(.returned, duration: .zero, at: .zero, using: &random)
    #expect(effects.raisedDivisionByZero)
  }

  @Test mutating func `illegal commands change nothing`() {
    var breaker = breaker()
    #expect(breaker.apply(.transition(to: .halfOpen), at: .zero, using: &random) == nil)
    _ = breaker.apply(.transition(to: .metricsOnly), at: .zero, using: &random)
    for command: CircuitBreaker.Command in [
      .transition(to: .open), .transition(to: .halfOpen), .openFor(.seconds(1)),
      .openUntil(.milliseconds(5)),
    ] {
      #expect(breaker.apply(command, at: .zero, using: &random) == nil)
      #expect(breaker.state == .metricsOnly)
    }
  }

  @Test mutating func `a wrapped exception is judged by its cause, once`() {
    let hierarchy = ExceptionHierarchy()
    var breaker = breaker {
      $0.recordExceptions = hierarchy.set(matching: [.timeoutException])
    }
    _ = breaker.record(
      .threw(.completionException, cause: .timeoutException), duration: .zero, at: .zero,
      using: &random)
    #expect(breaker.readMetrics(at: .zero).numberOfFailedCalls == 1)
    // Not on the list: recorded as a success.
    _ = breaker.record(
      .threw(.executionException), duration: .zero, at: .zero, using: &random)
    let metrics = breaker.readMetrics(at: .zero)
    #expect(metrics.numberOfBufferedCalls == 2 && metrics.numberOfFailedCalls == 1)
  }

  @Test func `a lock-free window of one call is refused with the library's reason`() {
    var configuration = CircuitBreakerConfiguration()
    configuration.slidingWindowSynchronizationStrategy = .lockFree
    configuration.permittedNumberOfCallsInHalfOpenState = 1
    #expect(throws: Resilience4jProblem.self) { try configuration.validate() }
    configuration.permittedNumberOfCallsInHalfOpenState = 2
    configuration.slidingWindowSize = 1
    #expect(throws: Resilience4jProblem.self) { try configuration.validate() }
    configuration.slidingWindowType = .timeBased
    #expect(throws: Never.self) { try configuration.validate() }
  }

  @Test func `a lock-free time window begins its slices anew after a long gap`() {
    var window = TimeWindow(seconds: 2, createdAt: .milliseconds(300), clockPhase: nil)
    window.record(CallResult(failed: true, slow: false), at: .milliseconds(1_299))
    // 5.5 s after the creation: the slices now begin here, not at whole seconds since 0.3 s.
    #expect(window.read(at: .milliseconds(5_800)).calls == 0)
    window.record(CallResult(failed: false, slow: true), at: .milliseconds(5_800))
    #expect(window.read(at: .milliseconds(7_799)).calls == 1)
    #expect(window.read(at: .milliseconds(7_800)).calls == 0)
  }
}

extension SimTime {
  /// Whole milliseconds after the start of a run.
  static func milliseconds(_ count: Int64) -> SimTime { SimTime(nanoseconds: count * 1_000_000) }
}
