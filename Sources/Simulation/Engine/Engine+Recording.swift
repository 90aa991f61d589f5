import EventKernel
import Statistics
import TimeAndChance
import TrafficPolicy

/// Counters of one source at run time.
struct SourceCount: ~Copyable {
  var offered: UInt64 = 0
  /// Requests started at the start of the window.
  var offeredMark: UInt64 = 0
  /// Ends by status, 0 ..< 600; entry 0 counts those without an answer.
  let byStatus: UnsafeMutablePointer<UInt64>
  /// Ends with flags, by flags.
  var byFlags: [ResponseFlags: UInt64] = [:]
  var latency = LatencyRecorder()
  var successLatency = LatencyRecorder()
  /// The window of the time series under way.
  var window = SourceWindow()
  var windowLatency = LatencyRecorder()
  var windows: [SourceWindow] = []

  init() {
    byStatus = .allocate(capacity: 600)
    byStatus.initialize(repeating: 0, count: 600)
  }

  deinit { byStatus.deallocate() }
}

/// Counters of one endpoint of a cluster kind, over its proxies.
struct HostCount: BitwiseCopyable {
  var attempts: UInt64 = 0
  var errors: UInt64 = 0
}

/// Histograms and windows that are kept only on demand.
struct Histograms: ~Copyable {
  /// Whether services and edges are measured beside sources.
  let isOn: Bool
  let hasWindows: Bool
  var wait: Table<LatencyRecorder>
  var sojourn: Table<LatencyRecorder>
  var edges: Table<LatencyRecorder>
  var windowSojourn: Table<LatencyRecorder>
  var windows: [[ServiceWindow]] = []
  /// Per service: arrivals, failures and retries at the start of the window.
  var marks: [(arrivals: UInt64, failures: UInt64, retries: UInt64)] = []

  init(_ options: RecordingOptions, services: Int, edges: Int) {
    isOn = options.serviceHistograms
    hasWindows = options.window != nil
    let measured = isOn ? services : 0
    wait = Table(count: measured) { _ in LatencyRecorder() }
    sojourn = Table(count: measured) { _ in LatencyRecorder() }
    windowSojourn = Table(count: measured) { _ in LatencyRecorder() }
    self.edges = Table(count: isOn ? edges : 0) { _ in LatencyRecorder() }
    if hasWindows {
      windows = Array(repeating: [], count: services)
      marks = Array(repeating: (0, 0, 0), count: services)
    }
  }

  mutating func reset() {
    for s in 0..<wait.count {
      wait[s].reset()
      sojourn[s].reset()
    }
    for e in 0..<edges.count { edges[e].reset() }
  }

  @inline(never) mutating func recordWait(_ service: UInt32, _ time: SimDuration) {
    wait[Int(service)].record(time.nanoseconds)
  }
  @inline(never) mutating func recordSojourn(
    _ service: UInt32, _ time: SimDuration, _ reply: UInt16
  ) {
    sojourn[Int(service)].record(time.nanoseconds)
    if hasWindows { windowSojourn[Int(service)].record(time.nanoseconds) }
  }
  @inline(never) mutating func recordEdge(_ edge: UInt16, _ time: SimDuration) {
    edges[Int(edge)].record(time.nanoseconds)
  }
}

/// The logs of a run.
struct RunLog {
  /// Requests and tries are logged.
  var isOn = false
  /// Causes are logged.
  var hasCauses = false
  var requests: [RequestRecord] = []
  var attempts: [AttemptRecord] = []
  var ejections: [EjectionRecord] = []
  var causes: [CausalEvent] = []

  var byteCount: Int {
    requests.capacity * MemoryLayout<RequestRecord>.stride
      + attempts.capacity * MemoryLayout<AttemptRecord>.stride
      + causes.capacity * MemoryLayout<CausalEvent>.stride
  }
}

extension Engine {
  // MARK: Sources

  /// Counts the end of a source's request, as the source sees it.
  @inline(never) mutating func countEnd(_ s: UInt32, _ call: Call) {
    guard call.started >= countsFrom else { return }
    let count = sourceCounts.base + Int(s)
    let reply = call.reply
    let status = reply < 600 ? Int(reply) : Int(replies[Int(reply) - 1000].status)
    count.pointee.byStatus[status] &+= 1
    if call.routeTimer != 0 { countFlags(s, call.flags) }
    let latency = (now - call.started).nanoseconds
    count.pointee.latency.record(latency)
    if status < 500, status != 0 { count.pointee.successLatency.record(latency) }
    if histograms.hasWindows { countInWindow(s, status, latency) }
  }

