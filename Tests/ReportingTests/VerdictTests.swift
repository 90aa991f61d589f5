import Results
import Scenario
import Statistics
import Testing
import TimeAndChance

@Suite struct VerdictTests {
  private let factors = StudentFactors(upTo: 40)

  private func verdict(
    _ comparison: MetricBound.Comparison, _ measured: [Measurement], metric: Metric = .errorRate,
    runs: MetricBound.RunShare? = nil
  ) -> Verdict {
    Verdict.judge(
      MetricBound(subject: .source(0), metric: metric, comparison: comparison, runs: runs),
      measured, factors: factors)
  }

  /// A row of the table: values, comparison, what must come out.
  struct Row: Sendable, CustomStringConvertible {
    var values: [Double]
    var comparison: MetricBound.Comparison
    var isMet: Bool
    var isCertain: Bool
    var description: String { "\(comparison) of \(values)" }
  }

  // The interval of 9, 10, 11 is 10 ± 2.484 (t = 4.3027, deviation 1).
  static let rows = [
    Row(values: [9, 10, 11], comparison: .below(12.5), isMet: true, isCertain: true),
    Row(values: [9, 10, 11], comparison: .below(12.4), isMet: true, isCertain: false),
    Row(values: [9, 10, 11], comparison: .below(10), isMet: false, isCertain: false),
    Row(values: [9, 10, 11], comparison: .atMost(10), isMet: true, isCertain: false),
    Row(values: [9, 10, 11], comparison: .below(7.6), isMet: false, isCertain: false),
    Row(values: [9, 10, 11], comparison: .below(7.5), isMet: false, isCertain: true),
    Row(values: [9, 10, 11], comparison: .atLeast(7.5), isMet: true, isCertain: true),
    Row(values: [9, 10, 11], comparison: .above(12.5), isMet: false, isCertain: true),
    Row(values: [5, 5, 5], comparison: .below(5), isMet: false, isCertain: true),
    Row(values: [5, 5, 5], comparison: .atMost(5), isMet: true, isCertain: true),
    Row(values: [0, 0, 0], comparison: .equals(0), isMet: true, isCertain: true),
    Row(values: [0, 0, 1], comparison: .equals(0), isMet: false, isCertain: false),
    Row(values: [9, 10, 11], comparison: .equals(0), isMet: false, isCertain: true),
    Row(values: [3], comparison: .below(100), isMet: true, isCertain: false),
    Row(values: [300], comparison: .below(100), isMet: false, isCertain: false),
  ]

  @Test(arguments: rows)
  func `a verdict is certain when the interval lies on one side`(row: Row) {
    let verdict = verdict(row.comparison, row.values.map(Measurement.value))
    #expect(verdict.isMet == row.isMet)
    #expect(verdict.isCertain == row.isCertain)
    #expect(verdict.grounds == (row.isCertain ? .interval : .pointEstimate))
  }

  @Test func `a run without goodput never passes on its percentiles`() {
    let verdict = verdict(
      .below(10), [.value(0.1), .noGoodput(0.001), .value(0.1)], metric: .latencyQuantile(0.99))
    #expect(!verdict.isMet)
    #expect(verdict.isCertain)
    #expect(verdict.grounds == .noGoodput(replications: 1))
  }

