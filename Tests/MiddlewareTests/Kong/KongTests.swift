import Middleware
import Testing
import TimeAndChance

@Suite struct KongHealthTests {
  private var passive = KongHealthLimits.passive

  @Test func `without configuration nothing is counted`() {
    var health = KongTargetHealth()
    for _ in 0..<100 {
      #expect(health.note(.status(500), limits: .passive) == false)
      #expect(health.note(.tcpFailure, limits: .active) == false)
    }
    #expect(health.state == .healthy)
  }

  @Test func `each kind of failure has its own counter`() {
    var limits = passive
    (limits.timeouts, limits.tcpFailures, limits.httpFailures) = (3, 3, 5)
    var health = KongTargetHealth()
    for _ in 0..<2 { _ = health.note(.timeout, limits: limits) }
    for _ in 0..<2 { _ = health.note(.tcpFailure, limits: limits) }
    for _ in 0..<4 { _ = health.note(.status(500), limits: limits) }
    #expect(health.state == .mostlyHealthy)
    #expect(health.note(.status(503), limits: limits) == true)
    #expect(health.state == .unhealthy)
  }

  @Test func `with successes 0 failures add up for ever`() {
    var limits = passive
    limits.httpFailures = 3
    var health = KongTargetHealth()
    for _ in 0..<3 {
      for _ in 0..<1000 { _ = health.note(.status(200), limits: limits) }
      _ = health.note(.status(500), limits: limits)
    }
    #expect(!health.isAvailable)
  }

  @Test func `with successes a good report clears the failures`() {
    var limits = passive
    (limits.successes, limits.httpFailures) = (1, 3)
    var health = KongTargetHealth()
    for _ in 0..<50 {
      _ = health.note(.status(500), limits: limits)
      _ = health.note(.status(500), limits: limits)
      _ = health.note(.status(200), limits: limits)
    }
    #expect(health.state == .healthy)
  }

  @Test func `a status in neither list changes nothing`() {
    var limits = passive
    (limits.successes, limits.httpFailures) = (1, 1)
    var health = KongTargetHealth()
    #expect(health.note(.status(502), limits: limits) == false)
    #expect(health.state == .healthy)
  }

  @Test func `an unhealthy target needs its successes in a row`() {
    var limits = KongHealthLimits.active
    (limits.successes, limits.tcpFailures) = (2, 2)
    var health = KongTargetHealth()
    health.set(isHealthy: false)
    #expect(health.note(.status(200), limits: limits) == false)
    #expect(health.state == .mostlyUnhealthy)
    #expect(health.note(.tcpFailure, limits: limits) == false)
    #expect(health.note(.status(200), limits: limits) == false)
    #expect(health.note(.status(200), limits: limits) == true)
    #expect(health.isAvailable)
  }

  @Test func `groups are probed by their own interval`() {
    let settings = KongHealthSettings(unhealthyInterval: .seconds(1))
    var prober = KongProber(settings: settings, start: .zero)
    var probes = 0
    for tick in 1...50 as ClosedRange<Int64> {
      let (healthy, unhealthy) = prober.tick(at: .zero + KongProber.tick * tick)
      #expect(!healthy)
      if unhealthy { probes += 1 }
    }
    #expect(probes == 5)
  }
}

@Suite struct KongUpstreamTests {
  private func upstream(
    _ weights: [Int], _ algorithm: KongAlgorithm, threshold: Double = 0, seed: UInt64 = 1
  ) -> KongUpstream {
    var random = RandomStream(seed: seed, name: "kong.wheel")
    var checks = KongHealthSettings(threshold: threshold)
    checks.passive.httpFailures = 1
    checks.active.successes = 1
    return KongUpstream(
      settings: KongUpstreamSettings(
        targets: weights.enumerated().map {
          KongTarget(address: "10.0.0.\($0.offset + 1):8080", weight: $0.element)
        }, algorithm: algorithm, healthchecks: checks), at: .zero, using: &random)
  }

