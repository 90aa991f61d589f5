import Simulation
import TimeAndChance
import TrafficPolicy

/// The models that the benchmark rows measure, as configured models of the product.
enum ReferenceModels {
  /// M/M/1: one service with one worker, called directly, at 80 % load; 1 ms mean service time.
  static func mm1(requests: Int) throws -> SimulationModel {
    let service = ServiceModel(
      name: "server", pods: [PodModel(name: "server-0")], workers: 1,
      operations: [
        OperationModel(name: "serve", steps: [.work(try Distribution(.exponential(mean: 0.001)))])
      ])
    return SimulationModel(
      services: [service],
      edges: [EdgeModel(name: "client → server", carrier: .direct(service: 0, latency: .zero))],
      sources: [
        SourceModel(
          name: "client",
          pattern: .open(rate: [.init(at: .zero, perSecond: 800)], arrivals: .poisson),
          mix: [(edge: 0, weight: 1)], limit: requests)
      ])
  }

  /// mesh3: three tiers of ten pods with four workers, tier by tier through client proxies.
  ///
  /// A worker is free while its request waits for the next tier. Service is lognormal (σ 0.5, mean
  /// 1 ms), with chance 10⁻⁴ a stall of 400 ms instead, with chance 0.2 % an error. 0.25 ms each
  /// way per hop, least request of two, per-try timeouts of 1 s, 0.5 s and 0.25 s, two retries.
  /// With `slowHost`, the first pod of the second tier works twenty times slower, and its callers
  /// eject hosts after five failures in a row.
  static func mesh3(
    requests: Int, perSecond: Double = 24_000, retries: Int = 2, queueLimit: Int? = nil,
    slowHost: Bool = false
  ) throws -> SimulationModel {
    let tiers = 3
    let sigma = 0.5
    let service = try Distribution(
      .lognormalSpread(mean: 0.001, cv: (RealMath.exp(sigma * sigma) - 1).squareRoot()))
    let stall = try Distribution(.constant(0.4))
    var model = SimulationModel()
    for tier in 0..<tiers {
      var steps: [StepModel] = [
        .branch([(0.9999, [.work(service)]), (0.0001, [.work(stall)])]),
        .fail(probability: 0.002, status: 500),
      ]
      if tier + 1 < tiers { steps.append(.call(edge: tier + 1)) }
      model.services.append(
        ServiceModel(
          name: "tier\(tier + 1)",
          pods: (0..<10).map { PodModel(name: "tier\(tier + 1)-\($0)") }, workers: 4,
          queueLimit: queueLimit, holdsWorkerWhileCalling: false,
          operations: [OperationModel(name: "serve", steps: steps)]))
      var cluster = Cluster(
        name: "tier\(tier + 1)", thresholds: .none,
        loadBalancer: .leastRequest(), panicThreshold: 0)
      if slowHost, tier == 1 {
        var outlier = OutlierDetectionSettings()
        outlier.enforcingSuccessRate = 0
        cluster.outlierDetection = outlier
      }
      let policy = RetryPolicy(
        retryOn: .fiveXX, numRetries: retries,
        perTryTimeout: .milliseconds([1000, 500, 250][tier]))
      let route = Route(
        action: .forward(
          ForwardAction(
            destinations: [.init(cluster: 0)], timeout: nil, retryPolicy: policy)))
      model.proxies.append(
        ProxyModel(
          name: "to tier\(tier + 1)",
          configuration: EnvoyConfiguration(
            streamIdleTimeout: nil, routes: [route], clusters: [cluster]),
          endpoints: [(0..<10).map { .init(pod: PodReference(service: tier, pod: $0)) }],
          placement: .shared(instances: 1), toHost: .microseconds(250)))
      model.edges.append(EdgeModel(name: "to tier\(tier + 1)", carrier: .proxy(tier)))
    }
    model.sources.append(
      SourceModel(
        name: "load",
        pattern: .open(rate: [.init(at: .zero, perSecond: perSecond)], arrivals: .poisson),
        mix: [(edge: 0, weight: 1)], limit: requests))
    if slowHost {
      model.actions.append(
        TimedAction(at: .zero, kind: .slow(PodReference(service: 1, pod: 0), factor: 20)))
    }
    return model
  }
}
