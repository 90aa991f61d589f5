import Middleware
import Testing
import TimeAndChance

@Suite struct NginxLimitReqTests {
  private func at(_ ms: Int64) -> SimTime { .zero + .milliseconds(ms) }

  private func limiter(_ rate: Int, _ rule: NginxLimitReqRule) -> NginxLimitReq {
    NginxLimitReq(zones: [NginxLimitReqZone(requestsPerSecond: rate)], rules: [rule])
  }

  @Test func `burst 5 nodelay admits six at once from idle, never more`() {
    var limit = limiter(10, .nodelay(zone: 0, burst: 5))
    for idle in [0, 1_000, 500_000] as [Int64] {
      let verdicts = (0..<8).map { _ in limit.admit(keys: [1], at: at(idle * 2)) }
      #expect(verdicts == Array(repeating: .passed, count: 6) + [.rejected, .rejected])
    }
  }

  @Test func `a minute's rate is cut to whole thousandths a second`() {
    #expect(NginxLimitReqZone(requestsPerMinute: 90).rate == 1500)
    #expect(NginxLimitReqZone(requestsPerMinute: 100).rate == 1666)
  }

  @Test func `an excess above the delay waits for its share of the rate`() {
    var limit = limiter(10, NginxLimitReqRule(zone: 0, burst: 5, delay: 2))
    let verdicts = (0..<7).map { _ in limit.admit(keys: [1], at: at(0)) }
    #expect(
      verdicts == [
        .passed, .passed, .passed, .delayed(.milliseconds(100)), .delayed(.milliseconds(200)),
        .delayed(.milliseconds(300)), .rejected,
      ])
  }

  @Test func `an empty key is neither limited nor counted`() {
    var limit = limiter(1, NginxLimitReqRule(zone: 0))
    for _ in 0..<10 { #expect(limit.admit(keys: [nil], at: at(0)) == .notLimited) }
    #expect(limit.admit(keys: [1], at: at(0)) == .passed)
    #expect(limit.admit(keys: [1], at: at(0)) == .rejected)
  }

  @Test func `rules passed before a refusal are not charged`() {
    var limit = NginxLimitReq(
      zones: [NginxLimitReqZone(requestsPerSecond: 1), NginxLimitReqZone(requestsPerSecond: 1)],
      rules: [.nodelay(zone: 0, burst: 1), NginxLimitReqRule(zone: 1)])
    #expect(limit.admit(keys: [1, 9], at: at(0)) == .passed)
    #expect(limit.admit(keys: [1, 9], at: at(0)) == .rejected)
    // Zone 0 still has its one burst place, since the refusal came from zone 1.
    #expect(limit.admit(keys: [1, nil], at: at(0)) == .passed)
    #expect(limit.admit(keys: [1, nil], at: at(0)) == .rejected)
  }

  @Test func `a full zone forgets the key looked up longest ago`() {
    var limit = NginxLimitReq(
      zones: [NginxLimitReqZone(requestsPerSecond: 1, maximumKeys: 2)],
      rules: [NginxLimitReqRule(zone: 0)])
    #expect(limit.admit(keys: [1], at: at(0)) == .passed)
    #expect(limit.admit(keys: [2], at: at(1)) == .passed)
    #expect(limit.admit(keys: [1], at: at(2)) == .rejected)
    #expect(limit.admit(keys: [3], at: at(3)) == .passed)
    #expect(limit.zones[0].keyCount == 2)
    #expect(limit.admit(keys: [1], at: at(4)) == .rejected)
    #expect(limit.admit(keys: [2], at: at(5)) == .passed)
  }

  @Test func `keys idle for a minute without excess make room by themselves`() {
    var limit = limiter(10, NginxLimitReqRule(zone: 0))
    for key in 0..<10 as Range<UInt64> { _ = limit.admit(keys: [key], at: at(0)) }
    _ = limit.admit(keys: [100], at: at(60_001))
    #expect(limit.zones[0].keyCount == 9)
  }

  @Test func `admissions never exceed the rate and the burst over any window`() {
    for seed in UInt64(0)..<200 {
      var random = RandomStream(seed: seed, name: "limit-req")
      let rate = 1 + Int(random.below(50))
      let burst = Int(random.below(20))
      var limit = limiter(rate, .nodelay(zone: 0, burst: burst))
      var now: Int64 = 0
      // An exact bucket that drains at the rate holds what any window admitted beyond it.
      var level = 0.0
      var highest = 0.0
      for _ in 0..<300 {
        let step = Int64(random.below(UInt32(2_000 / rate)))
        now += step
        level = max(0, level - Double(step) * Double(rate) / 1000)
        if limit.admit(keys: [1], at: at(now)) == .passed { level += 1 }
        highest = max(highest, level)
      }
      // Each look at the clock cuts off less than a thousandth of a request.
      #expect(highest <= Double(burst) + 1 + 0.3, "seed \(seed)")
    }
  }

  @Test func `delayed requests leave no faster than the rate`() {
    for seed in UInt64(0)..<100 {
      var random = RandomStream(seed: seed, name: "limit-req.delay")
      var limit = limiter(20, NginxLimitReqRule(zone: 0, burst: 10))
      var now: Int64 = 0
      var leavings: [Int64] = []
      for _ in 0..<200 {
        now += Int64(random.below(100))
        switch limit.admit(keys: [1], at: at(now)) {
        case .passed: leavings.append(now)
        case .delayed(let wait): leavings.append(now + wait.nanoseconds / 1_000_000)
        case .rejected, .notLimited: break
        }
      }
      for (one, next) in zip(leavings, leavings.dropFirst()) {
        #expect(next - one >= 49, "seed \(seed)")
      }
    }
  }
}