  private func pick(_ upstream: inout KongUpstream, key: String = "") -> Int? {
    var request = KongSelection(key: Array(key.utf8))
    let target = upstream.choose(for: &request, at: .zero)
    upstream.finish(&request, responseTime: .milliseconds(1), at: .zero)
    return target
  }

  @Test func `round-robin shares are exact over a wheel and skip the unavailable`() {
    for seed in UInt64(0)..<50 {
      var kong = upstream([100, 50, 0, 25], .roundRobin, seed: seed)
      let order = (0..<70).compactMap { _ in pick(&kong) }
      #expect((0..<4).map { target in order.count { $0 == target } } == [40, 20, 0, 10])
      kong.reportLast(0, status: 500, at: .zero)
      #expect(!(0..<20).compactMap { _ in pick(&kong) }.contains(0))
    }
  }

  @Test func `a consistent-hashing retry goes to the same target`() {
    var kong = upstream([100, 100, 100], .consistentHashing)
    var seen: Set<Int> = []
    for key in 0..<200 {
      var request = KongSelection(key: Array("user\(key)".utf8))
      let first = kong.choose(for: &request, at: .zero)
      #expect(kong.choose(for: &request, at: .zero) == first)
      if let first { seen.insert(first) }
      kong.finish(&request, responseTime: .zero, at: .zero)
    }
    #expect(seen == [0, 1, 2])
    #expect((0..<3).allSatisfy { kong.connections(on: $0) == 0 })
  }

  @Test func `the ring moves only the keys of an unavailable target`() {
    var kong = upstream([100, 100, 100], .consistentHashing)
    let keys = (0..<300).map { "user\($0)" }
    let before = keys.map { pick(&kong, key: $0) }
    kong.set(1, isHealthy: false, at: .zero)
    for (key, old) in zip(keys, before) {
      let new = pick(&kong, key: key)
      #expect(old == 1 ? new != 1 : new == old)
    }
  }

  @Test func `least-connections retries elsewhere until all have failed`() {
    var kong = upstream([100, 100], .leastConnections)
    var request = KongSelection()
    let tries = (0..<4).map { _ in kong.choose(for: &request, at: .zero) }
    #expect(tries == [0, 1, 0, 1])
    #expect(kong.connections(on: 0) == 0)
    #expect(kong.connections(on: 1) == 1)
  }

  @Test func `latency prefers the quick target and forgets with time`() {
    var kong = upstream([100, 100], .latency)
    for milliseconds in [500, 10] as [Int64] {
      var request = KongSelection()
      _ = kong.choose(for: &request, at: .zero + .seconds(1))
      kong.finish(&request, responseTime: .milliseconds(milliseconds), at: .zero + .seconds(1))
    }
    var next = KongSelection()
    #expect(kong.choose(for: &next, at: .zero + .seconds(2)) == 1)
    #expect(kong.choose(for: &next, at: .zero + .seconds(2)) == 0)
    #expect(kong.choose(for: &next, at: .zero + .seconds(2)) == nil)
  }

  @Test func `the upstream breaks at its threshold, strictly`() {
    var kong = upstream([100, 100], .roundRobin, threshold: 50)
    #expect(kong.isHealthy)
    kong.reportLast(0, status: 503, at: .zero)
    #expect(!kong.isHealthy)
    #expect(pick(&kong) == nil)
    kong.reportProbe(0, .status(200), at: .zero)
    #expect(kong.isHealthy)
  }

  @Test func `a refused last try is a 502, which passive checks do not list`() {
    var kong = upstream([100, 100], .roundRobin)
    kong.reportLast(0, status: 502, at: .zero)
    #expect(kong.healths[0].state == .healthy)
  }

  @Test func `a service retries errors and timeouts, never statuses`() {
    let service = KongServiceSettings(retries: 1)
    #expect(service.retries(after: .refused, retriesDone: 0, isIdempotent: false))
    #expect(!service.retries(after: .readTimeout, retriesDone: 0, isIdempotent: false))
    #expect(!service.retries(after: .status(500), retriesDone: 0, isIdempotent: true))
    #expect(!service.retries(after: .refused, retriesDone: 1, isIdempotent: true))
  }
}

