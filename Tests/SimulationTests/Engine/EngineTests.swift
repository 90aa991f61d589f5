import Simulation
import Statistics
import Testing
import TimeAndChance
import TrafficPolicy

@Suite struct EngineTests {
  /// Two services behind each other, with queues, failures, retries, time limits and a fault: every
  /// path that a request can take, in one model.
  static func model(seed: UInt64) throws -> SimulationModel {
    var random = RandomStream(seed: seed, name: "models")
    var model = SimulationModel(duration: .seconds(20), linger: .seconds(30))
    let orders: [ServiceModel.QueueOrder] = [.fifo, .lifo, .dropOldest, .lifoDropOldest]
    let fates: [ServiceModel.AbandonedWork] = [
      .finished, .droppedAtStart, .leavesQueue, .droppedAtOnce,
    ]
    for tier in 0..<2 {
      let work = try Distribution(.exponential(mean: 0.01))
      var steps: [StepModel] = [
        .work(work),
        .fail(probability: 0.05, status: [500, 503, 409][Int(random.below(UInt32(3)))]),
      ]
      if tier == 0 { steps.append(.call(edge: 1)) }
      model.services.append(
        ServiceModel(
          name: "s\(tier)", pods: (0..<3).map { PodModel(name: "s\(tier)-\($0)") },
          workers: 1 + Int(random.below(UInt32(4))), queueLimit: Int(random.below(UInt32(20))),
          queueOrder: orders[Int(random.below(UInt32(4)))],
          abandonedWork: fates[Int(random.below(UInt32(4)))],
          holdsWorkerWhileCalling: random.chance(0.5),
          operations: [OperationModel(name: "op", steps: steps)]))
      var outlier = OutlierDetectionSettings()
      outlier.maxEjectionPercent = 70
      outlier.baseEjectionTime = .seconds(1)
      outlier.interval = .seconds(1)
      let cluster = Cluster(
        name: "c\(tier)", upstreamProtocol: random.chance(0.5) ? .http1 : .http2,
        thresholds: CircuitBreakerThresholds(
          maxConnections: 20, maxPendingRequests: 10, maxRequests: 30, maxRetries: 3),
        maxRequestsPerConnection: 7, loadBalancer: .leastRequest(),
        outlierDetection: random.chance(0.7) ? outlier : nil)
      let policy = RetryPolicy(
        retryOn: [.fiveXX, .retriable4xx], numRetries: 2, perTryTimeout: .milliseconds(60),
        avoidsPreviousHosts: true, hostSelectionMaxAttempts: 5)
      let action = ForwardAction(
        destinations: [.init(cluster: 0)], timeout: .milliseconds(300), retryPolicy: policy,
        hedgeOnPerTryTimeout: random.chance(0.3))
      model.proxies.append(
        ProxyModel(
          name: "p\(tier)",
          configuration: EnvoyConfiguration(
            workerThreads: 2, routes: [Route(action: .forward(action))], clusters: [cluster]),
          endpoints: [(0..<3).map { .init(pod: PodReference(service: tier, pod: $0)) }],
          placement: tier == 0 ? .shared(instances: 2) : .besideEachCaller(service: 0),
          fromCaller: .microseconds(100), toHost: .microseconds(300),
          connect: .milliseconds(1)))
      model.edges.append(EdgeModel(name: "e\(tier)", carrier: .proxy(tier)))
    }
    model.sources.append(
      SourceModel(
        name: "load",
        pattern: .open(rate: [.init(at: .zero, perSecond: 250)], arrivals: .poisson),
        mix: [(edge: 0, weight: 1)]))
    let pod = PodReference(service: 1, pod: 0)
    model.actions = [
      TimedAction(at: .seconds(4), kind: .reachability(pod, .down)),
      TimedAction(at: .seconds(7), kind: .reachability(pod, .up)),
      TimedAction(at: .seconds(9), kind: .hang(pod, true)),
      TimedAction(at: .seconds(12), kind: .hang(pod, false)),
      TimedAction(at: .seconds(13), kind: .slow(pod, factor: 30)),
    ]
    return model
  }

