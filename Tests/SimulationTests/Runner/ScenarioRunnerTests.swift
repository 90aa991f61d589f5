import Results
import Scenario
import Synchronization
import Testing
import TimeAndChance
import TrafficPolicy

@testable import Simulation

@Suite struct ScenarioRunnerTests {
  private func queue(seed: UInt64 = 1) throws -> Scenario {
    try Sample.chain(
      [.init(name: "shop", steps: [.wait(Distribution(.exponential(mean: 0.01)))])], rate: 50,
      duration: .seconds(120), warmup: .seconds(20), seed: seed)
  }

  private func run(
    _ scenario: Scenario, replications: Int = 4, threads: Int = 2
  ) async throws -> RunResult {
    let runner = try ScenarioRunner(
      scenario, settings: .init(replications: .exactly(replications), threads: threads))
    return await runner.run()
  }

  @Test func `a single queue has the sojourn time of theory`() async throws {
    let result = try await run(queue(), replications: 20)
    let mean = try #require(result.sources[0].meanLatency)
    // M/M/1 with 50/s and 100/s: 1 / (100 - 50) s; the interval is one of 95 %, so take it double.
    #expect(abs(mean.mean - 0.02) < 2 * mean.halfWidth)
    #expect(mean.halfWidth < 0.002)
    let busy = try #require(result.services[0].server.utilisation)
    #expect(abs(busy.mean - 0.5) < 2 * busy.halfWidth)
  }

  @Test func `any number of threads gives the same result, and so does a second time`()
    async throws
  {
    let one = try await run(queue(), threads: 1)
    let two = try await run(queue(), threads: 2)
    let again = try await run(queue(), threads: 2)
    #expect(one == two)
    #expect(two == again)
    let other = try await run(queue(seed: 2), threads: 2)
    #expect(one.sources[0].total != other.sources[0].total)
  }

