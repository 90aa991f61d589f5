import Testing
import TimeAndChance
import TrafficPolicy

@testable import Simulation

@Suite struct ModelCompilerTests {
  /// The tables of a model, as far as its edges.
  private func compiled(_ model: SimulationModel) -> ModelCompiler {
    var compiler = ModelCompiler(model, seed: 1, replication: 0)
    compiler.compileServices()
    compiler.compileNetwork()
    compiler.compileProxies()
    compiler.compileEdges()
    return compiler
  }

  @Test func `an edge has as many guards as the callers of that edge have instances`() throws {
    let calls: [StepModel] = [
      .loop(count: 2, steps: [.branch([(1, [.call(edge: 1)])])]),
      .parallel([[.call(edge: 2)], [.work(try Small.constant(1)), .forward(edge: 3)]]),
    ]
    var front = try Small.server("front", seconds: 1, then: calls)
    front.pods = (0..<5).map { PodModel(name: "front-\($0)") }
    let client = ClientBehaviour(retries: 1)
    let targets = [0, 1, 1, 1, 1]
    var source = Small.even(1)
    source.instances = 3
    var other = Small.even(1, edge: 1)
    other.name = "other"
    other.instances = 7
    let tables = compiled(
      SimulationModel(
        services: [front, try Small.server(seconds: 1)],
        edges: targets.enumerated().map { index, service in
          EdgeModel(
            name: "e\(index)", carrier: .direct(service: service, latency: .zero), client: client)
        }, sources: [source, other]))
    #expect(tables.callerInstances == [3, 7, 5, 5, 1])
    #expect(tables.clientSettings.map(\.firstState) == [0, 3, 10, 15, 20])
    #expect(tables.clientStates.count == 21)
  }

  @Test(arguments: [1, 3, 40])
  func `few edges or many take the first route that takes them`(edges count: Int) throws {
    let routes =
      (0..<40).map { Route(match: RouteMatch(path: .regex("/o\($0)")), action: .unknownCluster) }
      + (0..<20).map {
        Route(match: RouteMatch(path: .prefix("/o\($0)/")), action: .unknownCluster)
      }
    let paths = (0..<count).map { $0 % 2 == 0 ? "/o\($0)" : "/o\($0)/x" }
    let proxy = ProxyModel(
      name: "proxy",
      configuration: EnvoyConfiguration(routes: routes, clusters: [Cluster(name: "server")]),
      endpoints: [[.init(pod: PodReference(service: 0, pod: 0))]],
      placement: .shared(instances: 1))
    let tables = compiled(
      SimulationModel(
        services: [try Small.server(seconds: 1)], proxies: [proxy],
        edges: paths.map {
          EdgeModel(name: $0, carrier: .proxy(0), attributes: EdgeModel.Attributes(path: $0))
        }, sources: [Small.even(1)]))
    for (index, path) in paths.enumerated() {
      let expected = routes.firstIndex { $0.match.takes(EdgeModel.Attributes(path: path)) }
      #expect(Int(tables.edges[index].route) == expected ?? -1, "\(path)")
    }
  }

  @Test func `each of a proxy's callers is noted once, in order`() throws {
    let callers: [EdgeModel.Caller] = [
      .pods(service: 1), .outside, .pods(service: 0), .outside, .pods(service: 1),
    ]
    let proxy = ProxyModel(
      name: "proxy",
      configuration: EnvoyConfiguration(clusters: [Cluster(name: "server")]),
      endpoints: [[.init(pod: PodReference(service: 0, pod: 0))]],
      placement: .shared(instances: 1))
    let tables = compiled(
      SimulationModel(
        services: [try Small.server(seconds: 1), try Small.server("other", seconds: 1)],
        proxies: [proxy, proxy],
        edges: (callers + [.outside]).enumerated().map { index, caller in
          EdgeModel(
            name: "e\(index)", carrier: .proxy(index < callers.count ? 0 : 1), caller: caller)
        }, sources: [Small.even(1)]))
    #expect(tables.callersOfProxy[0] == [.pods(service: 1), .outside, .pods(service: 0)])
    #expect(tables.callersOfProxy[1] == [.outside])
  }
}
