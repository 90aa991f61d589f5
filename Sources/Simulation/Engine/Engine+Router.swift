import EventKernel
import TimeAndChance
import TrafficPolicy

// The router of a proxy: from a call at its door to the answer that leaves it.
//
// - Source: Envoy `source/common/router/router.cc`, `retry_state_impl.cc`.
extension Engine {
  // MARK: The way in

  /// A caller makes a call along an edge.
  @inline(__always)
  mutating func startCall(edge: UInt32, parent: UInt32, extra: UInt32 = none) {
    launch(newCall(edge: edge, parent: parent, extra: extra))
  }

  /// The record of a new call, on its proxy's instance.
  @inline(__always)
  mutating func newCall(edge index: UInt32, parent: UInt32, extra: UInt32) -> UInt32 {
    let c = calls.allocate()
    let edge = edges.base + Int(index)
    calls[c] = Call(
      started: now, parent: parent, job: none, tryTimer: none, routeTimer: none, cluster: none,
      hostAndWorker: 0, extraAndState: extra, edge: UInt16(truncatingIfNeeded: index),
      attempts: 0, marks: edge.pointee.callMarks)
    edge.pointee.calls &+= 1
    switch edge.pointee.placement {
    case .single: calls[c].cluster = edge.pointee.firstInstance
    case .random:
      calls[c].cluster =
        edge.pointee.firstInstance + edge.pointee.random.below(edge.pointee.instanceCount)
    case .besideCaller:
      let number =
        parent & Parent.tagMask == Parent.job
        ? jobs[parent & 0xFF_FFFF].pod &- edge.pointee.firstCaller : instanceBeside(parent, edge)
      calls[c].cluster = edge.pointee.firstInstance &+ number
    case .drawn: drawCaller(c, edge)
    }
    return c
  }

  /// Sends a new call on its way to the proxy.
  @inline(__always) mutating func launch(_ c: UInt32) {
    let edge = edges.base + Int(calls[c].edge)
    if edge.pointee.fromCaller.isZero {
      if Features.hasPolicies, edge.pointee.isUnusual { enterFilters(c) } else { routeAtOnce(c) }
    } else if Features.hasPolicies, edge.pointee.callerMarks != 0 {
      travelToProxy(c, .callAtProxy)
    } else {
      schedule(.callAtProxy, c, along: edge.pointee.fromCaller)
    }
  }

  @inline(never) private mutating func routeAtOnce(_ c: UInt32) {
    route(c, isPlain: true, isRare: false)
  }

  /// A call has reached its proxy.
  @inline(never) mutating func callAtProxy(_ c: UInt32) {
    let edge = edges.base + Int(calls[c].edge)
    if Features.hasPolicies, edge.pointee.isUnusual {
      enterFilters(c)
    } else {
      route(c, isPlain: true, isRare: false)
    }
  }

  /// A call has passed the filters: choose the cluster and make the first try.
  ///
  /// `isPlain` says that the call does not ask for more than the common path, `isRare` that its edge
  /// may.
  @inline(__always) mutating func route(_ c: UInt32, isPlain: Bool = false, isRare: Bool) {
    let call = calls.pointer(c)
    let edge = edges.base + Int(call.pointee.edge)
    let instance = call.pointee.cluster
    var slot = Int(edge.pointee.slotBase) &+ Int(instance) &* Int(edge.pointee.slotStride)
    if edge.pointee.action != .forward {
      if edge.pointee.action != .forwardByWeight { return answerLocally(c) }
      slot = drawSlot(edge, instance)
    }
    if Features.hasPolicies, !isPlain || isRare && edge.pointee.hasRareWork {
      noteChoice(c, edge, slot)
    }
    var state = clusterOfInstance[slot]
    if state == none { state = makeCluster(slot, proxy: edge.pointee.proxy, instance) }
    call.pointee.cluster = state
    let isLate =
      isPlain && edge.pointee.routeTimeout.isLate
      && (now - call.pointee.started).nanoseconds == edge.pointee.fromCallerTime
    if !isLate {
      call.pointee.routeTimer = start(edge.pointee.routeTimeout, .routeTimeout, c)
    }
    if Features.hasPolicies, isRare, edge.pointee.hasRareWork { beginRareWork(c, edge) }
    beginTry(c)
  }

