import Results
import Scenario
import TimeAndChance
import TrafficPolicy

/// Reads what a run left behind, in the words of its scenario.
struct RecordReader {
  let run: RunDescription
  let compiled: CompiledScenario
  let spells: FaultSpells

  /// The figures of a replication.
  func result(of record: RunRecord, index: Int) -> ReplicationResult {
    let parts = RecordParts(record, compiled, spells, workloads: run.workloads.count)
    let workloads = run.workloads.indices.map { workload(record, $0, parts) }
    var known: [Membership: ServiceFigures] = [:]
    let services = run.services.indices.map { index -> ServiceFigures in
      let key = Membership(
        workloads: run.services[index].workloads, operations: run.services[index].operations)
      // Services that select the same pods see the same.
      if let figures = known[key] { return figures }
      let figures = service(record, index, workloads, parts)
      if key.workloads.count > 1 { known[key] = figures }
      return figures
    }
    var result = ReplicationResult(
      index: index,
      sources: run.sources.indices.map { source(record, $0, parts) },
      services: services,
      workloads: workloads, simulatedEvents: record.eventCount, end: record.end,
      earlyEnd: record.stopped.map { ReplicationResult.EarlyEnd($0) })
    result.edges = run.edges.indices.map { edge(record, $0, result.sources, parts) }
    let log = EventReader(run: run, compiled: compiled, spells: spells).events(of: record)
    result.events = log.events
    result.eventsLeftOut = log.leftOut
    return result
  }

  // MARK: Sources and edges

  private func source(_ record: RunRecord, _ index: Int, _ parts: RecordParts) -> FlowFigures {
    var flow = FlowFigures(record.sources[index])
    flow.giveUp(record.sources[index].overdue, at: record.end, in: run.windows)
    for edge in parts.edgesOfCaller[.source(index)] ?? [] {
      addRefusals(record.edges[edge], compiled.map.edges[edge], to: &flow)
    }
    return flow
  }

  private func edge(
    _ record: RunRecord, _ index: Int, _ sources: [FlowFigures], _ parts: RecordParts
  ) -> FlowFigures {
    let edge = run.edges[index]
    let origin = ModelMap.FlowOrigin(caller: edge.from, service: edge.to)
    guard let number = parts.flows[origin] else {
      // A source that asks for one service only is that edge; other edges carry no calls.
      if case .source(let source) = edge.from { return sources[source] }
      return FlowFigures()
    }
    var flow = FlowFigures(record.flows[number])
    flow.giveUp(record.flows[number].overdue, at: record.end, in: run.windows)
    for number in parts.edgesOfFlow[origin] ?? [] {
      addRefusals(record.edges[number], compiled.map.edges[number], to: &flow)
    }
    return flow
  }

  /// Adds refused retries of an edge, by what refuses them there.
  private func addRefusals(
    _ edge: EdgeRecord, _ origin: ModelMap.EdgeOrigin, to flow: inout FlowFigures
  ) {
    switch origin.refusal {
    case .budget: flow.retriesRefused.budget += edge.retriesRefused
    case .overflow: flow.retriesRefused.overflow += edge.retriesRefused
    }
    flow.retriesRefused.bucket += edge.refusedByBucket
    flow.retriesRefused.breaker += edge.refusedByBreaker
  }

  // MARK: Workloads and services

