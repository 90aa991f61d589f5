import Simulation
import TimeAndChance
import TrafficPolicy

extension ReferenceModels {
  /// Three tiers of which the last never answers: every request stays in flight, three calls deep,
  /// each with a try and a running timer.
  static func hanging(requests: Int) throws -> SimulationModel {
    var model = try mesh3(requests: requests, perSecond: 1_000_000)
    for tier in 0..<3 {
      model.services[tier].workers = nil
      var steps: [StepModel] = [.work(try Distribution(.constant(0.001)))]
      if tier < 2 { steps.append(.call(edge: tier + 1)) }
      model.services[tier].operations[0].steps = steps
    }
    for pod in 0..<10 {
      model.actions.append(
        TimedAction(at: .zero, kind: .hang(PodReference(service: 2, pod: pod), true)))
    }
    for tier in 0..<3 {
      let timeout = SimDuration.seconds([1000, 500, 250][tier])
      model.proxies[tier].configuration.routes = [
        Route(
          action: .forward(
            ForwardAction(
              destinations: [.init(cluster: 0)], timeout: nil,
              retryPolicy: RetryPolicy(retryOn: .fiveXX, numRetries: 2, perTryTimeout: timeout))))
      ]
    }
    // Twice the time that the arrivals take, so that all of them have reached the last tier.
    model.duration = .microseconds(Int64(2 * requests) + 100_000)
    return model
  }

  /// Fifty services in five layers, each calling one to four of the next side by side; outlier
  /// detection, breakers, rate limits, connection pools, statistics and time series on.
  static func fiftyServices(requests: Int) throws -> SimulationModel {
    var model = try layered(
      layers: [10, 10, 10, 10, 10], pods: 3, fanOut: 4, perSecond: 900, serviceMean: 0.001,
      hasPolicies: true)
    model.sources[0].limit = requests
    return model
  }

  /// Three hundred services of ten pods in four layers, at 20 000 requests a second.
  static func threeHundredServices(seconds: Int) throws -> SimulationModel {
    var model = try layered(
      layers: [30, 60, 90, 120], pods: 10, fanOut: 2, perSecond: 20_000, serviceMean: 0.004,
      hasPolicies: true)
    model.duration = .seconds(Int64(seconds))
    model.linger = .seconds(1)
    return model
  }

  /// Services in layers; service *k* calls `1 + k mod fanOut` of the next layer side by side,
  /// through a sidecar beside each of its pods.
  private static func layered(
    layers: [Int], pods: Int, fanOut: Int, perSecond: Double, serviceMean: Double,
    hasPolicies: Bool
  ) throws -> SimulationModel {
    let work = try Distribution(.lognormalSpread(mean: serviceMean, cv: 0.53))
    var model = SimulationModel()
    var first = 0
    for (layer, count) in layers.enumerated() {
      let nextFirst = first + count
      let nextCount = layer + 1 < layers.count ? layers[layer + 1] : 0
      var call = 0
      for index in 0..<count {
        let service = first + index
        var steps: [StepModel] = [.work(work), .fail(probability: 0.001, status: 500)]
        if nextCount > 0 {
          // Calls go round the next layer, so that its services carry about the same.
          let callees = (0..<(1 + service % fanOut)).map { nextFirst + (call + $0) % nextCount }
          call += callees.count
          let edges = addSidecar(
            calling: callees, from: service, pods: pods, hasPolicies: hasPolicies, to: &model)
          steps.append(.parallel(edges.map { [.call(edge: $0)] }))
        }
        model.services.append(
          ServiceModel(
            name: "service\(service)",
            pods: (0..<pods).map { PodModel(name: "service\(service)-\($0)") }, workers: 4,
            queueLimit: 1_000, holdsWorkerWhileCalling: false,
            operations: [OperationModel(name: "serve", steps: steps)]))
      }
      first = nextFirst
    }
    let entrances = addProxy(
      "gateway", calling: Array(0..<layers[0]), pods: pods, placement: .shared(instances: 2),
      hasPolicies: hasPolicies, to: &model)
    model.sources = [
      SourceModel(
        name: "load",
        pattern: .open(rate: [.init(at: .zero, perSecond: perSecond)], arrivals: .poisson),
        mix: entrances.map { (edge: $0, weight: 1) })
    ]
    model.recording = RecordingOptions(
      causes: true, window: .seconds(1), serviceHistograms: true)
    return model
  }

  private static func addSidecar(
    calling callees: [Int], from service: Int, pods: Int, hasPolicies: Bool,
    to model: inout SimulationModel
  ) -> [Int] {
    addProxy(
      "sidecar of service\(service)", calling: callees, pods: pods,
      placement: .besideEachCaller(service: service), hasPolicies: hasPolicies, to: &model)
  }

  /// A proxy with one cluster and route for each callee; the new edges, by callee.
  private static func addProxy(
    _ name: String, calling callees: [Int], pods: Int, placement: ProxyModel.Placement,
    hasPolicies: Bool, to model: inout SimulationModel
  ) -> [Int] {
    let policy = RetryPolicy(
      retryOn: .fiveXX, numRetries: 2, perTryTimeout: .milliseconds(500))
    var configuration = EnvoyConfiguration(streamIdleTimeout: nil)
    var endpoints: [[ProxyModel.Endpoint]] = []
    var edges: [Int] = []
    for (number, callee) in callees.enumerated() {
      var cluster = Cluster(
        name: "service\(callee)", thresholds: .none, loadBalancer: .leastRequest())
      if hasPolicies {
        cluster.thresholds = CircuitBreakerThresholds(
          maxConnections: 200, maxPendingRequests: 200, maxRequests: 400, maxRetries: 10)
        cluster.outlierDetection = OutlierDetectionSettings()
      }
      configuration.clusters.append(cluster)
      configuration.routes.append(
        Route(
          match: RouteMatch(path: .exact("/\(callee)")),
          action: .forward(
            ForwardAction(
              destinations: [.init(cluster: number)], timeout: .seconds(5), retryPolicy: policy)))
      )
      endpoints.append(
        (0..<pods).map { .init(pod: PodReference(service: callee, pod: $0)) })
      edges.append(model.edges.count)
      model.edges.append(
        EdgeModel(
          name: "\(name) → service\(callee)", carrier: .proxy(model.proxies.count),
          attributes: .init(path: "/\(callee)"), flow: model.flows.count))
      model.flows.append(FlowModel())
    }
    if hasPolicies {
      configuration.filters = [
        .localRateLimit(
          LocalRateLimitSettings(
            bucket: TokenBucketSettings(
              maxTokens: 4_000, tokensPerFill: 4_000, fillInterval: .milliseconds(100)),
            enabled: .all, enforced: .all))
      ]
    }
    model.proxies.append(
      ProxyModel(
        name: name, configuration: configuration, endpoints: endpoints, placement: placement,
        toHost: .microseconds(250), connect: hasPolicies ? .microseconds(500) : nil))
    return edges
  }
}