  /// Starts the route's timer of a call that has come without.
  ///
  /// While its first try runs, whose timer is the shorter one, a call needs no other. Whatever ends
  /// that try without ending the call, or lets it wait for a connection, calls this.
  @inline(__always) mutating func armRouteTimer(_ c: UInt32) {
    let call = calls.pointer(c)
    let edge = edges.base + Int(call.pointee.edge)
    if edge.pointee.routeTimeout.isLate, call.pointee.routeTimer == none {
      startRouteTimer(c, edge)
    }
  }

  @inline(never)
  private mutating func startRouteTimer(_ c: UInt32, _ edge: UnsafeMutablePointer<Edge>) {
    let call = calls.pointer(c)
    let arrived = call.pointee.started + .nanoseconds(edge.pointee.fromCallerTime)
    call.pointee.routeTimer =
      queue.startTimer(
        on: edge.pointee.routeTimeout.line, since: arrived,
        kind: EventKind.routeTimeout.rawValue, handle: c
      ).ticket
  }

  /// Where the state of a cluster drawn by weight stands.
  @inline(never)
  private mutating func drawSlot(_ edge: UnsafeMutablePointer<Edge>, _ instance: UInt32) -> Int {
    let proxy = proxies.base + Int(edge.pointee.proxy)
    let number = instance - proxy.pointee.firstInstance
    return Int(proxy.pointee.firstSlot + number * proxy.pointee.clusterCount + drawCluster(edge))
  }

  /// Remembers what was chosen for a call that comes with more than most, and draws its worker.
  @inline(never)
  private mutating func noteChoice(
    _ c: UInt32, _ edge: UnsafeMutablePointer<Edge>, _ slot: Int
  ) {
    let proxy = proxies.base + Int(edge.pointee.proxy)
    if calls[c].extra != none {
      let cluster = (slot - Int(proxy.pointee.firstSlot)) % Int(proxy.pointee.clusterCount)
      extras[calls[c].extra].chosenCluster = Int32(cluster)
    } else if proxy.pointee.workers > 1 {
      calls[c].worker = Int(edge.pointee.random.below(proxy.pointee.workers))
    }
  }

  /// One uniform draw over the weights.
  @inline(never) mutating func drawCluster(_ edge: UnsafeMutablePointer<Edge>) -> UInt32 {
    var left = edge.pointee.random.below(edge.pointee.weightTotal)
    var entry = Int(edge.pointee.cluster)
    while left >= weights[entry].weight {
      left -= weights[entry].weight
      entry += 1
    }
    return weights[entry].cluster
  }

  // MARK: Tries

  /// Picks a host and gets the request on its way.
  @inline(never) mutating func startTry(_ c: UInt32) { beginTry(c) }

  /// One more try of a call, by what it needs.
  @inline(__always) private mutating func beginTry(_ c: UInt32) {
    let call = calls.pointer(c)
    call.pointee.attempts &+= 1
    if Features.hasPolicies {
      if call.pointee.extra != none { return startUnusualTry(c) }
      let cluster = clusters.base + Int(call.pointee.cluster)
      if cluster.pointee.marks & ProxyCluster.opensConnections != 0 { return startPooledTry(c) }
    }
    startPlainTry(c)
  }

  /// A try without connections, of a call that knows nothing of earlier ones.
  @inline(never) private mutating func startPlainTry(_ c: UInt32) {
    let call = calls.pointer(c)
    let cluster = clusters.base + Int(call.pointee.cluster)
    let kind = clusterKinds.base + Int(cluster.pointee.kind)
    guard let pool = pick(c, cluster) else { return endTry(c, AttemptOutcome(.noHost)) }
    call.pointee.host = pool.pointee.host
    if cluster.pointee.requests >= kind.pointee.maxRequests { return overflowActive(c) }
    send(c, to: pool, on: none, cluster)
  }

  /// A try of a call that remembers its earlier ones, or that hashes.
  @inline(never) private mutating func startUnusualTry(_ c: UInt32) {
    let call = calls.pointer(c)
    let cluster = clusters.base + Int(call.pointee.cluster)
    let kind = clusterKinds.base + Int(cluster.pointee.kind)
    guard let pool = pickWithExtra(c, cluster) else {
      return endTry(c, AttemptOutcome(.noHost))
    }
    call.pointee.host = pool.pointee.host
    if kind.pointee.opensConnections { return requestStream(c, pool, cluster, kind) }
    if cluster.pointee.requests >= kind.pointee.maxRequests { return overflowActive(c) }
    send(c, to: pool, on: none, cluster)
  }

