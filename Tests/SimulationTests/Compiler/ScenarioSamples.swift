import Scenario
import TimeAndChance
import TrafficPolicy

/// Small scenarios to compile and run.
enum Sample {
  /// A service with one operation `GET /` and one workload of its name.
  struct Server {
    var name: String
    var steps: [Scenario::Step]
    var replicas = 1
    var workers: Int? = 1
    var queue = WorkQueue()
  }

  /// A scenario without a mesh: the servers in that order, and traffic to the first from outside.
  static func chain(
    _ servers: [Server], rate: Double, duration: SimDuration, warmup: SimDuration = .zero,
    seed: UInt64 = 1, arrivals: Arrivals = .poisson, client: ClientPolicy = .plain,
    faults: [Fault] = []
  ) -> Scenario {
    let end = SimTime.zero + duration
    return Scenario(
      name: "sample", duration: duration, warmup: warmup, seed: seed,
      services: servers.enumerated().map { index, server in
        Service(
          name: server.name, host: "\(server.name).default.svc.cluster.local",
          operations: [Operation(name: "GET /", method: "GET", path: "/")], workloads: [index])
      },
      workloads: servers.enumerated().map { index, server in
        Workload(
          name: server.name, service: index, replicas: server.replicas, steps: [server.steps],
          workers: server.workers, queue: server.queue)
      },
      traffic: [
        TrafficSource(
          name: "users", end: end,
          pattern: .open(
            OpenLoop(rate: RateCurve(constant: rate, to: end), arrivals: arrivals)),
          mix: [WeightedTarget(target: target(0, servers[0].name))], client: client)
      ], faults: faults)
  }

  /// The operation `GET /` of a server.
  static func target(_ service: Int, _ name: String) -> CallTarget {
    CallTarget(
      service: service, operation: 0, port: 0, authority: "\(name).default.svc.cluster.local")
  }

  /// A constant time in seconds.
  static func constant(_ seconds: Double) throws -> Distribution {
    try Distribution(.constant(seconds))
  }

  /// All pods of a workload.
  static func all(_ workload: Int) -> PodSet {
    PodSet(members: [PodSet.Members(workload: workload)])
  }
}

extension Scenario {
  /// The same with sidecars beside the pods of the first workload, which run that route and cluster
  /// for their calls to the second.
  func withSidecar(route: ForwardAction, cluster: Cluster, filters: RouteFilters = RouteFilters())
    -> Scenario
  {
    var result = self
    result.proxies = [
      ProxyPolicy(
        name: "sidecar of \(workloads[0].name)", kind: .sidecarOutbound,
        configuration: EnvoyConfiguration(
          workerThreads: 2, streamIdleTimeout: nil, routes: [Route(action: .forward(route))],
          clusters: [cluster]),
        upstreams: [Upstream(service: 1, workloads: [1])], routeFilters: [filters])
    ]
    result.workloads[0].dataPlane = .sidecar(outbound: 0)
    return result
  }
}
