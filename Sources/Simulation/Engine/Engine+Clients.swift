import EventKernel
import Scenario
import TimeAndChance
import TrafficPolicy

/// What stops the retries of one client instance beyond their number.
struct ClientGuard {
  var tokens: Double
  var tries: UInt64 = 0
  var failedTries: UInt64 = 0
}

// Clients that handle failures themselves, without a mesh: retries, time limits, buckets, breakers.
//
// A client's call is made of tries, each a ``Call``. A try that the client gives up goes on at the
// server: the client just stops listening, as plain HTTP clients do. A client that propagates its
// deadline tells the server beforehand when it will.
extension Engine {
  /// A caller without a mesh makes a call.
  @inline(never)
  mutating func startClientCall(edge: UInt32, parent: UInt32, source: UInt32 = none) {
    let k = clientCalls.allocate()
    clientCalls[k] = ClientCall(
      started: now, parent: parent, instance: clientInstance(edge, parent, source),
      edge: UInt16(truncatingIfNeeded: edge))
    clientCounts[edge].calls &+= 1
    if parent & Parent.tagMask == Parent.user {
      users[parent & 0xFF_FFFF].call = k
      users[parent & 0xFF_FFFF].isClientCall = true
    }
    if source != none, sources[source].isLogged {
      let x = logRequest(source, parent)
      clientCalls[k].record = extras[x].record
      extras.free(x)
    }
    let setting = clientSettings[Int(edge)]
    if let bucket = setting.behaviour?.retryBucket {
      let state = clientStates.base + Int(clientCalls[k].instance)
      state.pointee.tokens = min(bucket.capacity, state.pointee.tokens + bucket.perCall)
    }
    if setDeadline(k, setting) {
      startClientTry(k)
    } else {
      endClientCall(k, reply: 0, flags: [])
    }
  }

  /// Which instance's state a call uses.
  private mutating func clientInstance(
    _ edge: UInt32, _ parent: UInt32, _ source: UInt32
  ) -> UInt32 {
    let setting = clientSettings[Int(edge)]
    if source != none {
      return setting.firstState + edges[edge].random.below(max(1, sources[source].instances))
    }
    let pod = jobs[parent & 0xFF_FFFF].pod
    let first = services[pods[pod].service].firstPod
    return setting.firstState + (pod - first)
  }

  private mutating func startClientTry(_ k: UInt32) {
    let edge = UInt32(clientCalls[k].edge)
    clientCalls[k].attempts &+= 1
    clientStates[clientCalls[k].instance].tries += 1
    let setting = clientSettings[Int(edge)]
    clientCalls[k].tryTimer = start(setting.tryTimeout, .clientTryTimeout, k)
    if let behaviour = setting.behaviour, behaviour.propagatesDeadline {
      let tryEnd = behaviour.tryTimeout.map { now + $0 } ?? .never
      clientCalls[k].told = min(clientCalls[k].deadline, tryEnd)
    }
    var extra = none
    if clientCalls[k].record >= 0 {
      extra = extras.allocate()
      extras[extra] = CallExtra(record: clientCalls[k].record)
    }
    let c = newCall(edge: edge, parent: Parent.client | k, extra: extra)
    // A retry: the job that it becomes has to be marked as one.
    if clientCalls[k].attempts > 1 { calls[c].marks |= Call.needsMarks }
    clientCalls[k].call = c
    launch(c)
  }

  /// A try of a client's call has ended.
  @inline(never) mutating func clientCallHears(_ k: UInt32, _ call: Call) {
    cancel(&clientCalls.pointer(k).pointee.tryTimer)
    clientCalls[k].call = none
    let setting = clientSettings[Int(clientCalls[k].edge)]
    let failure = setting.failure(reply: call.reply, flags: call.flags)
    if failure.isEmpty {
      endClientCall(k, reply: call.reply, flags: call.flags)
    } else {
      clientTryFailed(k, failure, reply: call.reply, flags: call.flags)
    }
  }

  /// A client gives one try up; the server is not told.
  mutating func clientTryTimeout(_ k: UInt32) {
    clientCalls[k].tryTimer = none
    forgetTry(k)
    clientTryFailed(k, .timeout, reply: 0, flags: [])
  }

  /// A client gives up altogether.
  mutating func clientDeadline(_ k: UInt32) {
    clientCalls[k].deadlineTimer = none
    forgetTry(k)
    endClientCall(k, reply: 0, flags: [])
  }

  /// The try under way goes on without a listener.
  private mutating func forgetTry(_ k: UInt32) {
    let c = clientCalls[k].call
    clientCalls[k].call = none
    guard c != none, calls[c].parent == Parent.client | k else { return }
    clientLeaves(c)
  }

  /// A caller stops listening to a call: nobody hears its answer.
  mutating func clientLeaves(_ c: UInt32) {
    calls[c].parent = Parent.nobody
    switch calls[c].state {
    case .ended: break
    case .lost: freeLost(c)
    case .entering:
      let x = calls[c].extra
      guard x != none else { break }
      if extras[x].suspension != 0 {
        // A filter holds it up in the proxy, which sees its caller go.
        endByProxy(c, status: 0, .downstreamConnectionTermination, .downstreamRemoteDisconnect)
      } else {
        extras[x].record = -1  // what becomes of it is no concern of the request any more
      }
    case .pending, .backingOff, .trying:
      endByProxy(c, status: 0, .downstreamConnectionTermination, .downstreamRemoteDisconnect)
    }
  }