  @Test func `what was not measured does not pass`() {
    #expect(verdict(.below(1), [.noTraffic, .noTraffic]).grounds == .noTraffic)
    #expect(verdict(.below(1), [.value(0), .notRecorded]).grounds == .notRecorded)
    #expect(
      verdict(.below(1), [.value(0), .nothingEnded]).grounds == .nothingEnded(replications: 1))
    for measured in [[Measurement.noTraffic], [.notRecorded], [.nothingEnded], []] {
      let verdict = verdict(.atLeast(0), measured)
      #expect(!verdict.isMet && verdict.isCertain && !verdict.isMeasured)
    }
  }

  @Test(arguments: [
    (callers: UInt64(918), below: 0.05, seen: 0.918), (callers: 30, below: 0.05, seen: nil),
    (callers: 918, below: 0.95, seen: nil),
  ])
  func `a service that does well while its callers do not is told apart`(
    _ row: (callers: UInt64, below: Double, seen: Double?)
  ) throws {
    func flow(_ errors: UInt64) -> FlowFigures {
      FlowFigures(
        offered: 1000,
        statuses: [.init(status: 200, count: 1000 - errors), .init(status: 503, count: errors)])
    }
    let run = RunDescription(
      scenario: "shop", duration: .seconds(10),
      services: [RunDescription.Service(name: "shop", operations: ["get"])],
      edges: [RunDescription.Edge(from: .source(0), to: 0)],
      expectations: [Subject.service(0), .operation(service: 0, operation: 0)].map {
        Expectation(
          statement: .bound(
            MetricBound(subject: $0, metric: .errorRate, comparison: .below(row.below))), text: "",
          location: SourceLocation(file: "shop.yaml", line: 1, column: 1))
      })
    let result = ReplicationResult(
      index: 0, services: [ServiceFigures(flow: flow(1), operations: [flow(1)])],
      edges: [flow(row.callers)])
    let verdicts = Verdict.judge(run, by: [result, result, result])
    #expect(verdicts[0].isMet)
    #expect(verdicts.map(\.callersErrorRate) == [row.seen, row.seen])
  }

  @Test func `a replication without traffic is left out of the mean`() {
    let verdict = verdict(.below(12.5), [.value(9), .noTraffic, .value(10), .value(11)])
    #expect(verdict.isMet && verdict.isCertain)
    #expect(verdict.values == [9, nil, 10, 11])
    #expect(verdict.estimate?.count == 3)
  }

  @Test func `a share of runs is judged by counts`() {
    let few = MetricBound.RunShare(atMost: 0.015)
    let none = verdict(.above(1), [Measurement](repeating: .value(0), count: 400), runs: few)
    #expect(none.isMet && none.isCertain)
    var measured = [Measurement](repeating: .value(0), count: 393)
    measured += [Measurement](repeating: .value(2), count: 7)
    #expect(!verdict(.above(1), measured, runs: few).isMet)  // 7 of 400 is 1.75 %
    let small = verdict(.above(1), [.value(0), .value(0)], runs: few)
    #expect(small.isMet && !small.isCertain)
    // Latency of failures does not count as kept.
    let dead = verdict(
      .below(9), [.noGoodput(1), .noGoodput(1)], metric: .latencyQuantile(0.5),
      runs: MetricBound.RunShare(atLeast: 0.5))
    #expect(!dead.isMet)
  }

  @Test func `the plan looks at fixed batches only`() {
    let plan = ReplicationPlan.untilDecided
    let sure = Verdict(expectation: 0, isMet: false, isCertain: true, grounds: .interval)
    let unsure = Verdict(expectation: 0, isMet: true, isCertain: false, grounds: .pointEstimate)
    #expect(plan.nextBatch(after: 0, verdicts: []) == 0..<5)
    #expect(plan.nextBatch(after: 5, verdicts: [sure]).isEmpty)
    #expect(plan.nextBatch(after: 5, verdicts: [sure, unsure]) == 5..<10)
    #expect(plan.nextBatch(after: 20, verdicts: [unsure]) == 20..<40)
    #expect(plan.nextBatch(after: 40, verdicts: [unsure]).isEmpty)
    #expect(plan.nextBatch(after: 5, verdicts: []).isEmpty)
    let exact = ReplicationPlan(.exactly(17))
    #expect(exact.nextBatch(after: 0, verdicts: []) == 0..<17)
    #expect(exact.nextBatch(after: 17, verdicts: [unsure]).isEmpty)
    #expect(ReplicationPlan(.exactly(0)).maximum == 1)
  }
}

@Suite struct RecoveryTests {
  private let factors = StudentFactors(upTo: 40)
  private let recovery = Recovery(sources: [0], fault: 0, within: .seconds(60))

  private func judge(_ outcomes: [RecoveryOutcome]) -> Verdict {
    Verdict.judge(recovery, outcomes, factors: factors)
  }

