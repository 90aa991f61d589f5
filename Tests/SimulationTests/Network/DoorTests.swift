import Scenario
import Testing
import TimeAndChance
import TrafficPolicy

@testable import Simulation

@Suite struct DoorTests {
  private static let limit = LocalRateLimitSettings(
    bucket: TokenBucketSettings(maxTokens: 10, fillInterval: .minutes(600)), enabled: .all,
    enforced: .all)

  /// A front without pods of its own trouble, and a back with a sidecar in front of each pod.
  private func scenario(
    back: Int = 2, work: Double = 0.01, workers: Int? = nil, filters: [HTTPFilter] = [],
    thresholds: CircuitBreakerThresholds = .none,
    route: ForwardAction = ForwardAction(destinations: [.init(cluster: 0)], timeout: nil),
    outward: ForwardAction = ForwardAction(destinations: [.init(cluster: 0)], timeout: nil)
  ) throws -> Scenario {
    var sample = MeshSample()
    sample.front = 1
    sample.back = back
    sample.sameNode = 0
    sample.work = work
    sample.route = outward
    var scenario = try sample.scenario()
    scenario.workloads[1].inbound = 1
    scenario.workloads[1].workers = workers
    scenario.proxies.append(
      ProxyPolicy(
        name: "inbound sidecar of back", kind: .sidecarInbound,
        configuration: EnvoyConfiguration(
          filters: filters, streamIdleTimeout: nil, routes: [Route(action: .forward(route))],
          clusters: [Cluster(name: "inbound|80||", thresholds: thresholds)]),
        upstreams: [Upstream(service: 1, workloads: [1])], routeFilters: [RouteFilters()]))
    return scenario
  }

  private func attempts(_ record: RunRecord) -> UInt64 {
    record.services[1].pods.reduce(0) { $0 + $1.arrivals }
  }

  @Test func `each pod admits its own tokens and refuses the rest with 429`() throws {
    let scenario = try scenario(filters: [.localRateLimit(Self.limit)])
    let compiled = try ScenarioCompiler.compile(scenario)
    #expect(compiled.gaps.isEmpty)
    let record = SimulationRun.run(compiled.model, seed: 1)
    let offered = record.sources[0].offered
    // The front answers 503 when its call is refused; two pods with ten tokens each.
    #expect(record.sources[0].byStatus[200] == 20)
    #expect((record.sources[0].byStatus[503] ?? 0) + record.sources[0].open == offered - 20)
    #expect(attempts(record) == offered)
    let door = try #require(compiled.model.proxies.firstIndex { $0.name.contains("inbound") })
    let filters = record.proxies[door].filters
    #expect(filters.first { $0.name.hasSuffix("enforced") }?.value == offered - 20)
  }

  @Test func `a limit for each connection is said to be one for all`() throws {
    var limit = Self.limit
    limit.perDownstreamConnection = true
    let gaps = try ScenarioCompiler.compile(scenario(filters: [.localRateLimit(limit)])).gaps
    #expect(gaps.map(\.subject) == ["proxy inbound sidecar of back"])
    #expect(gaps[0].text.contains("local_rate_limit_per_downstream_connection is not modelled"))
  }

  @Test func `a refusal at the door is an answer, retried when its status is listed`() throws {
    let policy = RetryPolicy(
      retryOn: .retriableStatusCodes, numRetries: 1, retriableStatusCodes: [429])
    let scenario = try scenario(
      back: 1, filters: [.localRateLimit(Self.limit)],
      outward: ForwardAction(
        destinations: [.init(cluster: 0)], timeout: nil, retryPolicy: policy))
    let record = try MeshSample.run(scenario)
    let offered = UInt64(record.requests.count)
    #expect(record.statuses() == [200: 10, 503: Int(offered) - 10])
    #expect(attempts(record) == 10 + 2 * (offered - 10))
    #expect(record.proxies[0].clusters[0].upstreamRqRetry == offered - 10)
  }

  @Test func `an open connection and a place in the queue let two of a burst in`() throws {
    var model = try ScenarioCompiler.compile(
      scenario(
        back: 1, work: 0.1,
        thresholds: CircuitBreakerThresholds(
          maxConnections: 1, maxPendingRequests: 1,
          maxRequests: CircuitBreakerThresholds.unlimited))
    ).model
    model.duration = nil
    model.recording.requests = true
    model.sources[0].pattern = .phases([
      .sequential(count: 1, gap: .milliseconds(500), abortAfter: nil),
      .burst(count: 5, abortAfter: nil),
    ])
    let record = SimulationRun.run(model, seed: 1)
    #expect(record.statuses() == [200: 3, 503: 3])
    // The second of the burst waits in the proxy for the first.
    #expect(record.latencies(from: .zero) == [0, 100_000, 200_000])
    #expect(record.services[1].pods[0].peakConcurrency == 1)
    let door = try #require(model.proxies.firstIndex { $0.name.contains("inbound") })
    #expect(record.proxies[door].clusters[0].upstreamRqPendingOverflow == 3)
  }

