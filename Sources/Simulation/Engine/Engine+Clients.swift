import EventKernel
import TimeAndChance
import TrafficPolicy

/// What stops the retries of one client instance beyond their number.
struct ClientGuard {
  var tokens: Double
  var tries: UInt64 = 0
  var failedTries: UInt64 = 0
}

// Clients that handle failures themselves, without a mesh: retries, time limits, buckets.
//
// A client's call is made of tries, each a ``Call``. A try that the client gives up goes on at the
// server: the client just stops listening, as plain HTTP clients do.
extension Engine {
  /// A caller without a mesh makes a call.
  @inline(never)
  mutating func startClientCall(edge: UInt32, parent: UInt32, source: UInt32 = none) {
    let k = clientCalls.allocate()
    clientCalls[k] = ClientCall(
      started: now, parent: parent, call: none, tryTimer: none, deadlineTimer: none,
      retrySequence: 0, instance: clientInstance(edge, parent, source), edge: UInt16(edge),
      attempts: 0, isOver: false)
    edges[edge].client.calls &+= 1
    let setting = clientSettings[Int(edge)]
    if let behaviour = setting.behaviour {
      if case .tokenBucket(let perCall, let capacity) = behaviour.retryGuard {
        let state = clientStates.base + Int(clientCalls[k].instance)
        state.pointee.tokens = min(capacity, state.pointee.tokens + perCall)
      }
      clientCalls[k].deadlineTimer = start(setting.deadline, .clientDeadline, k)
    }
    startClientTry(k)
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
    clientCalls[k].attempts += 1
    clientStates[clientCalls[k].instance].tries += 1
    clientCalls[k].tryTimer = start(
      clientSettings[Int(edge)].tryTimeout, .clientTryTimeout, k)
    let c = newCall(edge: edge, parent: Parent.client | k, extra: none)
    clientCalls[k].call = c
    launch(c)
  }

  /// A try of a client's call has ended.
  @inline(never) mutating func clientCallHears(_ k: UInt32, _ call: Call) {
    cancel(&clientCalls.pointer(k).pointee.tryTimer)
    clientCalls[k].call = none
    let reply = call.reply
    if reply >= 500 || reply == 0 {
      clientTryFailed(k, reply: reply, flags: call.flags)
    } else {
      endClientCall(k, reply: reply, flags: call.flags)
    }
  }

  /// A client gives one try up; the server is not told.
  mutating func clientTryTimeout(_ k: UInt32) {
    clientCalls[k].tryTimer = none
    forgetTry(k)
    clientTryFailed(k, reply: 0, flags: [])
  }

  /// A client gives up altogether.
  mutating func clientDeadline(_ k: UInt32) {
    clientCalls[k].deadlineTimer = none
    cancel(&clientCalls.pointer(k).pointee.tryTimer)
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
    case .ended, .entering: break
    case .lost: freeLost(c)
    case .pending, .backingOff, .trying:
      endByProxy(c, status: 0, .downstreamConnectionTermination, .downstreamRemoteDisconnect)
    }
  }

  private mutating func clientTryFailed(_ k: UInt32, reply: UInt16, flags: ResponseFlags) {
    let edge = Int(clientCalls[k].edge)
    let state = clientStates.base + Int(clientCalls[k].instance)
    state.pointee.failedTries += 1
    guard let behaviour = clientSettings[edge].behaviour,
      Int(clientCalls[k].attempts) <= behaviour.retries
    else { return endClientCall(k, reply: reply, flags: flags) }
    switch behaviour.retryGuard {
    case .none: break
    case .tokenBucket:
      // Tenths of tokens add up with rounding; one token must not be missed by it.
      guard state.pointee.tokens >= 1 - 1e-9 else {
        edges[edge].retriesRefused &+= 1
        return endClientCall(k, reply: reply, flags: flags)
      }
      state.pointee.tokens -= 1
    case .lifetimeRatio(let share):
      guard Double(state.pointee.failedTries) <= share * Double(state.pointee.tries) else {
        edges[edge].retriesRefused &+= 1
        return endClientCall(k, reply: reply, flags: flags)
      }
    }
    edges[edge].retries &+= 1
    let retry = Int(clientCalls[k].attempts)
    let wait: SimDuration
    switch behaviour.backOff {
    case .none: return startClientTry(k)
    case .constant(let time): wait = time
    case .exponential(let base, let cap): wait = Self.bound(base, cap, retry)
    case .fullJitter(let base, let cap):
      let bound = Double(Self.bound(base, cap, retry).nanoseconds)
      wait = .nanoseconds(Int64(bound * edges[edge].random.unit()))
    }
    let sequence = schedule(.clientRetry, k, after: wait)
    clientCalls[k].retrySequence = UInt32(truncatingIfNeeded: sequence)
  }

  private static func bound(_ base: SimDuration, _ cap: SimDuration, _ retry: Int) -> SimDuration {
    let factor = Double(UInt64(1) &<< UInt64(min(retry - 1, 62)))
    let grown = Double(base.nanoseconds) * factor
    return grown < Double(cap.nanoseconds) ? .nanoseconds(Int64(grown)) : cap
  }

  /// A client's wait before a retry is over.
  mutating func clientRetry(_ k: UInt32, sequence: UInt64) {
    guard clientCalls[k].retrySequence == UInt32(truncatingIfNeeded: sequence),
      !clientCalls[k].isOver
    else { return }
    clientCalls[k].retrySequence = 0
    startClientTry(k)
  }

  /// A client's call has ended.
  private mutating func endClientCall(_ k: UInt32, reply: UInt16, flags: ResponseFlags) {
    cancel(&clientCalls.pointer(k).pointee.deadlineTimer)
    let ended = clientCalls[k]
    clientCalls[k].isOver = true
    if reply < 500 && reply != 0 {
      edges[UInt32(ended.edge)].client.succeeded &+= 1
    } else {
      edges[UInt32(ended.edge)].client.failed &+= 1
    }
    if histograms.isOn { histograms.recordEdge(ended.edge, now - ended.started) }
    clientCalls.free(k)
    var call = Call(
      started: ended.started, parent: ended.parent, job: none, tryTimer: none, routeTimer: none,
      cluster: none, hostAndWorker: 0, extraAndState: none, edge: ended.edge,
      attempts: UInt8(clamping: ended.attempts), marks: 0)
    call.setResult(reply, flags: flags)
    let handle = ended.parent & 0xFF_FFFF
    switch ended.parent & Parent.tagMask {
    case Parent.job: childEnded(handle, call)
    case Parent.source: requestEnded(handle, call)
    case Parent.user: userHears(handle, call)
    default: break
    }
  }
}
