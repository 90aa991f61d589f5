import Testing
import TimeAndChance
import TrafficPolicy

@Suite struct FaultInjectionTests {
  /// Requests by what befell them, in vector `fault-injection`: delay 50 %, abort 30 %.
  @Test func `delay and abort are drawn apart`() {
    var fault = FaultInjection(
      FaultInjectionSettings(
        delay: .milliseconds(100), delayFraction: Fraction(numerator: 50), abortStatus: 503,
        abortFraction: Fraction(numerator: 30)))
    var random = RandomStream(seed: 5, name: "fault")
    var counts = ["-": 0, "DI": 0, "FI": 0, "DI,FI": 0]
    for _ in 0..<40_000 {
      let decision = fault.decide(using: &random)
      let flags: String
      switch decision {
      case .proceed: flags = "-"
      case .abort: flags = "FI"
      case .delay(let time):
        #expect(time == .milliseconds(100))
        flags = fault.delayed(using: &random) ? "DI,FI" : "DI"
      }
      if decision != .proceed { fault.ended() }
      counts[flags, default: 0] += 1
    }
    for (flags, share) in [("-", 0.35), ("DI", 0.35), ("FI", 0.15), ("DI,FI", 0.15)] {
      #expect(isNear(counts[flags] ?? 0, of: 40_000, share), "\(flags)")
    }
    #expect(fault.statistics.activeFaults == 0)
    #expect(Int(fault.statistics.abortsInjected) == (counts["FI"] ?? 0) + (counts["DI,FI"] ?? 0))
  }

  @Test func `beyond the active faults requests pass untouched and are counted`() {
    var fault = FaultInjection(
      FaultInjectionSettings(
        delay: .milliseconds(100), delayFraction: .all, maxActiveFaults: 3))
    var random = RandomStream(seed: 5, name: "fault")
    let first = (0..<5).map { _ in fault.decide(using: &random) }
    #expect(first.count { $0 == .delay(.milliseconds(100)) } == 3)
    #expect(fault.statistics.faultsOverflow == 2)
    fault.ended()
    let next = fault.decide(using: &random)
    #expect(next == .delay(.milliseconds(100)))
    #expect(fault.statistics.named.map(\.value) == [4, 0, 2, 3])
  }

  @Test func `other headers, no settings and a zero delay inject nothing`() {
    var random = RandomStream(seed: 5, name: "fault")
    var fault = FaultInjection(FaultInjectionSettings(abortStatus: 503, abortFraction: .all))
    let unmatched = fault.decide(isMatched: false, using: &random)
    let matched = fault.decide(using: &random)
    #expect(unmatched == .proceed && matched == .abort)
    var empty = FaultInjection(FaultInjectionSettings(delay: .zero, delayFraction: .all))
    let passed = empty.decide(using: &random)
    #expect(passed == .proceed)
  }

  @Test func `a fraction of a million draws, none and all do not`() {
    var random = RandomStream(seed: 6, name: "fraction")
    let untouched = random.next()
    random = RandomStream(seed: 6, name: "fraction")
    #expect(Fraction.all.draws(using: &random))
    #expect(!Fraction.none.draws(using: &random))
    let after = random.next()
    #expect(after == untouched)
    let rare = Fraction(numerator: 2_500, denominator: 1_000_000)
    let hits = (0..<400_000).count { _ in rare.draws(using: &random) }
    #expect(isNear(hits, of: 400_000, 0.0025))
  }
}
