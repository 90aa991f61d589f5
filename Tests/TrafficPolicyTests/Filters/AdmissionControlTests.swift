import Testing
import TimeAndChance
import TrafficPolicy

@Suite struct AdmissionControlTests {
  /// Percent refused from 6 s to 16 s at 120 requests per second; every `failEvery`-th admitted
  /// request fails (vector `admission-control`).
  func steadyRejected(
    failEvery: Int, seeds: Range<UInt64> = 0..<40, rps: Double = 5, aggression: Double = 1
  ) -> Double {
    var rejected = 0
    for seed in seeds {
      var control = AdmissionControl(
        AdmissionControlSettings(
          samplingWindow: .seconds(4), successRateThreshold: 0.95, aggression: aggression,
          maxRejectionProbability: 0.95, rpsThreshold: rps, successStatuses: [100..<400]))
      var random = RandomStream(seed: seed, name: "admission")
      var admitted = 0
      for request in Int64(0)..<1_920 {
        let now = SimTime(nanoseconds: request * 1_000_000_000 / 120)
        if control.rejects(at: now, using: &random) {
          if now.seconds >= 6 { rejected += 1 }
        } else {
          admitted += 1
          control.record(status: admitted % failEvery == 0 ? 500 : 200, at: now)
        }
      }
    }
    return 100 * Double(rejected) / (1_200 * Double(seeds.count))
  }

  @Test func `when all fail, the largest chance of refusal holds`() {
    #expect(abs(steadyRejected(failEvery: 1) - 94.1) < 1)
    #expect(abs(steadyRejected(failEvery: 1, aggression: 2) - 94.1) < 1)
  }

  @Test func `when half fail, about half are refused`() {
    #expect(abs(steadyRejected(failEvery: 2) - 47.1) < 2.5)
  }

  @Test func `few failures, or few requests, refuse nothing`() {
    #expect(steadyRejected(failEvery: 25, seeds: 0..<3) == 0)
    #expect(steadyRejected(failEvery: 1, seeds: 0..<3, rps: 500) == 0)
  }

  @Test func `the window forgets whole slots and its sums never go astray`() {
    var control = AdmissionControl(AdmissionControlSettings(samplingWindow: .seconds(5)))
    var times: [(start: Int64, success: Bool)] = []
    var random = RandomStream(seed: 9, name: "times")
    var now: Int64 = 0
    for _ in 0..<1_000 {
      now += Int64(random.below(60_000_000))
      if random.below(200) == 0 { now += 7_000_000_000 }
      let success = random.below(3) > 0
      control.record(success: success, at: SimTime(nanoseconds: now))
      times.append((now, success))
      // Everything of the last four seconds is still there, nothing older than six.
      let recent = times.count { now - $0.start < 4_000_000_000 }
      let possible = times.count { now - $0.start < 6_000_000_000 }
      #expect(control.requests >= UInt64(recent) && control.requests <= UInt64(possible))
      #expect(control.successes <= control.requests)
    }
  }
}
