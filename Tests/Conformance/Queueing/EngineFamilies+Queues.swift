import Simulation
import TimeAndChance

/// The families as configured services, proxies and clients.
enum EngineFamilies {
  /// One service that is called directly.
  static func direct(
    _ service: ServiceModel, unit: EngineQueue.Unit, client: ClientBehaviour? = nil
  ) -> EngineQueue {
    var model = SimulationModel()
    model.services = [service]
    model.edges = [
      EdgeModel(name: service.name, carrier: .direct(service: 0, latency: .zero), client: client)
    ]
    return EngineQueue(model, unit: unit)
  }

  /// A service of one pod that works for a drawn time.
  static func server(
    named name: String = "server", workers: Int? = 1, queueLimit: Int? = nil, _ work: Distribution
  ) -> ServiceModel {
    ServiceModel(
      name: name, pods: [PodModel(name: "\(name)-0")], workers: workers, queueLimit: queueLimit,
      operations: [OperationModel(name: "work", steps: [.work(work)])])
  }

  /// `mm1_fifo`, `mmc_fifo`, `mmck`, `erlang_loss`: one queue, exponential service.
  static func singleQueue(
    _ row: QueueingRow, _ parameters: inout QueueingParameters
  ) throws -> EngineQueue {
    let rate = try parameters.number("arrival_rate")
    let unit = EngineQueue.Unit(rate: rate)
    let mean = unit.seconds / (try parameters.number("service_rate"))
    let servers = row.family == "mm1_fifo" ? 1 : try parameters.count("servers")
    var places: Int?
    if row.family == "erlang_loss" { places = 0 }
    if row.family == "mmck" {
      places = try parameters.count("capacity", in: Double(servers)...1e6) - servers
    }
    let service = server(workers: servers, queueLimit: places, try parameters.exponential(mean))
    return direct(service, unit: unit).openLoop(row, rate: rate)
  }

  /// `mg1_fifo`: one worker, any law of service.
  static func generalService(
    _ row: QueueingRow, _ parameters: inout QueueingParameters
  ) throws -> EngineQueue {
    let rate = try parameters.number("arrival_rate")
    let unit = EngineQueue.Unit(rate: rate)
    let mean = try parameters.number("mean_service") * unit.seconds
    let law = try parameters.law("service_law", cv: "service_cv", mean: mean)
    return direct(server(law), unit: unit).openLoop(row, rate: rate)
  }

  /// `gm1_fifo`: one worker, any law of gaps.
  static func generalArrivals(
    _ row: QueueingRow, _ parameters: inout QueueingParameters
  ) throws -> EngineQueue {
    let rate = try parameters.number("arrival_rate")
    let unit = EngineQueue.Unit(rate: rate)
    let service = try parameters.exponential(unit.seconds / parameters.number("service_rate"))
    let spread = try parameters.optional("arrival_cv", in: 0...1_000)
    let arrivals: SourceModel.Arrivals
    switch (try parameters.text("arrival_law"), spread) {
    case ("constant", _): arrivals = .even
    case ("exponential", _): arrivals = .poisson
    case ("gamma", let spread?): arrivals = .bursty(cv: spread)
    default:
      throw MalformedVector(line: row.line, reason: "'arrival_law' must be constant or gamma")
    }
    return direct(server(service), unit: unit).openLoop(row, rate: rate, arrivals: arrivals)
  }

  /// `mm1_client_timeout`: the client gives up, the server works on.
  static func clientTimeout(
    _ row: QueueingRow, _ parameters: inout QueueingParameters
  ) throws -> EngineQueue {
    let rate = try parameters.number("arrival_rate")
    let unit = EngineQueue.Unit(rate: rate)
    let service = try parameters.exponential(unit.seconds / parameters.number("service_rate"))
    let client = ClientBehaviour(tryTimeout: unit.duration(try parameters.number("timeout")))
    return direct(server(service), unit: unit, client: client).openLoop(row, rate: rate)
  }

  /// `closed_think`: users that think and ask a service of several workers.
  static func closedThink(
    _ row: QueueingRow, _ parameters: inout QueueingParameters
  ) throws -> EngineQueue {
    let users = try parameters.count("users")
    let think = try parameters.number("mean_think", in: 0...1e12)
    let mean = try parameters.number("mean_service")
    let servers = try parameters.count("servers")
    let unit = EngineQueue.Unit(rate: 1 / mean)
    let service = server(workers: servers, try parameters.exponential(1))
    return direct(service, unit: unit).closedLoop(
      row, users: users, think: try thinking(think, unit, parameters),
      throughput: cycles(users, think: think, [(mean, servers)]))
  }

