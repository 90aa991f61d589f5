import Scenario
import TimeAndChance

extension ModelBuilder {
  /// A service of the model for each workload.
  mutating func addWorkloads() {
    for workload in scenario.workloads {
      var order = ServiceModel.QueueOrder.fifo
      var refusal = ServiceModel.Refusal.status(503)
      if workload.queue.order == .lastInFirstOut { order = .lifo }
      switch workload.queue.overflow {
      case .refused(let status): refusal = .status(status)
      case .silent: refusal = .silence
      case .oldestDropped(let status):
        refusal = .status(status)
        if order == .lifo {
          note(
            "workload \(workload.name)",
            "a full queue that is last in, first out refuses instead of dropping its oldest")
        } else {
          order = .dropOldest
        }
      }
      services.append(
        ServiceModel(
          name: workload.name,
          pods: (0..<workload.replicas).map {
            PodModel(name: "\(workload.name)-\($0)", place: workload.node(of: $0))
          },
          workers: workload.workers, queueLimit: workload.queue.limit, queueOrder: order,
          refusal: refusal, abandonedWork: ServiceModel.AbandonedWork(workload.abandonedWork),
          holdsWorkerWhileCalling: workload.holdsWorkerWhileCalling, operations: [],
          hop: workload.inbound != nil || workload.dataPlane == .ambient
            ? network.hop() : HopModel()))
      if workload.cpu.limitMillicores != nil, workload.steps.contains(where: usesCPU) {
        note(
          "workload \(workload.name)",
          "its CPU limit does not throttle: 'cpu' steps take their time on a core of their own")
      }
    }
  }

  private func usesCPU(_ steps: [Scenario::Step]) -> Bool {
    steps.contains { step in
      switch step {
      case .cpu: true
      case .parallel(let branches): branches.contains(where: usesCPU)
      case .branch(let branches): branches.contains { usesCPU($0.steps) }
      case .loop(_, let steps): usesCPU(steps)
      case .wait, .call, .fail: false
      }
    }
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
