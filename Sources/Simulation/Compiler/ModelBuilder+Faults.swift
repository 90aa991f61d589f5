import Results
import Scenario
import TimeAndChance

extension ModelBuilder {
  /// The most occurrences of a fault that repeats.
  static let mostOccurrences = 10_000

  /// What the scenario's faults do, as timed changes of pods and ways.
  mutating func addFaults() {
    for fault in scenario.faults {
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
        add(fault, from: start, to: end)
        guard let every = fault.repetition?.every, every > .zero, every < left else { break }
        start = start + every
      }
    }
  }

  private mutating func add(_ fault: Fault, from start: SimDuration, to end: SimDuration?) {
    switch fault.effect {
    case .kill(let set):
      for (pod, workload) in pods(of: set) {
        let back = fault.duration == nil ? start + workload.startup : end
        spells.kill(pod, from: start, to: back, endpointDelay: network.endpointDelay)
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
    case .network(let trouble): add(trouble, fault.name, from: start, to: end)
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

  /// Trouble on ways: the engine knows only the whole way to a service.
  private mutating func add(
    _ trouble: NetworkFault, _ name: String, from start: SimDuration, to end: SimDuration?
  ) {
    let subject = "fault \(name)"
    // The side that is called is the one whose pods are named; of two the second.
    var servers = trouble.to.pods
    var callers = trouble.from
    if servers.members.isEmpty {
      servers = trouble.from.pods
      callers = trouble.to
    }
    if servers.members.isEmpty {
      note(subject, "trouble between senders and gateways only does nothing")
      return
    }
    for member in servers.members where !areAllCallers(callers, of: member.workload) {
      note(
        subject,
        "it acts on the way to \(scenario.workloads[member.workload].name) whoever calls it")
    }
    switch trouble.effect {
    case .delay(let law):
      // A delay of one direction is the same round trip as half of it in both.
      let mean = NetworkTimes.mean(law) * (trouble.direction == .both ? 1 : 0.5)
      if case .constant = law.law {} else { note(subject, "its delay is taken at its mean") }
      for service in wholeServices(servers, subject) {
        spells.add(.delay(SimDuration(seconds: mean)), onWayTo: service, from: start, to: end)
      }
    case .loss(let share):
      note(subject, "lost packets are lost for good: nothing is sent again")
      for service in wholeServices(servers, subject) {
        spells.add(.loss(share), onWayTo: service, from: start, to: end)
      }
    case .partition:
      for (pod, _) in pods(of: servers) {
        spells.add(.blackhole, on: pod, from: start, to: end)
      }
    case .heldBack:
      for service in wholeServices(servers, subject) {
        spells.add(.hold, onWayTo: service, from: start, to: end)
      }
    }
  }

  /// The workloads of a set of pods, hit as wholes.
  private mutating func wholeServices(_ set: PodSet, _ subject: String) -> [Int] {
    for member in set.members {
      let workload = scenario.workloads[member.workload]
      if let ordinals = member.ordinals, Set(ordinals).count < workload.replicas {
        note(subject, "it acts on all pods of \(workload.name)")
      }
    }
    return set.members.map(\.workload)
  }

  /// Whether a side of a fault holds everybody who calls a workload.
  private func areAllCallers(_ places: PlaceSet, of workload: Int) -> Bool {
    for edge in edges.indices {
      guard case .proxy(let proxy) = edges[edge].carrier,
        proxies[proxy].endpoints.contains(where: { hosts in
          hosts.contains { $0.pod.service == workload }
        })
      else { continue }
      switch map.edges[edge].caller {
      case .source(let source):
        if places.sources.contains(source) { continue }
        if case .gateway(let gateway) = scenario.traffic[source].origin,
          places.proxies.contains(gateway)
        {
          continue
        }
        return false
      case .service(let service):
        let isCovered = scenario.services[service].workloads.allSatisfy { caller in
          places.pods.members.contains { $0.workload == caller && $0.ordinals == nil }
        }
        if !isCovered { return false }
      }
    }
    return true
  }
}
