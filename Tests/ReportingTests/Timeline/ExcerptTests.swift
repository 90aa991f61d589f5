import Results
import Testing
import TimeAndChance

@testable import Reporting

@Suite struct ExcerptTests {
  /// A run of an hour with so many faults, a minute and a half apart, and so many times a pod starts.
  private func timeline(faults: Int, others: Int) -> Timeline {
    let run = RunDescription(
      scenario: "s", duration: .seconds(3_600), services: [.init(name: "api", workloads: [0])],
      workloads: [.init(name: "api", service: 0, replicas: 100)],
      faults: (0..<faults).map { number in
        let start = SimTime.zero + .seconds(Int64(number * 90 + 60))
        return FaultDescription(
          name: "f\(number)", text: "something breaks",
          occurrences: [.init(start: start, end: start + .seconds(10))])
      })
    let events = (0..<others).map { number in
      RunEvent(
        at: .zero + .seconds(Int64(number * 20)), kind: .podReady, service: 0, workload: 0,
        pod: number, detail: "\(number)")
    }
    return Timeline(RunResult(run, [ReplicationResult(index: 0, events: events)]))
  }

  private func faults(_ excerpt: Timeline.Excerpt) -> Int {
    excerpt.shown.count { $0.kind == .fault }
  }

  @Test func `beginnings of faults are shown before anything else, that they are over last`() {
    let excerpt = timeline(faults: 6, others: 40).most(16)
    #expect(faults(excerpt) == 6)
    #expect(excerpt.shown.count == 16)
    #expect(!excerpt.shown.contains { $0.kind == .faultEnd })
    #expect(excerpt.leftOut == "30 lines more")
    #expect(timeline(faults: 6, others: 2).most(16).shown.count == 14)
    #expect(timeline(faults: 6, others: 5).most(16).leftOut == nil)
  }

  @Test func `many faults leave room for what they do`() {
    let excerpt = timeline(faults: 14, others: 40).most(16)
    #expect(faults(excerpt) == 14)
    #expect(excerpt.shown.count == 22)
  }

  @Test func `more faults than lines are counted`() {
    let excerpt = timeline(faults: 20, others: 40).most(16)
    #expect(faults(excerpt) == 16)
    #expect(excerpt.leftOut == "4 faults and 32 lines more")
  }

  @Test func `a fault that comes time and again is one line`() {
    func lines(_ times: Int) -> [String] {
      let run = RunDescription(
        scenario: "s", duration: .seconds(600),
        faults: [
          FaultDescription(
            name: "gc", text: "api pauses",
            occurrences: (0..<times).map { time in
              let start = SimTime.zero + .seconds(Int64(60 * time))
              return .init(start: start, end: start + .seconds(5))
            })
        ])
      return Timeline(RunResult(run, [ReplicationResult(index: 0)])).entries.map(\.text)
    }
    #expect(lines(3).count == 6)
    #expect(lines(4) == ["gc: api pauses, 4 times until 03:05"])
  }

  @Test func `lines that are left out are where the text says`() {
    var result = Shared.feed
    result.representative.events += (0..<40).map { number in
      RunEvent(
        at: .zero + .seconds(Int64(number)), kind: .podReady, service: 0, workload: 0, pod: 0,
        proxy: "\(number)")
    }
    let text = TerminalReport(result, reportPath: "x/report.html").text
    #expect(text.contains(" lines more in the report"))
    #expect(!text.contains("events.ndjson"))
    #expect(TerminalReport(result).text.contains(" lines more; --output DIR"))
    #expect(!HTMLReport(result).html.contains(" lines more"))
  }
}