  @inline(never) private mutating func countFlags(_ s: UInt32, _ flags: ResponseFlags) {
    sourceCounts[s].byFlags[flags, default: 0] &+= 1
  }

  @inline(never)
  private mutating func countInWindow(_ s: UInt32, _ status: Int, _ latency: Int64) {
    let count = sourceCounts.base + Int(s)
    switch status {
    case 0: count.pointee.window.unanswered &+= 1
    case 429: count.pointee.window.limited &+= 1
    case ..<400: count.pointee.window.succeeded &+= 1
    case ..<500: count.pointee.window.clientErrors &+= 1
    default: count.pointee.window.serverErrors &+= 1
    }
    count.pointee.windowLatency.record(latency)
  }

  // MARK: Windows

  /// A window of the time series ends.
  mutating func windowEnd() {
    guard let length = model.recording.window else { return }
    for s in 0..<sourceCounts.count {
      var window = sourceCounts[s].window
      let latency = sourceCounts[s].windowLatency.histogram
      window.offered = UInt32(truncatingIfNeeded: sources[s].started &- sourceCounts[s].offeredMark)
      sourceCounts[s].offeredMark = sources[s].started
      window.p50 = Int64(latency.quantile(0.5) ?? 0)
      window.p99 = Int64(latency.quantile(0.99) ?? 0)
      window.max = latency.maximum ?? 0
      sourceCounts[s].windows.append(window)
      sourceCounts[s].window = SourceWindow()
      sourceCounts[s].windowLatency.reset()
    }
    for s in 0..<services.count { endWindow(ofService: s) }
    if !isEnding { schedule(.windowEnd, 0, after: length) }
  }

  private mutating func endWindow(ofService s: Int) {
    var window = ServiceWindow()
    let service = services[s]
    var arrivals: UInt64 = 0
    var failures: UInt64 = 0
    for p in service.firstPod..<(service.firstPod + service.podCount) {
      arrivals &+= pods[p].arrivals
      failures &+= pods[p].failed &+ pods[p].refused
      window.queue &+= UInt32(pods[p].queued)
      window.busy &+= UInt32(pods[p].busy)
    }
    let retries = service.retries
    window.arrivals = UInt32(truncatingIfNeeded: arrivals &- histograms.marks[s].arrivals)
    window.failures = UInt32(truncatingIfNeeded: failures &- histograms.marks[s].failures)
    window.retries = UInt32(truncatingIfNeeded: retries &- histograms.marks[s].retries)
    histograms.marks[s] = (arrivals, failures, retries)
    window.ejected = UInt32(clamping: service.ejected)
    if histograms.isOn {
      let sojourn = histograms.windowSojourn[s].histogram
      window.p50 = Int64(sojourn.quantile(0.5) ?? 0)
      window.p99 = Int64(sojourn.quantile(0.99) ?? 0)
      histograms.windowSojourn[s].reset()
    }
    histograms.windows[s].append(window)
  }

  // MARK: The end of the warm-up

  /// Counting begins.
  mutating func warmupOver() {
    countsFrom = now
    for s in 0..<sourceCounts.count {
      for status in 0..<600 { sourceCounts[s].byStatus[status] = 0 }
      sourceCounts[s].offered = 0
      sourceCounts[s].byFlags = [:]
      sourceCounts[s].latency.reset()
      sourceCounts[s].successLatency.reset()
    }
    for p in 0..<pods.count {
      pods[p].account(at: now)
      pods[p].busyTime = 0
      pods[p].queueTime = 0
      pods[p].peakQueue = pods[p].queued
      pods[p].peakBusy = pods[p].busy
      pods[p].arrivals = 0
      pods[p].delayed = 0
      pods[p].refused = 0
      pods[p].succeeded = 0
      pods[p].failed = 0
      pods[p].unheard = 0
    }
    for entry in 0..<occupancy.count { occupancy[entry] = 0 }
    for e in 0..<edges.count {
      edges[e].calls = 0
      edges[e].succeeded = 0
      edges[e].failed = 0
      edges[e].attempts = 0
      edges[e].retries = 0
      edges[e].retriesRefused = 0
      edges[e].client = (0, 0, 0)
    }
    for s in 0..<services.count where histograms.hasWindows {
      histograms.marks[s].arrivals = 0
      histograms.marks[s].failures = 0
    }
    histograms.reset()
  }

