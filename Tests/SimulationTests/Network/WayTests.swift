import Scenario
import Statistics
import Testing
import TimeAndChance
import TrafficPolicy

@testable import Simulation

@Suite struct WayTests {
  @Test func `each pair of pods has its own way, and a pod calls through its own sidecar`() throws {
    let record = try MeshSample().run()
    // To the node next door 1 ms each way, to the other zone 5 ms, and 10 ms of work.
    #expect(record.latencies(by: 0) == [12_000])
    #expect(record.latencies(by: 1) == [20_000])
  }

  @Test func `a handshake takes a round trip of its pair`() throws {
    let record = try MeshSample().run()
    let first = (0..<2).compactMap { pod in record.requests.first { $0.answeredBy?.pod == pod } }
    #expect(first.map { ($0.ended - $0.started).nanoseconds / 1000 } == [14_000, 30_000])
  }

  @Test func `traffic that begins at pods takes any of their sidecars, their calls their own`()
    throws
  {
    var scenario = try MeshSample().scenario()
    var inner = scenario.traffic[0]
    inner.name = "batch"
    inner.origin = .workload(0)
    inner.instances = 2
    inner.mix = [WeightedTarget(target: Sample.target(1, "back"))]
    scenario.traffic.append(inner)
    let record = try MeshSample.run(scenario)
    let calls = record.requests.filter { $0.source == 0 && $0.started > .zero + .seconds(1) }
    for call in calls {
      let expected: Int64 = call.answeredBy?.pod == 0 ? 12_000 : 20_000
      #expect((call.ended - call.started).nanoseconds / 1000 == expected)
    }
    let batch = record.requests.filter { $0.source == 1 && $0.started > .zero + .seconds(1) }
    let near = batch.count { ($0.ended - $0.started) == .milliseconds(12) }
    let far = batch.count { ($0.ended - $0.started) == .milliseconds(20) }
    #expect(near + far == batch.count)
    // Half each, of 900; five standard deviations are 75.
    #expect(abs(near - far) < 150)
  }

  @Test func `pairs of nodes win over pairs of zones, and zones over the rest`() throws {
    var scenario = try MeshSample().scenario()
    scenario.network.pairs = [
      .init(level: .zone, first: "b", second: "a", latency: try Sample.constant(0.002)),
      .init(level: .node, first: "n0", second: "n0", latency: try Sample.constant(0.003)),
    ]
    let record = try MeshSample.run(scenario)
    #expect(record.latencies(by: 0) == [16_000])
    #expect(record.latencies(by: 1) == [14_000])
    scenario.network.pairs.append(
      .init(level: .node, first: "n1", second: "n0", latency: try Sample.constant(0.004)))
    #expect(try MeshSample.run(scenario).latencies(by: 1) == [18_000])
  }

  @Test func `a gateway adds its hop, and the outside its way`() throws {
    var sample = MeshSample()
    sample.front = 1
    sample.hop = 0.002
    var scenario = try sample.scenario()
    scenario.network.outside = try Sample.constant(0.03)
    scenario.proxies.append(
      ProxyPolicy(
        name: "gateway", kind: .gateway, instances: 2, nodes: [0, 1],
        configuration: EnvoyConfiguration(
          streamIdleTimeout: nil,
          routes: [Route(action: .forward(sample.route))],
          clusters: [Cluster(name: "front", thresholds: .none)]),
        upstreams: [Upstream(service: 0, workloads: [0])], routeFilters: [RouteFilters()]))
    scenario.traffic[0].origin = .gateway(1)
    let model = try ScenarioCompiler.compile(scenario).model
    let source = SimulationRun.run(model, seed: 1).sources[0]
    // 60 ms outside, 2 + 2 ms in the proxies, 2 or 10 ms to the front, 2 + 10 ms beyond it.
    let near = Double(60 + 4 + 2 + 12)
    let far = Double(60 + 4 + 10 + 12)
    let p10 = try #require(source.latency.quantile(0.1)) / 1e6
    let p90 = try #require(source.latency.quantile(0.9)) / 1e6
    #expect(abs(p10 - near) < 1.5)
    #expect(abs(p90 - far) < 1.5)
  }

