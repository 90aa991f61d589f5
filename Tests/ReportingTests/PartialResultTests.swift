import Results
import Scenario
import Testing
import TimeAndChance

@testable import Reporting

@Suite struct PartialResultTests {
  @Test func `a partial result never passes, and says how far it came`() {
    let result = Partial.result
    #expect(!result.isMet && result.isPartial)
    #expect(result.shortfall == .init(cause: .eventLimit, reached: .zero + .seconds(20)))
    #expect(result.verdicts[0].isMet && !result.verdicts[0].isCertain)
    let summary = SummaryJSON(result).text
    #expect(summary.contains("\"met\": false,\n"))
    #expect(summary.contains("\"partial\": true"))
    #expect(summary.contains("\"cause\": \"eventLimit\",\n  \"reachedSeconds\": 20\n"))
    #expect(!SummaryJSON(Partial.whole).text.contains("endedEarly"))
  }

  @Test func `a run without expectations does not pass either when it is cut`() {
    var run = Partial.run()
    run.expectations = []
    let result = RunResult(run, [Partial.replication()])
    #expect(!result.isMet)
    #expect(VerdictText.mark(result) == "?")
  }

  @Test func `a fault that had not begun has not happened`() {
    let text = TerminalReport(Partial.result).text
    #expect(!text.contains("What happened"))
    #expect(!JUnitReport(Partial.result).text.contains("slower"))
    #expect(TerminalReport(Partial.whole).text.contains("slow: slower, until 00:40"))
    let during = TerminalReport(RunResult(Partial.run(), [Partial.replication(endsAt: 35)])).text
    #expect(during.contains("00:30  slow: slower\n"))
    #expect(!during.contains("is over"))
  }

  @Test(arguments: [(Int64(20), false), (35, false), (45, false), (60, true), (100, true)])
  func `a recovery is judged when there was time for it`(endsAt: Int64, isKnown: Bool) {
    var replication = Partial.replication(endsAt: endsAt)
    // Bad from the fault on, without end.
    for second in 30..<max(30, Int(endsAt)) {
      replication.sources[0].samples[second] = FlowSample(offered: 100, serverErrors: 100)
    }
    let verdict = RunResult(Partial.run(), [replication]).verdicts[1]
    #expect(!verdict.isMet && !verdict.isCertain)
    if isKnown {
      #expect(verdict.grounds == .neverRecovered(replications: 1))
    } else {
      #expect(verdict.grounds == .endedTooSoon(replications: 1))
    }
  }

  @Test func `a recovery that was seen is one`() {
    let verdict = RunResult(Partial.run(), [Partial.replication(endsAt: 60)]).verdicts[1]
    #expect(verdict.isMet && !verdict.isCertain)
  }

  @Test func `each format says that it is partial`() {
    let text = TerminalReport(Partial.result).text
    #expect(text.contains("1 replication of 20 s of 1 min 40 s, seed 1 · PARTIAL RESULT"))
    let junit = JUnitReport(Partial.result).text
    #expect(junit.contains("<property name=\"partial\""))
    #expect(junit.contains("tests=\"2\" failures=\"1\" errors=\"1\""))
    #expect(junit.contains("<error type=\"partial\" message=\"holds so far, in a partial run"))
    let github = GitHubAnnotations(Partial.result)
    #expect(github.annotations.hasPrefix("::error::partial result: 1 replication ended early"))
    #expect(github.summary.contains("**Partial result**: 1 replication of 20 s of 1 min 40 s"))
    #expect(HTMLReport(Partial.result).html.contains("partial result"))
    #expect(!TerminalReport(Partial.whole).text.contains("artial"))
  }

  @Test func `of what holds so far the mark is a question`() {
    var run = Partial.run()
    run.expectations.removeLast()
    let result = RunResult(run, [Partial.replication()])
    #expect(VerdictText.mark(result) == "?")
    #expect(GitHubAnnotations(result).summary.hasPrefix("## ? cut short\n"))
    #expect(TerminalReport(result).text.contains("? the expectation holds so far"))
  }

  @Test func `whole replications of an interrupted run pass nothing`() {
    let result = RunResult(
      Partial.run(), [Partial.replication(endsAt: 100, isWhole: true)], wasInterrupted: true)
    #expect(!result.isMet)
    #expect(result.shortfall == .init(cause: .interrupted, reached: .zero + .seconds(100)))
    #expect(TerminalReport(result).text.contains("slow: slower, until 00:40"))
  }
}

@Suite struct AnnotationSafetyTests {
  @Test func `what names hold does not steer the log`() {
    var run = Partial.run()
    run.scenario = "a\u{1B}[31m\u{7}\u{202E}b"
    run.faults[0].text = "x\u{1B}]0;title\u{7}\u{2066}y"
    run.expectations[0].text = "t\u{1B}\u{202E}"
    run.expectations[0].location.file = "f\u{1B}.yaml"
    for replication in [
      Partial.replication(), Partial.replication(endsAt: 100, isWhole: true),
    ] {
      let github = GitHubAnnotations(RunResult(run, [replication]))
      for text in [github.annotations, github.summary] {
        let steers = text.unicodeScalars.filter {
          ($0.value < 0x20 && $0 != "\n") || [0x7F, 0x202E, 0x2066].contains($0.value)
        }
        #expect(steers.isEmpty, "\(text.debugDescription)")
      }
    }
  }
}