  // MARK: The request log

  /// The log entry of a request, and the ``CallExtra`` that carries its number.
  mutating func logRequest(
    _ s: UInt32, _ parent: UInt32, phase: Int = 0, index: Int? = nil
  ) -> UInt32 {
    let x = extras.allocate()
    extras[x] = CallExtra()
    guard log.isOn else { return x }
    var record = RequestRecord()
    record.source = Int32(s)
    record.phase = Int32(phase)
    record.index = Int32(index ?? Int(sources[s].started) - 1)
    record.started = now
    extras[x].record = Int32(log.requests.count)
    log.requests.append(record)
    return x
  }

  /// Logs a try that has arrived at its pod.
  @inline(never) mutating func logAttempt(_ j: UInt32) {
    let job = jobs[j]
    let reference = reference(job.pod)
    var request: Int32 = -1
    if job.call != none, calls[job.call].extra != none {
      request = extras[calls[job.call].extra].record
    }
    log.attempts.append(
      AttemptRecord(
        request: request, number: Int32(job.reply), pod: reference, arrived: now,
        isMirror: job.marks & Job.isMirror != 0))
  }

  /// Takes the last entry back: the try met no listener.
  mutating func unlogAttempt() { _ = log.attempts.popLast() }

  func reference(_ pod: UInt32) -> PodReference {
    let s = pods[pod].service
    return PodReference(service: Int(s), pod: Int(pod - services[s].firstPod))
  }

  // MARK: Causes

  /// Logs an ejection, carried out or not.
  mutating func logEjection(
    _ state: UInt32, _ action: OutlierAction, entry: Int, enforced: Bool
  ) {
    let cluster = clusters[state]
    let kind = clusterKinds[cluster.kind]
    let pod = endpointPods[kind.firstEndpoint + action.host]
    if enforced {
      hostStates.base[entry].lastEjection = Int32(log.ejections.count)
      services[pods[pod].service].ejected += 1
      logCause(.ejected(action.type), cluster: state, pod: pod)
    }
    guard log.isOn || log.hasCauses else { return }
    log.ejections.append(
      EjectionRecord(
        proxy: Int32(kind.proxy),
        instance: Int32(cluster.instance - proxies[kind.proxy].firstInstance),
        cluster: Int32(kind.index), pod: reference(pod), type: action.type, at: now,
        enforced: enforced,
        ejectionsSoFar: Int32(hostStates.base[entry].outlier.numEjections), released: .never))
  }

  /// Notes when an ejected host was released.
  mutating func noteRelease(_ state: UInt32, host: UInt32) {
    let cluster = clusters[state]
    let entry = Int(cluster.hostBase + host)
    let pod = endpointPods[clusterKinds[cluster.kind].firstEndpoint + host]
    services[pods[pod].service].ejected -= 1
    let ejection = Int(hostStates.base[entry].lastEjection)
    if log.ejections.indices.contains(ejection) { log.ejections[ejection].released = now }
    logCause(.released, cluster: state, pod: pod)
  }

  /// Logs a change of state.
  mutating func logCause(
    _ kind: CausalEvent.Kind, cluster state: UInt32 = none, pod: UInt32 = none
  ) {
    guard log.hasCauses else { return }
    var event = CausalEvent(at: now, kind: kind)
    if state != none {
      let cluster = clusters[state]
      let kind = clusterKinds[cluster.kind]
      event.proxy = Int32(kind.proxy)
      event.instance = Int32(cluster.instance - proxies[kind.proxy].firstInstance)
      event.cluster = Int32(kind.index)
    }
    if pod != none { event.pod = reference(pod) }
    log.causes.append(event)
  }

  /// Logs the first overflow after a quiet second.
  @inline(__always) mutating func noteOverflow(_ state: UInt32) {
    let last = clusters[state].lastOverflow
    clusters[state].lastOverflow = now
    if now - last > .seconds(1) { logCause(.overflowBegan, cluster: state) }
  }

  // MARK: The record

