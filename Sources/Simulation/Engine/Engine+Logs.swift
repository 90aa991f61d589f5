import EventKernel
import TimeAndChance
import TrafficPolicy

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

/// Refusals without a quiet second between them, which make one entry of the causal log.
struct RefusalSpell: BitwiseCopyable {
  private var last = SimTime(nanoseconds: .min / 2)
  /// The entry, or -1.
  var entry: Int32 = -1

  /// Counts a refusal: whether it is the first after a quiet second.
  @inline(__always) mutating func begins(at now: SimTime) -> Bool {
    defer { last = now }
    return now - last > .seconds(1)
  }
}

// What is written down as it happens: requests and tries for experiments, causes for reports.
extension Engine {
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
      hostNotes.base[entry].lastEjection = Int32(log.ejections.count)
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
        ejectionsSoFar: Int32(outlierHosts.base[entry].numEjections), released: .never))
  }

  /// Notes when an ejected host was released.
  mutating func noteRelease(_ state: UInt32, host: UInt32) {
    let cluster = clusters[state]
    let entry = Int(cluster.hostBase + host)
    let pod = endpointPods[clusterKinds[cluster.kind].firstEndpoint + host]
    services[pods[pod].service].ejected -= 1
    let ejection = Int(hostNotes.base[entry].lastEjection)
    if log.ejections.indices.contains(ejection) { log.ejections[ejection].released = now }
    logCause(.released, cluster: state, pod: pod)
  }

  /// Logs a change of state: of a proxy's cluster, or of a proxy, by its instance among all.
  ///
  /// - Returns: the entry, or -1 when none is kept.
  @discardableResult
  mutating func logCause(
    _ kind: CausalEvent.Kind, cluster state: UInt32 = none, instance: Int? = nil,
    pod: UInt32 = none, at time: SimTime? = nil
  ) -> Int32 {
    guard log.hasCauses else { return -1 }
    var event = CausalEvent(at: time ?? now, kind: kind)
    if state != none {
      let cluster = clusters[state]
      let kind = clusterKinds[cluster.kind]
      event.proxy = Int32(kind.proxy)
      event.instance = Int32(cluster.instance - proxies[kind.proxy].firstInstance)
      event.cluster = Int32(kind.index)
    }
    if let instance,
      let proxy = (0..<proxies.count).last(where: { Int(proxies[$0].firstInstance) <= instance })
    {
      event.proxy = Int32(proxy)
      event.instance = Int32(instance - Int(proxies[proxy].firstInstance))
    }
    if pod != none { event.pod = reference(pod) }
    log.causes.append(event)
    return Int32(log.causes.count - 1)
  }

  /// The change of an entry goes on.
  mutating func prolongCause(_ entry: Int32) {
    guard entry >= 0 else { return }
    log.causes[Int(entry)].last = now
    log.causes[Int(entry)].count += 1
  }

  /// Logs the first request after a quiet second that a limit of a cluster refuses, and how long that
  /// goes on.
  ///
  /// Where two limits refuse by turns without a quiet second, the first is named.
  mutating func noteOverflow(_ state: UInt32, _ overflow: CausalEvent.Overflow) {
    if detectors[state].overflow.begins(at: now) {
      let kind = clusterKinds[clusters[state].kind]
      let limit =
        switch overflow {
        case .pendingRequests: kind.maxPending
        case .requests: kind.maxRequests
        }
      detectors[state].overflow.entry = logCause(
        .overflowBegan(overflow, limit: limit), cluster: state)
    } else {
      prolongCause(detectors[state].overflow.entry)
    }
  }
}
