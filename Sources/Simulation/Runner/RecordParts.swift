import Results
import Scenario

/// The parts of a run's record by what they belong to, gathered in one pass over each list.
struct RecordParts {
  /// Tries that proxies sent to a pod.
  struct Tries {
    /// All of them.
    var attempts: UInt64 = 0
    /// Those that failed, as outlier detectors count.
    var errors: UInt64 = 0
  }

  /// The model's edges by who calls, in order.
  private(set) var edgesOfCaller: [RunDescription.Edge.Caller: [Int]] = [:]
  /// The model's edges by who calls whom, in order.
  private(set) var edgesOfFlow: [ModelMap.FlowOrigin: [Int]] = [:]
  /// The model's flows by who calls whom.
  private(set) var flows: [ModelMap.FlowOrigin: Int] = [:]
  /// By workload and pod, over all proxies.
  private(set) var tries: [[Tries]]
  /// Ejections that took place, by workload, in order.
  private(set) var ejections: [Int: [EjectionRecord]] = [:]
  /// By workload, in order.
  private(set) var deaths: [Int: [FaultSpells.Death]] = [:]
  /// The places of a workload's operations by name.
  private(set) var operations: [[String: [Int]]]

  init(
    _ record: RunRecord, _ compiled: CompiledScenario, _ spells: FaultSpells, workloads: Int
  ) {
    for (edge, origin) in compiled.map.edges.enumerated() {
      edgesOfCaller[origin.caller, default: []].append(edge)
      let flow = ModelMap.FlowOrigin(caller: origin.caller, service: origin.service)
      edgesOfFlow[flow, default: []].append(edge)
    }
    for (flow, origin) in compiled.map.flows.enumerated() where flows[origin] == nil {
      flows[origin] = flow
    }
    tries = record.services.prefix(workloads).map {
      Array(repeating: Tries(), count: $0.pods.count)
    }
    for proxy in compiled.model.proxies.indices {
      let clusters = compiled.model.proxies[proxy].endpoints
      for cluster in clusters.indices {
        let attempts = record.proxies[proxy].hostAttempts[cluster]
        let errors = record.proxies[proxy].hostErrors[cluster]
        for (place, endpoint) in clusters[cluster].enumerated()
        where endpoint.pod.service < workloads {
          tries[endpoint.pod.service][endpoint.pod.pod].attempts += attempts[place]
          tries[endpoint.pod.service][endpoint.pod.pod].errors += errors[place]
        }
      }
    }
    for ejection in record.ejections where ejection.enforced {
      ejections[ejection.pod.service, default: []].append(ejection)
    }
    for death in spells.deaths { deaths[death.pod.service, default: []].append(death) }
    operations = record.services.prefix(workloads).map { service in
      Dictionary(grouping: service.operations.indices) { service.operations[$0].name }
    }
  }
}
