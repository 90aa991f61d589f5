import Results
import Scenario
import Statistics
import Testing
import TimeAndChance

@testable import Simulation

/// Requests that are open at the end, and of which nobody can say that they are only late.
@Suite struct UnansweredTests {
  /// A service that answers after 10 ms, 100 times a second, and hangs from the 20th second on.
  private func scenario(_ duration: SimDuration, hangs length: SimDuration) throws -> Scenario {
    try Sample.chain(
      [.init(name: "a", steps: [.wait(Sample.constant(0.01))], workers: nil)], rate: 100,
      duration: duration, arrivals: .even,
      faults: [
        Fault(name: "f", at: .zero + .seconds(20), duration: length, effect: .hang(Sample.all(0)))
      ])
  }

  private func result(
    _ scenario: Scenario, _ metrics: [(Metric, TimeWindow)], maxEvents: UInt64? = nil
  ) async throws -> RunResult {
    var scenario = scenario
    scenario.expectations = metrics.map { metric, window in
      Scenario::Expectation(
        statement: .bound(
          MetricBound(subject: .source(0), metric: metric, comparison: .below(0), window: window)),
        text: "", location: .init(file: "", line: 1, column: 1))
    }
    let runner = try ScenarioRunner(
      scenario, settings: .init(replications: .exactly(1), maxEvents: maxEvents))
    return await runner.run()
  }

  @Test func `whoever waits for ever has no answer, from where the request began`() async throws {
    let last = SimTime.zero + .seconds(99)
    let result = try await result(
      scenario(.seconds(120), hangs: .seconds(80)),
      [
        (.errorRate, .counted), (.errorRate, .during(fault: 0)), (.maxLatency, .counted),
        (.latencyQuantile(0.5), .between(last, .zero + .seconds(100))), (.goodput, .counted),
        (.errorRate, .between(.zero + .seconds(101), .zero + .seconds(120))),
      ])
    let measured = result.verdicts.map { $0.estimate?.mean ?? .nan }
    // 8000 of 12 000, and one or two on their way when it begins.
    #expect(abs(measured[0] - 8000 / 12_000) < 2e-4)
    #expect(measured[1] > 0.999)
    #expect(abs(measured[2] - 100) < 0.02)
    #expect(abs(measured[3] - 20.5) < 0.2)
    #expect(abs(measured[4] - 4000 / 120) < 0.02)
    #expect(measured[5] == 0)
    let source = result.representative.sources[0]
    #expect(source.isConserved)
    #expect(source.unanswered >= 8000 && source.unanswered < 8003)
    #expect(source.flags.reduce(0) { $0 + $1.count } == source.completed)
    #expect(result.warnings.contains(.unanswered(source: 0, requests: source.unanswered)))
  }

  @Test func `what is under way when the run ends is no error`() async throws {
    let result = try await result(
      scenario(.seconds(20), hangs: .seconds(1)), [(.errorRate, .counted)])
    #expect(result.representative.sources[0].open > 0)
    #expect(result.representative.sources[0].unanswered == 0)
    #expect(result.verdicts[0].estimate?.mean == 0)
  }

  @Test func `who has a timeout is only late`() async throws {
    var scenario = try scenario(.seconds(120), hangs: .seconds(100))
    scenario.traffic[0].client.timeout = .seconds(110)
    let result = try await result(scenario, [(.errorRate, .counted)])
    #expect(result.representative.sources[0].open > 9_000)
    #expect(result.representative.sources[0].unanswered == 0)
  }

  @Test func `a run that was ended early says nothing of what was open`() async throws {
    let result = try await result(
      scenario(.seconds(120), hangs: .seconds(100)), [(.errorRate, .counted)], maxEvents: 12_000)
    #expect(result.isPartial)
    #expect(result.representative.sources[0].open > 1000)
    #expect(result.representative.sources[0].unanswered == 0)
  }
}