  /// `closed_tandem`: users and a row of single servers.
  static func closedTandem(
    _ row: QueueingRow, _ parameters: inout QueueingParameters
  ) throws -> EngineQueue {
    let users = try parameters.count("users")
    let think = try parameters.number("mean_think", in: 0...1e12)
    let means = try (1...3).map { try parameters.number("mean_service\($0)") }
    let slowest = means.max() ?? 1
    let unit = EngineQueue.Unit(rate: 1 / slowest)
    let stations = try means.enumerated().map { index, mean in
      server(named: "station\(index + 1)", try parameters.exponential(mean * unit.seconds))
    }
    return visiting(stations, then: [], unit: unit).closedLoop(
      row, users: users, think: try thinking(think, unit, parameters),
      throughput: cycles(users, think: think, means.map { ($0, 1) }))
  }

  /// About how many cycles a closed system completes per unit of time; only the length of the run
  /// depends on it.
  ///
  /// Mean value analysis; a station of several servers counts as a server so much faster and a delay.
  ///
  /// - Source: A. Seidmann, P. J. Schweitzer, S. Shalev-Oren, "Computerized closed queueing network
  ///   models of flexible manufacturing systems", Large Scale Systems 12 (1987).
  private static func cycles(
    _ users: Int, think: Double, _ stations: [(mean: Double, servers: Int)]
  ) -> Double {
    var queues = Array(repeating: 0.0, count: stations.count)
    var throughput = 0.0
    for population in 1...users {
      let stays = zip(stations, queues).map { station, queue in
        let servers = Double(station.servers)
        return station.mean / servers * (1 + queue) + station.mean * (servers - 1) / servers
      }
      throughput = Double(population) / (think + stays.reduce(0, +))
      for (index, station) in stations.enumerated() {
        let servers = Double(station.servers)
        // The delay holds no queue.
        let delay = station.mean * (servers - 1) / servers
        queues[index] = throughput * (stays[index] - delay)
      }
    }
    return throughput
  }

  /// `jackson_feedback`: two stations, and again from the first with a probability.
  ///
  /// The repetition is a retry of a caller that sees failures of that probability.
  static func jacksonFeedback(
    _ row: QueueingRow, _ parameters: inout QueueingParameters
  ) throws -> EngineQueue {
    let rate = try parameters.number("arrival_rate")
    let unit = EngineQueue.Unit(rate: rate)
    let first = try parameters.exponential(unit.seconds / parameters.number("service_rate1"))
    let second = try parameters.exponential(unit.seconds / parameters.number("service_rate2"))
    let servers = try parameters.count("servers2")
    let again = try parameters.number("probability_again", in: 0...0.999)
    let stations = [
      server(named: "station1", first), server(named: "station2", workers: servers, second),
    ]
    let queue = visiting(
      stations, then: [.fail(probability: again, status: 503)], unit: unit,
      client: ClientBehaviour(retries: 1_000_000))
    var open = queue.openLoop(row, rate: rate)
    let counted = ((open.model.duration ?? .zero) - open.model.warmup).inSeconds / unit.seconds
    open.own["throughput_station1"] = { record, _ in
      guard record.services.count > 1 else { return nil }
      return Double(record.services[1].pods.reduce(UInt64(0)) { $0 + $1.arrivals }) / counted
    }
    return open
  }

  private static func thinking(
    _ mean: Double, _ unit: EngineQueue.Unit, _ parameters: QueueingParameters
  ) throws -> Distribution {
    // Without think time a user asks again at once, and the law does not matter.
    try parameters.exponential(max(1e-9, mean * unit.seconds))
  }

  /// A service without a queue that visits stations one after another.
  private static func visiting(
    _ stations: [ServiceModel], then last: [StepModel], unit: EngineQueue.Unit,
    client: ClientBehaviour? = nil
  ) -> EngineQueue {
    var queue = direct(
      ServiceModel(
        name: "visitor", pods: [PodModel(name: "visitor-0")],
        operations: [
          OperationModel(
            name: "visit", steps: stations.indices.map { .call(edge: $0 + 1) } + last)
        ]), unit: unit, client: client)
    queue.model.services += stations
    queue.model.edges += stations.indices.map { index in
      EdgeModel(
        name: stations[index].name, carrier: .direct(service: index + 1, latency: .zero))
    }
    return queue
  }
}