  /// The request leaves the proxy.
  @inline(__always)
  mutating func send(
    _ c: UInt32, to books: UnsafeMutablePointer<Pool>, on connection: UInt32,
    _ cluster: UnsafeMutablePointer<ProxyCluster>
  ) {
    let call = calls.pointer(c)
    cluster.pointee.requests &+= 1
    books.pointee.active &+= 1
    books.pointee.attempts &+= 1
    let edge = edges.base + Int(call.pointee.edge)
    edge.pointee.attempts &+= 1
    call.pointee.marks |= Call.anyByteSent
    call.pointee.state = .trying
    let j = jobs.allocate()
    var marks = call.pointee.attempts > 1 ? Job.isRetry : 0
    if Features.hasPolicies, call.pointee.marks & (Call.mirrored | Call.needsMarks) != 0 {
      marks |= rareMarks(ofJob: j, for: c)
    }
    // Where tries are counted, so that a retry which is cut off while it waits is none of either.
    if marks & Job.isRetry != 0 { edge.pointee.retries &+= 1 }
    let pod = books.pointee.pod
    jobs[j] = Job(
      since: now, call: c, link: none, pod: pod, connection: connection,
      step: edge.pointee.operation,
      reply: UInt16(call.pointee.attempts), marks: marks, state: Job.travelling)
    call.pointee.job = j
    call.pointee.tryTimer = start(edge.pointee.tryTimeout, .perTryTimeout, c)
    travelToPod(j, cluster.pointee.toHost, pods.base + Int(pod))
  }

  /// The back-off of a retry is over.
  @inline(never) mutating func backOffOver(_ c: UInt32, sequence: UInt64) {
    if Features.hasPolicies, calls[c].extra != none, extras[calls[c].extra].retryPending {
      return hedgeNow(c, sequence: sequence)
    }
    guard calls[c].state == .backingOff,
      calls[c].tryTimer == UInt32(truncatingIfNeeded: sequence)
    else { return }
    calls[c].tryTimer = none
    startTry(c)
  }

  // MARK: Ends of tries

  /// A pod's answer, or the news of a reset, has reached the proxy.
  @inline(never) mutating func responseAtProxy(_ j: UInt32) {
    let job = jobs[j]
    let c = job.call
    if c == none { return retire(j) }
    let call = calls.pointer(c)
    let edge = edges.base + Int(call.pointee.edge)
    if job.reply >= 400 || edge.pointee.retriesSuccess || call.pointee.job != j {
      return unusualResponse(j)
    }
    freeJob(j)
    call.pointee.job = none
    cancel(&call.pointee.tryTimer)
    let cluster = clusters.base + Int(call.pointee.cluster)
    let books = pool(cluster, call.pointee.host)
    cluster.pointee.requests &-= 1
    books.pointee.active &-= 1
    // Without a detector nobody reads it.
    books.pointee.successes &+= 1
    if Features.hasPolicies, job.connection != none {
      streamEndedClean(job.connection, books + call.pointee.worker)
    }
    if calls[c].attempts > 1 { countRetrySuccess(c) }
    finish(c, reply: job.reply, flags: [], details: .viaUpstream)
  }

  /// Counts a retry that a good outcome has borne out.
  ///
  /// Envoy infers it from a retry that is outstanding when an outcome needs none. A hedged try is
  /// never judged again, and a refused hedge has given the retry before it back: neither counts.
  ///
  /// - Source: Envoy `retry_state_impl.cc` (shouldRetry, resetRetry).
  @inline(never) private mutating func countRetrySuccess(_ c: UInt32) {
    guard calls[c].marks & Call.holdsRetrySlot != 0 else { return }
    statistics[clusters[calls[c].cluster].kind].upstreamRqRetrySuccess &+= 1
  }

  /// An answer that says failure, may be retried though it does not, or is of a hedged try.
  @inline(never) private mutating func unusualResponse(_ j: UInt32) {
    let job = jobs[j]
    let c = job.call
    if job.reply >= 1000 { return specialResponse(j) }
    freeJob(j)
    if Features.hasPolicies, calls[c].job != j { return hedgedResponse(c, job: j, job.reply) }
    let call = calls.pointer(c)
    call.pointee.job = none
    cancel(&call.pointee.tryTimer)
    closeStream(c, job.connection, outcome: AttemptOutcome(status: job.reply))
  }

