import Results
import Scenario
import TimeAndChance

extension ModelBuilder {
  /// A service of the model for each workload.
  mutating func addWorkloads() {
    let keepsAll = hasRoomForWindowLatency
    for (index, workload) in scenario.workloads.enumerated() {
      var order = ServiceModel.QueueOrder.fifo
      var refusal = ServiceModel.Refusal.status(503)
      if workload.queue.order == .lastInFirstOut { order = .lifo }
      switch workload.queue.overflow {
      case .refused(let status): refusal = .status(status)
      case .silent: refusal = .silence
      case .oldestDropped(let status):
        refusal = .status(status)
        order = order == .lifo ? .lifoDropOldest : .dropOldest
      }
      services.append(
        ServiceModel(
          name: workload.name,
          pods: (0..<workload.replicas).map {
            PodModel(name: "\(workload.name)-\($0)", place: workload.node(of: $0))
          },
          workers: workload.workers, queueLimit: workload.queue.limit, queueOrder: order,
          refusal: refusal, abandonedWork: ServiceModel.AbandonedWork(workload.abandonedWork),
          holdsWorkerWhileCalling: workload.holdsWorkerWhileCalling,
          cpu: cpu(of: index), operations: [],
          keepsWindowLatency: keepsAll || needsWindowLatency(index),
          hop: workload.inbound != nil || workload.dataPlane == .ambient
            ? network.hop() : HopModel()))
    }
  }

  /// Windows whose latencies are kept beside those that are asked for: about 20 MB of them.
  private static let mostLatencyWindows: Int64 = 30_000

  /// Whether the latencies of all windows of all services are few enough to be kept.
  private var hasRoomForWindowLatency: Bool {
    let count = Int64(windows.count) + 1
    let rows = scenario.workloads.reduce(Int64(0)) { $0 + 1 + Int64($1.steps.count) }
    return count.multipliedReportingOverflow(by: rows).partialValue <= Self.mostLatencyWindows
  }

  /// Whether the latencies of a workload's windows are needed: for bounds on a part of the run, and
  /// to put the workloads of a service together.
  private func needsWindowLatency(_ workload: Int) -> Bool {
    let service = scenario.workloads[workload].service
    return scenario.services[service].workloads.count > 1
      || askedInParts.contains(.workload(workload)) || askedInParts.contains(.service(service))
      || servicesAskedInParts.contains(service)
  }

  /// What CPU a workload's pods have: a limit, or neighbours that take some away.
  private func cpu(of workload: Int) -> CPUModel? {
    let limit = scenario.workloads[workload].cpu.limitMillicores
    return limit != nil || robbedWorkloads.contains(workload)
      ? CPUModel(limitMillicores: limit) : nil
  }

  /// The pod that refuses all connections, for callers that a server does not let in.
  mutating func closed() -> PodReference {
    if let closedPod { return closedPod }
    let pod = PodReference(service: services.count, pod: 0)
    services.append(
      ServiceModel(
        name: "closed", pods: [PodModel(name: "closed", reachability: .down)], operations: []))
    closedPod = pod
    return pod
  }
}

extension ServiceModel.AbandonedWork {
  /// What becomes of work whose caller has gone.
  init(_ work: Scenario::AbandonedWork) {
    switch work {
    case .finished: self = .finished
    case .droppedAtStart: self = .droppedAtStart
    case .droppedAtOnce: self = .leavesQueue
    }
  }
}