@Suite struct KongRateLimitTests {
  private func at(_ ms: Int64) -> SimTime { .zero + .milliseconds(ms) }

  @Test func `calendar windows follow UTC`() {
    let leapDay = 951_782_400 + 3_600  // 2000-02-29 01:00
    #expect(KongRatePeriod.month.window(at: leapDay) == (949_363_200, 951_868_800))
    #expect(KongRatePeriod.year.window(at: leapDay) == (946_684_800, 978_307_200))
    #expect(KongRatePeriod.day.window(at: leapDay) == (951_782_400, 951_868_800))
    #expect(KongRatePeriod.month.window(at: 0) == (0, 31 * 86_400))
    #expect(KongRatePeriod.month.window(at: 1_734_000_000).end == 1_735_689_600)
  }

  @Test func `a window admits its limit and starts afresh`() {
    var limit = KongRateLimiting(limits: [KongRateLimit(3, per: .second)])
    var passed = 0
    for ms in stride(from: 500, to: 1_500, by: 10) as StrideTo<Int64> {
      if case .pass = limit.check(1, at: at(ms)) {
        limit.count(1, at: at(ms))
        passed += 1
      }
    }
    // Both sides of a border: twice the limit within one second.
    #expect(passed == 6)
    #expect(limit.check(1, at: at(1_200)) == .refuse(retryAfterSeconds: 1))
  }

  @Test func `requests between check and count overshoot`() {
    var limit = KongRateLimiting(limits: [KongRateLimit(1, per: .minute)])
    let verdicts = (0..<5).map { _ in limit.check(1, at: at(0)) }
    #expect(verdicts == Array(repeating: .pass(remaining: 0), count: 5))
    for _ in 0..<5 { limit.count(1, at: at(0)) }
    #expect(limit.check(1, at: at(10_000)) == .refuse(retryAfterSeconds: 50))
  }

  @Test func `the tightest of several limits decides`() {
    var limit = KongRateLimiting(limits: [
      KongRateLimit(5, per: .second), KongRateLimit(7, per: .minute),
    ])
    var passed = 0
    for ms in stride(from: 0, to: 5_000, by: 100) as StrideTo<Int64> {
      if case .pass = limit.check(1, at: at(ms)) {
        limit.count(1, at: at(ms))
        passed += 1
      }
    }
    #expect(passed == 7)
  }

  @Test func `a sliding window weighs the previous one`() {
    var limit = KongSlidingRateLimiting(limits: [.init(10, perSeconds: 10)])
    for _ in 0..<10 { #expect(limit.admit(1, at: at(9_000)) == true) }
    #expect(limit.usage(of: 1, limit: 0, at: at(15_000)) == 5)
    let admitted = (0..<10).count { _ in limit.admit(1, at: at(15_000)) }
    #expect(admitted == 5)
  }

  @Test func `a refused request counts unless the penalty is off`() {
    for disablesPenalty in [false, true] {
      var limit = KongSlidingRateLimiting(
        limits: [.init(2, perSeconds: 10)], disablesPenalty: disablesPenalty)
      for _ in 0..<20 { _ = limit.admit(1, at: at(1_000)) }
      #expect(limit.usage(of: 1, limit: 0, at: at(1_000)) == (disablesPenalty ? 2 : 20))
    }
  }

  @Test func `a fixed window never admits more than its limit`() {
    for seed in UInt64(0)..<50 {
      var random = RandomStream(seed: seed, name: "fixed")
      var limit = KongSlidingRateLimiting(limits: [.init(4, perSeconds: 2)], isSliding: false)
      var perWindow: [Int64: Int] = [:]
      var now: Int64 = 0
      for _ in 0..<300 {
        now += Int64(random.below(200))
        if limit.admit(1, at: at(now)) { perWindow[now / 2_000, default: 0] += 1 }
      }
      #expect(perWindow.values.allSatisfy { $0 <= 4 }, "seed \(seed)")
    }
  }
}
