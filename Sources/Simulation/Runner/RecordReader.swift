import Results
import Scenario
import Statistics
import TimeAndChance
import TrafficPolicy

/// Reads what a run left behind, in the words of its scenario.
struct RecordReader {
  let run: RunDescription
  let compiled: CompiledScenario
  let spells: FaultSpells

  /// The figures of a replication.
  func result(of record: RunRecord, index: Int) -> ReplicationResult {
    let workloads = run.workloads.indices.map { workload(record, $0) }
    var result = ReplicationResult(
      index: index,
      sources: run.sources.indices.map { source(record, $0) },
      services: run.services.indices.map { service(record, $0, workloads) },
      workloads: workloads, simulatedEvents: record.eventCount, end: record.end,
      earlyEnd: record.stopped.map { ReplicationResult.EarlyEnd($0) })
    result.edges = run.edges.indices.map { edge(record, $0, result.sources) }
    let log = EventReader(run: run, compiled: compiled, spells: spells).events(of: record)
    result.events = log.events
    result.eventsLeftOut = log.leftOut
    return result
  }

  /// The first window that is counted.
  var firstCounted: Int {
    Int((run.warmup.nanoseconds + run.window.nanoseconds - 1) / run.window.nanoseconds)
  }

  // MARK: Sources

  private func source(_ record: RunRecord, _ index: Int) -> FlowFigures {
    let source = record.sources[index]
    var flow = FlowFigures(
      offered: source.offered, open: source.open, latency: source.latency,
      successLatency: source.successLatency)
    flow.dropped = source.dropped
    for (status, count) in source.byStatus { flow.add(count, status: status) }
    for (flags, count) in source.byFlags {
      flow.add(count, flags: flags.rawValue == 0 ? "-" : flags.text)
    }
    for (edge, origin) in compiled.map.edges.enumerated() where origin.caller == .source(index) {
      addTries(record.edges[edge], origin, to: &flow)
    }
    flow.samples = source.windows.map { FlowSample($0) }
    spreadTries(over: &flow, of: index, record)
    flow.windowLatency = flow.samples.map { WindowLatency.histogram($0) }
    flow.lastFailure = lastFailure(in: flow.samples)
    return flow
  }

  /// Adds the tries of an edge.
  private func addTries(
    _ edge: EdgeRecord, _ origin: ModelMap.EdgeOrigin, to flow: inout FlowFigures
  ) {
    flow.attempts += edge.attempts
    flow.retries += edge.retries
    switch origin.refusal {
    case .budget: flow.retriesRefused.budget += edge.retriesRefused
    case .overflow: flow.retriesRefused.overflow += edge.retriesRefused
    }
    flow.retriesRefused.bucket += edge.refusedByBucket
    flow.retriesRefused.breaker += edge.refusedByBreaker
  }

  /// Fills the windows' tries.
  ///
  /// A source whose targets nobody else calls sent what arrived there; else the tries of the whole
  /// run are spread like its requests.
  private func spreadTries(over flow: inout FlowFigures, of index: Int, _ record: RunRecord) {
    let edges = compiled.map.edges
    let targets = edges.filter { $0.caller == .source(index) }.map(\.service)
    let isAlone = edges.allSatisfy {
      $0.caller == .source(index) || !targets.contains($0.service)
    }
    let workloads = Set(targets).sorted().flatMap { run.services[$0].workloads }
    let ratio =
      flow.offered > 0 ? Double(flow.attempts) / Double(flow.offered) : 1
    let again = flow.offered > 0 ? Double(flow.retries) / Double(flow.offered) : 0
    for window in flow.samples.indices {
      if isAlone, flow.retries > 0 {
        var arrivals: UInt32 = 0
        var retries: UInt32 = 0
        for workload in workloads where window < record.services[workload].windows.count {
          arrivals += record.services[workload].windows[window].arrivals
          retries += record.services[workload].windows[window].retries
        }
        flow.samples[window].attempts = arrivals
        flow.samples[window].retries = retries
      } else {
        let offered = Double(flow.samples[window].offered)
        flow.samples[window].attempts = UInt32(clamping: Int64(offered * ratio + 0.5))
        flow.samples[window].retries = UInt32(clamping: Int64(offered * again + 0.5))
      }
    }
  }

  private func lastFailure(in samples: [FlowSample]) -> SimTime? {
    guard let last = samples.indices.last(where: { $0 >= firstCounted && samples[$0].errors > 0 })
    else { return nil }
    return SimTime(nanoseconds: Int64(last + 1) * run.window.nanoseconds)
  }

  // MARK: Edges

  private func edge(_ record: RunRecord, _ index: Int, _ sources: [FlowFigures]) -> FlowFigures {
    let edge = run.edges[index]
    if case .source(let source) = edge.from,
      run.edges.allSatisfy({ $0.from != edge.from || $0 == edge })
    {
      return sources[source]
    }
    var flow = FlowFigures()
    for (number, origin) in compiled.map.edges.enumerated()
    where origin.caller == edge.from && origin.service == edge.to {
      let part = record.edges[number]
      flow.offered += part.calls
      flow.add(part.succeeded, status: 200)
      flow.add(part.failed, status: 503)
      addTries(part, origin, to: &flow)
      if let latency = part.latency { flow.latency.merge(latency) }
    }
    balance(&flow)
    return flow
  }

