import EventKernel
import Statistics
import TimeAndChance
import TrafficPolicy

extension Engine {
  /// What the run leaves behind.
  consuming func record() -> RunRecord {
    recorders.ends.settle()
    var result = RunRecord()
    result.eventCount = eventCount
    result.peakBytes = byteCount  // nothing of it shrinks during a run
    result.end = now
    result.stopped = stopReason
    result.requests = log.requests
    result.attempts = log.attempts
    result.ejections = log.ejections
    result.causes = log.causes
    result.phaseStarts = clients.map { $0?.starts ?? [] }
    let open = openWork()
    let statuses = recorders.statuses.statuses
    let bySource = triesBySource()
    for s in 0..<recorders.sources.count {
      var record = recorders.sources[s].record(
        bySource[s], open: open.sources[s], statuses: statuses)
      record.overdue = open.overdueOfSources[s]
      result.sources.append(record)
    }
    for e in 0..<model.edges.count {
      let before = edgesBefore.isEmpty ? EdgeRecord() : edgesBefore[e]
      result.edges.append(EdgeRecord(edges[e], clientCounts[e]).since(before))
    }
    let byFlow = triesByFlow()
    for f in 0..<recorders.flows.count {
      var record = recorders.flows[f].record(byFlow[f], open: open.flows[f], statuses: statuses)
      record.overdue = open.overdueOfFlows[f]
      result.flows.append(record)
    }
    for s in 0..<services.count { result.services.append(serviceRecord(s, open.operations)) }
    let states = statesByKind()
    for p in 0..<proxies.count { result.proxies.append(proxyRecord(p, states)) }
    return result
  }

  private mutating func serviceRecord(_ s: Int, _ open: [UInt64]) -> ServiceRecord {
    var record = ServiceRecord()
    let service = services[s]
    let counted = Double((now - countsFrom).nanoseconds)
    for p in service.firstPod..<(service.firstPod + service.podCount) {
      var pod = pods[p]
      pod.account(at: now)
      let books = podBooks[p]
      record.pods.append(
        PodRecord(
          arrivals: pod.arrivals, refused: books.refused, succeeded: pod.succeeded,
          failed: pod.failed, unheard: books.unheard,
          meanBusy: counted > 0 ? Double(pod.busyNanoseconds) / counted : 0,
          meanQueue: counted > 0 ? Double(pod.queuedNanoseconds) / counted : 0,
          peakQueue: Int(pod.peakQueue), peakConcurrency: Int(pod.peakBusy),
          connectionsAccepted: books.connectionsAccepted, delayed: pod.delayed,
          throttled: throttledTime(p)))
    }
    record.peakQueue = Int(service.peakQueued)
    let levels = model.recording.occupancyLevels
    record.occupancy = (0..<levels).map { level in
      var time: Int128 = 0
      for p in service.firstPod..<(service.firstPod + service.podCount) {
        for number in level..<levels { time += Int128(occupancy[Int(p) * levels + number]) }
      }
      return counted > 0 ? Double(time) / counted : 0
    }
    if recorders.hasWaits { record.wait = recorders.waits[s].histogram }
    if recorders.hasWindows { record.windows = recorders.services[s].windows }
    guard recorders.isOn else { return record }
    for slot in service.firstSlot..<(service.firstSlot + service.slotCount) {
      let tries = arrivals(slot)
      record.operations.append(
        ServiceRecord.Operation(
          name: operationSlots[Int(slot)].name,
          flow: recorders.operations[slot].record(
            tries, open: open[Int(slot)], statuses: recorders.statuses.statuses)))
    }
    if recorders.hasWindows {
      record.flowWindows = recorders.services[s].flowWindows
      record.windowLatency = recorders.services[s].windowLatency
    }
    return record
  }

  // MARK: What is still open

  /// Requests, calls and tries that count and have not ended, found by looking through the records.
  private struct OpenWork {
    var sources: [UInt64]
    var flows: [UInt64]
    var operations: [UInt64]
    var overdueOfSources: [[SimTime]]
    var overdueOfFlows: [[SimTime]]
  }

  /// The latest beginning of an open request that is overdue, where the longest that ended took so
  /// long; none is where nothing ended, or the run was ended early.
  private func due(_ longest: Int64?) -> SimTime {
    guard let longest, stopReason == nil else { return SimTime(nanoseconds: -1) }
    let patience = max(1_000_000_000, 2 * Int128(longest))
    return SimTime(nanoseconds: Int64(max(-1, Int128(now.nanoseconds) - patience)))
  }

