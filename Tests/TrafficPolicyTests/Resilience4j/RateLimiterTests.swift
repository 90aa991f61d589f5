import Testing
import TimeAndChance
import TrafficPolicy

@Suite struct RateLimiterTests {
  private func limiter(_ limit: Int, _ period: SimDuration, _ timeout: SimDuration) -> RateLimiter {
    var configuration = RateLimiterConfiguration()
    configuration.limitForPeriod = limit
    configuration.limitRefreshPeriod = period
    configuration.timeoutDuration = timeout
    return RateLimiter(configuration, createdAt: .zero)
  }

  @Test func `no period sees more calls go than its limit`() {
    for seed in UInt64(0)..<300 {
      var chance = RandomStream(seed: seed, name: "limiter")
      let limit = Int(chance.below(6)) + 1
      let period = SimDuration.nanoseconds(Int64(chance.below(5_000)) + 1)
      let timeout = SimDuration.nanoseconds(Int64(chance.below(20_000)))
      var limiter = limiter(limit, period, timeout)
      var now = SimTime.zero
      var going: [Int64: Int] = [:]
      for _ in 0..<400 {
        now = now + .nanoseconds(Int64(chance.below(1_500)))
        let start: SimTime
        switch limiter.reserve(at: now) {
        case .permitted: start = now
        case .reserved(let wait):
          #expect(wait > .zero && wait <= timeout, "seed \(seed)")
          start = now + wait
        case .refused: continue
        }
        going[start.nanoseconds / period.nanoseconds, default: 0] += 1
      }
      #expect(going.values.allSatisfy { $0 <= limit }, "seed \(seed)")
    }
  }

  @Test func `a refusal takes nothing`() {
    for seed in UInt64(0)..<200 {
      var chance = RandomStream(seed: seed, name: "limiter.refusal")
      var limiter = limiter(3, .nanoseconds(100), .nanoseconds(Int64(chance.below(150))))
      var now = SimTime.zero
      for _ in 0..<100 {
        now = now + .nanoseconds(Int64(chance.below(60)))
        let before = limiter.estimate(at: now).availablePermissions
        let permits = Int(chance.below(5)) + 1
        let answer = limiter.reserve(permits, at: now)
        let after = limiter.estimate(at: now).availablePermissions
        #expect(after == (answer == .refused ? before : before - permits), "seed \(seed)")
      }
    }
  }

  @Test func `twice the limit passes around a border`() {
    var limiter = limiter(5, .milliseconds(100), .zero)
    for _ in 0..<5 { #expect(limiter.reserve(at: .milliseconds(99)) == .permitted) }
    #expect(limiter.reserve(at: .milliseconds(99)) == .refused)
    for _ in 0..<5 { #expect(limiter.reserve(at: .milliseconds(100)) == .permitted) }
  }

  @Test func `a drain forgets what was reserved`() {
    var limiter = limiter(1, .milliseconds(100), .seconds(1))
    _ = limiter.reserve(at: .zero)
    _ = limiter.reserve(at: .zero)
    #expect(limiter.estimate(at: .zero).availablePermissions == -1)
    limiter.drainPermissions(at: .zero)
    #expect(limiter.estimate(at: .zero).availablePermissions == 0)
  }

  @Test func `a long run at the default period does not overflow`() {
    var limiter = RateLimiter(RateLimiterConfiguration(), createdAt: .zero)
    for _ in 0..<60 { _ = limiter.reserve(at: SimTime(nanoseconds: 1 << 56 - 1)) }
    var shortest = RateLimiterConfiguration()
    shortest.limitRefreshPeriod = .nanoseconds(1)
    shortest.limitForPeriod = Int(Int32.max)
    var other = RateLimiter(shortest, createdAt: .zero)
    #expect(other.reserve(at: SimTime(nanoseconds: 1 << 56 - 1)) == .permitted)
  }

  @Test func `the semaphore form serves its line at the refill`() {
    var configuration = RateLimiterConfiguration()
    configuration.limitForPeriod = 2
    configuration.limitRefreshPeriod = .milliseconds(100)
    configuration.timeoutDuration = .milliseconds(150)
    var limiter = SemaphoreBasedRateLimiter(configuration, createdAt: .zero)
    #expect(limiter.acquire(for: 1, at: .zero) == .permitted)
    #expect(limiter.acquire(for: 2, at: .zero) == .permitted)
    for caller in 3...5 {
      #expect(limiter.acquire(for: caller, at: .zero) == .waiting(until: .milliseconds(150)))
    }
    #expect(limiter.nextRefresh == .milliseconds(100))
    limiter.refresh(at: .milliseconds(100))
    #expect(limiter.nextGranted() == 3)
    #expect(limiter.nextGranted() == 4)
    #expect(limiter.nextGranted() == nil)
    #expect(limiter.expire(5) == true)
    #expect(limiter.expire(4) == false)
  }
}