  @Test func `one replication that never recovers is enough for a no`() {
    #expect(judge([.after(10), .after(12), .after(11)]).isMet)
    let one = judge([.after(10), .never(observed: 500), .after(11)])
    #expect(!one.isMet && !one.isCertain)
    #expect(one.grounds == .neverRecovered(replications: 1))
    let all = judge([.never(observed: 500), .never(observed: 500)])
    #expect(!all.isMet && all.isCertain)
    #expect(judge([.noBaseline, .after(1)]).grounds == .noBaseline(replications: 1))
  }

  @Test func `a run that ends too soon does not say never`() {
    // A recovery after 60 s is seen 10 s later.
    let early = judge([.never(observed: 69), .never(observed: 69)])
    #expect(!early.isMet && !early.isCertain && !early.isMeasured)
    #expect(early.grounds == .endedTooSoon(replications: 2))
    let whole = judge([.never(observed: 70), .never(observed: 70)])
    #expect(whole.grounds == .neverRecovered(replications: 2))
    #expect(judge([.after(3), .after(4)]).isMet)
  }

  /// A source of 100 requests a second: 10 ms each, and from `start` to `end` failing or slow.
  private func replication(
    badFrom start: Int, to end: Int, failing: UInt32 = 0, milliseconds: Int64 = 10,
    seconds: Int = 100, usualErrors: UInt32 = 0
  ) -> ReplicationResult {
    var flow = FlowFigures()
    for second in 0..<seconds {
      let isBad = second >= start && second < end
      let errors = isBad ? failing : usualErrors
      flow.samples.append(
        FlowSample(offered: 100, succeeded: 100 - errors, serverErrors: errors, attempts: 100))
      var histogram = LatencyHistogram()
      histogram.record((isBad ? milliseconds : 10) * 1_000_000, times: 100)
      flow.windowLatency.append(CompactHistogram(histogram))
    }
    return ReplicationResult(index: 0, sources: [flow])
  }

  private let run = RunDescription(
    scenario: "r", duration: .seconds(100), warmup: .seconds(10), sources: [.init(name: "users")],
    faults: [
      FaultDescription(
        name: "f", text: "f",
        occurrences: [.init(start: .zero + .seconds(30), end: .zero + .seconds(40))])
    ])

  @Test func `recovery is the first ten seconds in a row that are as before`() {
    #expect(replication(badFrom: 30, to: 40, failing: 5).recovery(recovery, of: run) == .after(0))
    #expect(replication(badFrom: 30, to: 55, failing: 5).recovery(recovery, of: run) == .after(15))
    #expect(
      replication(badFrom: 30, to: 55, milliseconds: 12).recovery(recovery, of: run) == .after(15))
    // 10.9 ms is within 10 %.
    var slower = replication(badFrom: 30, to: 55)
    for second in 30..<55 {
      var histogram = LatencyHistogram()
      histogram.record(10_900_000, times: 100)
      slower.sources[0].windowLatency[second] = CompactHistogram(histogram)
    }
    #expect(slower.recovery(recovery, of: run) == .after(0))
    #expect(
      replication(badFrom: 30, to: 91, failing: 1).recovery(recovery, of: run)
        == .never(observed: 60))
    #expect(replication(badFrom: 30, to: 90, failing: 1).recovery(recovery, of: run) == .after(50))
  }

  @Test func `errors that were usual before the fault do not stand in the way`() {
    let same = replication(badFrom: 30, to: 60, failing: 2, usualErrors: 2)
    #expect(same.recovery(recovery, of: run) == .after(0))
    let more = replication(badFrom: 30, to: 60, failing: 3, usualErrors: 2)
    guard case .after(let seconds) = more.recovery(recovery, of: run) else {
      Issue.record("not recovered")
      return
    }
    // 22 errors in ten seconds are allowed: 8 windows of 2 and 2 of 3.
    #expect(seconds == 18)
  }

  @Test func `a dead service has not recovered`() {
    var dead = replication(badFrom: 30, to: 100)
    for second in 30..<100 {
      dead.sources[0].samples[second] = FlowSample(offered: 100)
      dead.sources[0].windowLatency[second] = CompactHistogram()
    }
    #expect(dead.recovery(recovery, of: run) == .never(observed: 60))
  }
}