  /// A try of a call is over while its stream is still open: report it, judge it, close the stream.
  @inline(never)
  mutating func closeStream(_ c: UInt32, _ connection: UInt32, outcome: AttemptOutcome) {
    let call = calls.pointer(c)
    let cluster = clusters.base + Int(call.pointee.cluster)
    let kind = clusterKinds.base + Int(cluster.pointee.kind)
    let host = call.pointee.host
    if outcome.status >= 500 { hostErrors[kind.pointee.firstEndpoint &+ host] &+= 1 }
    if Features.hasPolicies, kind.pointee.hasDetector {
      report(outcome, call.pointee.cluster, host: host)
    }
    let edge = edges.base + Int(call.pointee.edge)
    let anyByteSent = call.pointee.marks & Call.anyByteSent != 0
    let isFine = outcome.isPlainSuccess && !edge.pointee.retriesSuccess
    if isFine || !classifiers[Int(call.pointee.edge)].matches(outcome, anyByteSent: anyByteSent) {
      cluster.pointee.requests &-= 1
      pool(cluster, host).pointee.active &-= 1
      if Features.hasPolicies, connection != none {
        streamEnded(connection, isClean: outcome.kind == .response)
      }
      deliver(c, outcome)
    } else {
      // The stream counts as active while its failure is judged.
      let decision = judge(c, outcome)
      cluster.pointee.requests &-= 1
      pool(cluster, host).pointee.active &-= 1
      if Features.hasPolicies, connection != none {
        // An answer that is passed over for another try is not read to its end: HTTP/1.1 closes.
        let isPassedOver = decision == .retry || hasHedgedTries(c)
        let isClean = outcome.kind == .response && (!isPassedOver || kind.pointee.isHTTP2)
        streamEnded(connection, isClean: isClean)
      }
      conclude(c, outcome, decision)
    }
  }

  /// A try is over that had no stream: refused by a limit, without host, or without connection.
  @inline(never) mutating func endTry(_ c: UInt32, _ outcome: AttemptOutcome) {
    let call = calls.pointer(c)
    let cluster = call.pointee.cluster
    if Features.hasPolicies, outcome.kind.feedsOutlierDetector {
      let kind = clusterKinds.base + Int(clusters[cluster].kind)
      hostErrors[kind.pointee.firstEndpoint &+ call.pointee.host] &+= 1
      if kind.pointee.hasDetector { report(outcome, cluster, host: call.pointee.host) }
    }
    // Without a host the retry policy is not asked, nor hedged tries waited for.
    // Envoy `router.cc` (continueDoRetry: sendNoHealthyUpstreamResponse).
    if outcome.kind == .noHost { return end(c, outcome, adding: []) }
    let anyByteSent = call.pointee.marks & Call.anyByteSent != 0
    if classifiers[Int(call.pointee.edge)].matches(outcome, anyByteSent: anyByteSent) {
      conclude(c, outcome, judge(c, outcome))
    } else {
      deliver(c, outcome)
    }
  }

  /// Whether an outcome that the policy retries is retried: allowance first, then room.
  @inline(__always)
  mutating func judge(_ c: UInt32, _ outcome: AttemptOutcome) -> RetryState.Decision {
    releaseRetrySlot(c)
    let call = calls.pointer(c)
    let edge = edges.base + Int(call.pointee.edge)
    let cluster = clusters.base + Int(call.pointee.cluster)
    let kind = clusterKinds.base + Int(cluster.pointee.kind)
    if UInt32(call.pointee.attempts) > edge.pointee.numRetries { return .limitExceeded }
    let hasRoom = kind.pointee.retryAdmission.hasRoom(
      outstanding: cluster.pointee.retries, active: cluster.pointee.requests,
      pending: cluster.pointee.pending)
    if !hasRoom { return .overflow }
    cluster.pointee.retries &+= 1
    call.pointee.marks |= Call.holdsRetrySlot
    return .retry
  }

  /// Gives the slot back that a retried call holds.
  @inline(__always) mutating func releaseRetrySlot(_ c: UInt32) {
    if calls[c].marks & Call.holdsRetrySlot != 0 {
      calls[c].marks &= ~Call.holdsRetrySlot
      clusters[calls[c].cluster].retries &-= 1
    }
  }

