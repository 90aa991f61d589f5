import Scenario
import Testing
import TimeAndChance

@testable import Results

@Suite struct WindowGridTests {
  private func time(_ milliseconds: Int64) -> SimTime { .zero + .milliseconds(milliseconds) }

  @Test func `windows without cuts begin at the multiples, and the last ends with the run`() {
    let grid = WindowGrid(width: .seconds(2), end: time(7_500))
    #expect(grid.count == 4)
    #expect((0..<4).map { grid.start(of: $0) } == [time(0), time(2_000), time(4_000), time(6_000)])
    #expect(grid.end(of: 2) == time(6_000))
    #expect(grid.end(of: 3) == time(7_500))
    #expect(grid.firstWindow(from: time(2_000)) == 1)
    #expect(grid.firstWindow(from: time(2_001)) == 2)
    #expect(grid.window(at: time(1_999)) == 0)
    #expect(grid.window(at: time(2_000)) == 1)
  }

  @Test func `windows are those that a list of their edges makes`() {
    for (width, ends) in [(1_000, 12_000), (3_000, 12_500), (7_000, 9_999)] as [(Int64, Int64)] {
      let instants: [Int64] = [
        10_200, 500, 2_000, 2_001, 9_998, 500, 1, 0, 20_000, 12_500, 6_999, -5,
      ]
      let grid = WindowGrid(
        width: .milliseconds(width), end: time(ends), edges: instants.map(time))
      let multiples = stride(from: Int64(0), to: ends, by: Int64.Stride(width))
      let starts = Set(multiples).union(instants.filter { $0 > 0 && $0 < ends }).sorted()
      #expect(grid.count == starts.count)
      #expect(starts.indices.map { grid.start(of: $0) } == starts.map(time))
      #expect(
        starts.indices.map { grid.end(of: $0) } == (starts.dropFirst() + [ends]).map(time))
      for instant in stride(from: Int64(0), to: ends, by: 1) {
        let at = starts.lastIndex { $0 <= instant }
        #expect(grid.window(at: time(instant)) == at)
        let from = starts.firstIndex { $0 >= instant } ?? starts.count
        #expect(grid.firstWindow(from: time(instant)) == from)
      }
      let usual = grid.usualWindows(upTo: grid.count)
      #expect(usual.map { grid.start(of: $0.lowerBound) } == Array(multiples).map(time))
      #expect(usual.flatMap { Array($0) } == Array(0..<grid.count))
    }
  }

  @Test func `cuts that would make too many windows are left out, the last ones first`() {
    let instants = (0..<30_000).map { SimTime(nanoseconds: Int64($0) * 1_000_003 + 1) }
    let grid = WindowGrid(width: .seconds(1), end: time(40_000), edges: instants)
    #expect(grid.count == WindowGrid.mostWindows)
    #expect(grid.leftOut == 30_000 - grid.cuts.count)
    #expect(grid.cuts == Array(instants.prefix(grid.cuts.count)))
    let run = RunDescription(
      scenario: "r", duration: .seconds(40), windows: grid, sources: [.init(name: "users")])
    let result = RunResult(run, [ReplicationResult(index: 0, sources: [FlowFigures()])])
    #expect(result.warnings.contains(.partsNotCut(instants: grid.leftOut)))
  }

  private func scenario(_ duration: SimDuration, _ faults: [Fault]) -> Scenario {
    Scenario(name: "s", duration: duration, warmup: .milliseconds(2_500), faults: faults)
  }

  private func fault(at: SimDuration, for length: SimDuration) -> Fault {
    Fault(
      name: "f", at: .zero + at, duration: length,
      effect: .slow(PodSet(members: []), factor: 2))
  }

  private func expectation(_ statement: Scenario::Expectation.Statement) -> Scenario::Expectation {
    Scenario::Expectation(
      statement: statement, text: "", location: .init(file: "", line: 1, column: 1))
  }

  @Test func `a scenario's windows are cut at every instant that is asked for`() {
    var repeated = fault(at: .milliseconds(10_200), for: .milliseconds(600))
    repeated.repetition = .init(every: .seconds(5), times: 2)
    var scenario = scenario(.milliseconds(20_500), [repeated])
    scenario.expectations = [
      expectation(
        .bound(
          MetricBound(
            subject: .source(0), metric: .errorRate, comparison: .below(1),
            window: .between(time(5_100), time(20_500)))))
    ]
    let grid = WindowGrid(of: scenario)
    #expect(grid.width == .seconds(1))
    #expect(
      grid.cuts
        == [time(2_500), time(5_100), time(10_200), time(10_800), time(15_200), time(15_800)])
    #expect(grid.end == time(20_500))
    #expect(grid.leftOut == 0)
  }

  @Test func `a recovery in a long run is looked for every second`() {
    var scenario = scenario(.seconds(86_400), [fault(at: .seconds(43_210), for: .seconds(60))])
    scenario.warmup = .zero
    #expect(WindowGrid(of: scenario).cuts == [time(43_210_000), time(43_270_000)])
    scenario.expectations = [
      expectation(.recovered(Recovery(sources: [0], fault: 0, within: .seconds(20))))
    ]
    let grid = WindowGrid(of: scenario)
    #expect(grid.width == .seconds(44))
    let end = grid.firstWindow(from: time(43_270_000))
    #expect(
      (0..<31).map { grid.start(of: end + $0) } == (0..<31).map { time(43_270_000 + 1_000 * $0) })
    #expect(grid.start(of: end + 31) == time(43_340_000))
    #expect(grid.cuts.first == time(43_150_000))
  }

  @Test func `a fault with more occurrences than are listed is warned of`() {
    var often = fault(at: .seconds(1), for: .milliseconds(500))
    often.repetition = .init(every: .seconds(1), times: 1_000)
    #expect(RunDescription(scenario(.seconds(5_000), [often])).faults[0].isListedWhole)
    often.repetition?.times = nil
    #expect(RunDescription(scenario(.seconds(1_001), [often])).faults[0].isListedWhole)
    let run = RunDescription(scenario(.seconds(1_002), [often]))
    #expect(!run.faults[0].isListedWhole)
    let result = RunResult(run, [ReplicationResult(index: 0)])
    #expect(result.warnings.contains(.occurrencesLeftOut(fault: 0)))
  }
}