  @Test(arguments: UInt64(0)..<24)
  func `every request that was offered ends or is under way`(seed: UInt64) throws {
    let record = SimulationRun.run(try Self.model(seed: seed), seed: seed)
    let source = record.sources[0]
    let ended = source.byStatus.values.reduce(0, +)
    #expect(source.offered > 4_000)
    // With 30 s of linger and a route timeout of 300 ms nothing is left.
    #expect(ended == source.offered, "seed \(seed)")
    #expect(source.latency.count == ended)
    let edge = record.edges[0]
    #expect(edge.calls == edge.succeeded + edge.failed)
    #expect(edge.attempts <= edge.calls + edge.retries)
    for service in record.services {
      for pod in service.pods { #expect(pod.meanBusy >= 0 && pod.meanQueue >= 0) }
    }
  }

  @Test func `the same seed gives the same run, another seed another`() throws {
    let model = try Self.model(seed: 3)
    let first = SimulationRun.run(model, seed: 11)
    let again = SimulationRun.run(model, seed: 11)
    let other = SimulationRun.run(model, seed: 12)
    #expect(first.eventCount == again.eventCount)
    #expect(first.sources[0].latency == again.sources[0].latency)
    #expect(first.sources[0].byStatus == again.sources[0].byStatus)
    #expect(first.eventCount != other.eventCount)
  }

  @Test func `a run stops at its limit of events and says so`() throws {
    let model = try Self.model(seed: 1)
    let record = SimulationRun.run(model, seed: 1, limits: RunLimits(maxEvents: 10_000))
    #expect(record.stopped == .eventLimit)
    #expect(record.eventCount == 10_000)
  }

  @Test func `retries multiply from layer to layer, exactly`() throws {
    // Five layers, two retries each, a leaf that always fails: 3^5 arrivals for one request.
    var model = SimulationModel()
    for layer in 0..<5 {
      let steps: [StepModel] =
        layer == 4 ? [.fail(probability: 1, status: 500)] : [.call(edge: layer + 1)]
      model.services.append(
        ServiceModel(
          name: "l\(layer)", pods: [PodModel(name: "l\(layer)-0")],
          operations: [OperationModel(name: "op", steps: steps)]))
      let policy = RetryPolicy(retryOn: .fiveXX, numRetries: 2)
      let action = ForwardAction(
        destinations: [.init(cluster: 0)], timeout: nil, retryPolicy: policy)
      model.proxies.append(
        ProxyModel(
          name: "p\(layer)",
          configuration: EnvoyConfiguration(
            streamIdleTimeout: nil, routes: [Route(action: .forward(action))],
            clusters: [Cluster(name: "c\(layer)", thresholds: .none)]),
          endpoints: [[.init(pod: PodReference(service: layer, pod: 0))]],
          placement: .shared(instances: 1)))
      model.edges.append(EdgeModel(name: "e\(layer)", carrier: .proxy(layer)))
    }
    model.sources = [
      SourceModel(
        name: "users",
        pattern: .open(rate: [.init(at: .zero, perSecond: 10)], arrivals: .even),
        mix: [(edge: 0, weight: 1)], limit: 7)
    ]
    let record = SimulationRun.run(model, seed: 5)
    #expect(record.services[4].pods[0].arrivals == 7 * 243)
    #expect(record.sources[0].byStatus == [503: 7])
  }

  @Test func `leaving unused policies out changes nothing`() throws {
    let service = ServiceModel(
      name: "server", pods: [PodModel(name: "server-0")], workers: 2, queueLimit: 5,
      operations: [
        OperationModel(name: "op", steps: [.work(try Distribution(.exponential(mean: 0.01)))])
      ])
    let model = SimulationModel(
      services: [service],
      edges: [EdgeModel(name: "e", carrier: .direct(service: 0, latency: .zero))],
      sources: [
        SourceModel(
          name: "load",
          pattern: .open(rate: [.init(at: .zero, perSecond: 180)], arrivals: .poisson),
          mix: [(edge: 0, weight: 1)], limit: 20_000)
      ])
    let whole = SimulationRun.run(model, seed: 9)
    let bare = SimulationRun.runWithoutPolicies(model, seed: 9)
    #expect(whole.eventCount == bare.eventCount)
    #expect(whole.sources[0].latency == bare.sources[0].latency)
    #expect(whole.sources[0].byStatus == bare.sources[0].byStatus)
  }
}