  private func workload(
    _ record: RunRecord, _ index: Int, _ parts: RecordParts
  ) -> WorkloadFigures {
    let service = record.services[index]
    let description = run.workloads[index]
    var flow = FlowFigures()
    for operation in service.operations { flow.merge(FlowFigures(operation.flow)) }
    flow.samples = service.flowWindows.map { FlowSample($0) }
    flow.windowLatency = service.windowLatency
    var server = ServerFigures(peakQueue: service.peakQueue)
    var pods = service.pods.map { pod -> PodFigures in
      server.meanQueue += pod.meanQueue
      server.meanBusy += pod.meanBusy
      server.refused += pod.refused
      server.unheard += pod.unheard
      server.connectionsAccepted += pod.connectionsAccepted
      server.throttled = server.throttled + SimDuration(seconds: pod.throttled)
      return PodFigures(
        refused: pod.refused, meanBusy: pod.meanBusy, meanQueue: pod.meanQueue)
    }
    server.workers = description.workers.map { Double($0) * Double(description.replicas) }
    let workers = description.workers.map { UInt32(clamping: $0 * description.replicas) } ?? 0
    server.samples = service.windows.map { window in
      ServerSample(
        queue: window.meanQueue, queuePeak: window.queuePeak, busy: window.meanBusy,
        workers: workers, connections: window.connections, refused: window.refused,
        ejected: window.ejected)
    }
    for (pod, tries) in parts.tries[index].enumerated() {
      pods[pod].attempts += tries.attempts
      pods[pod].errors += tries.errors
    }
    addEjections(parts.ejections[index] ?? [], &pods, &server)
    let deaths = parts.deaths[index] ?? []
    server.restarts = FaultSpells.restarts(of: deaths, after: run.warmup, upTo: record.end - .zero)
    return WorkloadFigures(
      flow: flow, server: server, pods: pods,
      replicas: replicas(
        index, deaths,
        until: record.stopped == nil ? run.duration : record.end - .zero))
  }

  private func addEjections(
    _ ejections: [EjectionRecord], _ pods: inout [PodFigures], _ server: inout ServerFigures
  ) {
    for ejection in ejections {
      pods[ejection.pod.pod].ejections.append(
        PodFigures.Ejection(
          proxy: compiled.map.proxies[Int(ejection.proxy)].name, instance: Int(ejection.instance),
          at: ejection.at, released: ejection.released == .never ? nil : ejection.released,
          detector: ejection.type.eventLogName.lowercased()))
      if ejection.at >= .zero + run.warmup { server.ejections += 1 }
      let window = run.windows.window(at: ejection.at)
      if server.samples.indices.contains(window) { server.samples[window].ejections += 1 }
    }
  }

  /// The number of pods over time: faults kill them and bring them back.
  private func replicas(
    _ workload: Int, _ deaths: [FaultSpells.Death], until end: SimDuration
  ) -> [WorkloadFigures.ReplicaCount] {
    let total = run.workloads[workload].replicas
    var changes: [(at: SimDuration, by: Int)] = []
    for death in deaths {
      changes.append((death.start, -1))
      if let end = death.end { changes.append((end, 1)) }
    }
    changes.sort { $0.at < $1.at }
    var ready = total
    var counts = [WorkloadFigures.ReplicaCount(at: .zero, ready: total, total: total)]
    for change in changes where change.at <= min(run.duration, end) {
      ready += change.by
      let at = SimTime.zero + change.at
      let count = WorkloadFigures.ReplicaCount(
        at: at, ready: max(0, min(total, ready)), total: total)
      if counts[counts.count - 1].at == at {
        counts[counts.count - 1] = count
      } else {
        counts.append(count)
      }
    }
    return counts
  }

  private func service(
    _ record: RunRecord, _ index: Int, _ workloads: [WorkloadFigures], _ parts: RecordParts
  ) -> ServiceFigures {
    let members = run.services[index].workloads.filter { workloads.indices.contains($0) }
    guard let first = members.first else { return ServiceFigures() }
    var server = workloads[first].server
    for member in members.dropFirst() { server.add(workloads[member].server) }
    let operations = run.services[index].operations.map { name in
      FlowFigures.together(
        members.flatMap { member in
          (parts.operations[member][name] ?? []).map {
            FlowFigures(record.services[member].operations[$0].flow)
          }
        })
    }
    return ServiceFigures(
      flow: .together(members.map { workloads[$0].flow }), operations: operations, server: server)
  }
}

/// What a service's figures are made of.
private struct Membership: Hashable {
  var workloads: [Int]
  var operations: [String]

  /// By the ends of the lists: thousands of services may share one of thousands of workloads.
  func hash(into hasher: inout Hasher) {
    hasher.combine(workloads.count)
    hasher.combine(workloads.first)
    hasher.combine(workloads.last)
    hasher.combine(operations.count)
  }
}

extension ReplicationResult.EarlyEnd {
  init(_ reason: StopReason) {
    switch reason {
    case .eventLimit: self = .eventLimit
    case .memoryLimit: self = .memoryLimit
    case .recordLimit: self = .recordLimit
    case .interrupted: self = .interrupted
    }
  }
}
