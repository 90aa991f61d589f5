import Scenario
import Simulation
import TimeAndChance
import TrafficPolicy

/// Models of a server or two whose numbers can be worked out by hand.
enum Small {
  /// A constant time in seconds.
  static func constant(_ seconds: Double) throws -> Distribution {
    try Distribution(.constant(seconds))
  }

  /// One service of one pod that works for a constant time.
  static func server(
    _ name: String = "server", seconds: Double, workers: Int? = nil, then steps: [StepModel] = []
  ) throws -> ServiceModel {
    ServiceModel(
      name: name, pods: [PodModel(name: "\(name)-0")], workers: workers,
      operations: [OperationModel(name: "op", steps: [.work(try constant(seconds))] + steps)])
  }

  /// A service that fails every request at once.
  static func failing(_ status: Int = 500) -> ServiceModel {
    ServiceModel(
      name: "server", pods: [PodModel(name: "server-0")],
      operations: [OperationModel(name: "op", steps: [.fail(probability: 1, status: status)])])
  }

  /// Requests to the first service, which is called directly.
  static func model(
    _ service: ServiceModel, _ source: SourceModel, client: ClientBehaviour? = nil,
    latency: SimDuration = .zero, duration: SimDuration? = nil, linger: SimDuration = .zero
  ) -> SimulationModel {
    SimulationModel(
      services: [service],
      edges: [
        EdgeModel(
          name: "e", carrier: .direct(service: 0, latency: latency), client: client)
      ], sources: [source], duration: duration, linger: linger)
  }

  /// Even arrivals along the first edge; the first is at the end of the first gap.
  static func even(
    _ perSecond: Double, limit: Int? = nil, maxInFlight: Int? = nil, edge: Int = 0
  ) -> SourceModel {
    SourceModel(
      name: "load",
      pattern: .open(
        rate: [.init(at: .zero, perSecond: perSecond)], arrivals: .evenly(first: 1),
        maxInFlight: maxInFlight),
      mix: [(edge: edge, weight: 1)], limit: limit)
  }

  /// So many requests at once, one time.
  static func batch(_ size: Int, edge: Int = 0) -> SourceModel {
    SourceModel(
      name: "load",
      pattern: .open(
        rate: [.init(at: .zero, perSecond: Double(size))], arrivals: .batches(size: size)),
      mix: [(edge: edge, weight: 1)], limit: size)
  }

  /// Users of a closed loop along the first edge.
  static func users(_ loop: UserLoop, limit: Int? = nil) -> SourceModel {
    SourceModel(name: "users", pattern: .users(loop), mix: [(edge: 0, weight: 1)], limit: limit)
  }

  /// Stages from seconds and numbers of users.
  static func stages(_ list: [(from: Double, to: Double, users: Int, and: Int)]) -> [UserLoop.Stage]
  {
    list.map {
      UserLoop.Stage(
        start: SimDuration(seconds: $0.from), end: SimDuration(seconds: $0.to),
        startUsers: $0.users, endUsers: $0.and)
    }
  }
}
