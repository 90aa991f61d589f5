import Scenario
import Simulation
import TimeAndChance
import TrafficPolicy

/// Two zones with a node each, a front whose pods call a back, and users outside.
struct MeshSample {
  var front = 2
  var frontNodes = [0, 1]
  var back = 1
  var backNodes = [0]
  /// One way, in seconds.
  var sameNode = 0.001
  var betweenZones = 0.005
  var hop = 0.0
  /// The work of the back, in seconds.
  var work = 0.01
  var rate = 100.0
  var duration = SimDuration.seconds(10)
  var route = ForwardAction(destinations: [.init(cluster: 0)], timeout: nil)
  /// One connection for all, so that each way is that of one message.
  var cluster = Cluster(
    name: "back", upstreamProtocol: .http2, thresholds: .none, loadBalancer: .roundRobin)
  var locality = LocalityPreference.ignored
  var client = ClientPolicy.plain
  var faults: [Fault] = []
  /// Whether the front's pods have sidecars.
  var isMeshed = true

  /// The scenario of those parts.
  func scenario() throws -> Scenario {
    let call = Call(target: Sample.target(1, "back"), client: client)
    var scenario = Sample.chain(
      [
        .init(name: "front", steps: [.call(call)], replicas: front, workers: nil),
        .init(
          name: "back", steps: [.wait(try Sample.constant(work))], replicas: back, workers: nil),
      ], rate: rate, duration: duration, arrivals: .evenly(first: 1), faults: faults)
    if isMeshed {
      scenario = scenario.withSidecar(route: route, cluster: cluster)
      scenario.proxies[0].configuration.workerThreads = 1
      scenario.proxies[0].upstreams[0].locality = locality
    }
    scenario.nodes = [
      Scenario::Node(name: "n0", region: "r", zone: "a"),
      Scenario::Node(name: "n1", region: "r", zone: "b"),
    ]
    scenario.workloads[0].nodes = frontNodes
    scenario.workloads[1].nodes = backNodes
    scenario.network.sameNode = try Sample.constant(sameNode)
    scenario.network.betweenZones = try Sample.constant(betweenZones)
    scenario.network.proxyHop = try Sample.constant(hop)
    return scenario
  }

  /// What happens to each request.
  func run(seed: UInt64 = 1) throws -> RunRecord { try Self.run(scenario(), seed: seed) }

  /// What happens to each request of a scenario, recorded one by one, two seconds beyond its end.
  static func run(_ scenario: Scenario, seed: UInt64 = 1) throws -> RunRecord {
    var model = try ScenarioCompiler.compile(scenario).model
    model.recording.requests = true
    model.linger = .seconds(2)
    return SimulationRun.run(model, seed: seed)
  }
}

extension RunRecord {
  /// The latencies of requests that were started in a stretch of time, in whole microseconds, each
  /// once, sorted; a pod's or all.
  func latencies(
    from start: SimDuration = .seconds(1), to end: SimDuration = .seconds(3600), by pod: Int? = nil
  ) -> [Int64] {
    let found = requests.filter {
      $0.started >= .zero + start && $0.started < .zero + end && $0.ended != .never
        && (pod == nil || $0.answeredBy?.pod == pod)
    }
    return Set(found.map { ($0.ended - $0.started).nanoseconds / 1000 }).sorted()
  }

  /// The statuses of requests that were started in a stretch of time, with their numbers; 0 is no
  /// answer.
  func statuses(
    from start: SimDuration = .zero, to end: SimDuration = .seconds(3600), source: Int = 0
  ) -> [Int: Int] {
    var result: [Int: Int] = [:]
    for request in requests
    where request.source == source && request.started >= .zero + start
      && request.started < .zero + end
    {
      result[request.ended == .never ? 0 : Int(request.status), default: 0] += 1
    }
    return result
  }
}

extension Fault {
  /// Trouble on the network from one second to another.
  static func network(
    _ effect: NetworkFault.Effect, from: PlaceSet, to: PlaceSet,
    direction: NetworkFault.Direction = .both, at start: Double, until end: Double
  ) -> Fault {
    Fault(
      name: "trouble", at: .zero + SimDuration(seconds: start),
      duration: SimDuration(seconds: end - start),
      effect: .network(NetworkFault(from: from, to: to, direction: direction, effect: effect)))
  }
}
