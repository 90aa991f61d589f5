import Results
import Scenario
import Statistics
import Testing
import TimeAndChance

@testable import Simulation

@Suite struct ProcessorTests {
  private func shop(
    cpu seconds: Double, limit: Int?, rate: Double, faults: [Fault] = []
  ) throws -> Scenario {
    var scenario = try Sample.chain(
      [.init(name: "shop", steps: [.cpu(Sample.constant(seconds))], workers: nil)], rate: rate,
      duration: .seconds(60), arrivals: .evenly(first: 1), faults: faults)
    scenario.workloads[0].cpu.limitMillicores = limit
    return scenario
  }

  private func run(_ scenario: Scenario) throws -> ReplicationResult {
    try ScenarioRunner(scenario).replication(0)
  }

  @Test func `a limit that is never reached changes nothing`() throws {
    let result = try run(shop(cpu: 0.01, limit: 500, rate: 10))
    #expect(result.sources[0].latency.maximum == 10_000_000)
    #expect(result.services[0].server.throttled == .zero)
  }

  @Test func `work beyond the quota of a period stands still`() throws {
    // 30 ms of work under 0.2 cores, a second apart: with x ms of the period gone at its start it
    // takes 110 - x up to x = 80, then 30, then 120 - x + 100 beyond 90 (Kubernetes, section CPU).
    let result = try run(shop(cpu: 0.03, limit: 200, rate: 1))
    let latency = result.sources[0].latency
    #expect(latency.minimum == latency.maximum, "all start at the same place of their period")
    let wall = Double(latency.maximum ?? 0) / 1e6
    #expect(wall >= 30 && wall <= 130)
    let stood = result.services[0].server.throttled.inSeconds
    #expect(abs(stood - Double(latency.count) * (wall - 30) / 1000) < 0.2)
    if wall > 30 { #expect(result.events.contains { $0.kind == .throttled }) }
  }

  @Test func `more work than the limit gives ends at the rate of the limit`() throws {
    var scenario = try shop(cpu: 0.02, limit: 100, rate: 10)
    scenario.workloads[0].workers = 1
    let result = try run(scenario)
    // 100 ms of CPU a second are five requests of 20 ms.
    let good = Double(result.sources[0].good)
    #expect(abs(good - 5 * 60) <= 5)
    #expect(result.services[0].flow.isConserved)
  }

  @Test func `many threads use a quota up early`() throws {
    // Eight parallel threads of 50 ms under two cores: 25 ms of each period.
    var scenario = try shop(cpu: 0.05, limit: 2000, rate: 1)
    let work = Step.cpu(try Sample.constant(0.05))
    scenario.workloads[0].steps[0] = [.parallel(Array(repeating: [work], count: 8))]
    let latency = try run(scenario).sources[0].latency
    let wall = Double(latency.maximum ?? 0) / 1e6
    // From a fresh period 125 ms; less when the first part fits into the end of one.
    #expect(wall > 50 && wall <= 125.001)
  }

  @Test func `neighbours that take half of a core double the time`() throws {
    let theft = Fault(
      name: "theft", at: .zero + .seconds(20), duration: .seconds(20),
      effect: .cpuSteal(Sample.all(0), share: 0.5))
    let result = try run(shop(cpu: 0.01, limit: nil, rate: 10, faults: [theft]))
    for (second, sample) in result.sources[0].samples.enumerated() {
      let expected = (20..<40).contains(second) ? 20.0 : 10.0
      #expect(abs(Double(sample.max) / 1e6 - expected) < 0.01, "second \(second)")
    }
  }

  @Test func `work under way gets faster when the theft ends, and dies with its pod`() throws {
    let theft = Fault(
      name: "theft", at: .zero + .seconds(10), duration: .milliseconds(100),
      effect: .cpuSteal(Sample.all(0), share: 0.9))
    let kill = Fault(
      name: "kill", at: .zero + .milliseconds(30_200), duration: .seconds(2),
      effect: .kill(Sample.all(0)))
    var scenario = try shop(cpu: 0.5, limit: 4000, rate: 1, faults: [theft, kill])
    scenario.workloads[0].replicas = 1
    let result = try run(scenario)
    // It begins at 10 s; 100 ms at a tenth of a core are 10 ms, the other 490 ms go at full speed.
    let windows = WindowGrid(of: scenario)
    let eleventh = result.sources[0].samples[windows.window(at: .zero + .milliseconds(10_590))]
    #expect(abs(Double(eleventh.max) / 1e6 - 590) < 0.01)
    let death = result.sources[0].samples[windows.window(at: .zero + .milliseconds(30_200))]
    #expect(death.errors >= 1)
    #expect(result.services[0].flow.isConserved)
    #expect(result.sources[0].isConserved)
  }
}