  /// What the run leaves behind.
  consuming func record() -> RunRecord {
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
    for s in 0..<sourceCounts.count { result.sources.append(sourceRecord(s)) }
    for e in 0..<model.edges.count {
      let edge = edges[e]
      result.edges.append(
        EdgeRecord(
          calls: edge.hasClient ? edge.client.calls : edge.calls,
          succeeded: edge.hasClient ? edge.client.succeeded : edge.succeeded,
          failed: edge.hasClient ? edge.client.failed : edge.failed,
          attempts: edge.attempts, retries: edge.retries, retriesRefused: edge.retriesRefused,
          latency: histograms.isOn ? histograms.edges[e].histogram : nil))
    }
    for s in 0..<services.count { result.services.append(serviceRecord(s)) }
    for p in 0..<proxies.count { result.proxies.append(proxyRecord(p)) }
    return result
  }

  private func sourceRecord(_ s: Int) -> SourceRecord {
    var record = SourceRecord()
    record.offered = sourceCounts[s].offered
    for status in 0..<600 where sourceCounts[s].byStatus[status] > 0 {
      record.byStatus[status] = sourceCounts[s].byStatus[status]
    }
    let flagged = sourceCounts[s].byFlags.values.reduce(0, &+)
    let ended = record.byStatus.values.reduce(0, &+)
    record.byFlags = sourceCounts[s].byFlags
    if ended > flagged { record.byFlags[[]] = ended - flagged }
    record.open = record.offered >= ended ? record.offered - ended : 0
    record.latency = sourceCounts[s].latency.histogram
    record.successLatency = sourceCounts[s].successLatency.histogram
    record.windows = sourceCounts[s].windows
    return record
  }

  private func serviceRecord(_ s: Int) -> ServiceRecord {
    var record = ServiceRecord()
    let service = services[s]
    let counted = Double((now - countsFrom).nanoseconds)
    for p in service.firstPod..<(service.firstPod + service.podCount) {
      var pod = pods[p]
      pod.account(at: now)
      record.pods.append(
        PodRecord(
          arrivals: pod.arrivals, refused: pod.refused, succeeded: pod.succeeded,
          failed: pod.failed, unheard: pod.unheard,
          meanBusy: counted > 0 ? Double(pod.busyTime) / counted : 0,
          meanQueue: counted > 0 ? Double(pod.queueTime) / counted : 0,
          peakQueue: Int(pod.peakQueue), peakConcurrency: Int(pod.peakBusy),
          connectionsAccepted: pod.connectionsAccepted, delayed: pod.delayed))
    }
    let levels = model.recording.occupancyLevels
    record.occupancy = (0..<levels).map { level in
      var time: Int64 = 0
      for p in service.firstPod..<(service.firstPod + service.podCount) {
        for number in level..<levels { time &+= occupancy[Int(p) * levels + number] }
      }
      return counted > 0 ? Double(time) / counted : 0
    }
    if histograms.isOn {
      record.wait = histograms.wait[s].histogram
      record.sojourn = histograms.sojourn[s].histogram
    }
    if histograms.hasWindows { record.windows = histograms.windows[s] }
    return record
  }

  private func proxyRecord(_ p: Int) -> ProxyRecord {
    var record = ProxyRecord()
    let proxy = proxies[p]
    for cluster in 0..<proxy.clusterCount {
      let kindIndex = proxy.firstKind + cluster
      let kind = clusterKinds[kindIndex]
      var outlier = OutlierStatistics()
      var activeEjections: UInt64 = 0
      for state in 0..<UInt32(clusters.count) where clusters[state].kind == kindIndex {
        outlier.add(judges[state].statistics)
        activeEjections += UInt64(judges[state].statistics.ejectionsActive)
      }
      var counters = statistics[kindIndex]
      // Proxies in front of pods have a cluster each.
      if proxy.kindStride != 0 {
        for number in 1..<max(1, proxy.instanceCount) {
          counters.add(statistics[kindIndex + number * proxy.kindStride])
        }
      }
      record.clusters.append(counters)
      record.outliers.append(outlier)
      record.ejectionsActive.append(activeEjections)
      let endpoints = kind.firstEndpoint..<(kind.firstEndpoint + kind.endpointCount)
      record.hostAttempts.append(endpoints.map { hostCounts[$0].attempts })
      record.hostErrors.append(endpoints.map { hostCounts[$0].errors })
    }
    record.filters = filterRecord(p)
    return record
  }
}
