import Scenario
import Statistics
import Testing
import TimeAndChance
import TrafficPolicy

@testable import Simulation

@Suite struct TroubleTests {
  private let front = PlaceSet(pods: Sample.all(0))
  private let back = PlaceSet(pods: Sample.all(1))
  private let outside = PlaceSet(sources: [0])

  private func pod(_ workload: Int, _ ordinal: Int) -> PlaceSet {
    PlaceSet(pods: PodSet(members: [.init(workload: workload, ordinals: [ordinal])]))
  }

  /// One front, no network times of its own, requests every 10 ms.
  private func sample(_ fault: Fault) -> MeshSample {
    var sample = MeshSample()
    sample.front = 1
    sample.sameNode = 0.001
    sample.faults = [fault]
    return sample
  }

  @Test func `a delay acts on the ways of its direction and in its time only`() throws {
    for (direction, expected) in [(NetworkFault.Direction.both, 26_000), (.forward, 19_000)] {
      let fault = Fault.network(
        .delay(try Sample.constant(0.007)), from: front, to: back, direction: direction, at: 3,
        until: 5)
      let record = try sample(fault).run()
      #expect(record.latencies(to: .milliseconds(2_900)) == [12_000])
      #expect(
        record.latencies(from: .milliseconds(3_050), to: .milliseconds(4_900)) == [Int64(expected)])
      #expect(record.latencies(from: .milliseconds(5_050)) == [12_000])
    }
  }

  @Test func `a delay backwards is that of answers`() throws {
    let fault = Fault.network(
      .delay(try Sample.constant(0.007)), from: back, to: front, direction: .forward, at: 3,
      until: 5)
    let record = try sample(fault).run()
    #expect(record.latencies(from: .milliseconds(3_050), to: .milliseconds(4_900)) == [19_000])
  }

  @Test func `of the pods only those named are hit`() throws {
    var sample = sample(
      .network(
        .delay(try Sample.constant(0.1)), from: pod(0, 1), to: back, at: 3, until: 5))
    sample.front = 2
    sample.betweenZones = 0.001
    let record = try sample.run()
    let (from, to) = (SimDuration.milliseconds(3_050), SimDuration.milliseconds(4_800))
    #expect(record.latencies(from: from, to: to, by: 0) == [12_000])
    #expect(record.latencies(from: from, to: to, by: 1) == [212_000])
  }

  @Test func `a partition of two leaves a third alone`() throws {
    // Two fronts call the back; the first gives a try up after 100 ms.
    var scenario = try sample(.network(.partition, from: front, to: back, at: 3, until: 5))
      .scenario()
    let call = Call(
      target: Sample.target(1, "back"), client: ClientPolicy(perTryTimeout: .milliseconds(100)))
    scenario.proxies = []
    scenario.workloads[0].dataPlane = .none
    scenario.workloads[0].steps = [[.call(call)]]
    scenario.services.append(
      Service(
        name: "other", host: "other.default.svc.cluster.local",
        operations: [Operation(name: "GET /", method: "GET", path: "/")], workloads: [2]))
    scenario.workloads.append(
      Workload(name: "other", service: 2, nodes: [0], steps: [[.call(call)]], workers: nil))
    var second = scenario.traffic[0]
    second.name = "others"
    second.mix = [WeightedTarget(target: Sample.target(2, "other"))]
    scenario.traffic.append(second)
    let record = try MeshSample.run(scenario)
    let (from, to) = (SimDuration.milliseconds(3_000), SimDuration.milliseconds(4_980))
    #expect(record.statuses(from: from, to: to) == [503: 198])
    #expect(record.statuses(from: from, to: to, source: 1) == [200: 198])
    #expect(record.statuses(to: .milliseconds(2_980)) == [200: 297])
    #expect(record.statuses(from: .milliseconds(5_000)).keys.sorted() == [200])
  }

  @Test func `when only answers vanish the work is done`() throws {
    var sample = sample(
      .network(.partition, from: back, to: front, direction: .forward, at: 3, until: 5))
    sample.isMeshed = false
    sample.client = ClientPolicy(perTryTimeout: .milliseconds(100))
    let record = try sample.run()
    #expect(record.statuses(from: .seconds(3), to: .milliseconds(4_980)) == [503: 198])
    #expect(record.services[1].pods[0].arrivals == record.services[0].pods[0].arrivals)
    #expect(record.services[1].pods[0].succeeded == record.services[1].pods[0].arrivals)
  }

  @Test func `no connection opens across a partition`() throws {
    var sample = sample(.network(.partition, from: front, to: back, at: 0, until: 5))
    sample.cluster.connectTimeout = .milliseconds(250)
    sample.rate = 2
    let record = try sample.run()
    // Requests come at 0.5 s, 1 s and so on; each opens a connection of its own.
    #expect(record.latencies(from: .zero, to: .milliseconds(4_900)) == [250_000])
    #expect(record.statuses(to: .milliseconds(4_900)) == [503: 9])
    #expect(record.statuses(from: .milliseconds(5_100)).keys.sorted() == [200])
  }

  @Test func `a lost first packet costs one second`() throws {
    var sample = sample(.network(.loss(share: 1), from: front, to: back, at: 0, until: 1))
    sample.rate = 2
    let record = try sample.run()
    let first = try #require(record.requests.first)
    // Lost at 0.5 s, sent again at 1.5 s; then a round trip, and the request.
    #expect(first.started == .zero + .milliseconds(500))
    #expect(first.ended - first.started == .milliseconds(1_000 + 2 + 12))
  }

  @Test func `what is lost is sent again after 200 ms and a round trip, then twice that`() throws {
    let fault = Fault.network(.loss(share: 1), from: front, to: back, at: 3, until: 3.5)
    var sample = sample(fault)
    sample.rate = 1
    let record = try sample.run()
    // Sent at 3 s, 3.202 s and 3.606 s; the pool's connection was open before.
    #expect(record.latencies(from: .milliseconds(2_999), to: .milliseconds(3_100)) == [618_000])
    #expect(record.latencies(from: .milliseconds(3_999)) == [12_000])
  }

  @Test func `a lost answer is sent again by the server`() throws {
    let fault = Fault.network(
      .loss(share: 1), from: back, to: front, direction: .forward, at: 3, until: 3.1)
    var sample = sample(fault)
    sample.rate = 1
    let record = try sample.run()
    #expect(record.latencies(from: .milliseconds(2_999), to: .milliseconds(3_100)) == [214_000])
    #expect(record.services[1].pods[0].arrivals == 9)
  }

  @Test func `after fifteen retransmissions the connection breaks`() throws {
    var sample = sample(.network(.loss(share: 1), from: front, to: back, at: 3, until: 3_000))
    sample.rate = 0.5
    sample.sameNode = 0
    sample.duration = .seconds(950)
    let broken = try sample.run()
    let second = try #require(broken.requests.first { $0.started == .zero + .seconds(4) })
    #expect(second.ended - second.started == .milliseconds(924_600))
    #expect(second.status == 503)
  }

  @Test func `a share of packets is lost, each by itself`() throws {
    var sample = sample(.network(.loss(share: 0.1), from: front, to: back, at: 0, until: 100))
    sample.rate = 1_000
    let record = try sample.run()
    let counted = record.requests.filter {
      $0.started > .zero + .seconds(2) && $0.started < .zero + .seconds(9)
    }
    let whole = counted.count { $0.ended - $0.started == .milliseconds(12) }
    // Neither the request nor the answer is lost: 81 %, of 7 000; nor a handshake on the way.
    let share = Double(whole) / Double(counted.count)
    #expect(abs(share - 0.81) < 0.04)
  }

  @Test func `what is held back arrives when the trouble ends`() throws {
    var sample = sample(.network(.heldBack, from: front, to: back, at: 3, until: 5))
    sample.sameNode = 0
    sample.rate = 2
    let record = try sample.run()
    #expect(
      record.latencies(from: .milliseconds(2_999), to: .milliseconds(4_999)) == [
        510_000, 1_010_000, 1_510_000, 2_010_000,
      ])
    #expect(record.latencies(from: .milliseconds(5_400)) == [10_000])
  }

  @Test func `two troubles on one way add up`() throws {
    var sample = sample(
      .network(.delay(try Sample.constant(0.007)), from: front, to: back, at: 3, until: 5))
    sample.faults.append(
      .network(.delay(try Sample.constant(0.02)), from: back, to: front, at: 4, until: 6))
    sample.faults[1].name = "more"
    let record = try sample.run()
    #expect(record.latencies(from: .milliseconds(3_050), to: .milliseconds(3_900)) == [26_000])
    #expect(record.latencies(from: .milliseconds(4_060), to: .milliseconds(4_900)) == [66_000])
    #expect(record.latencies(from: .milliseconds(5_090), to: .milliseconds(5_900)) == [52_000])
  }

  @Test func `trouble between the outside and a gateway leaves the pods alone`() throws {
    var sample = MeshSample()
    sample.front = 1
    sample.duration = .seconds(10)
    for effect in [NetworkFault.Effect.partition, .delay(try Sample.constant(0.04))] {
      var scenario = try sample.scenario()
      scenario.proxies.append(
        ProxyPolicy(
          name: "gateway", kind: .gateway, nodes: [0],
          configuration: EnvoyConfiguration(
            streamIdleTimeout: nil, routes: [Route(action: .forward(sample.route))],
            clusters: [Cluster(name: "front", thresholds: .none)]),
          upstreams: [Upstream(service: 0, workloads: [0])], routeFilters: [RouteFilters()]))
      scenario.traffic[0].origin = .gateway(1)
      scenario.traffic[0].client = ClientPolicy(timeout: .milliseconds(500))
      scenario.faults = [
        .network(effect, from: outside, to: PlaceSet(proxies: [1]), at: 3, until: 5)
      ]
      let record = SimulationRun.run(try ScenarioCompiler.compile(scenario).model, seed: 1)
      let source = record.sources[0]
      if effect == .partition {
        // Of those sent from 3 s to 5 s, and those whose answer fell into it, none is answered.
        let unanswered = source.byStatus[0] ?? 0
        #expect((200...203).contains(unanswered))
        #expect(source.offered == (source.byStatus[200] ?? 0) + unanswered + source.open)
      } else {
        #expect(source.byStatus[0] == nil)
        let slow = try #require(source.latency.quantile(0.9)) / 1e6
        #expect(abs(slow - (12 + 2 + 80)) < 2)
      }
    }
  }

  @Test func `a rule that names nobody on the way does nothing`() throws {
    let fault = Fault.network(.partition, from: outside, to: back, at: 0, until: 100)
    let record = try sample(fault).run()
    #expect(
      record.statuses().keys.sorted() == [0, 200] || record.statuses().keys.sorted() == [200])
    #expect(record.latencies() == [12_000])
  }

  @Test func `the same seed gives the same run whatever the network does`() throws {
    var sample = sample(.network(.loss(share: 0.2), from: front, to: back, at: 2, until: 8))
    sample.route.retryPolicy = RetryPolicy(
      retryOn: .fiveXX, numRetries: 2, perTryTimeout: .milliseconds(150))
    var scenario = try sample.scenario()
    scenario.network.sameNode = try Distribution(.exponential(mean: 0.002))
    for abandoned in [Scenario::AbandonedWork.finished, .droppedAtStart, .droppedAtOnce] {
      scenario.workloads[1].abandonedWork = abandoned
      scenario.workloads[1].workers = 2
      let one = try MeshSample.run(scenario, seed: 5)
      let two = try MeshSample.run(scenario, seed: 5)
      #expect(one.eventCount == two.eventCount)
      #expect(one.latencies() == two.latencies())
      let statuses = one.statuses()
      #expect(statuses.values.reduce(0, +) == Int(one.sources[0].offered))
      #expect((statuses[200] ?? 0) > 500)
    }
  }
}
