import Foundation
import Results
import Scenario
import Statistics
import Testing
import TimeAndChance

@testable import Reporting

@Suite struct RejectedRequestsTests {
  /// A minute of a source and its service, so many of a hundred requests a second refused with 429.
  private func result(
    rejected: UInt32, _ metric: Metric = .latencyQuantile(0.99),
    _ comparison: MetricBound.Comparison = .below(1)
  ) -> RunResult {
    let sample = FlowSample(
      offered: 100, succeeded: 100 - rejected, rejected: rejected, attempts: 100, p50: 1_000_000,
      p99: 9_900_000_000, max: 9_900_000_000)
    var flow = FlowFigures(
      offered: 6_000, attempts: 6_000, samples: Array(repeating: sample, count: 60))
    flow.add(UInt64(100 - rejected) * 60, status: 200)
    flow.add(UInt64(rejected) * 60, status: 429)
    flow.latency.record(9_900_000_000, times: 6_000)
    let run = RunDescription(
      scenario: "s", duration: .seconds(60), sources: [.init(name: "users")],
      services: [.init(name: "shop", workloads: [0])], workloads: [.init(name: "shop", service: 0)],
      edges: [.init(from: .source(0), to: 0)],
      expectations: [
        Expectation(
          statement: .bound(
            MetricBound(
              subject: .source(0), metric: metric, comparison: comparison)),
          text: "users: a bound",
          location: SourceLocation(file: "s.yaml", line: 1, column: 1))
      ])
    return RunResult(
      run,
      [
        ReplicationResult(
          index: 0, sources: [flow], services: [ServiceFigures(flow: flow)], edges: [flow])
      ])
  }

  @Test func `tables have a column of 429 when there are some, and else have not`() {
    let refused = TerminalReport(result(rejected: 63)).text.split(separator: "\n")
    #expect(refused.count { $0.contains("errors   429 ") } == 2)
    #expect(refused.count { $0.contains(" 0 %  63 % ") } == 3)
    #expect(!TerminalReport(result(rejected: 0)).text.contains("429"))
    let html = HTMLReport(result(rejected: 63)).html
    // Of the source, of all services, of the callers, and twice over time.
    #expect(html.components(separatedBy: "<th scope=\"col\">429</th>").count - 1 == 5)
    #expect(html.contains("429: 63 %</text>"))
    #expect(!HTMLReport(result(rejected: 0)).html.contains(">429<"))
  }

  @Test func `a table with one more column keeps room for its names`() {
    let columns = [
      "", "req/s", "errors", "429", "p50", "p99", "retries", "queue", "busy",
    ]
    var table = TerminalTable(columns: columns, style: TerminalStyle())
    let figures = [
      "437", "99.2 %", "0.37 %", "1 min 37.4 s", "1 min 27.8 s", "118 %", "17.3k", "99.947 %",
    ]
    table.add(["after fault"] + figures)
    #expect(table.lines[1].hasPrefix("  after f"))
    #expect(figures.allSatisfy { table.lines[1].contains(" " + $0) })
    #expect(table.lines[1].count <= 80)
  }

  @Test func `that nothing succeeded is said together with what was answered`() throws {
    let result = result(rejected: 100)
    let remark = try #require(VerdictText.remark(result.verdicts[0], of: result))
    #expect(
      remark
        == "no request succeeded in the only replication, 429 for 100 %: latency of refusals "
        + "never passes")
  }

  @Test(arguments: [
    (UInt32(63), 0.01, "429 for 63 %, which is no error"), (63, 0.7, nil), (0, 0.01, nil),
  ])
  func `an error rate that holds for want of answers says so`(
    _ rejected: UInt32, _ bound: Double, _ remark: String?
  ) throws {
    let result = result(rejected: rejected, .errorRate, .below(bound))
    let verdict = result.verdicts[0]
    #expect(verdict.isMet)
    let said = try #require(VerdictText.remark(verdict, of: result))
    #expect(said.hasSuffix(remark ?? "one replication has no interval"))
  }
}