  @Test func `the limit on requests counts by pod`() throws {
    var model = try ScenarioCompiler.compile(
      scenario(
        back: 2, work: 0.1,
        thresholds: CircuitBreakerThresholds(
          maxConnections: CircuitBreakerThresholds.unlimited,
          maxPendingRequests: CircuitBreakerThresholds.unlimited, maxRequests: 2))
    ).model
    model.duration = nil
    model.recording.requests = true
    model.sources[0].pattern = .phases([.burst(count: 7, abortAfter: nil)])
    let record = SimulationRun.run(model, seed: 1)
    #expect(record.statuses() == [200: 4, 503: 3])
    #expect(record.services[1].pods.map(\.peakConcurrency) == [2, 2])
  }

  @Test func `a time limit of the inbound route ends the request with 504`() throws {
    let record = try MeshSample.run(
      scenario(
        back: 1, work: 0.1,
        route: ForwardAction(destinations: [.init(cluster: 0)], timeout: .milliseconds(40))))
    #expect(record.statuses().keys.sorted() == [503])
    #expect(record.latencies() == [40_000])
  }

  @Test func `inbound retries repeat the work and count as one request`() throws {
    var scenario = try scenario(
      back: 1,
      route: ForwardAction(
        destinations: [.init(cluster: 0)], timeout: nil,
        retryPolicy: RetryPolicy(retryOn: .fiveXX, numRetries: 2)))
    scenario.workloads[1].steps = [[.fail(status: 500, share: 1)]]
    let compiled = try ScenarioCompiler.compile(scenario)
    let record = SimulationRun.run(compiled.model, seed: 1)
    let door = try #require(
      compiled.model.proxies.firstIndex { $0.name.contains("inbound") })
    let requests = attempts(record)
    #expect(requests > 900)
    #expect(record.proxies[door].clusters[0].upstreamRqTotal > 3 * requests - 60)
    #expect(record.services[1].pods[0].failed <= requests)
    #expect(record.services[1].pods[0].failed > requests - 30)
  }

  @Test func `a killed pod takes its sidecar with it, and nothing is lost from the books`() throws {
    for seed in UInt64(0)..<6 {
      var scenario = try scenario(
        back: 2, work: 0.05, workers: 3,
        thresholds: CircuitBreakerThresholds(
          maxConnections: 4, maxPendingRequests: 3, maxRequests: 100),
        outward: ForwardAction(
          destinations: [.init(cluster: 0)], timeout: .milliseconds(120)))
      scenario.workloads[1].abandonedWork =
        [Scenario::AbandonedWork.finished, .droppedAtStart, .droppedAtOnce][Int(seed % 3)]
      scenario.faults = [
        Fault(
          name: "dies", at: .zero + .milliseconds(3_005), duration: .seconds(2),
          effect: .kill(PodSet(members: [.init(workload: 1, ordinals: [0])]))),
        Fault(
          name: "hangs", at: .zero + .seconds(7), duration: .seconds(1),
          effect: .hang(PodSet(members: [.init(workload: 1, ordinals: [1])]))),
      ]
      let record = try MeshSample.run(scenario, seed: seed)
      let statuses = record.statuses()
      #expect(statuses[0] == nil, "seed \(seed)")
      #expect(statuses.values.reduce(0, +) == Int(record.sources[0].offered))
      #expect((statuses[200] ?? 0) > 300, "seed \(seed)")
      #expect(record.statuses(from: .seconds(9))[200].map { $0 > 30 } == true, "seed \(seed)")
      for pod in record.services[1].pods {
        #expect(pod.succeeded + pod.failed <= pod.arrivals, "seed \(seed)")
        #expect(pod.meanBusy >= 0 && pod.meanQueue >= 0)
      }
    }
  }

  @Test func `descriptors at a door see the request's headers`() throws {
    var settings = Self.limit
    settings.bucket.maxTokens = 1_000_000
    settings.descriptors = [
      .init(
        headers: [.init(name: "tenant", value: .exact("a"))],
        bucket: TokenBucketSettings(maxTokens: 7, fillInterval: .minutes(600)))
    ]
    var scenario = try scenario(back: 1, filters: [.localRateLimit(settings)])
    scenario.workloads[0].steps = [
      [
        .call(
          Call(
            target: Sample.target(1, "back"), headers: [.fixed(name: "tenant", value: "a")]))
      ]
    ]
    #expect(try MeshSample.run(scenario).statuses()[200] == 7)
    scenario.workloads[0].steps = [
      [
        .call(
          Call(
            target: Sample.target(1, "back"), headers: [.fixed(name: "tenant", value: "b")]))
      ]
    ]
    #expect(try MeshSample.run(scenario).statuses().keys.sorted() == [200])
  }

  @Test func `Istio's own inbound policy only takes its time`() throws {
    let scenario = try scenario(
      route: ForwardAction(
        destinations: [.init(cluster: 0)], timeout: nil,
        retryPolicy: RetryPolicy(retryOn: .resetBeforeRequest, numRetries: 2)))
    let model = try ScenarioCompiler.compile(scenario).model
    #expect(!model.proxies.contains { $0.name.contains("inbound") })
  }
}
