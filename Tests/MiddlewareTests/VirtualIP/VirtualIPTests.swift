import Middleware
import Testing
import TimeAndChance

@Suite struct VirtualIPTests {
  private func at(_ ms: Int64) -> SimTime { .zero + .milliseconds(ms) }

  @Test func `master-down times follow the priority`() {
    let standard = VRRPSettings()
    #expect(standard.masterDown(priority: 100) == SimDuration(nanoseconds: 3_609_375_000))
    #expect(standard.masterDown(priority: 254) == SimDuration(nanoseconds: 3_007_812_500))
    let third = VRRPSettings(advertInterval: .milliseconds(100), version: 3)
    #expect(third.masterDown(priority: 100) == SimDuration(nanoseconds: 360_937_500))
  }

  @Test func `a crash is noticed after the last advert, a stop after the skew`() {
    var backup = VRRPInstance(settings: VRRPSettings(), start: .zero)
    _ = backup.advertReceived(priority: 150, at: at(1_000))
    #expect(backup.tick(at: at(4_609)) == .none)
    #expect(backup.tick(at: backup.deadline) == .takeAddress)
    var other = VRRPInstance(settings: VRRPSettings(), start: .zero)
    _ = other.advertReceived(priority: 0, at: at(1_000))
    #expect(other.deadline == at(1_000) + SimDuration(nanoseconds: 609_375_000))
  }

  @Test func `a higher priority takes the address back unless nopreempt`() {
    for preempts in [true, false] {
      var node = VRRPInstance(
        settings: VRRPSettings(priority: 150, preempts: preempts), start: .zero)
      for second in 1...10 as ClosedRange<Int64> {
        _ = node.advertReceived(priority: 100, at: at(second * 1_000))
        _ = node.tick(at: at(second * 1_000 + 1))
      }
      #expect(node.state == (preempts ? .master : .backup))
    }
  }

  @Test func `a failed script without a weight gives the address up`() {
    var node = VRRPInstance(settings: VRRPSettings(), start: .zero)
    _ = node.tick(at: node.deadline)
    #expect(
      node.scriptChanged(isHealthy: false, weight: nil, at: at(5_000)) == .giveUp(goodbye: true))
    #expect(node.state == .fault)
    _ = node.scriptChanged(isHealthy: true, weight: nil, at: at(6_000))
    #expect(node.state == .backup)
    _ = node.scriptChanged(isHealthy: false, weight: -30, at: at(6_000))
    #expect(node.effectivePriority == 70)
  }

  @Test func `a switch with 5 s, 5 s and 3 notices within 15 to 20 s`() {
    var check = SwitchHealthCheck(
      interval: .seconds(5), timeout: .seconds(5), fall: 3, rise: 2)
    #expect(check.detection == (.seconds(15), .seconds(20)))
    #expect(check.recovery == .seconds(10))
    let failing = [false, false, true, false, false, false].map { check.finished(passed: $0) }
    #expect(failing == [false, false, false, false, false, true])
    #expect(!check.isUp)
    #expect([true, true].map { check.finished(passed: $0) } == [false, true])
  }

  @Test func `a lease changes hands after its duration and at most one retry`() {
    var leader = LeaseCandidate(settings: LeaseSettings())
    var other = LeaseCandidate(settings: LeaseSettings())
    #expect(leader.attempt(isReachable: true, othersRenewal: nil, at: at(0)) == .lead)
    var takenAt: Int64?
    for ms in stride(from: 1_000, through: 40_000, by: 2_000) as StrideThrough<Int64> {
      let action = other.attempt(isReachable: true, othersRenewal: at(0), at: at(ms))
      if action == .lead && takenAt == nil { takenAt = ms }
    }
    #expect(takenAt == 17_000)
    var cutOff: Int64?
    for ms in stride(from: 2_000, through: 20_000, by: 2_000) as StrideThrough<Int64> {
      let action = leader.attempt(isReachable: false, othersRenewal: nil, at: at(ms))
      if action == .giveUp { cutOff = ms }
    }
    #expect(cutOff == 10_000)
  }
}
