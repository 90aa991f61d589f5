import Results
import Scenario
import Statistics
import TimeAndChance

/// A run that a limit ended at 20 s of 100 s, before its fault.
enum Partial {
  static func run(_ command: [String] = ["foreshock", "run", "x.yaml"]) -> RunDescription {
    func bound(_ metric: Metric, _ text: String) -> Expectation {
      Expectation(
        statement: .bound(
          MetricBound(subject: .source(0), metric: metric, comparison: .below(0.5))), text: text,
        location: SourceLocation(file: "x.yaml", line: 7, column: 3))
    }
    return RunDescription(
      scenario: "cut short", duration: .seconds(100), command: command,
      sources: [.init(name: "users")],
      faults: [
        FaultDescription(
          name: "slow", text: "slower",
          occurrences: [.init(start: .zero + .seconds(30), end: .zero + .seconds(40))])
      ],
      expectations: [
        bound(.errorRate, "users: errorRate below 50%"),
        Expectation(
          statement: .recovered(Recovery(sources: [0], fault: 0, within: .seconds(10))),
          text: "recovered within 10s after slow",
          location: SourceLocation(file: "x.yaml", line: 8, column: 3)),
      ])
  }

  static func replication(endsAt seconds: Int64 = 20, isWhole: Bool = false) -> ReplicationResult {
    var flow = FlowFigures()
    var histogram = LatencyHistogram()
    histogram.record(10_000_000, times: 100)
    flow.latency = histogram
    flow.offered = UInt64(100 * seconds)
    flow.add(UInt64(100 * seconds), status: 200)
    for _ in 0..<seconds {
      flow.samples.append(
        FlowSample(offered: 100, succeeded: 100, p50: 10_000_000, p99: 10_000_000))
      flow.windowLatency.append(CompactHistogram(histogram))
    }
    return ReplicationResult(
      index: 0, sources: [flow], end: .zero + .seconds(seconds),
      earlyEnd: isWhole ? nil : .eventLimit)
  }

  static let result = RunResult(run(), [replication()])
  static let whole = RunResult(run(), [replication(endsAt: 100, isWhole: true)])
}
