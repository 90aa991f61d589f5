import Results
import Scenario
import Testing
import TimeAndChance

@testable import Reporting

@Suite struct DescriptionTests {
  private func call(_ service: Int) -> Step {
    .call(Call(target: CallTarget(service: service, operation: 0, port: 0, authority: "x")))
  }

  private var scenario: Scenario {
    let target = CallTarget(service: 0, operation: 0, port: 0, authority: "a")
    return Scenario(
      name: "s", duration: .seconds(100), warmup: .seconds(10), seed: 4,
      services: ["a", "b", "c"].enumerated().map { index, name in
        Service(
          name: name, host: name, operations: [Operation(name: "GET /", method: "GET", path: "/")],
          workloads: [index])
      },
      workloads: [
        Workload(
          name: "a", service: 0, replicas: 2,
          steps: [[.parallel([[call(2)], [.loop(.times(2), [call(1)])]]), call(2)]]),
        Workload(name: "b", service: 1, replicas: 5),
        Workload(
          name: "c", service: 2, steps: [[.branch([WeightedBranch(weight: 1, steps: [call(1)])])]]),
      ],
      traffic: [
        TrafficSource(
          name: "users", end: .zero + .seconds(100),
          pattern: .open(OpenLoop(rate: RateCurve(constant: 5, to: .zero + .seconds(100)))),
          mix: [WeightedTarget(target: target), WeightedTarget(target: target)])
      ],
      faults: [
        Fault(
          name: "again", at: .zero + .seconds(20), duration: .seconds(5),
          repetition: .init(every: .seconds(40)),
          effect: .slow(PodSet(members: [.init(workload: 1)]), factor: 2.5)),
        Fault(
          name: "blow", at: .zero + .seconds(30),
          effect: .kill(PodSet(members: [.init(workload: 1, ordinals: [0, 3])]))),
        Fault(
          name: "lasting", at: .zero + .seconds(95), duration: .seconds(60),
          effect: .unreachable(service: 2, silent: false)),
        Fault(
          name: "late", at: .zero + .seconds(100),
          effect: .hang(PodSet(members: [.init(workload: 0)]))),
      ])
  }

  @Test func `edges are in order of first mention, each once`() {
    #expect(
      RunDescription(scenario).edges == [
        .init(from: .source(0), to: 0), .init(from: .service(0), to: 2),
        .init(from: .service(0), to: 1), .init(from: .service(2), to: 1),
      ])
  }

  @Test func `services that select the same pods call the same`() {
    var scenario = scenario
    for service in [0, 2] { scenario.services[service].workloads = [2, 0, 1] }
    let run = RunDescription(scenario)
    #expect(
      run.edges == [
        .init(from: .source(0), to: 0), .init(from: .service(0), to: 1),
        .init(from: .service(0), to: 2), .init(from: .service(2), to: 1),
        .init(from: .service(2), to: 2),
      ])
  }

  @Test func `an edge is found where it is first named`() {
    var run = RunDescription(scenario)
    #expect(run.edge(from: .service(0), to: 1) == 2)
    #expect(run.edge(from: .service(1), to: 0) == nil)
    run.edges = [run.edges[2], .init(from: .service(1), to: 0), run.edges[2]]
    #expect(run.edge(from: .service(0), to: 1) == 0)
    #expect(run.edge(from: .service(1), to: 0) == 1)
    #expect(run.edge(from: .source(0), to: 0) == nil)
  }

  @Test func `faults are told in words and cut at the end of the run`() {
    let faults = RunDescription(scenario).faults
    func spans(_ index: Int) -> [[Double]] {
      faults[index].occurrences.map { [$0.start.seconds, $0.end.seconds] }
    }
    #expect(spans(0) == [[20, 25], [60, 65]])
    #expect(spans(1) == [[30, 30]])
    #expect(spans(2) == [[95, 100]])
    #expect(spans(3).isEmpty)
    #expect(
      faults.map(\.text) == [
        "b is slower, × 2.5", "b-0, b-3 is killed", "c is unreachable", "a hangs",
      ])
  }

  @Test func `a repetition without end and a time near the end of all times do no harm`() {
    var scenario = scenario
    scenario.duration = SimDuration(nanoseconds: .max / 4)
    scenario.faults = [
      Fault(
        name: "f", at: .zero + .seconds(1), duration: SimDuration(nanoseconds: .max / 2),
        repetition: .init(every: .seconds(1)), effect: .unreachable(service: 0, silent: true))
    ]
    let run = RunDescription(scenario)
    #expect(run.faults[0].occurrences.count == 1_000)
    #expect(run.duration.nanoseconds / run.window.nanoseconds <= 2_000)
    #expect(Phase.phases(of: run).count == 1)
  }

  @Test func `phases are what the faults make`() {
    #expect(
      Phase.phases(of: RunDescription(scenario)).map(\.name) == [
        "before", "during again", "after again", "after blow", "during again", "after again",
        "during lasting",
      ])
  }

  @Test func `faults that come too often for phases are told apart as one, or it is said`() {
    func run(_ starts: [[Int]]) -> RunDescription {
      RunDescription(
        scenario: "s", duration: .seconds(100), sources: [.init(name: "users")],
        faults: starts.enumerated().map { number, starts in
          FaultDescription(
            name: "f\(number)", text: "",
            occurrences: starts.map { start in
              let start = SimTime.zero + .seconds(Int64(start))
              return .init(start: start, end: start + .seconds(1))
            })
        })
    }
    func names(_ run: RunDescription) -> [String] { Phase.phases(of: run).map(\.name) }
    #expect(names(run([[10, 20, 30], [40], [90]])).count == 11)
    let repeated = run([Array(stride(from: 10, to: 80, by: 10)), [90]])
    #expect(
      names(repeated) == [
        "before", "during f0 (again and again)", "after f0 (again and again)", "during f1",
        "after f1",
      ])
    let many = run((1...6).map { [10 * $0] })
    #expect(names(many) == ["the whole run"])
    func texts(_ run: RunDescription) -> [String] {
      RunResult(run, [0, 1].map { ReplicationResult(index: $0) }).warnings.map {
        WarningText.text($0, run)
      }
    }
    #expect(texts(repeated).isEmpty)
    #expect(
      texts(many) == [
        "figures are of the whole run alone, not of the times before, during and after faults: "
          + "these begin and end 12 times, more than 11"
      ])
  }
}