  @Test func `a changed policy leaves the draws of arrivals and services alone`() async throws {
    let plain = try await run(queue(), replications: 1)
    var changed = try queue()
    changed.traffic[0].client = ClientPolicy(perTryTimeout: .milliseconds(30), numRetries: 2)
    let retried = try await run(changed, replications: 1)
    #expect(
      plain.representative.sources[0].samples.map(\.offered)
        == retried.representative.sources[0].samples.map(\.offered))
    #expect(retried.sources[0].total.retries > 0)
    #expect(plain.sources[0].total.retries == 0)
  }

  @Test func `retries of retries multiply exactly`() async throws {
    let again = ClientPolicy(numRetries: 2)
    func call(_ service: Int, _ name: String) -> Scenario::Step {
      .call(Call(target: Sample.target(service, name), client: again))
    }
    let scenario = Sample.chain(
      [
        .init(name: "a", steps: [call(1, "b")], workers: nil),
        .init(name: "b", steps: [call(2, "c")], workers: nil),
        .init(name: "c", steps: [.fail(status: 500, share: 1)], workers: nil),
      ], rate: 20, duration: .seconds(30), arrivals: .even, client: again)
    let result = try await run(scenario, replications: 1)
    let requests = result.sources[0].total.offered
    #expect(requests > 500)
    #expect(result.sources[0].total.attempts == 3 * requests)
    #expect(result.services[0].flow.total.offered == 3 * requests)
    #expect(result.services[1].flow.total.offered == 9 * requests)
    #expect(result.services[2].flow.total.offered == 27 * requests)
    #expect(result.sources[0].total.errors == requests)
  }

  @Test func `errors are injected in the window of the fault and nowhere else`() async throws {
    let fault = Fault(
      name: "bad", at: SimTime(nanoseconds: 10_000_000_000), duration: .seconds(5),
      repetition: .init(every: .seconds(20), times: 2),
      effect: .error(Sample.all(0), status: 500, share: 1, timing: .atOnce))
    let scenario = try Sample.chain(
      [.init(name: "shop", steps: [.wait(Sample.constant(0.001))], workers: nil)], rate: 100,
      duration: .seconds(60), arrivals: .even, faults: [fault])
    let result = try await run(scenario, replications: 1)
    let samples = result.representative.sources[0].samples
    for (second, sample) in samples.enumerated() {
      let isBad = (10..<15).contains(second) || (30..<35).contains(second)
      #expect((sample.errors > 90) == isBad, "second \(second)")
      #expect(sample.errors <= (isBad ? 101 : 1), "second \(second)")
    }
    let kinds = result.representative.events.map(\.kind)
    #expect(kinds == [.faultBegan, .faultEnded, .faultBegan, .faultEnded])
  }

  @Test func `ejected hosts are named, with the fault as their cause`() async throws {
    let fault = Fault(
      name: "bad", at: SimTime(nanoseconds: 20_000_000_000), duration: .seconds(30),
      effect: .error(
        PodSet(members: [.init(workload: 1, ordinals: [1])]), status: 503, share: 1,
        timing: .atOnce))
    var detection = OutlierDetectionSettings()
    detection.maxEjectionPercent = 50
    let cluster = Cluster(name: "back", outlierDetection: detection)
    let scenario = try Sample.chain(
      [
        .init(name: "front", steps: [.call(Call(target: Sample.target(1, "back")))], workers: nil),
        .init(
          name: "back", steps: [.wait(Sample.constant(0.001))], replicas: 3, workers: nil),
      ], rate: 100, duration: .seconds(90), faults: [fault]
    ).withSidecar(route: ForwardAction(destinations: [.init(cluster: 0)]), cluster: cluster)
    let result = try await run(scenario, replications: 1)
    let events = result.representative.events
    let ejection = try #require(events.first { $0.kind == .ejected })
    #expect(ejection.proxy == "sidecar of front")
    #expect(ejection.workload == 1 && ejection.pod == 1)
    #expect(ejection.cause.map { events[$0].kind } == .faultBegan)
    #expect(result.representative.workloads[1].pods[1].ejections.count >= 1)
    #expect(result.representative.workloads[1].pods[0].ejections.isEmpty)
  }

  /// Twenty seconds in which 50 requests a second go through a sidecar to a pod that takes 100 ms.
  private func refusals(
    _ thresholds: CircuitBreakerThresholds = .none, filters: [HTTPFilter] = [],
    queue: WorkQueue = WorkQueue()
  ) async throws -> ReplicationResult {
    var scenario = try Sample.chain(
      [
        .init(name: "front", steps: [.call(Call(target: Sample.target(1, "back")))], workers: nil),
        .init(name: "back", steps: [.wait(Sample.constant(0.1))], queue: queue),
      ], rate: 50, duration: .seconds(20)
    ).withSidecar(
      route: ForwardAction(destinations: [.init(cluster: 0)]),
      cluster: Cluster(name: "back", thresholds: thresholds))
    scenario.proxies[0].configuration.filters = filters
    return try await run(scenario, replications: 1).representative
  }

  @Test(arguments: [
    (CircuitBreakerThresholds(maxConnections: 1, maxPendingRequests: 2), "max_pending_requests", 2),
    (CircuitBreakerThresholds(maxConnections: 9, maxRequests: 3), "max_requests", 3),
  ])
  func `a limit that refuses is named, with how many it refuses and until when`(
    thresholds: CircuitBreakerThresholds, detail: String, limit: Int
  ) async throws {
    let result = try await refusals(thresholds)
    let events = result.events.filter { $0.kind == .overflowBegan }
    let event = try #require(events.first)
    #expect(events.count == 1)
    #expect(event.proxy == "sidecar of front" && event.service == 1)
    #expect(event.detail == detail && event.limit == limit)
    #expect(event.refused == result.edges[1].flags.first { $0.flags == "UO" }?.count)
    #expect(try #require(event.until) > .zero + .seconds(19))
  }

  @Test func `a rate limit names its proxy, and how many requests it refuses`() async throws {
    let limit = LocalRateLimitSettings(
      bucket: TokenBucketSettings(maxTokens: 10, tokensPerFill: 10, fillInterval: .seconds(1)),
      enabled: .all, enforced: .all)
    let result = try await refusals(filters: [.localRateLimit(limit)])
    let events = result.events.filter { $0.kind == .rateLimited }
    let event = try #require(events.first)
    #expect(events.count == 1)
    #expect(event.proxy == "sidecar of front" && event.instance == 0 && event.service == 1)
    #expect(event.refused == result.edges[1].statuses.first { $0.status == 429 }?.count)
    #expect(try #require(event.until) > .zero + .seconds(19))
  }

  @Test func `a full queue says how many arrivals it refuses`() async throws {
    let result = try await refusals(queue: WorkQueue(limit: 1))
    let events = result.events.filter { $0.kind == .queueFull }
    #expect(events.count == 1)
    #expect(events.first?.workload == 1)
    #expect(events.first?.refused == result.services[1].server.refused)
  }

  @Test func `no request is lost or doubled, whatever goes wrong`() async throws {
    for seed in UInt64(0)..<12 {
      let start = SimTime(nanoseconds: 5_000_000_000)
      let effects: [FaultEffect] = [
        .kill(Sample.all(1)), .slow(Sample.all(0), factor: 30), .hang(Sample.all(1)),
        .unreachable(service: 1, silent: false),
        .crashLoop(Sample.all(1), uptime: try Distribution(.exponential(mean: 2))),
        .error(Sample.all(1), status: 503, share: 0.5, timing: .afterService),
      ]
      let fault = Fault(
        name: "trouble", at: start, duration: .seconds(8), effect: effects[Int(seed) % 6])
      let client = ClientPolicy(
        perTryTimeout: .milliseconds(200), timeout: .seconds(1), numRetries: Int(seed) % 3)
      let scenario = try Sample.chain(
        [
          .init(
            name: "front",
            steps: [
              .cpu(Distribution(.exponential(mean: 0.002))),
              .call(Call(target: Sample.target(1, "back"), client: client)),
            ], replicas: 2, workers: 20, queue: WorkQueue(limit: 50)),
          .init(
            name: "back", steps: [.wait(Distribution(.exponential(mean: 0.01)))], replicas: 2,
            workers: 4),
        ], rate: 150, duration: .seconds(20), seed: seed, client: client, faults: [fault])
      let result = try await run(scenario, replications: 2, threads: 1)
      for source in result.representative.sources {
        #expect(source.isConserved, "seed \(seed)")
      }
      for edge in result.representative.edges { #expect(edge.isConserved, "seed \(seed)") }
      for service in result.representative.services {
        #expect(service.flow.isConserved, "seed \(seed)")
        #expect(service.flow.offered > 0)
      }
      #expect(!result.warnings.contains { if case .notConserved = $0 { true } else { false } })
    }
  }

  @Test func `a limit on events ends the run as a partial result`() async throws {
    let runner = try ScenarioRunner(
      queue(), settings: .init(replications: .exactly(2), maxEvents: 5_000))
    let result = await runner.run()
    #expect(result.isPartial)
    #expect(result.representative.earlyEnd == .eventLimit)
    #expect(result.simulatedEvents == 10_000)
    #expect(!result.isMet)
    #expect(result.shortfall?.cause == .eventLimit)
    let reached = try #require(result.shortfall?.reached)
    #expect(reached > .zero && reached < .zero + .seconds(120))
  }

  @Test func `an interrupted run keeps its whole replications and says that it is partial`()
    async throws
  {
    let done = Mutex(0)
    let runner = try ScenarioRunner(
      queue(),
      settings: .init(
        replications: .exactly(10), threads: 1, isInterrupted: { done.withLock { $0 >= 3 } }))
    let result = await runner.run { progress in done.withLock { $0 = progress.done } }
    #expect(result.isPartial)
    #expect(result.replications == 3)
  }

  @Test func `faults that overlap fail requests independently of each other`() async throws {
    func fault(_ name: String, _ share: Double, _ timing: FaultEffect.ErrorTiming, at start: Int64)
      -> Fault
    {
      Fault(
        name: name, at: .zero + .seconds(start), duration: .seconds(200),
        effect: .error(Sample.all(0), status: 500, share: share, timing: timing))
    }
    let scenario = try Sample.chain(
      [.init(name: "shop", steps: [.wait(Sample.constant(0.001))], workers: nil)], rate: 100,
      duration: .seconds(300), arrivals: .even,
      faults: [fault("one", 0.5, .atOnce, at: 0), fault("two", 0.4, .afterService, at: 100)])
    let samples = try await run(scenario, replications: 1).representative.sources[0].samples
    func share(_ seconds: Range<Int>) -> Double {
      let ended = samples[seconds].reduce(0) { $0 + $1.ended }
      return Double(samples[seconds].reduce(0) { $0 + $1.errors }) / Double(ended)
    }
    // Four standard errors of 10,000 requests.
    #expect(abs(share(0..<100) - 0.5) < 0.02)
    #expect(abs(share(100..<200) - 0.7) < 0.02)
    #expect(abs(share(200..<300) - 0.4) < 0.02)
  }

  @Test func `containers that start again are counted after the warm-up`() async throws {
    let shop = Sample.Server(
      name: "shop", steps: [.wait(try Sample.constant(0.001))], replicas: 2, workers: nil)
    func kill(_ pod: Int, at start: Int64, for length: Int64?) -> Fault {
      Fault(
        name: "kill \(pod)", at: .zero + .seconds(start),
        duration: length.map { .seconds($0) },
        effect: .kill(PodSet(members: [.init(workload: 0, ordinals: [pod])])))
    }
    let scenario = Sample.chain(
      [shop], rate: 10, duration: .seconds(60), warmup: .seconds(10),
      faults: [
        kill(0, at: 2, for: 3), kill(0, at: 20, for: 5), kill(1, at: 22, for: 1),
        kill(1, at: 50, for: 20),
      ])
    let result = try await run(scenario, replications: 2)
    #expect(result.representative.workloads[0].server.restarts == 2)
    #expect(result.services[0].server.restarts?.mean == 2)
  }
}