  /// States what is open at the start or the end, so that begun = ended + open.
  private func balance(_ flow: inout FlowFigures) {
    let ended = flow.completed
    if ended > flow.offered {
      flow.openAtStart = ended - flow.offered
    } else {
      flow.open = flow.offered - ended
    }
  }

  // MARK: Workloads and services

  private func workload(_ record: RunRecord, _ index: Int) -> WorkloadFigures {
    let service = record.services[index]
    let description = run.workloads[index]
    var flow = FlowFigures()
    var server = ServerFigures()
    var pods = service.pods.map { pod -> PodFigures in
      flow.offered += pod.arrivals
      flow.add(pod.succeeded, status: 200)
      flow.add(pod.failed, status: 503)
      server.meanQueue += pod.meanQueue
      server.peakQueue = max(server.peakQueue, pod.peakQueue)
      server.meanBusy += pod.meanBusy
      server.refused += pod.refused
      server.unheard += pod.unheard
      server.connectionsAccepted += pod.connectionsAccepted
      return PodFigures(
        refused: pod.refused, meanBusy: pod.meanBusy, meanQueue: pod.meanQueue)
    }
    flow.attempts = flow.offered
    balance(&flow)
    if let sojourn = service.sojourn {
      flow.latency = sojourn
      flow.successLatency = sojourn
    }
    server.workers = description.workers.map { Double($0) * Double(description.replicas) }
    for (number, window) in service.windows.enumerated() {
      flow.samples.append(FlowSample(window))
      var sample = ServerSample(
        queue: Float(window.queue), queuePeak: window.queue, busy: Float(window.busy),
        ejected: window.ejected)
      if let workers = description.workers {
        sample.workers = UInt32(clamping: workers * description.replicas)
      }
      server.samples.append(sample)
      if number >= firstCounted {
        flow.retries += UInt64(window.retries)
        server.peakQueue = max(server.peakQueue, Int(window.queue))
      }
    }
    flow.lastFailure = lastFailure(in: flow.samples)
    if run.needsWindowLatency(.workload(index))
      || run.needsWindowLatency(.service(description.service))
    {
      flow.windowLatency = flow.samples.map { WindowLatency.histogram($0) }
    }
    addHosts(record, index, &pods)
    addEjections(record, index, &pods, &server)
    return WorkloadFigures(flow: flow, server: server, pods: pods, replicas: replicas(index))
  }

  /// What proxies sent to each pod.
  private func addHosts(_ record: RunRecord, _ workload: Int, _ pods: inout [PodFigures]) {
    for (proxy, model) in compiled.model.proxies.enumerated() {
      for (cluster, endpoints) in model.endpoints.enumerated() {
        for (place, endpoint) in endpoints.enumerated() where endpoint.pod.service == workload {
          pods[endpoint.pod.pod].attempts += record.proxies[proxy].hostAttempts[cluster][place]
          pods[endpoint.pod.pod].errors += record.proxies[proxy].hostErrors[cluster][place]
        }
      }
    }
  }

  private func addEjections(
    _ record: RunRecord, _ workload: Int, _ pods: inout [PodFigures], _ server: inout ServerFigures
  ) {
    for ejection in record.ejections where ejection.enforced && ejection.pod.service == workload {
      pods[ejection.pod.pod].ejections.append(
        PodFigures.Ejection(
          proxy: compiled.map.proxies[Int(ejection.proxy)].name, instance: Int(ejection.instance),
          at: ejection.at, released: ejection.released == .never ? nil : ejection.released,
          detector: ejection.type.eventLogName.lowercased()))
      if ejection.at >= .zero + run.warmup { server.ejections += 1 }
      let window = Int(ejection.at.nanoseconds / run.window.nanoseconds)
      if server.samples.indices.contains(window) { server.samples[window].ejections += 1 }
    }
  }

  /// The number of pods over time: faults kill them and bring them back.
  private func replicas(_ workload: Int) -> [WorkloadFigures.ReplicaCount] {
    let total = run.workloads[workload].replicas
    var changes: [(at: SimDuration, by: Int)] = []
    for death in spells.deaths where death.pod.service == workload {
      changes.append((death.start, -1))
      if let end = death.end { changes.append((end, 1)) }
    }
    changes.sort { $0.at < $1.at }
    var ready = total
    var counts = [WorkloadFigures.ReplicaCount(at: .zero, ready: total, total: total)]
    for change in changes where change.at <= run.duration {
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
    _ record: RunRecord, _ index: Int, _ workloads: [WorkloadFigures]
  ) -> ServiceFigures {
    let members = run.services[index].workloads.filter { workloads.indices.contains($0) }
    guard let first = members.first else { return ServiceFigures() }
    var flow = workloads[first].flow
    var server = workloads[first].server
    for member in members.dropFirst() {
      let other = workloads[member]
      let samples = flow.samples.adding(other.flow.samples)
      let isLogged = !flow.windowLatency.isEmpty
      flow.merge(other.flow)
      flow.samples = samples
      if isLogged { flow.windowLatency = samples.map { WindowLatency.histogram($0) } }
      server.add(other.server)
    }
    // A service with one operation is that operation; of more the engine counts the sum only.
    let operations = run.services[index].operations.count == 1 ? [flow] : []
    return ServiceFigures(flow: flow, operations: operations, server: server)
  }
}

extension ReplicationResult.EarlyEnd {
  init(_ reason: StopReason) {
    switch reason {
    case .eventLimit: self = .eventLimit
    case .memoryLimit: self = .memoryLimit
    case .interrupted: self = .interrupted
    }
  }
}