  @Test func `a request of an ambient pod goes by way of the waypoint's node`() throws {
    var sample = MeshSample()
    sample.front = 1
    sample.isMeshed = false
    sample.hop = 0.002
    var scenario = try sample.scenario()
    scenario.proxies = [
      ProxyPolicy(
        name: "waypoint", kind: .waypoint, nodes: [1],
        configuration: EnvoyConfiguration(
          streamIdleTimeout: nil, routes: [Route(action: .forward(sample.route))],
          clusters: [sample.cluster]),
        upstreams: [Upstream(service: 1, workloads: [1])], routeFilters: [RouteFilters()])
    ]
    scenario.services[1].waypoint = 0
    scenario.workloads[0].dataPlane = .ambient
    scenario.workloads[1].dataPlane = .ambient
    // 5 ms to the waypoint and 5 ms back to the node, each way; the source's way to the front
    // passes one ztunnel, the call two and the waypoint.
    #expect(try MeshSample.run(scenario).latencies() == [10_000 + 20_000 + 2_000 + 3 * 2_000])
  }

  @Test func `traffic that begins at ambient pods starts at the node of one of them`() throws {
    var sample = MeshSample()
    sample.isMeshed = false
    var scenario = try sample.scenario()
    scenario.proxies = [
      ProxyPolicy(
        name: "waypoint", kind: .waypoint, nodes: [1],
        configuration: EnvoyConfiguration(
          workerThreads: 2, streamIdleTimeout: nil,
          routes: [Route(action: .forward(sample.route))], clusters: [sample.cluster]),
        upstreams: [Upstream(service: 1, workloads: [1])], routeFilters: [RouteFilters()])
    ]
    scenario.services[1].waypoint = 0
    scenario.workloads[0].dataPlane = .ambient
    scenario.workloads[1].dataPlane = .ambient
    scenario.traffic[0].origin = .workload(0)
    scenario.traffic[0].instances = 2
    scenario.traffic[0].mix = [WeightedTarget(target: Sample.target(1, "back"))]
    let source = SimulationRun.run(try ScenarioCompiler.compile(scenario).model, seed: 1).sources[0]
    // From the waypoint's node 1 ms each way, from the other 5 ms; then 5 ms each way and the work.
    let low = try #require(source.latency.quantile(0.1)) / 1e6
    let high = try #require(source.latency.quantile(0.9)) / 1e6
    #expect(abs(low - 22) < 0.5)
    #expect(abs(high - 30) < 0.5)
    let far = try #require(source.latency.mean) / 1e6
    #expect(abs(far - 26) < 0.7)
  }

  @Test func `a law is drawn for each message`() throws {
    var scenario = try MeshSample().scenario()
    scenario.network.sameNode = try Distribution(.uniform(min: 0.001, max: 0.003))
    scenario.workloads[0].nodes = [0]
    scenario.traffic[0].pattern = .open(
      OpenLoop(rate: RateCurve(constant: 1000, to: .zero + .seconds(10)), arrivals: .even))
    let record = try MeshSample.run(scenario)
    let times = record.requests.filter { $0.started > .zero + .seconds(1) }.map {
      ($0.ended - $0.started).inMilliseconds - 10
    }
    #expect(times.allSatisfy { $0 >= 2 && $0 <= 6 })
    let mean = times.reduce(0, +) / Double(times.count)
    let square = times.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(times.count)
    // Two independent draws of variance 1/3: the sum's deviation is 0.816 ms.
    #expect(abs(mean - 4) < 5 * 0.816 / Double(times.count).squareRoot())
    #expect(abs(square.squareRoot() - 0.816) < 0.05)
  }

  @Test func `what a proxy adds is drawn once for a request`() throws {
    var sample = MeshSample()
    sample.front = 1
    sample.sameNode = 0
    var scenario = try sample.scenario()
    scenario.network.proxyHop = try Distribution(.uniform(min: 0.001, max: 0.003))
    let record = try MeshSample.run(scenario)
    let times = record.requests.map { ($0.ended - $0.started).inMilliseconds - 10 }
    #expect(times.allSatisfy { $0 >= 1 && $0 <= 3 })
    #expect(times.contains { $0 < 1.2 } && times.contains { $0 > 2.8 })
  }

  @Test func `where all ways are one constant no message is looked at`() throws {
    var sample = MeshSample()
    sample.betweenZones = 0.001
    let engine = Engine<EveryPolicy>(
      try ScenarioCompiler.compile(sample.scenario()).model, seed: 1, replication: 0,
      limits: RunLimits())
    var marks: UInt16 = 0
    for p in 0..<engine.pods.count { marks |= engine.pods[p].marks }
    for e in 0..<engine.edges.count { #expect(engine.edges[e].callerMarks == 0) }
    #expect(marks == 0)
  }
}
