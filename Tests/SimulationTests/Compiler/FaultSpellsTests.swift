import Scenario
import Testing
import TimeAndChance

@testable import Simulation

@Suite struct FaultSpellsTests {
  private let pod = PodReference(service: 0, pod: 0)

  @Test func `slow-downs that overlap multiply, and the last to end leaves normal speed`() {
    var spells = FaultSpells()
    spells.add(.slow(2), on: pod, from: .seconds(1), to: .seconds(5))
    spells.add(.slow(3), on: pod, from: .seconds(2), to: .seconds(4))
    let factors = spells.actions.map { action -> Double in
      if case .slow(_, let factor) = action.kind { return factor }
      return -1
    }
    #expect(factors == [2, 6, 2, 1])
    #expect(spells.actions.map(\.at) == [.seconds(1), .seconds(2), .seconds(4), .seconds(5)])
  }

  @Test func `a pod that two faults hold down is up when both are over`() {
    var spells = FaultSpells()
    spells.add(.down, on: pod, from: .seconds(1), to: .seconds(3))
    spells.add(.blackhole, on: pod, from: .seconds(2), to: .seconds(6))
    let states = spells.actions.map { action -> PodModel.Reachability? in
      if case .reachability(_, let state) = action.kind { return state }
      return nil
    }
    #expect(states == [.down, .down, .blackhole, .up])
  }

  @Test func `a death that ends at once strikes and passes`() {
    var spells = FaultSpells()
    spells.kill(pod, from: .seconds(2), to: .seconds(2), endpointDelay: .seconds(1))
    let states = spells.actions.map { action -> PodModel.Reachability? in
      if case .reachability(_, let state) = action.kind { return state }
      return nil
    }
    #expect(states == [.down, .up])
  }

  @Test func `proxies hear of a death and of the return after the delay`() {
    var spells = FaultSpells()
    spells.kill(pod, from: .seconds(10), to: .seconds(20), endpointDelay: .seconds(2))
    let memberships = spells.actions.compactMap { action -> (SimDuration, Bool)? in
      if case .membership(_, let isMember) = action.kind { return (action.at, isMember) }
      return nil
    }
    #expect(memberships.map(\.0) == [.seconds(12), .seconds(22)])
    #expect(memberships.map(\.1) == [false, true])
  }

  @Test func `a crash loop backs off 0, 10, 20 and 40 s and is drawn per replication`() throws {
    let loop = CrashLoop(
      pod: pod, name: "crash", start: .seconds(5), end: nil, uptime: try Sample.constant(3),
      startup: .seconds(1), endpointDelay: nil)
    var spells = FaultSpells()
    spells.add(loop, seed: 1, replication: 0, until: .seconds(120))
    #expect(
      spells.deaths.map(\.start) == [
        .seconds(5), .seconds(9), .seconds(23), .seconds(47), .seconds(91),
      ])
    let lives = try Distribution(.exponential(mean: 3))
    var random = loop
    random.uptime = lives
    var one = FaultSpells()
    var two = FaultSpells()
    one.add(random, seed: 1, replication: 0, until: .seconds(120))
    two.add(random, seed: 1, replication: 1, until: .seconds(120))
    #expect(one.deaths.map(\.start) != two.deaths.map(\.start))
  }

  @Test func `when proxies hear of a kill is drawn in each replication, if it is a law`() throws {
    var scenario = Sample.chain(
      [.init(name: "front", steps: [])], rate: 1, duration: .seconds(60),
      faults: [
        Fault(
          name: "dies", at: .zero + .seconds(10), duration: .seconds(30),
          effect: .kill(Sample.all(0)))
      ])
    func news(_ replication: UInt64) throws -> [SimDuration] {
      let model = try ScenarioCompiler.compile(scenario).model(seed: 1, replication: replication)
      return model.actions.compactMap { action in
        if case .membership = action.kind { return action.at }
        return nil
      }
    }
    scenario.network.endpointDelay = try Sample.constant(2)
    #expect(try news(0) == [.seconds(12), .seconds(42)])
    #expect(try news(1) == [.seconds(12), .seconds(42)])
    scenario.network.endpointDelay = try Distribution(.uniform(min: 1, max: 3))
    let (first, second) = (try news(0), try news(1))
    #expect(first.count == 2 && second.count == 2)
    #expect(first != second)
    #expect(first[0] >= .seconds(11) && first[0] <= .seconds(13))
    #expect(first[1] >= .seconds(41) && first[1] <= .seconds(43))
  }

  @Test func `shares of failures that overlap strike independently, in the order of the faults`() {
    var spells = FaultSpells()
    func fail(_ share: Double, _ status: Int, late: Bool = false) -> FaultSpells.Effect {
      .fail(share: share, status: status, afterService: late)
    }
    spells.add(fail(0.5, 500), on: pod, from: .seconds(1), to: .seconds(5))
    spells.add(fail(0.5, 502), on: pod, from: .seconds(2), to: .seconds(4))
    spells.add(fail(0.4, 503, late: true), on: pod, from: .seconds(3), to: .seconds(6))
    let found = spells.actions.map { action -> [[UInt16?]] in
      guard case .failures(_, let atOnce, let afterService) = action.kind else { return [] }
      return [[0, 0.49, 0.5, 0.74].map(atOnce.status(at:)), [afterService.status(at: 0.39)]]
    }
    #expect(
      found == [
        [[500, 500, nil, nil], [nil]], [[500, 500, 502, 502], [nil]],
        [[500, 500, 502, 502], [503]], [[500, 500, nil, nil], [503]],
        [[nil, nil, nil, nil], [503]], [[nil, nil, nil, nil], [nil]],
      ])
    var both = FailureShares(share: 0.5, status: 500)
    both.add(share: 0.5, status: 502)
    #expect(both.status(at: 0.75) == nil && both.status(at: 0.7499) == 502)
  }

  @Test func `a pod restarts when nothing keeps it dead any more, within the time that counts`() {
    var spells = FaultSpells()
    let other = PodReference(service: 0, pod: 1)
    func kill(_ pod: PodReference, _ start: Int64, _ end: Int64?) {
      spells.kill(
        pod, from: .seconds(start), to: end.map { .seconds($0) }, endpointDelay: nil)
    }
    kill(other, 2, 3)
    kill(pod, 10, 20)
    kill(pod, 15, 30)
    kill(pod, 12, 14)
    kill(pod, 30, 30)
    kill(other, 40, 50)
    kill(other, 45, nil)
    kill(other, 60, 70)
    kill(pod, 90, 101)
    func restarts(_ start: Int64, _ end: Int64) -> UInt64 {
      FaultSpells.restarts(of: spells.deaths, after: .seconds(start), upTo: .seconds(end))
    }
    #expect(restarts(0, 100) == 3)
    #expect(restarts(3, 100) == 2)
    #expect(restarts(0, 29) == 1)
    #expect(restarts(0, 101) == 4)
  }
}
