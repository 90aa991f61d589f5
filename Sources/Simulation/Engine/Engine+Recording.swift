import EventKernel
import Orchestration
import Statistics
import TimeAndChance
import TrafficPolicy

/// Tries of an operation that have arrived at its pods, and those of them that were retries.
struct ArrivalCount: BitwiseCopyable {
  var offered: UInt64 = 0
  var retries: UInt64 = 0
}

/// What is counted and measured of a run, beside the counters of edges and pods.
struct Recorders: ~Copyable {
  /// Whether operations and flows are measured beside sources.
  let isOn: Bool
  let hasWindows: Bool
  let hasWaits: Bool
  /// When the window under way began, and which of the model's cuts is the next.
  var windowStart = SimTime.zero
  var nextCut = 0
  var statuses = StatusNumbers()
  /// What the recorders below are still to count.
  var ends: EndLog
  /// By source.
  var sources: Table<FlowRecorder>
  /// By flow: the calls of some edges together.
  var flows: Table<FlowRecorder>
  /// By operation slot: the tries of an operation, as a service's pods see them.
  var operations: Table<FlowRecorder>
  /// By operation slot: arrivals since the start of the run.
  var arrivals: Table<ArrivalCount>
  /// By service: time from arrival to the start of service.
  var waits: Table<LatencyRecorder>
  /// By service: all operations together.
  var services: [ServiceSeries] = []

  init(_ compiled: borrowing ModelCompiler) {
    let model = compiled.model
    let options = model.recording
    isOn = options.serviceHistograms
    hasWindows = options.window != nil
    hasWaits = options.waits
    let keepsSources = options.windowLatency
    sources = Table(count: model.sources.count) { _ in
      FlowRecorder(keepsWindowLatency: keepsSources)
    }
    let flowModels = model.flows
    flows = Table(count: isOn ? flowModels.count : 0) { index in
      FlowRecorder(keepsWindowLatency: flowModels[index].keepsWindowLatency)
    }
    let slots = compiled.operationSlots
    operations = Table(count: isOn ? slots.count : 0) { index in
      FlowRecorder(keepsWindowLatency: model.services[slots[index].service].keepsWindowLatency)
    }
    ends = EndLog(recorderCount: sources.count + flows.count + operations.count)
    arrivals = Table(count: operations.count) { _ in ArrivalCount() }
    waits = Table(count: hasWaits ? model.services.count : 0) { _ in LatencyRecorder() }
    if hasWindows {
      services = Array(repeating: ServiceSeries(), count: model.services.count)
    }
  }

  @inline(never) mutating func recordWait(_ service: UInt32, _ time: SimDuration) {
    waits[Int(service)].record(time.nanoseconds)
  }
}

/// The time series of a service's pods, and the counts at the beginning of the present window.
struct ServiceSeries {
  var windows: [ServiceWindow] = []
  /// Of all operations together.
  var flowWindows: [FlowWindow] = []
  var windowLatency: [CompactHistogram] = []
  var queueTime: Int128 = 0
  var busyTime: Int128 = 0
  var refused: UInt64 = 0
}

extension Engine {
  // MARK: Ends of requests

  /// The status that a reply stands for; 0 is none.
  @inline(__always) func status(of reply: UInt16) -> Int {
    reply < 1000 ? Int(reply) : Int(replies[Int(reply) - 1000].status)
  }

  /// Counts the end of a source's request, as the source sees it.
  @inline(never) mutating func countEnd(_ s: UInt32, _ call: Call) {
    guard call.started >= countsFrom else { return }
    count(call, recorders.sources.base + Int(s))
    if recorders.isOn { countFlow(call) }
  }

  /// Counts the end of a call along an edge, as the caller sees it.
  @inline(__always) mutating func countFlow(_ call: Call) {
    let flow = edges[UInt32(call.edge)].flow
    guard flow != none, call.started >= countsFrom else { return }
    count(call, recorders.flows.base + Int(flow))
  }

  @inline(__always)
  private mutating func count(_ call: Call, _ recorder: UnsafeMutablePointer<FlowRecorder>) {
    let latency = (now - call.started).nanoseconds
    if call.reply == 200, call.flags == [] {
      recorders.ends.note(recorder, latency: latency)
    } else {
      countUnusual(call.reply, latency, recorder)
      if call.flags != [] { recorder.pointee.countFlags(call.flags) }
    }
  }

  @inline(never)
  private mutating func countUnusual(
    _ reply: UInt16, _ latency: Int64, _ recorder: UnsafeMutablePointer<FlowRecorder>
  ) {
    let status = status(of: reply)
    recorder.pointee.countEnd(
      status, number: recorders.statuses.number(of: status), latency: latency, at: now)
  }

