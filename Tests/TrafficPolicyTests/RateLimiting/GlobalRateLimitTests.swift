import Testing
import TimeAndChance
import TrafficPolicy

@Suite struct GlobalRateLimitTests {
  @Test func `windows are fixed, so twice the limit passes around their end`() {
    var counter = FixedWindowCounter(
      GlobalRateLimitSettings(requestsPerUnit: 10, unit: .second))
    func admitted(_ times: [Int64]) -> Int {
      times.reduce(0) { $0 + (counter.hit(at: milliseconds($1)) ? 1 : 0) }
    }
    #expect(admitted(Array(repeating: 999, count: 15)) == 10)
    #expect(admitted(Array(repeating: 1_000, count: 15)) == 10)
    #expect(admitted([1_500, 1_999]) == 0)
    #expect(admitted([2_000]) == 1)
  }

  @Test func `windows follow the time of day at which the run begins`() {
    var counter = FixedWindowCounter(
      GlobalRateLimitSettings(requestsPerUnit: 1, unit: .minute), phase: .seconds(50))
    let answers = [0, 9_999, 10_000, 69_999, 70_000].map { counter.hit(at: milliseconds($0)) }
    #expect(answers == [true, false, true, false, true])
  }

  @Test func `an unlimited key and the local cache`() {
    var free = FixedWindowCounter(GlobalRateLimitSettings())
    var cached = FixedWindowCounter(
      GlobalRateLimitSettings(requestsPerUnit: 2), usesLocalCache: true)
    let answers = (0..<100).map { _ in (free.hit(at: .zero), cached.hit(at: .zero)) }
    #expect(answers.allSatisfy { $0.0 })
    #expect(answers.count { $0.1 } == 2)
  }

  /// Vector `global-rate-limit-service-down`.
  @Test(arguments: [false, true])
  func `a service that is down lets pass or denies`(denies: Bool) {
    var filter = GlobalRateLimitFilter(
      GlobalRateLimitSettings(failureModeDeny: denies, serviceReachable: false))
    #expect(filter.plan == .fail(.zero))
    let outcomes = (0..<20).map { _ in filter.failed() }
    #expect(outcomes.allSatisfy { $0 == (denies ? .error : .admit) })
    #expect(filter.statistics.error == 20)
    #expect(filter.statistics.failureModeAllowed == (denies ? 0 : 20))
  }

  @Test func `a slow service fails when the timeout is over, a quick one answers`() {
    let slow = GlobalRateLimitFilter(
      GlobalRateLimitSettings(serviceLatency: .milliseconds(20), requestsPerUnit: 1))
    #expect(slow.plan == .fail(.milliseconds(20)))
    var quick = GlobalRateLimitFilter(GlobalRateLimitSettings(requestsPerUnit: 1))
    #expect(quick.plan == .ask(.milliseconds(1)))
    let outcomes = [quick.answered(isAllowed: true), quick.answered(isAllowed: false)]
    #expect(outcomes == [.admit, .refuse])
    #expect(quick.statistics.named.map(\.value) == [1, 1, 0, 0])
    #expect(GlobalRateLimitFilter(GlobalRateLimitSettings(hasDescriptor: false)).plan == .pass)
  }
}
