import Results
import Scenario
import TimeAndChance

extension ModelBuilder {
  /// The most occurrences of a fault that repeats.
  static let mostOccurrences = 10_000

  /// What the scenario's faults do, as timed changes of pods and ways.
  mutating func addFaults() {
    for fault in scenario.faults {
      let rule = addRule(fault)
      var start = fault.at - SimTime.zero
      var count = 0
      let times = fault.repetition == nil ? 1 : fault.repetition?.times ?? .max
      while start < scenario.duration, count < times {
        if count == Self.mostOccurrences {
          note("fault \(fault.name)", "only its first \(count) occurrences act")
          break
        }
        count += 1
        let left = scenario.duration - start
        let end = fault.duration.flatMap { $0 < left ? start + $0 : nil }
        add(fault, rule, from: start, to: end)
        guard let every = fault.repetition?.every, every > .zero, every < left else { break }
        start = start + every
      }
    }
  }

  private mutating func add(
    _ fault: Fault, _ rule: Int?, from start: SimDuration, to end: SimDuration?
  ) {
    switch fault.effect {
    case .kill(let set):
      for (pod, workload) in pods(of: set) {
        let back = fault.duration == nil ? start + workload.startup : end
        kills.append(
          Kill(
            pod: pod,
            name: "kill \(fault.name) \(workload.name)-\(pod.pod) \(start.nanoseconds)",
            start: start, end: back, endpointDelay: network.endpointDelay))
      }
    case .crashLoop(let set, let uptime):
      for (pod, workload) in pods(of: set) {
        crashLoops.append(
          CrashLoop(
            pod: pod, name: "crash \(fault.name) \(workload.name)-\(pod.pod) \(start.nanoseconds)",
            start: start, end: end, uptime: uptime, startup: workload.startup,
            endpointDelay: network.endpointDelay))
      }
    case .slow(let set, let factor):
      for (pod, _) in pods(of: set) { spells.add(.slow(factor), on: pod, from: start, to: end) }
    case .hang(let set):
      for (pod, _) in pods(of: set) { spells.add(.hang, on: pod, from: start, to: end) }
    case .error(let set, let status, let share, let timing):
      let effect = FaultSpells.Effect.fail(
        share: share, status: status, afterService: timing == .afterService)
      for (pod, _) in pods(of: set) { spells.add(effect, on: pod, from: start, to: end) }
    case .cpuSteal(let set, let share):
      for (pod, _) in pods(of: set) {
        spells.add(.steal(share), on: pod, from: start, to: end)
      }
    case .unreachable(let service, let silent):
      for workload in scenario.services[service].workloads {
        for ordinal in 0..<scenario.workloads[workload].replicas {
          spells.add(
            silent ? .blackhole : .down, on: PodReference(service: workload, pod: ordinal),
            from: start, to: end)
        }
      }
    case .network:
      if let rule { spells.add(rule: rule, from: start, to: end) }
    }
  }

  /// The pods of a set that there are, with their workloads.
  private func pods(of set: PodSet) -> [(PodReference, Workload)] {
    set.members.flatMap { member -> [(PodReference, Workload)] in
      let workload = scenario.workloads[member.workload]
      let ordinals = member.ordinals ?? Array(0..<workload.replicas)
      return ordinals.filter { $0 < workload.replicas }.map {
        (PodReference(service: member.workload, pod: $0), workload)
      }
    }
  }

  // MARK: The network

  /// The rule of the network that a fault brings to bear, if it does.
  private mutating func addRule(_ fault: Fault) -> Int? {
    guard case .network(let trouble) = fault.effect else { return nil }
    let (from, to) = (side(trouble.from), side(trouble.to))
    let isBoth = trouble.direction == .both
    // A message from one side to the other is a request, or an answer to one from there.
    let relations = [
      NetworkRule.Relation(clients: from, servers: to, answers: isBoth),
      NetworkRule.Relation(clients: to, servers: from, requests: isBoth),
    ]
    let effect: NetworkRule.Effect
    switch trouble.effect {
    case .delay(let law): effect = .delay(law)
    case .loss(let share): effect = .loss(share)
    case .partition: effect = .partition
    case .heldBack: effect = .heldBack
    }
    rules.append(NetworkRule(relations: relations, effect: effect))
    return rules.count - 1
  }

  private func side(_ places: PlaceSet) -> NetworkRule.Side {
    NetworkRule.Side(
      pods: pods(of: places.pods).map(\.0), sources: places.sources,
      proxies: places.proxies.compactMap { proxyIndex[$0] })
  }
}