  /// Acts on the judgement of an outcome that the policy retries.
  @inline(never)
  mutating func conclude(_ c: UInt32, _ outcome: AttemptOutcome, _ decision: RetryState.Decision) {
    let kind = clusters[calls[c].cluster].kind
    let edge = edges.base + Int(calls[c].edge)
    switch decision {
    case .deliver: deliver(c, outcome)
    case .limitExceeded:
      statistics[kind].upstreamRqRetryLimitExceeded &+= 1
      if isOutlasted(c, keeping: .upstreamRetryLimitExceeded) { return }
      end(c, outcome, adding: .upstreamRetryLimitExceeded)
    case .overflow:
      statistics[kind].upstreamRqRetryOverflow &+= 1
      edge.pointee.retriesRefused &+= 1
      if isOutlasted(c, keeping: .upstreamOverflow) { return }
      end(c, outcome, adding: .upstreamOverflow)
    case .retry:
      armRouteTimer(c)
      if Features.hasPolicies, edge.pointee.hedges { extras[extra(of: c)].hasTimedOut = false }
      rememberHost(c)
      let wait = backOff(c, outcome)
      calls[c].state = .backingOff
      let sequence = schedule(.backOffOver, c, after: wait)
      calls[c].tryTimer = UInt32(truncatingIfNeeded: sequence)
    }
  }

  /// Counts a retry that is decided, as Envoy does, and draws its wait.
  @inline(__always)
  mutating func backOff(_ c: UInt32, _ outcome: AttemptOutcome) -> SimDuration {
    let call = calls.pointer(c)
    let cluster = clusters.base + Int(call.pointee.cluster)
    let edge = edges.base + Int(call.pointee.edge)
    statistics[cluster.pointee.kind].upstreamRqRetry &+= 1
    if Features.hasPolicies, let asked = askedBackOff(c, edge) {
      statistics[cluster.pointee.kind].upstreamRqRetryBackoffRatelimited &+= 1
      return asked
    }
    statistics[cluster.pointee.kind].upstreamRqRetryBackoffExponential &+= 1
    // The exponential sequence does not advance with waits that a header asked for.
    let exponential = Int(call.pointee.attempts) - waitsByHeader(c)
    return backOffs[Int(call.pointee.edge)].wait(
      beforeRetry: exponential, using: &detectors[calls[c].cluster].jitter)
  }

  // MARK: The way out

  /// An outcome that the policy does not retry is the end, unless it is no answer and hedged tries
  /// go on.
  @inline(__always) mutating func deliver(_ c: UInt32, _ outcome: AttemptOutcome) {
    if calls[c].attempts > 1 { countRetrySuccess(c) }
    if outcome.kind != .response, isOutlasted(c, keeping: []) {
      return releaseRetrySlot(c)
    }
    end(c, outcome, adding: [])
  }

  /// A routed call has ended with the outcome of its last try.
  @inline(__always)
  mutating func end(_ c: UInt32, _ outcome: AttemptOutcome, adding flags: ResponseFlags) {
    if outcome.kind == .response {
      if Features.hasPolicies, pendingReply != 0 { passOn(c) }
      leave(c, reply: outcome.status, flags: flags, details: .viaUpstream)
    } else {
      leave(
        c, reply: outcome.status, flags: outcome.flags.union(flags), details: outcome.details)
    }
  }

  /// The answer leaves the proxy.
  @inline(never)
  mutating func leave(
    _ c: UInt32, reply: UInt16, flags: ResponseFlags, details: ResponseDetails
  ) {
    finish(c, reply: reply, flags: flags, details: details)
  }

  @inline(__always)
  private mutating func finish(
    _ c: UInt32, reply: UInt16, flags: ResponseFlags, details: ResponseDetails
  ) {
    let call = calls.pointer(c)
    cancel(&call.pointee.routeTimer)
    releaseRetrySlot(c)
    var flags = flags
    if Features.hasPolicies, call.pointee.extra != none {
      flags = leaveWithExtra(c, reply, flags, details)
    }
    let edge = edges.base + Int(call.pointee.edge)
    if reply < 500 && reply != 0 {
      edge.pointee.succeeded &+= 1
    } else {
      edge.pointee.failed &+= 1
    }
    call.pointee.setResult(reply, flags: flags)
    if edge.pointee.fromCaller.isZero {
      hear(c)
    } else if Features.hasPolicies, edge.pointee.callerMarks != 0 {
      travelToProxy(c, .answerAtCaller)
    } else {
      schedule(.answerAtCaller, c, along: edge.pointee.fromCaller)
    }
  }

  /// The answer has reached the caller.
  @inline(never) mutating func answerAtCaller(_ c: UInt32) { hear(c) }

