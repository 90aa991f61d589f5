import Results
import Scenario
import Testing
import TimeAndChance
import TrafficPolicy

@testable import Simulation

/// Runs that must end before their time, and say why.
@Suite struct RunLimitTests {
  /// Requests that are never answered within the run.
  private func hanging(_ source: SourceModel, duration: SimDuration? = nil) throws
    -> SimulationModel
  {
    Small.model(try Small.server(seconds: 1e6), source, duration: duration ?? .seconds(100))
  }

  @Test(arguments: [UInt64(1), 2, 1_000, 1_024, 1_025, 4_095, 4_096, 9_999])
  func `a limit on events is kept to the event`(most: UInt64) throws {
    let model = try EngineTests.model(seed: 1)
    let record = SimulationRun.run(model, seed: 1, limits: RunLimits(maxEvents: most))
    #expect(record.stopped == .eventLimit)
    #expect(record.eventCount == most)
  }

  @Test func `a limit on events that the run just needs is none`() throws {
    let model = Small.model(try Small.server(seconds: 0.01), Small.even(100, limit: 50))
    let whole = SimulationRun.run(model, seed: 1)
    let limited = SimulationRun.run(
      model, seed: 1, limits: RunLimits(maxEvents: whole.eventCount))
    #expect(limited.stopped == nil && limited.eventCount == whole.eventCount)
    let shorter = SimulationRun.run(
      model, seed: 1, limits: RunLimits(maxEvents: whole.eventCount - 1))
    #expect(shorter.stopped == .eventLimit)
  }

  @Test func `limits change nothing before they are met`() throws {
    let model = try EngineTests.model(seed: 3)
    let free = SimulationRun.run(model, seed: 3)
    let limited = SimulationRun.run(
      model, seed: 3, limits: RunLimits(maxEvents: 1_000_000_000, maxMemory: 1 << 40))
    #expect(free.eventCount == limited.eventCount)
    #expect(free.sources[0].latency == limited.sources[0].latency)
  }

  @Test func `a model larger than the limit on memory is not begun`() throws {
    let record = SimulationRun.run(
      try EngineTests.model(seed: 1), seed: 1, limits: RunLimits(maxMemory: 1_000))
    #expect(record.stopped == .memoryLimit)
    #expect(record.eventCount == 0)
  }

  @Test func `what proxies know of hosts counts as memory`() throws {
    // 500 sidecars that each know 2000 hosts: a million pairs, of which 2 MB are a few hundred.
    var model = SimulationModel(duration: .seconds(60))
    model.services = [
      ServiceModel(
        name: "front", pods: (0..<500).map { PodModel(name: "front-\($0)") },
        operations: [OperationModel(name: "op", steps: [.call(edge: 1)])]),
      ServiceModel(
        name: "back", pods: (0..<2_000).map { PodModel(name: "back-\($0)") },
        operations: [OperationModel(name: "op", steps: [])]),
    ]
    let action = ForwardAction(destinations: [.init(cluster: 0)], timeout: nil)
    for service in 0..<2 {
      let pods = model.services[service].pods.indices
      model.proxies.append(
        ProxyModel(
          name: "p\(service)",
          configuration: EnvoyConfiguration(
            workerThreads: 2, routes: [Route(action: .forward(action))],
            clusters: [Cluster(name: "c\(service)", thresholds: .none)]),
          endpoints: [pods.map { .init(pod: PodReference(service: service, pod: $0)) }],
          placement: service == 0 ? .shared(instances: 1) : .besideEachCaller(service: 0)))
      model.edges.append(EdgeModel(name: "e\(service)", carrier: .proxy(service)))
    }
    model.sources = [Small.even(100)]
    let limit = 8 << 20
    let record = SimulationRun.run(model, seed: 1, limits: RunLimits(maxMemory: limit))
    #expect(record.stopped == .memoryLimit)
    // Checked as each cluster is made, and tables double.
    #expect(record.peakBytes < 4 * limit)
    #expect(record.end < .zero + .seconds(10))
  }