  // MARK: Retries

  private mutating func clientTryFailed(
    _ k: UInt32, _ failure: ClientRetryOn, reply: UInt16, flags: ResponseFlags
  ) {
    let edge = UInt32(clientCalls[k].edge)
    clientStates[clientCalls[k].instance].failedTries += 1
    guard let behaviour = clientSettings[Int(edge)].behaviour,
      Int(clientCalls[k].attempts) <= behaviour.retries,
      !behaviour.retryOn.isDisjoint(with: failure), allowsRetry(k, behaviour)
    else { return endClientCall(k, reply: reply, flags: flags) }
    let wait: SimDuration
    switch behaviour.backOff {
    case .none: return startClientTry(k)
    case .constant(let time): wait = time
    case .exponential(let growth): wait = drawWait(k, growth)
    }
    let sequence = schedule(.clientRetry, k, after: wait)
    clientCalls[k].retrySequence = UInt32(truncatingIfNeeded: sequence)
  }

  /// Whether breaker and bucket let a client retry; takes the tokens if so.
  ///
  /// - Source: Brooker, "Fixing retries with token buckets and circuit breakers" (2022).
  private mutating func allowsRetry(_ k: UInt32, _ behaviour: ClientBehaviour) -> Bool {
    let edge = UInt32(clientCalls[k].edge)
    let state = clientStates.base + Int(clientCalls[k].instance)
    if let breaker = behaviour.retryBreaker,
      Double(state.pointee.failedTries)
        > breaker.maximumFailureRatio * Double(state.pointee.tries)
    {
      clientCounts[edge].refusedByBreaker &+= 1
      return false
    }
    guard let bucket = behaviour.retryBucket else { return true }
    // Tenths of tokens add up with rounding; one token must not be missed by it.
    guard state.pointee.tokens >= bucket.perRetry * (1 - 1e-9) else {
      clientCounts[edge].refusedByBucket &+= 1
      return false
    }
    state.pointee.tokens -= bucket.perRetry
    return true
  }

  /// The wait before a retry; takes one random number under jitter.
  ///
  /// - Source: Brooker, "Exponential backoff and jitter" (AWS Architecture Blog, 2015).
  private mutating func drawWait(_ k: UInt32, _ growth: ExponentialBackOff) -> SimDuration {
    let edge = UInt32(clientCalls[k].edge)
    let isFirst = clientCalls[k].attempts == 1
    let base = Double(growth.base.nanoseconds)
    let most = growth.maximum.map { Double($0.nanoseconds) } ?? 0x1p54
    if growth.jitter == .decorrelated {
      let last = isFirst ? base : clientCalls[k].wait
      let drawn = base + (3 * last - base) * edges[edge].random.unit()
      clientCalls[k].wait = min(most, max(base, drawn))
      return .nanoseconds(Int64(clientCalls[k].wait))
    }
    let bound = min(most, isFirst ? base : clientCalls[k].wait * growth.factor)
    clientCalls[k].wait = bound
    let whole = Double(Int64(bound))
    switch growth.jitter {
    case .none, .decorrelated: return .nanoseconds(Int64(whole))
    case .full: return .nanoseconds(Int64(whole * edges[edge].random.unit()))
    case .equal: return .nanoseconds(Int64(whole / 2 + whole / 2 * edges[edge].random.unit()))
    }
  }

  /// A client's wait before a retry is over.
  mutating func clientRetry(_ k: UInt32, sequence: UInt64) {
    guard clientCalls[k].retrySequence == UInt32(truncatingIfNeeded: sequence),
      !clientCalls[k].isOver
    else { return }
    clientCalls[k].retrySequence = 0
    startClientTry(k)
  }

  // MARK: The end

  /// A client's call has ended; its caller hears of it.
  private mutating func endClientCall(_ k: UInt32, reply: UInt16, flags: ResponseFlags) {
    let ended = closeClientCall(k, reply: reply, flags: flags)
    var call = Call(
      started: ended.started, parent: ended.parent, job: none, tryTimer: none, routeTimer: none,
      cluster: none, hostAndWorker: 0, extraAndState: none, edge: ended.edge,
      attempts: UInt8(clamping: ended.attempts), marks: 0)
    call.setResult(reply, flags: flags)
    let handle = ended.parent & 0xFF_FFFF
    switch ended.parent & Parent.tagMask {
    case Parent.job:
      if recorders.isOn { countFlow(call) }
      childEnded(handle, reply: reply, edge: ended.edge)
    case Parent.source: requestEnded(handle, call)
    default: rareParentHears(call)
    }
  }

  /// A client's call ends without its caller being told, who has gone.
  mutating func dropClientCall(_ k: UInt32) {
    forgetTry(k)
    _ = closeClientCall(k, reply: 0, flags: [])
  }

