import Results
import TimeAndChance
import TrafficPolicy

/// Reads the causal log of a run, in the words of its scenario.
struct EventReader {
  let run: RunDescription
  let compiled: CompiledScenario
  let spells: FaultSpells

  /// The most entries that are kept.
  static let mostEvents = 20_000

  /// The log, in the order of time, and how many entries were left out.
  func events(of record: RunRecord) -> (events: [RunEvent], leftOut: UInt64) {
    var all = faultEvents(until: record.end)
    all += podEvents(until: record.end)
    for cause in record.causes {
      if let event = event(cause) { all.append(event) }
    }
    for ejection in record.ejections where !ejection.enforced {
      all.append(
        event(
          .ejectionNotEnforced, at: ejection.at, proxy: Int(ejection.proxy),
          instance: Int(ejection.instance), cluster: Int(ejection.cluster), pod: ejection.pod,
          detail: ejection.type.eventLogName.lowercased()))
    }
    let order = all.indices.sorted { (all[$0].at, $0) < (all[$1].at, $1) }
    let kept = order.prefix(Self.mostEvents).map { all[$0] }
    return (withCauses(kept), UInt64(order.count - kept.count))
  }

  private func faultEvents(until end: SimTime) -> [RunEvent] {
    var events: [RunEvent] = []
    for (index, fault) in run.faults.enumerated() {
      for occurrence in fault.occurrences {
        if occurrence.start <= end {
          events.append(
            RunEvent(at: occurrence.start, kind: .faultBegan, fault: index, detail: fault.text))
        }
        if occurrence.end <= end, occurrence.end > occurrence.start,
          occurrence.end < .zero + run.duration
        {
          events.append(
            RunEvent(at: occurrence.end, kind: .faultEnded, fault: index, detail: fault.text))
        }
      }
    }
    return events
  }

  private func podEvents(until end: SimTime) -> [RunEvent] {
    var events: [RunEvent] = []
    for death in spells.deaths {
      let times =
        [(RunEvent.Kind.podStopped, death.start)] + (death.end.map { [(.podReady, $0)] } ?? [])
      for (kind, time) in times where .zero + time <= end {
        events.append(
          RunEvent(
            at: .zero + time, kind: kind, service: run.workloads[death.pod.service].service,
            workload: death.pod.service, pod: death.pod.pod))
      }
    }
    return events
  }

  private func event(_ cause: CausalEvent) -> RunEvent? {
    let kind: RunEvent.Kind
    var detail = ""
    var limit: Int?
    switch cause.kind {
    case .action, .healthApplied: return nil
    case .ejected(let type):
      kind = .ejected
      detail = type.eventLogName.lowercased()
    case .released: kind = .released
    case .panicBegan: kind = .panicBegan
    case .panicEnded: kind = .panicEnded
    case .overflowBegan(let overflow, let most):
      kind = .overflowBegan
      limit = Int(most)
      switch overflow {
      case .pendingRequests: detail = "max_pending_requests"
      case .requests: detail = "max_requests"
      }
    case .queueFull: kind = .queueFull
    case .rateLimited: kind = .rateLimited
    case .throttled: kind = .throttled
    }
    var event = event(
      kind, at: cause.at, proxy: Int(cause.proxy), instance: Int(cause.instance),
      cluster: Int(cause.cluster), pod: cause.pod, detail: detail)
    event.limit = limit
    switch kind {
    case .overflowBegan, .queueFull, .rateLimited:
      event.until = cause.last
      event.refused = cause.count
    default: break
    }
    return event
  }

  private func event(
    _ kind: RunEvent.Kind, at time: SimTime, proxy: Int, instance: Int, cluster: Int,
    pod: PodReference?, detail: String
  ) -> RunEvent {
    var event = RunEvent(at: time, kind: kind, detail: detail)
    if compiled.map.proxies.indices.contains(proxy) {
      let origin = compiled.map.proxies[proxy]
      event.proxy = origin.name
      event.instance = instance
      event.instances = origin.instances
      if origin.services.indices.contains(cluster) {
        event.service = origin.services[cluster]
      } else if let only = origin.services.first, origin.services.allSatisfy({ $0 == only }) {
        event.service = only
      }
    }
    if let pod, run.workloads.indices.contains(pod.service) {
      event.workload = pod.service
      event.pod = pod.pod
      if event.service == nil { event.service = run.workloads[pod.service].service }
    }
    return event
  }

  /// Names for every change the fault that last began before it and still acts, or acted until a
  /// minute ago.
  private func withCauses(_ events: [RunEvent]) -> [RunEvent] {
    var result = events
    var lastBegun: Int?
    var lastEnd = SimTime.never
    for index in result.indices {
      switch result[index].kind {
      case .faultBegan:
        lastBegun = index
        lastEnd = .never
      case .faultEnded:
        result[index].cause = lastBegun
        if let begun = lastBegun, result[begun].fault == result[index].fault {
          lastEnd = result[index].at
        }
      default:
        let isFresh = lastEnd == .never || result[index].at - lastEnd <= .seconds(60)
        if isFresh { result[index].cause = lastBegun }
      }
    }
    return result
  }
}