  /// Records of a kind are limited; here to few, so that the test is short.
  private func fewRecords(_ most: Int) -> RunLimits {
    var limits = RunLimits()
    limits.mostRecords = most
    return limits
  }

  @Test func `too many requests open at once end the run`() throws {
    let record = SimulationRun.run(
      try hanging(Small.even(1_000)), seed: 1, limits: fewRecords(5_000))
    #expect(record.stopped == .recordLimit)
    let source = record.sources[0]
    #expect(source.offered > 5_000 && source.offered <= 5_000 + 4_096)
    #expect(source.open == source.offered)
    #expect(record.end < .zero + .seconds(11))
  }

  @Test func `a batch within one event ends at the limit`() throws {
    let record = SimulationRun.run(
      try hanging(Small.batch(100_000)), seed: 1, limits: fewRecords(5_000))
    #expect(record.stopped == .recordLimit)
    let source = record.sources[0]
    #expect(source.offered > 5_000 && source.offered <= 5_000 + 64)
    #expect(source.open == source.offered)
  }

  @Test func `users who come all at once end at the limit`() throws {
    let loop = UserLoop(
      stages: Small.stages([(from: 0, to: 100, users: 100_000, and: 100_000)]),
      think: try Small.constant(0))
    let record = SimulationRun.run(
      try hanging(Small.users(loop)), seed: 1, limits: fewRecords(5_000))
    #expect(record.stopped == .recordLimit)
    #expect(record.sources[0].offered <= 5_002)
  }

  @Test func `calls in parallel within one event end at the limit`() throws {
    var model = try hanging(Small.even(1, limit: 1), duration: .seconds(10))
    model.edges.append(EdgeModel(name: "deep", carrier: .direct(service: 1, latency: .zero)))
    model.services[0].operations[0].steps = [
      .parallel(Array(repeating: [.call(edge: 1)], count: 20_000))
    ]
    model.services.append(try Small.server("deep", seconds: 1e6))
    let record = SimulationRun.run(model, seed: 1, limits: fewRecords(5_000))
    #expect(record.stopped == .recordLimit)
    #expect(record.edges[1].calls <= 5_002)
  }

  @Test func `a dying pod with a long queue ends at the limit`() throws {
    var model = try hanging(Small.even(1_000))
    model.actions = [
      TimedAction(
        at: .seconds(4), kind: .reachability(PodReference(service: 0, pod: 0), .down))
    ]
    let record = SimulationRun.run(model, seed: 1, limits: fewRecords(5_000))
    #expect(record.stopped == .recordLimit)
    #expect(record.end == .zero + .seconds(4))
  }
}

/// Sums and delays that are longer than one might think.
@Suite struct LongTimeTests {
  @Test(arguments: [SimDuration?.none, .seconds(1_000_000)])
  func `queues of months are added up without going round`(window: SimDuration?) throws {
    // 2000 requests wait for 139 days: 2.4e19 ns together, and 64 bits hold 1.8e19.
    var model = Small.model(
      try Small.server(seconds: 1.7e7, workers: 3_000), Small.batch(5_000),
      duration: .seconds(12_000_000))
    model.recording.window = window
    let record = SimulationRun.run(model, seed: 1)
    let pod = record.services[0].pods[0]
    #expect(abs(pod.meanQueue - 2_000) < 0.001)
    #expect(abs(pod.meanBusy - 3_000) < 0.001)
    let windows = record.services[0].windows
    #expect(windows.count == (window == nil ? 0 : 11) || windows.count == 12)
    for window in windows.dropFirst() {
      #expect(window.meanQueue == 2_000 && window.meanBusy == 3_000)
    }
  }

  @Test func `ways longer than the clock can count are cut, not a trap`() throws {
    let model = Small.model(
      try Small.server(seconds: 1), Small.even(1, limit: 3),
      latency: .seconds(2 * 200 * 86_400 + 100 * 86_400), duration: .seconds(60))
    let record = SimulationRun.run(model, seed: 1)
    #expect(record.sources[0].open == 3)
  }
}
