import Results
import Scenario
import Statistics
import Testing
import TimeAndChance
import TrafficPolicy

@testable import Simulation

@Suite struct RecordingTests {
  private func run(_ scenario: Scenario) throws -> ReplicationResult {
    try ScenarioRunner(scenario).replication(0)
  }

  /// `front` asks `back` for two operations, of which one fails half of its requests.
  private func twoOperations(warmup: SimDuration = .zero) throws -> Scenario {
    var scenario = try Sample.chain(
      [
        .init(name: "front", steps: [], workers: nil),
        .init(name: "back", steps: [.wait(Sample.constant(0.002))], replicas: 2, workers: nil),
      ], rate: 200, duration: .seconds(30), warmup: warmup)
    scenario.services[1].operations.append(
      Operation(name: "POST /", method: "POST", path: "/"))
    scenario.workloads[1].steps.append([
      .wait(try Sample.constant(0.006)), .fail(status: 500, share: 0.5),
    ])
    var post = Sample.target(1, "back")
    post.operation = 1
    scenario.workloads[0].steps[0] = [
      .call(Call(target: Sample.target(1, "back"))), .call(Call(target: post)),
    ]
    return scenario
  }

  @Test func `each operation has its own counts and latencies`() throws {
    let result = try run(twoOperations())
    let back = result.services[1]
    try #require(back.operations.count == 2)
    let (get, post) = (back.operations[0], back.operations[1])
    #expect(get.offered > 5_000)
    #expect(get.errors == 0)
    #expect(abs(Double(post.errors) / Double(post.completed) - 0.5) < 0.03)
    #expect(abs((get.latency.mean ?? 0) - 2e6) < 1)
    #expect(abs((post.latency.mean ?? 0) - 6e6) < 1)
    #expect(back.flow.offered == get.offered + post.offered)
    #expect(back.flow.completed == get.completed + post.completed)
    // The edge sees what the service saw, and the front answers 503 for each failure.
    #expect(result.edges[1].offered == back.flow.offered)
    #expect(result.edges[1].errors == post.errors)
    #expect(result.sources[0].errors == post.errors)
    for flow in [get, post, back.flow, result.edges[0], result.edges[1], result.sources[0]] {
      #expect(flow.isConserved)
    }
  }

  @Test(arguments: [SimDuration.zero, .seconds(10), .milliseconds(10_300)])
  func `windows and the whole run tell the same`(warmup: SimDuration) throws {
    let scenario = try twoOperations(warmup: warmup)
    let result = try run(scenario)
    let windows = WindowGrid(of: scenario)
    for flow in [result.sources[0], result.services[1].flow] {
      let first = windows.firstWindow(from: .zero + warmup)
      let counted = flow.samples.dropFirst(first)
      #expect(flow.samples.count == windows.count)
      let ended = counted.reduce(0) { $0 + $1.ended }
      let offered = counted.reduce(0) { $0 + UInt64($1.offered) }
      let merged = CompactHistogram(merging: flow.windowLatency.dropFirst(first))
      #expect(merged.count == ended)
      #expect(ended <= flow.completed && flow.completed - ended < 8)
      #expect(offered == flow.offered)
      #expect(abs((merged.mean ?? 0) - (flow.latency.mean ?? 0)) < 2e4)
      // The latencies of windows in the warm-up are there as well.
      #expect(flow.windowLatency.prefix(first).allSatisfy { $0.count > 40 })
    }
  }

  @Test func `retries are counted in the windows in which they are sent`() throws {
    let fault = Fault(
      name: "bad", at: .zero + .seconds(10), duration: .seconds(5),
      effect: .error(Sample.all(0), status: 503, share: 1, timing: .atOnce))
    let scenario = try Sample.chain(
      [.init(name: "shop", steps: [.wait(Sample.constant(0.001))], workers: nil)], rate: 100,
      duration: .seconds(30), arrivals: .even, client: ClientPolicy(numRetries: 2),
      faults: [fault])
    let result = try run(scenario)
    let (source, shop) = (result.sources[0], result.services[0].flow)
    for (second, sample) in source.samples.enumerated() {
      let isBad = (10..<15).contains(second)
      #expect(abs(Int(sample.retries) - (isBad ? 200 : 0)) <= 2, "second \(second)")
      #expect(sample.attempts == sample.offered + sample.retries, "second \(second)")
    }
    #expect(source.retries == source.samples.reduce(0) { $0 + UInt64($1.retries) })
    #expect(shop.offered == source.attempts)
    let last = try #require(source.lastFailure)
    #expect(abs(last.seconds - 15) < 0.02)
  }

  @Test func `queues are averaged over windows, and refusals are counted once`() throws {
    // Every second 20 requests at once, one worker, 10 ms each, five may wait.
    let scenario = try Sample.chain(
      [
        .init(
          name: "shop", steps: [.wait(Sample.constant(0.01))], workers: 1,
          queue: WorkQueue(limit: 5))
      ], rate: 120, duration: .seconds(60), arrivals: .poisson)
    let result = try run(scenario)
    let shop = result.services[0]
    let mean = shop.server.samples.reduce(0) { $0 + Double($1.queue) } / 60
    #expect(abs(mean - shop.server.meanQueue) < 1e-3)
    let busy = shop.server.samples.reduce(0) { $0 + Double($1.busy) } / 60
    #expect(abs(busy - shop.server.meanBusy) < 1e-3)
    #expect(shop.server.peakQueue == 5)
    #expect(shop.server.samples.reduce(0) { $0 + UInt64($1.refused) } == shop.server.refused)
    #expect(shop.flow.errors == shop.server.refused)
    #expect(shop.flow.isConserved)
  }
}
