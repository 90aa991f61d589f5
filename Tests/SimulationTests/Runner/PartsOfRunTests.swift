import Results
import Scenario
import Statistics
import Testing
import TimeAndChance

@testable import Simulation

/// Figures of parts of a run whose edges lie anywhere.
@Suite struct PartsOfRunTests {
  private func time(_ milliseconds: Int64) -> SimTime { .zero + .milliseconds(milliseconds) }

  /// A service that answers after 10 ms, and fails while a fault acts.
  private func scenario(
    rate: Double, duration: SimDuration, faultAt start: SimTime? = nil,
    for length: SimDuration = .zero,
    every: SimDuration? = nil, expecting expectations: [Scenario::Expectation.Statement] = []
  ) throws -> Scenario {
    let faults = start.map { start in
      [
        Fault(
          name: "f", at: start, duration: length, repetition: every.map { .init(every: $0) },
          effect: .error(Sample.all(0), status: 503, share: 1, timing: .atOnce))
      ]
    }
    var scenario = try Sample.chain(
      [.init(name: "a", steps: [.wait(Sample.constant(0.01))], workers: nil)], rate: rate,
      duration: duration, arrivals: .even, faults: faults ?? [])
    scenario.expectations = expectations.map {
      Scenario::Expectation(statement: $0, text: "", location: .init(file: "", line: 1, column: 1))
    }
    return scenario
  }

  private func bound(
    _ metric: Metric, _ window: TimeWindow, of subject: Subject = .source(0)
  ) -> Scenario::Expectation.Statement {
    .bound(MetricBound(subject: subject, metric: metric, comparison: .below(1), window: window))
  }

  private func result(_ scenario: Scenario) async throws -> RunResult {
    let runner = try ScenarioRunner(scenario, settings: .init(replications: .exactly(1)))
    return await runner.run()
  }

  @Test func `a short fault in a long run is not diluted`() async throws {
    // Windows of 8 s; the fault lasts 5 s, begins and ends between them.
    let result = try await result(
      scenario(
        rate: 5, duration: .seconds(4 * 3_600), faultAt: time(1_803_000), for: .seconds(5),
        expecting: [
          bound(.errorRate, .during(fault: 0)), bound(.offeredRate, .during(fault: 0)),
          .recovered(Recovery(sources: [0], fault: 0, within: .seconds(10))),
        ]))
    #expect(result.run.window == .seconds(8))
    #expect(result.verdicts[0].estimate?.mean == 1)
    #expect(result.verdicts[1].estimate?.mean == 5)
    #expect(result.verdicts[2].estimate?.mean == 0)
    #expect(result.phases.map(\.name) == ["before", "during f", "after f"])
    #expect(result.sourcePhases[0].map { $0.errorRate?.mean } == [0, 1, 0])
    #expect(result.servicePhases[0].map { $0.errorRate?.mean } == [0, 1, 0])
    let errors = result.representative.sources[0].samples.reduce(0) { $0 + $1.errors }
    #expect(errors == 25)
  }

  @Test func `a fault of a fraction of a second has figures, repeated or not`() async throws {
    for every in [nil, SimDuration.milliseconds(900)] {
      let result = try await result(
        scenario(
          rate: 100, duration: .seconds(12), faultAt: time(3_300), for: .milliseconds(500),
          every: every,
          expecting: [
            bound(.errorRate, .during(fault: 0)),
            bound(.errorRate, .during(fault: 0), of: .service(0)),
          ]))
      let measured = result.verdicts.map { $0.estimate?.mean }
      // At each end a request or so: it takes 10 ms, or fails at once.
      for share in measured { #expect(try #require(share) > 0.95) }
      #expect(result.sourcePhases[0][0].errorRate?.mean == 0 || every != nil)
    }
  }

  @Test func `rates of parts are per second of just that part`() async throws {
    var scenario = try scenario(
      rate: 100, duration: .milliseconds(12_500),
      expecting: [
        bound(.offeredRate, .between(time(9_500), time(10_500))),
        bound(.offeredRate, .between(time(10_000), time(12_500))),
        bound(.offeredRate, .between(time(9_900), time(12_500))),
        bound(.offeredRate, .between(time(12_100), time(12_500))),
      ])
    scenario.traffic[0].pattern = .open(
      OpenLoop(
        rate: RateCurve(pieces: [
          .init(start: .zero, end: time(10_000), startRate: 100, endRate: 100),
          .init(start: time(10_000), end: time(12_500), startRate: 1_000, endRate: 1_000),
        ]), arrivals: .even))
    let result = try await result(scenario)
    let rates = try result.verdicts.map { try #require($0.estimate?.mean) }
    #expect(abs(rates[0] - 550) <= 2)
    #expect(abs(rates[1] - 1_000) <= 1)
    #expect(abs(rates[2] - 2_510 / 2.6) <= 1)
    #expect(abs(rates[3] - 1_000) <= 3)
    // The last half second is in the series too, at its own rate.
    let last = try #require(result.sources[0].series.offered.points.last ?? nil)
    #expect(abs(last.mean - 1_000) <= 3)
    let offered = result.representative.sources[0].samples.reduce(0) { $0 + UInt64($1.offered) }
    #expect(offered == result.sources[0].total.offered)
  }

  @Test func `what happens at an edge belongs to what begins there`() throws {
    // Requests begin at 0, 4, 8 s and so on, and end at 2, 6, 10 s.
    var scenario = try Sample.chain(
      [.init(name: "a", steps: [.wait(Sample.constant(2))], workers: nil)], rate: 0.25,
      duration: .seconds(20), warmup: .seconds(8), arrivals: .even)
    scenario.traffic[0].pattern = .closed(
      ClosedLoop(
        stages: [.init(start: .zero, end: time(20_000), startUsers: 1, endUsers: 1)],
        thinkTime: try Sample.constant(2)))
    let result = try ScenarioRunner(scenario).replication(0)
    let samples = result.sources[0].samples
    #expect(samples.indices.filter { samples[$0].offered > 0 } == [0, 4, 8, 12, 16])
    #expect(samples.indices.filter { samples[$0].ended > 0 } == [2, 6, 10, 14, 18])
    // Counting begins with the request at 8 s.
    #expect(result.sources[0].offered == 3)
    #expect(result.sources[0].completed == 3)
  }
}