  @inline(__always) private mutating func hear(_ c: UInt32) {
    let call = calls.pointer(c)
    let parent = call.pointee.parent
    guard parent & Parent.tagMask == Parent.job else { return rootHears(c) }
    // Field by field: a copy of what was written a moment ago in pieces would have to wait for it.
    if recorders.isOn { countFlow(call.pointee) }
    let reply = call.pointee.reply
    let edge = call.pointee.edge
    calls.free(c)
    childEnded(parent & 0xFF_FFFF, reply: reply, edge: edge)
  }

  /// The answer has reached a caller that is no job.
  @inline(never) private mutating func rootHears(_ c: UInt32) {
    let call = calls[c]
    calls.free(c)
    if call.parent & Parent.tagMask == Parent.source {
      requestEnded(call.parent & 0xFF_FFFF, call)
    } else if Features.hasPolicies {
      rareParentHears(call)
    }
  }

  // MARK: Timers of the common path

  /// A per-try timer fired.
  @inline(never) mutating func perTryTimeout(_ c: UInt32) {
    let call = calls.pointer(c)
    call.pointee.tryTimer = none
    let edge = edges.base + Int(call.pointee.edge)
    if Features.hasPolicies, edge.pointee.hedges { return hedge(c) }
    if Features.hasPolicies, edge.pointee.rareMarks & Edge.endsIdleTries != 0 {
      return perTryIdleTimeout(c)
    }
    statistics[clusters[call.pointee.cluster].kind].upstreamRqPerTryTimeout &+= 1
    let connection = abandonTry(c)
    closeStream(c, connection, outcome: AttemptOutcome(.perTryTimeout))
  }

  /// The try under way is given up; its connection, for whoever closes the stream.
  @inline(__always) mutating func abandonTry(_ c: UInt32) -> UInt32 {
    let call = calls.pointer(c)
    let j = call.pointee.job
    call.pointee.job = none
    let connection = jobs[j].connection
    abandon(j, cluster: call.pointee.cluster)
    return connection
  }

  /// A route's timer fired: everything ends.
  ///
  /// It is counted for each try in flight, queued ones included: none in a back-off, several under
  /// hedging.
  ///
  /// - Source: Envoy `router.cc` (onResponseTimeout).
  @inline(never) mutating func routeTimeout(_ c: UInt32) {
    calls[c].routeTimer = none
    var tries: UInt64 = hasHedgedTries(c) ? UInt64(extras[calls[c].extra].hedgedCount) : 0
    if calls[c].state == .pending || calls[c].state == .trying && calls[c].job != none {
      tries += 1
    }
    statistics[clusters[calls[c].cluster].kind].upstreamRqTimeout &+= tries
    giveUp(c, AttemptOutcome(.routeTimeout))
  }

  /// Ends a routed call whatever it is doing, with an outcome that no policy retries.
  @inline(never) mutating func giveUp(_ c: UInt32, _ outcome: AttemptOutcome) {
    let call = calls.pointer(c)
    cancelTryTimer(c)
    if Features.hasPolicies, call.pointee.extra != none { dropHedged(c) }
    switch call.pointee.state {
    case .trying:
      if call.pointee.job != none {
        let host = call.pointee.host
        let cluster = call.pointee.cluster
        let connection = abandonTry(c)
        if Features.hasPolicies, call.pointee.marks & Call.answerBegun == 0,
          outcome.kind.feedsOutlierDetector, !hasTimedOut(c)
        {
          reportFailure(outcome, cluster, host: host)
        }
        clusters[cluster].requests &-= 1
        pool(cluster, host).pointee.active &-= 1
        if Features.hasPolicies, connection != none { streamEnded(connection, isClean: false) }
      }
    case .pending: if Features.hasPolicies { leaveQueue(c) }
    case .backingOff, .entering, .ended, .lost: break
    }
    end(c, outcome, adding: [])
  }

  /// Takes the per-try timer back, if the field holds one.
  @inline(__always) mutating func cancelTryTimer(_ c: UInt32) {
    switch calls[c].state {
    case .pending: break  // it links the queue, which the call will leave
    case .backingOff: calls[c].tryTimer = none
    case .entering, .trying, .ended, .lost: cancel(&calls.pointer(c).pointee.tryTimer)
    }
  }

  /// Refused by `max_requests`.
  @inline(never) mutating func overflowActive(_ c: UInt32) {
    statistics[clusters[calls[c].cluster].kind].upstreamRqActiveOverflow &+= 1
    noteOverflow(calls[c].cluster, .requests)
    endTry(c, AttemptOutcome(.activeOverflow))
  }
}
