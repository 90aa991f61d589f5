import Results
import Scenario
import Testing
import TimeAndChance

@testable import Simulation

@Suite struct TrafficScenarioTests {
  @Test func `all that a scenario can say of traffic, clients and queues is simulated`() throws {
    let client = ClientPolicy(
      perTryTimeout: .milliseconds(100), timeout: .seconds(1), numRetries: 3,
      retryOn: [.connectionFailure, .tooManyRequests],
      backOff: .exponential(
        ExponentialBackOff(base: .milliseconds(5), factor: 3, jitter: .decorrelated)),
      retryBucket: RetryBucket(capacity: 10, initial: 3, perCall: 0.1, perRetry: 2),
      retryBreaker: LifetimeRatioBreaker(maximumFailureRatio: 0.5), propagatesDeadline: true)
    var scenario = Sample.chain(
      [
        .init(
          name: "front", steps: [.call(Call(target: Sample.target(1, "back"), client: client))]),
        .init(
          name: "back", steps: [try .wait(Sample.constant(0.01))],
          queue: WorkQueue(
            limit: 4, order: .lastInFirstOut, overflow: .oldestDropped(status: 429))),
      ], rate: 20, duration: .seconds(30), arrivals: .batches(size: 4), client: client)
    guard case .open(var open) = scenario.traffic[0].pattern else { return }
    open.maxInFlight = 5
    scenario.traffic[0].pattern = .open(open)
    var users = scenario.traffic[0]
    users.name = "people"
    users.start = SimTime(nanoseconds: 5_000_000_000)
    users.end = SimTime(nanoseconds: 20_000_000_000)
    users.pattern = .closed(
      ClosedLoop(
        stages: [
          .init(start: users.start, end: users.end, startUsers: 1, endUsers: 6)
        ], thinkTime: try Sample.constant(0.2), iterations: .perUser(7),
        gracefulStop: .seconds(2)))
    scenario.traffic.append(users)
    let compiled = try ScenarioCompiler.compile(scenario)
    #expect(compiled.gaps.isEmpty)
    #expect(compiled.model.services[1].queueOrder == .lifoDropOldest)
    #expect(compiled.model.edges[0].client?.seesConnections == true)
    let record = SimulationRun.run(compiled.model, seed: 3)
    #expect(record.sources[0].dropped > 0)
    // Users come at 5, 8, 11, 14, 17 and 20 s; the last finds the source at its end.
    #expect(record.sources[1].offered == 35)
    #expect(record.sources[1].windows.prefix(4).allSatisfy { $0.offered == 0 })
  }

  @Test func `dropped requests are in the result, with a warning`() async throws {
    var scenario = try Sample.chain(
      [.init(name: "shop", steps: [.wait(Sample.constant(5))], workers: nil)], rate: 1,
      duration: .seconds(20), warmup: .seconds(5), arrivals: .even)
    guard case .open(var open) = scenario.traffic[0].pattern else { return }
    open.maxInFlight = 2
    scenario.traffic[0].pattern = .open(open)
    let runner = try ScenarioRunner(
      scenario, settings: .init(replications: .exactly(1), threads: 1))
    let result = await runner.run()
    #expect(result.sources[0].total.dropped == 9)
    #expect(
      result.warnings.contains {
        if case .dropped(source: 0, requests: 9) = $0 { true } else { false }
      })
  }

  @Test func `iterations that users did not come to have a warning of their own`() async throws {
    var scenario = try Sample.chain(
      [.init(name: "shop", steps: [.wait(Sample.constant(1))], workers: nil)], rate: 1,
      duration: .seconds(20))
    let source = scenario.traffic[0]
    scenario.traffic[0].pattern = .closed(
      ClosedLoop(
        stages: [.init(start: source.start, end: source.end, startUsers: 1, endUsers: 1)],
        thinkTime: try Sample.constant(0), iterations: .shared(100)))
    let runner = try ScenarioRunner(
      scenario, settings: .init(replications: .exactly(1), threads: 1))
    let result = await runner.run()
    #expect(result.warnings.contains(.iterationsLeft(source: 0, requests: 80)))
  }

  @Test func `more users than there is room for are refused with a number`() throws {
    var scenario = Sample.chain(
      [.init(name: "front", steps: [])], rate: 1, duration: .seconds(1))
    scenario.traffic[0].pattern = .closed(
      ClosedLoop(
        stages: [
          .init(
            start: .zero, end: .zero + .seconds(1), startUsers: 0, endUsers: 1_000_000_000)
        ], thinkTime: try Sample.constant(1)))
    #expect(throws: CompilationError.self) { try ScenarioCompiler.compile(scenario) }
  }
}
