import Scenario
import Testing
import TimeAndChance
import TrafficPolicy

@testable import Simulation

@Suite struct RouteLimitTests {
  private func limit(_ tokens: Int) -> LocalRateLimitSettings {
    LocalRateLimitSettings(
      bucket: TokenBucketSettings(maxTokens: tokens, fillInterval: .minutes(600)), enabled: .all,
      enforced: .all)
  }

  /// A gateway with two routes to the same pod, 100 requests on each.
  private func statuses(
    listener: [HTTPFilter], routes: [LocalRateLimitSettings?], isShared: Bool = false,
    headers: [HostScript.Header] = []
  ) -> [[Int: UInt64]] {
    let limits = routes.enumerated().map { number, settings in
      settings.map { RouteRateLimit($0, group: isShared ? 0 : number) }
    }
    let action = RouteAction.forward(
      ForwardAction(destinations: [.init(cluster: 0)], timeout: nil))
    let gateway = ProxyModel(
      name: "gateway",
      configuration: EnvoyConfiguration(
        filters: listener, streamIdleTimeout: nil,
        routes: ["a", "b"].map { Route(match: RouteMatch(authorities: [$0]), action: action) },
        clusters: [Cluster(name: "pod", thresholds: .none)]),
      endpoints: [[.init(pod: PodReference(service: 0, pod: 0))]],
      placement: .shared(instances: 1), routeRateLimits: limits)
    let model = SimulationModel(
      services: [
        ServiceModel(
          name: "s", pods: [PodModel(name: "s-0")],
          operations: [OperationModel(name: "op", steps: [])])
      ],
      proxies: [gateway],
      edges: ["a", "b"].map {
        EdgeModel(
          name: $0, carrier: .proxy(0), attributes: .init(authority: $0, headers: headers))
      },
      sources: [0, 1].map {
        SourceModel(
          name: "s\($0)", pattern: .open(rate: [.init(at: .zero, perSecond: 50)], arrivals: .even),
          mix: [(edge: $0, weight: 1)], limit: 100)
      })
    return SimulationRun.run(model, seed: 1).sources.map(\.byStatus)
  }

  @Test func `a route's limit acts instead of the listener's, on its route only`() {
    let found = statuses(listener: [.localRateLimit(limit(5))], routes: [limit(3), nil])
    #expect(found == [[200: 3, 429: 97], [200: 5, 429: 95]])
  }

  @Test func `a route's limit needs none of the listener, and each route has its own tokens`() {
    #expect(
      statuses(listener: [], routes: [limit(3), nil]) == [[200: 3, 429: 97], [200: 100]])
    #expect(
      statuses(listener: [], routes: [limit(3), limit(4)]) == [
        [200: 3, 429: 97], [200: 4, 429: 96],
      ])
  }

  @Test func `routes of a group take from the same buckets`() {
    let found = statuses(listener: [], routes: [limit(3), limit(3)], isShared: true)
    #expect(found[0][200, default: 0] + found[1][200, default: 0] == 3)
    #expect(found.flatMap(\.values).reduce(0, +) == 200)
  }

  @Test func `descriptors of a route's limit act`() {
    var own = limit(1_000)
    own.descriptors = [
      .init(
        headers: [.init(name: "tenant", value: .exact("x"))],
        bucket: TokenBucketSettings(maxTokens: 2, fillInterval: .minutes(600)))
    ]
    let header = [HostScript.Header(name: "tenant", value: "x")]
    let listener = [HTTPFilter.localRateLimit(limit(5))]
    #expect(
      statuses(listener: listener, routes: [own, nil], headers: header) == [
        [200: 2, 429: 98], [200: 5, 429: 95],
      ])
    #expect(statuses(listener: listener, routes: [own, nil])[0] == [200: 100])
  }

  @Test func `mirrored copies count among the calls that the tables hold`() throws {
    var sample = MeshSample()
    sample.route.mirrors = Array(repeating: .init(cluster: 0), count: 1_000)
    var scenario = try sample.scenario()
    // Each class of requests that the front passes on is a call of its own.
    let names = (0..<70).map { "class-\($0)" }
    scenario.traffic[0].classes = names.map {
      RequestClass(name: $0, weight: 1, headers: [.init(name: "kind", value: $0)])
    }
    scenario.workloads[0].steps = [
      [
        .call(
          Call(target: Sample.target(1, "back"), headers: [.forwarded(name: "kind")]))
      ]
    ]
    #expect(throws: CompilationError.self) { try ScenarioCompiler.compile(scenario) }
    scenario.traffic[0].classes = Array(scenario.traffic[0].classes.prefix(60))
    #expect(try ScenarioCompiler.compile(scenario).model.edges.count == 120)
  }
}