  /// Counts a try that has arrived at its pod and has found its operation.
  @inline(__always) mutating func countArrival(_ step: UInt32, _ marks: UInt8) {
    let count = recorders.arrivals.base + Int(slotOfStep[step])
    count.pointee.offered &+= 1
    if marks & Job.isRetry != 0 { count.pointee.retries &+= 1 }
  }

  /// Counts a pod's answer.
  @inline(__always) mutating func countAnswer(_ j: UInt32) {
    let job = jobs.pointer(j)
    guard job.pointee.since >= countsFrom else { return }
    let recorder = recorders.operations.base + Int(slotOfStep[job.pointee.step])
    let latency = (now - job.pointee.since).nanoseconds
    if job.pointee.reply == 200 {
      recorders.ends.note(recorder, latency: latency)
    } else {
      countUnusual(job.pointee.reply, latency, recorder)
    }
  }

  /// Counts a try that arrived at a pod and will never be answered.
  @inline(never) mutating func countLoss(_ j: UInt32) {
    guard recorders.isOn, jobs[j].since >= countsFrom, jobs[j].marks & Job.isBranch == 0,
      !isInside(j)
    else { return }
    recorders.operations[slot(of: j)].countLoss(
      number: recorders.statuses.number(of: 0), at: now)
  }

  /// The operation that a job at its pod is counted with.
  func slot(of j: UInt32) -> UInt32 {
    let hasDoor = pods[jobs[j].pod].marks & Pod.hasDoor != 0
    return slotOfStep[hasDoor && isAtDoor(j) ? doorSteps[j] : jobs[j].step]
  }

  // MARK: Windows

  /// Sets the end of the window that begins now: at the next multiple of the usual length, or before
  /// it where the model says so.
  mutating func scheduleWindowEnd() {
    guard let width = model.recording.window else { return }
    recorders.windowStart = now
    var length = width - .nanoseconds(now.nanoseconds % width.nanoseconds)
    let cuts = model.recording.cuts
    while recorders.nextCut < cuts.count, cuts[recorders.nextCut] <= now { recorders.nextCut += 1 }
    if recorders.nextCut < cuts.count { length = min(length, cuts[recorders.nextCut] - now) }
    scheduleFirst(.windowEnd, after: length)
  }

  /// A window of the time series ends.
  mutating func windowEnd() {
    let length = now - recorders.windowStart
    recorders.ends.settle()
    let statuses = recorders.statuses.statuses
    let tries = triesBySource()
    for s in 0..<recorders.sources.count {
      recorders.sources[s].endWindow(tries[s], statuses: statuses)
    }
    if recorders.isOn {
      let tries = triesByFlow()
      for f in 0..<recorders.flows.count {
        recorders.flows[f].endWindow(tries[f], statuses: statuses)
      }
    }
    for s in 0..<services.count { endWindow(ofService: s, length, statuses) }
    if !isEnding { scheduleWindowEnd() }
  }

  /// Tries along the edges of each source.
  func triesBySource() -> [FlowRecorder.Tries] {
    model.sources.map { source in
      var tries = FlowRecorder.Tries()
      for entry in source.mix { tries.add(edges[entry.edge], clientCounts[entry.edge]) }
      return tries
    }
  }

  /// Tries along the edges of each flow.
  func triesByFlow() -> [FlowRecorder.Tries] {
    var tries = Array(repeating: FlowRecorder.Tries(), count: recorders.flows.count)
    for e in 0..<edges.count where recorders.isOn && edges[e].flow != none {
      let flow = Int(edges[e].flow)
      tries[flow].add(edges[e], clientCounts[e])
      tries[flow].calls &+= edges[e].hasClient ? clientCounts[e].calls : edges[e].calls
    }
    return tries
  }

  private mutating func endWindow(
    ofService s: Int, _ length: SimDuration, _ statuses: [Int]
  ) {
    let (queueTime, busyTime, refused) = totals(ofService: s)
    let nanoseconds = Double(length.nanoseconds)
    var window = ServiceWindow()
    window.queue = UInt32(clamping: services[s].queued)
    window.queuePeak = UInt32(clamping: services[s].peakQueuedInWindow)
    window.meanQueue = Float(Double(queueTime - recorders.services[s].queueTime) / nanoseconds)
    window.meanBusy = Float(Double(busyTime - recorders.services[s].busyTime) / nanoseconds)
    window.refused = UInt32(clamping: refused &- recorders.services[s].refused)
    window.connections = UInt32(clamping: services[s].connections)
    window.ejected = UInt32(clamping: services[s].ejected)
    services[s].peakQueuedInWindow = services[s].queued
    recorders.services[s].queueTime = queueTime
    recorders.services[s].busyTime = busyTime
    recorders.services[s].refused = refused
    recorders.services[s].windows.append(window)
    if recorders.isOn { endFlowWindow(ofService: s, statuses) }
  }

