import Simulation
import TimeAndChance
import TrafficPolicy

extension EngineFamilies {
  /// Several pods of one service behind a proxy that balances over them, without connections.
  static func balanced(
    _ service: ServiceModel, _ cluster: Cluster, route: ForwardAction? = nil,
    filters: [HTTPFilter] = [], unit: EngineQueue.Unit
  ) -> EngineQueue {
    var cluster = cluster
    cluster.thresholds = .none
    var action = route ?? ForwardAction(destinations: [])
    action.destinations = [ForwardAction.Destination(cluster: 0)]
    action.timeout = nil
    let configuration = EnvoyConfiguration(
      filters: filters, streamIdleTimeout: nil, routes: [Route(action: .forward(action))],
      clusters: [cluster])
    let endpoints = service.pods.indices.map {
      ProxyModel.Endpoint(pod: PodReference(service: 0, pod: $0), hashKey: service.pods[$0].name)
    }
    var model = SimulationModel()
    model.services = [service]
    model.proxies = [
      ProxyModel(
        name: "balancer", configuration: configuration, endpoints: [endpoints],
        placement: .shared(instances: 1))
    ]
    model.edges = [EdgeModel(name: service.name, carrier: .proxy(0))]
    return EngineQueue(model, unit: unit)
  }

  private static func servers(_ count: Int, _ work: Distribution) -> ServiceModel {
    var service = server(work)
    service.pods = (0..<count).map { PodModel(name: "server-\($0)") }
    return service
  }

  /// `power_of_two`: two hosts drawn at random, the one with fewer requests in flight.
  static func powerOfTwo(
    _ row: QueueingRow, _ parameters: inout QueueingParameters
  ) throws -> EngineQueue {
    let count = try parameters.count("servers")
    let rate = try parameters.number("arrival_rate_per_server")
    let unit = EngineQueue.Unit(rate: rate)
    let work = try parameters.exponential(unit.seconds / parameters.number("service_rate"))
    let cluster = Cluster(name: "servers", loadBalancer: .leastRequest(choiceCount: 2))
    return balanced(servers(count, work), cluster, unit: unit)
      .openLoop(row, rate: rate * Double(count))
  }

  /// `join_shortest_queue`: all hosts are compared, ties at random.
  static func joinShortestQueue(
    _ row: QueueingRow, _ parameters: inout QueueingParameters
  ) throws -> EngineQueue {
    let count = try parameters.count("servers")
    let rate = try parameters.number("arrival_rate")
    let unit = EngineQueue.Unit(rate: rate)
    let work = try parameters.exponential(unit.seconds / parameters.number("service_rate"))
    let cluster = Cluster(name: "servers", loadBalancer: .leastRequest(fullScan: true))
    return balanced(servers(count, work), cluster, unit: unit).openLoop(row, rate: rate)
  }

  /// `token_bucket`: the local rate limit in front of a host that answers at once.
  static func tokenBucket(
    _ row: QueueingRow, _ parameters: inout QueueingParameters
  ) throws -> EngineQueue {
    let rate = try parameters.number("arrival_rate")
    let unit = EngineQueue.Unit(rate: rate)
    return try bucket(&parameters, unit: unit).openLoop(row, rate: rate)
  }

  /// `token_bucket_idle`: even arrivals at a full bucket.
  static func tokenBucketIdle(
    _ row: QueueingRow, _ parameters: inout QueueingParameters
  ) throws -> EngineQueue {
    let rate = try parameters.number("arrival_rate")
    let unit = EngineQueue.Unit(rate: rate)
    var queue = try bucket(&parameters, unit: unit)
    var row = row
    row.requests = Int((rate * (try parameters.number("duration"))).rounded())
    queue = queue.openLoop(row, rate: rate, arrivals: .even)
    queue.own["admitted"] = { record, _ in
      record.sources.first.map { Double($0.byStatus[200] ?? 0) }
    }
    return queue
  }

  private static func bucket(
    _ parameters: inout QueueingParameters, unit: EngineQueue.Unit
  ) throws -> EngineQueue {
    let refill = unit.perSecond(try parameters.number("refill_rate"))
    let burst = try parameters.count("burst")
    // Whole tokens over an interval of at least a second make any rate; the refill is continuous.
    let tokens = max(1, Int(refill.rounded(.up)))
    let limit = LocalRateLimitSettings(
      bucket: TokenBucketSettings(
        maxTokens: burst, tokensPerFill: tokens,
        fillInterval: SimDuration(seconds: Double(tokens) / refill)), enabled: .all, enforced: .all)
    let service = ServiceModel(
      name: "host", pods: [PodModel(name: "host-0")],
      operations: [OperationModel(name: "answer", steps: [])])
    var queue = balanced(
      service, Cluster(name: "host"), filters: [.localRateLimit(limit)], unit: unit)
    queue.own["rejected"] = { record, _ in
      let statuses = record.sources.first?.byStatus ?? [:]
      let all = statuses.values.reduce(0, +)
      return all > 0 ? Double(statuses[429] ?? 0) / Double(all) : nil
    }
    return queue
  }

  /// `hedge`: a second copy after a delay, by Envoy's hedging on the per-try timeout.
  static func hedge(
    _ row: QueueingRow, _ parameters: inout QueueingParameters
  ) throws -> EngineQueue {
    let mean = try parameters.number("mean_service")
    let unit = EngineQueue.Unit(rate: 1 / mean)
    let delay = unit.duration(try parameters.number("hedge_delay"))
    let policy = RetryPolicy(
      retryOn: .fiveXX, numRetries: 1, perTryTimeout: delay,
      // A bound of one millisecond means no wait: waits are whole milliseconds below it.
      backOff: RetryBackOff(baseInterval: .milliseconds(1)))
    let route = ForwardAction(destinations: [], retryPolicy: policy, hedgeOnPerTryTimeout: true)
    let service = server(workers: nil, try parameters.exponential(1))
    var queue = balanced(service, Cluster(name: "server"), route: route, unit: unit)
      .openLoop(row, rate: 1 / mean)
    queue.own["extra_requests"] = { record, _ in
      record.edges.first.flatMap {
        $0.calls > 0 ? Double($0.retries) / Double($0.calls) : nil
      }
    }
    return queue
  }
}
