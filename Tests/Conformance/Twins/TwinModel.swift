import Simulation
import TimeAndChance
import TrafficPolicy

/// A twin as the engine is fed it: each client pod has its own proxy, and so has the load.
struct TwinModel: Sendable {
  /// What is simulated.
  let simulation: SimulationModel
  /// The name of each service, by index.
  let serviceNames: [String]

  /// How long the run lasts after the load, so that what is open can end.
  static let linger = SimDuration.seconds(8)
  /// How long the proxies have been up before the load begins.
  static let upFor = SimDuration.seconds(3)

  /// The model of a twin.
  /// - Throws: ``MalformedVector`` when a part names one that is not there.
  init(_ twin: TwinDocument) throws {
    var builder = Builder(twin)
    try builder.addClient("ingress", calls: [twin.target], placement: .ingress)
    for (index, service) in twin.services.enumerated() where !service.calls.isEmpty {
      try builder.addClient(service.name, calls: service.calls, placement: .pods(of: index))
    }
    serviceNames = twin.services.map(\.name)
    simulation = try builder.simulation()
  }
}

extension TwinModel {
  /// Puts the parts together, client by client.
  fileprivate struct Builder {
    /// Whose proxy.
    enum Placement {
      /// The load's.
      case ingress
      /// Those of a service's pods.
      case pods(of: Int)
    }

    let twin: TwinDocument
    var proxies: [ProxyModel] = []
    var edges: [EdgeModel] = []
    /// The edge of each client and each name that it calls.
    var edgeIndex: [String: Int] = [:]

    init(_ twin: TwinDocument) { self.twin = twin }

    /// Adds the proxy of a client with a route for each name that it calls.
    mutating func addClient(_ name: String, calls: [String], placement: Placement) throws {
      var configuration = EnvoyConfiguration(streamIdleTimeout: nil)
      var endpoints: [[ProxyModel.Endpoint]] = []
      var failureStatus = 503
      if case .pods(let index) = placement { failureStatus = twin.services[index].onCallFailure }
      for called in calls where edgeIndex["\(name)/\(called)"] == nil {
        let edge =
          twin.edges.first { $0.from == name && $0.to == called }
          ?? TwinEdge(from: name, to: called)
        var action = edge.action
        let route =
          edge.route.isEmpty ? [TwinEdge.Destination(service: called, weight: 1)] : edge.route
        for destination in route {
          action.destinations.append(
            ForwardAction.Destination(
              cluster: configuration.clusters.count, weight: destination.weight))
          var cluster = edge.cluster
          cluster.name = destination.service
          configuration.clusters.append(cluster)
          endpoints.append(try pods(of: destination.service))
        }
        configuration.routes.append(
          Route(match: RouteMatch(authorities: [called]), action: .forward(action)))
        if let limit = edge.localRateLimit { configuration.filters.append(.localRateLimit(limit)) }
        edgeIndex["\(name)/\(called)"] = edges.count
        edges.append(
          EdgeModel(
            name: "\(name) → \(called)", carrier: .proxy(proxies.count),
            attributes: EdgeModel.Attributes(authority: called), statusOnFailure: failureStatus))
      }
      proxies.append(proxy(name, configuration, endpoints, placement))
    }

    /// The measured overhead of a hop is spread over its four one-way trips.
    private func proxy(
      _ name: String, _ configuration: EnvoyConfiguration, _ endpoints: [[ProxyModel.Endpoint]],
      _ placement: Placement
    ) -> ProxyModel {
      let oneWay = SimDuration(nanoseconds: twin.hopOverhead.nanoseconds / 4)
      let instances: ProxyModel.Placement =
        switch placement {
        case .ingress: .shared(instances: twin.ingressProxies)
        case .pods(let service): .besideEachCaller(service: service)
        }
      return ProxyModel(
        name: name, configuration: configuration, endpoints: endpoints, placement: instances,
        fromCaller: oneWay, toHost: oneWay, connect: oneWay * 2, upFor: TwinModel.upFor)
    }

    private func service(_ name: String, line: Int = 1) throws -> Int {
      guard let index = twin.services.firstIndex(where: { $0.name == name }) else {
        throw MalformedVector(line: line, reason: "no service is named '\(name)'")
      }
      return index
    }

    private func pods(of name: String) throws -> [ProxyModel.Endpoint] {
      let index = try service(name)
      return (0..<twin.services[index].pods).map { pod in
        ProxyModel.Endpoint(
          pod: PodReference(service: index, pod: pod), hashKey: "\(name)-\(pod)")
      }
    }

    /// The whole, once every client has been added.
    func simulation() throws -> SimulationModel {
      var model = SimulationModel()
      model.services = twin.services.map(serviceModel)
      model.proxies = proxies
      model.edges = edges
      model.sources = [
        SourceModel(
          name: "load",
          pattern: .open(
            rate: twin.steps.map { SourceModel.RatePoint(at: $0.at, perSecond: $0.rps) },
            arrivals: .poisson),
          mix: [(edge: 0, weight: 1)])
      ]
      for fault in twin.faults { model.actions += try actions(of: fault) }
      model.duration = twin.duration
      model.linger = TwinModel.linger
      model.recording = RecordingOptions(requests: true, window: .milliseconds(100))
      return model
    }

    private func serviceModel(_ service: TwinDocument.Service) -> ServiceModel {
      let calls = service.calls.compactMap { edgeIndex["\(service.name)/\($0)"] }
        .map { StepModel.call(edge: $0) }
      let steps = service.callsInParallel ? [.parallel(calls.map { [$0] })] : calls
      return ServiceModel(
        name: service.name,
        pods: (0..<service.pods).map { PodModel(name: "\(service.name)-\($0)") },
        workers: service.workers, queueLimit: service.queue, refusal: .status(503),
        abandonedWork: .finished, holdsWorkerWhileCalling: true,
        operations: [
          OperationModel(
            name: "request", steps: [.work(service.serviceTime)] + (calls.isEmpty ? [] : steps))
        ])
    }

    private func actions(of fault: TwinDocument.Fault) throws -> [TimedAction] {
      try targets(fault).flatMap { pod in
        let (begins, ends): (ActionKind, ActionKind) =
          switch fault.kind {
          case .slow(let factor): (.slow(pod, factor: factor), .slow(pod, factor: 1))
          case .fail(let status, let share, let afterService):
            (
              .fail(pod, share: share, status: status, afterService: afterService),
              .fail(pod, share: 0, status: status, afterService: afterService)
            )
          case .hang: (.hang(pod, true), .hang(pod, false))
          case .down: (.reachability(pod, .down), .reachability(pod, .up))
          }
        return [
          TimedAction(at: fault.at, kind: begins),
          TimedAction(at: fault.at + fault.length, kind: ends),
        ]
      }
    }

    /// The pods of a fault's target: one pod, or all of a service.
    private func targets(_ fault: TwinDocument.Fault) throws -> [PodReference] {
      for (index, service) in twin.services.enumerated() {
        let pods = (0..<service.pods).map { PodReference(service: index, pod: $0) }
        if service.name == fault.target { return pods }
        if let pod = pods.first(where: { "\(service.name)-\($0.pod)" == fault.target }) {
          return [pod]
        }
      }
      throw MalformedVector(line: fault.line, reason: "no pod or service '\(fault.target)'")
    }
  }
}