  private func openWork() -> OpenWork {
    var open = OpenWork(
      sources: Array(repeating: 0, count: recorders.sources.count),
      flows: Array(repeating: 0, count: recorders.flows.count),
      operations: Array(repeating: 0, count: recorders.operations.count),
      overdueOfSources: Array(repeating: [], count: recorders.sources.count),
      overdueOfFlows: Array(repeating: [], count: recorders.flows.count))
    let dueOfSources = (0..<recorders.sources.count).map { due(recorders.sources[$0].longest) }
    let dueOfFlows = (0..<recorders.flows.count).map { due(recorders.flows[$0].longest) }
    func noteOfSource(_ s: Int, _ started: SimTime, _ isBounded: Bool) {
      open.sources[s] += 1
      if !isBounded, started <= dueOfSources[s] { open.overdueOfSources[s].append(started) }
    }
    // What has a timeout comes to an end by itself.
    func note(_ started: SimTime, _ parent: UInt32, _ edge: UInt16, isBounded: Bool) {
      guard started >= countsFrom else { return }
      let handle = parent & 0xFF_FFFF
      switch parent & Parent.tagMask {
      case Parent.source, Parent.limitedSource: noteOfSource(Int(handle), started, isBounded)
      case Parent.user: noteOfSource(Int(users[handle].source), started, isBounded)
      case Parent.job: break
      default: return  // a client's try, which is not a call of its own, or nobody's
      }
      let flow = edges[UInt32(edge)].flow
      guard recorders.isOn, flow != none else { return }
      open.flows[Int(flow)] += 1
      if !isBounded, started <= dueOfFlows[Int(flow)] {
        open.overdueOfFlows[Int(flow)].append(started)
      }
    }
    for (index, isFree) in calls.areFree.enumerated() where !isFree {
      let call = calls[UInt32(index)]
      let edge = edges.base + Int(call.edge)
      note(
        call.started, call.parent, call.edge,
        isBounded: edge.pointee.routeTimeout.isOn || edge.pointee.tryTimeout.isOn)
    }
    for (index, isFree) in clientCalls.areFree.enumerated() where !isFree {
      let call = clientCalls[UInt32(index)]
      let isBounded =
        call.tryTimer != none || call.deadline != .never || call.retrySequence != 0
      note(call.started, call.parent, call.edge, isBounded: isBounded)
    }
    guard recorders.isOn else { return open }
    for (index, isFree) in jobs.areFree.enumerated() where !isFree {
      let job = jobs[UInt32(index)]
      let isAtWork =
        job.state == Job.queued || job.state == Job.working || job.state == Job.calling
      if isAtWork, job.marks & Job.isBranch == 0, job.since >= countsFrom,
        !isInside(UInt32(index))
      {
        open.operations[Int(slot(of: UInt32(index)))] += 1
      }
    }
    return open
  }

  /// The states of clusters, by kind.
  private func statesByKind() -> [[UInt32]] {
    var states = [[UInt32]](repeating: [], count: clusterKinds.count)
    for state in 0..<UInt32(clusters.count) { states[Int(clusters[state].kind)].append(state) }
    return states
  }

  private func proxyRecord(_ p: Int, _ states: [[UInt32]]) -> ProxyRecord {
    var record = ProxyRecord()
    let proxy = proxies[p]
    for cluster in 0..<proxy.clusterCount {
      let kind = clusterKinds[proxy.firstKind + cluster]
      var outlier = OutlierStatistics()
      var activeEjections: UInt64 = 0
      var counters = EnvoyClusterStatistics()
      var attempts = [UInt64](repeating: 0, count: Int(kind.endpointCount))
      // Proxies in front of pods have a kind each.
      let kindCount = proxy.kindStride == 0 ? 1 : max(1, proxy.instanceCount)
      for number in 0..<kindCount {
        let kindIndex = proxy.firstKind + cluster + number * proxy.kindStride
        counters.add(statistics[kindIndex])
        for state in states[Int(kindIndex)] {
          outlier.add(judges[state].statistics)
          activeEjections += UInt64(judges[state].statistics.ejectionsActive)
          for host in attempts.indices {
            let sent = pool(state, UInt32(host)).pointee.attempts
            counters.upstreamRqTotal &+= sent
            if number == 0 { attempts[host] &+= sent }
          }
        }
      }
      record.clusters.append(counters)
      record.outliers.append(outlier)
      record.ejectionsActive.append(activeEjections)
      let endpoints = kind.firstEndpoint..<(kind.firstEndpoint + kind.endpointCount)
      record.hostAttempts.append(attempts)
      record.hostErrors.append(endpoints.map { hostErrors[$0] })
    }
    record.filters = filterRecord(p)
    return record
  }
}