  private mutating func closeClientCall(
    _ k: UInt32, reply: UInt16, flags: ResponseFlags
  ) -> ClientCall {
    cancel(&clientCalls.pointer(k).pointee.tryTimer)
    cancel(&clientCalls.pointer(k).pointee.deadlineTimer)
    clientCalls[k].isOver = true
    let ended = clientCalls[k]
    let edge = UInt32(ended.edge)
    if reply < 500 && reply != 0 {
      clientCounts[edge].succeeded &+= 1
    } else {
      clientCounts[edge].failed &+= 1
    }
    if ended.record >= 0 { logClientEnd(ended, reply: reply, flags: flags) }
    clientCalls.free(k)
    return ended
  }

  /// Completes the log entry of a request that its client made in tries of its own.
  private mutating func logClientEnd(_ ended: ClientCall, reply: UInt16, flags: ResponseFlags) {
    let record = Int(ended.record)
    log.requests[record].ended = now
    log.requests[record].status =
      reply < 1000 ? Int32(reply) : Int32(replies[Int(reply) - 1000].status)
    log.requests[record].flags = flags
    log.requests[record].attempts = Int32(clamping: ended.attempts)
    log.requests[record].client = reply == 0 ? .gaveUp : .answered
    if reply == 0 { log.requests[record].details = .downstreamRemoteDisconnect }
  }

  // MARK: Deadlines

  /// Sets when a client gives up: after its own time, or when its own caller does.
  ///
  /// False when its caller's time is over already, so that the call is not made.
  private mutating func setDeadline(_ k: UInt32, _ setting: ClientSetting) -> Bool {
    let own = setting.behaviour?.deadline.map { now + $0 } ?? .never
    let parent = clientCalls[k].parent
    let callers =
      setting.mindsCaller && parent & Parent.tagMask == Parent.job
      ? deadline(ofJob: parent & 0xFF_FFFF) : .never
    clientCalls[k].deadline = min(own, callers)
    if own <= callers {
      clientCalls[k].deadlineTimer = start(setting.deadline, .clientDeadline, k)
      return true
    }
    guard now < callers else { return false }
    let sequence = schedule(.callerDeadline, k, after: callers - now)
    clientCalls[k].deadlineSequence = UInt32(truncatingIfNeeded: sequence)
    return true
  }

  /// By when a job's caller wants the answer.
  private func deadline(ofJob j: UInt32) -> SimTime {
    var j = j
    while jobs[j].marks & Job.isBranch != 0 { j = jobs[j].call }
    return jobDeadlines[j]
  }

  /// The time of a call's own caller is over.
  mutating func callerDeadline(_ k: UInt32, sequence: UInt64) {
    guard clientCalls[k].deadlineSequence == UInt32(truncatingIfNeeded: sequence),
      !clientCalls[k].isOver
    else { return }
    clientCalls[k].deadlineSequence = 0
    forgetTry(k)
    endClientCall(k, reply: 0, flags: [])
  }

  /// What only some tries bring to their job: that it is a copy, and by when its caller wants the
  /// answer.
  @inline(never) mutating func rareMarks(ofJob j: UInt32, for c: UInt32) -> UInt8 {
    let call = calls[c]
    var marks = call.marks & Call.mirrored != 0 ? Job.isMirror : 0
    guard call.marks & Call.needsMarks != 0 else { return marks }
    var told = SimTime.never
    if call.parent & Parent.tagMask == Parent.client {
      let client = clientCalls[call.parent & 0xFF_FFFF]
      told = client.told
      if client.attempts > 1 { marks |= Job.isRetry }
    }
    if edges[UInt32(call.edge)].callMarks & Call.needsMarks != 0 {
      while jobDeadlines.count <= Int(j) { jobDeadlines.append(.never) }
      jobDeadlines[j] = told
    }
    return marks
  }

  /// The client calls of a job that is dropped end; it waits for them no longer.
  mutating func abandonClientCalls(of j: UInt32) {
    for k in 0..<UInt32(clientCalls.highWater)
    where clientCalls[k].parent == Parent.job | j && !clientCalls[k].isOver {
      if recorders.isOn {
        var left = Call(
          started: clientCalls[k].started, parent: Parent.job | j, job: none, tryTimer: none,
          routeTimer: none, cluster: none, hostAndWorker: 0, extraAndState: none,
          edge: clientCalls[k].edge, attempts: 0, marks: 0)
        left.setResult(0, flags: [])
        countFlow(left)
      }
      dropClientCall(k)
      childDone(j)
    }
  }
}

extension ClientSetting {
  /// What kind of failure a reply is to the client; none for one that it is content with.
  ///
  /// Too many requests (429) are a failure to those only that would try them again.
  func failure(reply: UInt16, flags: ResponseFlags) -> ClientRetryOn {
    if reply == 0 { return .connectionFailure }
    if reply == 429 {
      return behaviour?.retryOn.intersection(.tooManyRequests) ?? []
    }
    if reply < 500 { return [] }
    // Without a proxy there are no flags: here they tell how the connection ended.
    return seesConnections && !flags.isEmpty ? .connectionFailure : .serverError
  }
}