  private mutating func endFlowWindow(ofService s: Int, _ statuses: [Int]) {
    var sum = FlowWindow()
    var parts: [CompactHistogram] = []
    let keeps = model.services[s].keepsWindowLatency
    let isOne = services[s].slotCount == 1
    for slot in services[s].firstSlot..<(services[s].firstSlot + services[s].slotCount) {
      let part = recorders.operations[slot].endWindow(
        arrivals(slot), statuses: statuses, wantsLatency: keeps || !isOne)
      if let part { parts.append(part) }
      let window = recorders.operations[slot].lastWindow
      if isOne { sum = window } else { sum.addCounts(window) }
    }
    if keeps || !isOne {
      let latency = CompactHistogram(merging: parts)
      sum.add(latency)
      if keeps { recorders.services[s].windowLatency.append(latency) }
    }
    recorders.services[s].flowWindows.append(sum)
  }

  /// At an operation an arrival is a try.
  func arrivals(_ slot: UInt32) -> FlowRecorder.Tries {
    let count = recorders.arrivals[slot]
    return FlowRecorder.Tries(
      calls: count.offered, attempts: count.offered, retries: count.retries)
  }

  /// Time that requests waited and workers were busy, and refusals, since the end of the warm-up.
  private mutating func totals(
    ofService s: Int
  ) -> (queueTime: Int128, busyTime: Int128, refused: UInt64) {
    var sum = (queueTime: Int128(0), busyTime: Int128(0), refused: UInt64(0))
    for p in services[s].firstPod..<(services[s].firstPod + services[s].podCount) {
      pods[p].account(at: now)
      sum.queueTime += pods[p].queuedNanoseconds
      sum.busyTime += pods[p].busyNanoseconds
      sum.refused &+= podBooks[p].refused
    }
    return sum
  }

  // MARK: The end of the warm-up

  /// Counting begins.
  mutating func warmupOver() {
    countsFrom = now
    recorders.ends.settle()
    let bySource = triesBySource()
    for s in 0..<recorders.sources.count { recorders.sources[s].warmupOver(bySource[s]) }
    let byFlow = triesByFlow()
    for f in 0..<recorders.flows.count { recorders.flows[f].warmupOver(byFlow[f]) }
    for slot in 0..<UInt32(recorders.operations.count) {
      recorders.operations[slot].warmupOver(arrivals(slot))
    }
    for s in 0..<recorders.waits.count { recorders.waits[s].reset() }
    if recorders.hasWindows {
      for s in 0..<services.count {
        let (queueTime, busyTime, refused) = totals(ofService: s)
        recorders.services[s].queueTime -= queueTime
        recorders.services[s].busyTime -= busyTime
        recorders.services[s].refused &-= refused
      }
    }
    for s in 0..<services.count { services[s].peakQueued = services[s].queued }
    for p in 0..<pods.count {
      pods[p].account(at: now)
      pods[p].resetTimes()
      pods[p].peakQueue = pods[p].queued
      pods[p].peakBusy = pods[p].busy
      pods[p].arrivals = 0
      pods[p].delayed = 0
      podBooks[p].refused = 0
      pods[p].succeeded = 0
      pods[p].failed = 0
      podBooks[p].unheard = 0
    }
    for entry in 0..<occupancy.count { occupancy[entry] = 0 }
    for p in 0..<pools.count {
      statistics[clusters[poolBooks[p].cluster].kind].upstreamRqTotal &+= pools[p].attempts
      pools[p].attempts = 0
    }
    for entry in 0..<hostErrors.count { hostErrors[entry] = 0 }
    throttledBefore = (0..<processors.count).map { processors[$0].throttledTime }
    edgesBefore = (0..<edges.count).map { EdgeRecord(edges[$0], clientCounts[$0]) }
  }
}

extension FlowRecorder.Tries {
  /// Adds the tries along an edge.
  mutating func add(_ edge: Edge, _ client: ClientCount) {
    attempts &+= edge.attempts
    retries &+= edge.retries
    retriesRefused &+=
      edge.retriesRefused &+ client.refusedByBucket &+ client.refusedByBreaker
  }
}
