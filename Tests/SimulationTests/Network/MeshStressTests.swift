import Scenario
import Testing
import TimeAndChance
import TrafficPolicy

@testable import Simulation

@Suite struct MeshStressTests {
  /// A gateway, a front and a back with sidecars on all sides, in two zones, with laws for ways,
  /// limits at the doors, and every sort of trouble one after another.
  private func scenario(seed: UInt64) throws -> Scenario {
    var random = RandomStream(seed: seed, name: "stress")
    var sample = MeshSample()
    sample.rate = 150
    sample.duration = .seconds(12)
    sample.back = 4
    sample.backNodes = [0, 1]
    sample.locality = random.chance(0.5) ? .failover([]) : .ignored
    sample.cluster = Cluster(
      name: "back", upstreamProtocol: random.chance(0.5) ? .http1 : .http2,
      connectTimeout: .milliseconds(300),
      thresholds: CircuitBreakerThresholds(
        maxConnections: 20, maxPendingRequests: 10, maxRequests: 40),
      outlierDetection: OutlierDetectionSettings())
    sample.route = ForwardAction(
      destinations: [.init(cluster: 0)], timeout: .milliseconds(700),
      retryPolicy: RetryPolicy(
        retryOn: .fiveXX, numRetries: 2, perTryTimeout: .milliseconds(150),
        avoidsPreviousHosts: true, hostSelectionMaxAttempts: 5),
      hedgeOnPerTryTimeout: random.chance(0.4))
    let front = PlaceSet(pods: Sample.all(0))
    let back = PlaceSet(
      pods: PodSet(members: [.init(workload: 1, ordinals: [0, 1, 2])]))
    let gateway = PlaceSet(proxies: [2])
    sample.faults = [
      .network(.loss(share: 0.3), from: front, to: back, at: 1, until: 3),
      .network(.partition, from: front, to: back, direction: .forward, at: 2.5, until: 3.5),
      .network(.heldBack, from: gateway, to: front, at: 4, until: 4.4),
      .network(
        .delay(try Distribution(.exponential(mean: 0.05))), from: back, to: front,
        direction: .forward, at: 4, until: 6),
      .network(
        .partition, from: PlaceSet(sources: [0]), to: gateway, at: 7, until: 7.5),
      .network(.loss(share: 0.2), from: PlaceSet(sources: [0]), to: gateway, at: 7, until: 8),
      Fault(
        name: "dies", at: .zero + .milliseconds(2_700), duration: .seconds(1),
        effect: .kill(PodSet(members: [.init(workload: 1, ordinals: [1])]))),
      Fault(
        name: "front dies", at: .zero + .milliseconds(5_700), duration: .seconds(1),
        effect: .kill(PodSet(members: [.init(workload: 0, ordinals: [0])]))),
      Fault(
        name: "hangs", at: .zero + .seconds(8), duration: .seconds(1),
        effect: .hang(PodSet(members: [.init(workload: 1, ordinals: [2])]))),
    ]
    for index in sample.faults.indices { sample.faults[index].name += " \(index)" }
    var scenario = try sample.scenario()
    scenario.network.sameNode = try Distribution(.exponential(mean: 0.001))
    scenario.network.outside = try Distribution(.uniform(min: 0.001, max: 0.02))
    scenario.network.proxyHop = try Distribution(.uniform(min: 0, max: 0.001))
    scenario.network.endpointDelay = try Distribution(.uniform(min: 0, max: 0.5))
    scenario.workloads[1].workers = 3
    scenario.workloads[1].queue = WorkQueue(limit: 10)
    scenario.workloads[1].abandonedWork =
      [Scenario::AbandonedWork.finished, .droppedAtStart, .droppedAtOnce][Int(seed % 3)]
    for (workload, limit) in [(0, 200), (1, 4)] {
      scenario.workloads[workload].inbound = 1
      scenario.proxies.insert(
        ProxyPolicy(
          name: "door \(workload)", kind: .sidecarInbound,
          configuration: EnvoyConfiguration(
            workerThreads: 2,
            filters: [
              .localRateLimit(
                LocalRateLimitSettings(
                  bucket: TokenBucketSettings(
                    maxTokens: 60, tokensPerFill: 60, fillInterval: .seconds(1)),
                  enabled: .all, enforced: .all)),
              .fault(
                FaultInjectionSettings(
                  delay: .milliseconds(30), delayFraction: Fraction(numerator: 5))),
            ], streamIdleTimeout: nil,
            routes: [
              Route(
                action: .forward(
                  ForwardAction(
                    destinations: [.init(cluster: 0)], timeout: .milliseconds(400),
                    retryPolicy: RetryPolicy(retryOn: .fiveXX, numRetries: 1))))
            ],
            clusters: [
              Cluster(
                name: "inbound",
                thresholds: CircuitBreakerThresholds(
                  maxConnections: limit, maxPendingRequests: limit, maxRequests: 100))
            ]),
          upstreams: [Upstream(service: workload, workloads: [workload])],
          routeFilters: [RouteFilters()]), at: 1)
    }
    scenario.workloads[0].inbound = 2
    scenario.workloads[1].inbound = 1
    scenario.proxies.append(
      ProxyPolicy(
        name: "gateway", kind: .gateway, instances: 2, nodes: [0, 1],
        configuration: EnvoyConfiguration(
          workerThreads: 2, streamIdleTimeout: nil,
          routes: [
            Route(
              action: .forward(
                ForwardAction(destinations: [.init(cluster: 0)], timeout: .milliseconds(800))))
          ],
          clusters: [
            Cluster(name: "front", connectTimeout: .milliseconds(400), thresholds: .none)
          ]),
        upstreams: [Upstream(service: 0, workloads: [0])], routeFilters: [RouteFilters()]))
    scenario.traffic[0].origin = .gateway(3)
    scenario.traffic[0].client = ClientPolicy(
      perTryTimeout: .milliseconds(500), timeout: .seconds(1), numRetries: 1)
    for index in scenario.faults.indices {
      guard case .network(var trouble) = scenario.faults[index].effect else { continue }
      if !trouble.from.proxies.isEmpty { trouble.from.proxies = [3] }
      if !trouble.to.proxies.isEmpty { trouble.to.proxies = [3] }
      scenario.faults[index].effect = .network(trouble)
    }
    return scenario
  }

  @Test func `no request is lost from the books, and no record stays behind`() throws {
    for seed in UInt64(0)..<12 {
      let compiled = try ScenarioCompiler.compile(scenario(seed: seed))
      #expect(compiled.gaps.isEmpty)
      var model = compiled.model(seed: seed, replication: 0)
      // Longer than the last retransmission of a message whose sender has gone.
      model.linger = .seconds(120)
      var engine = Engine<EveryPolicy>(model, seed: seed, replication: 0, limits: RunLimits())
      engine.run()
      let alive = engine.jobCount
      #expect(alive == 0, "seed \(seed)")
      #expect(engine.heldBack.isEmpty)
      for state in 0..<UInt32(engine.clusters.count) {
        let cluster = engine.clusters[state]
        #expect(
          cluster.requests == 0 && cluster.pending == 0 && cluster.retries == 0, "seed \(seed)")
      }
      for p in 0..<engine.pods.count {
        #expect(engine.pods[p].busy == 0 && engine.pods[p].queued == 0, "seed \(seed)")
      }
      let record = engine.record()
      let source = record.sources[0]
      #expect(source.offered > 1_600)
      #expect(source.byStatus.values.reduce(0, +) == source.offered, "seed \(seed)")
      #expect((source.byStatus[200] ?? 0) > 300, "seed \(seed)")
    }
  }
}
