import EventKernel
import TimeAndChance
import TrafficPolicy

// What only some requests meet: hedged tries, replies that are more than a status, answers that
// break off, news of abandonment, and timers beyond those of route and try.
extension Engine {
  /// The record of what only some calls need, made when it is first needed.
  mutating func extra(of c: UInt32) -> UInt32 {
    let present = calls[c].extra
    if present != none { return present }
    let made = extras.allocate()
    extras[made] = CallExtra()
    calls[c].extra = made
    return made
  }

  /// Work of a routed call beside its tries: mirrors, hashing, further timers.
  @inline(never) mutating func beginRareWork(_ c: UInt32, _ edge: UnsafeMutablePointer<Edge>) {
    if edge.pointee.rareMarks & Edge.waitsInFilters == 0 { startStreamTimers(c, edge) }
    if edge.pointee.hedges { _ = extra(of: c) }
    if !edge.pointee.isMirror { mirror(c, edge) }
  }

  /// Starts the timers of a call's stream, which run from its arrival at the proxy, through its
  /// filters, whatever they do.
  ///
  /// - Source: Envoy `source/common/http/conn_manager_impl.cc` (ActiveStream, refreshDurationTimeout:
  ///   `timeout -= time_used`; refreshIdleTimeout, before the filters decode the headers).
  mutating func startStreamTimers(_ c: UInt32, _ edge: UnsafeMutablePointer<Edge>) {
    let idle = start(edge.pointee.streamIdle, .streamIdle, c)
    let duration = start(edge.pointee.maxStreamDuration, .maxStreamDuration, c)
    guard idle != none || duration != none else { return }
    let x = extra(of: c)
    extras[x].idleTimer = idle
    extras[x].durationTimer = duration
  }

  /// Sends copies of a request to the clusters that mirror it.
  private mutating func mirror(_ c: UInt32, _ edge: UnsafeMutablePointer<Edge>) {
    let first = Int(edge.pointee.firstMirror)
    for index in first..<(first + Int(edge.pointee.mirrorCount)) {
      let mirror = mirrors[index]
      guard edge.pointee.random.unit() < mirror.probability else { continue }
      let copy = calls.allocate()
      let instance = clusters[calls[c].cluster].instance
      calls[copy] = Call(
        started: now, parent: Parent.nobody, job: none, tryTimer: none, routeTimer: none,
        cluster: instance, hostAndWorker: 0, extraAndState: none, edge: UInt16(mirror.edge),
        attempts: 0, marks: Call.mirrored | edges[mirror.edge].callMarks)
      route(copy, isRare: true)
    }
  }

  /// Remembers the host of a try that is retried.
  @inline(__always) mutating func rememberHost(_ c: UInt32) {
    if Features.hasPolicies {
      let edge = edges.base + Int(calls[c].edge)
      if edge.pointee.avoidsPreviousHosts || edge.pointee.previousPrioritiesFrequency > 0 {
        rememberHostInExtra(c, edge)
      }
    }
  }

  @inline(never)
  private mutating func rememberHostInExtra(_ c: UInt32, _ edge: UnsafeMutablePointer<Edge>) {
    let host = calls[c].host
    let x = extras.pointer(extra(of: c))
    if edge.pointee.previousPrioritiesFrequency > 0 {
      // Here and not when the call was routed: few calls are ever retried.
      x.pointee.priorities.updateFrequency = edge.pointee.previousPrioritiesFrequency
      let topology = detectors[calls[c].cluster].views.topology
      x.pointee.priorities.attempted(level: topology.hosts[Int(host)].priority)
    }
    guard edge.pointee.avoidsPreviousHosts else { return }
    if x.pointee.triedCount < 16 {
      x.pointee.tried[Int(x.pointee.triedCount)] = host
      x.pointee.triedCount += 1
    } else {
      for index in 1..<16 { x.pointee.tried[index - 1] = x.pointee.tried[index] }
      x.pointee.tried[15] = host
    }
  }

  /// The wait that the last answer's headers ask for, drawn; nil takes the exponential wait.
  mutating func askedBackOff(
    _ c: UInt32, _ edge: UnsafeMutablePointer<Edge>
  ) -> SimDuration? {
    guard let asked = pendingAsked else { return nil }
    pendingAsked = nil
    let jitter = calls[c].cluster
    guard let wait = asked.policy.wait(asked: asked.wait, using: &detectors[jitter].jitter)
    else { return nil }
    extras[extra(of: c)].waitsByHeader &+= 1
    return wait
  }

  /// How many of a call's waits were asked for by headers.
  @inline(__always) func waitsByHeader(_ c: UInt32) -> Int {
    guard Features.hasPolicies, calls[c].extra != none else { return 0 }
    return Int(extras[calls[c].extra].waitsByHeader)
  }

  // MARK: Replies that are more than a status

  /// A reply with headers that matter, a reset, or an answer that will break off.
  @inline(never) mutating func specialResponse(_ j: UInt32) {
    let job = jobs[j]
    let c = job.call
    let reply = replies[Int(job.reply) - 1000]
    var outcome = reply.outcome
    let kind = clusterKinds[clusters[calls[c].cluster].kind]
    if kind.isHTTP2 {
      outcome.marks.insert(.http2)
      // On HTTP/2 a host breaks the stream, not the connection.
      if outcome.kind == .connectionTermination {
        outcome = AttemptOutcome(.remoteReset, marks: [.http2])
      }
    }
    if let delay = reply.breaksAfter, keepOnly(j, of: c) {
      // The answer has begun: no retry any more, whatever comes.
      calls[c].marks |= Call.answerBegun
      armRouteTimer(c)
      cancel(&calls.pointer(c).pointee.tryTimer)
      if kind.hasDetector {
        report(AttemptOutcome(status: reply.status), calls[c].cluster, host: calls[c].host)
      }
      schedule(.bodyBroken, j, after: delay)
      if isForwarded(c) { passOnBegun(c, reply: job.reply) }
      return
    }
    if outcome.kind == .response, !reply.headers.isEmpty {
      pendingReply = job.reply
      outcome.marks.formUnion(headerMarks(reply, edge: calls[c].edge))
      pendingAsked = askedWait(reply, edge: calls[c].edge)
    }
    freeJob(j)
    if calls[c].job != j {
      hedgedOutcome(c, job: j, outcome)
    } else {
      calls[c].job = none
      cancel(&calls.pointer(c).pointee.tryTimer)
      closeStream(c, job.connection, outcome: outcome)
    }
    pendingAsked = nil
    pendingReply = 0
  }

  /// Whether the job that waits for a call is that of a forwarding proxy.
  private func isForwarded(_ c: UInt32) -> Bool {
    let parent = calls[c].parent
    return parent & Parent.tagMask == Parent.job
      && jobs[parent & 0xFF_FFFF].marks & Job.forwards != 0
  }

  /// The answer that ends a call goes on to a forwarding proxy with its headers.
  ///
  /// What a proxy makes itself, for a reset or a time-out, is no more than a status.
  mutating func passOn(_ c: UInt32) {
    let reply = pendingReply
    // Whoever hears of it next judges it by itself.
    pendingReply = 0
    pendingAsked = nil
    if isForwarded(c) { jobs[calls[c].parent & 0xFF_FFFF].reply = reply }
  }

  /// The answer that has begun goes on to a forwarding proxy now, and breaks off there as much
  /// later as here; what is left of the call ends by itself.
  private mutating func passOnBegun(_ c: UInt32, reply: UInt16) {
    let j = calls[c].parent & 0xFF_FFFF
    calls[c].parent = Parent.nobody
    jobs[j].reply = reply
    childDone(j)
  }

  /// What a reply's headers mean to an edge's retry policy.
  private func headerMarks(_ reply: SpecialReply, edge: UInt16) -> AttemptOutcome.Marks {
    guard let policy = retryPolicies[Int(edge)], !policy.retriableHeaders.isEmpty else { return [] }
    let matches = policy.retriableHeaders.contains { $0.holds(for: reply.headers) }
    return matches ? .retriableHeader : []
  }

  /// The wait that a reply's headers ask of an edge's retry policy.
  private func askedWait(_ reply: SpecialReply, edge: UInt16) -> AskedWait? {
    guard let policy = retryPolicies[Int(edge)]?.rateLimitedBackOff else { return nil }
    for reset in policy.resetHeaders {
      guard let header = reply.headers.first(where: { $0.name == reset.name }),
        let number = Int64(header.value)
      else { continue }
      let wait: SimDuration
      switch reset.format {
      case .seconds: wait = .seconds(min(max(0, number), 1 << 30))
      case .unixTimestamp: wait = SimDuration.seconds(min(max(0, number), 1 << 30)) - (now - .zero)
      }
      if wait > .milliseconds(1), wait <= policy.maxInterval {
        return AskedWait(policy: policy, wait: wait)
      }
    }
    return nil
  }

  /// The rest of an answer breaks off.
  ///
  /// The host's detector, which has heard of the headers, hears of the reset as of one before them.
  ///
  /// - Source: Envoy `router.cc` (onUpstreamReset).
  mutating func bodyBroken(_ j: UInt32) {
    let job = jobs[j]
    let c = job.call
    if c == none { return retire(j) }
    freeJob(j)
    let isHTTP2 = clusterKinds[clusters[calls[c].cluster].kind].isHTTP2
    let outcome = AttemptOutcome(.resetAfterHeaders, marks: isHTTP2 ? [.http2] : [])
    calls[c].job = none
    let cluster = calls[c].cluster
    reportFailure(outcome, cluster, host: calls[c].host)
    clusters[cluster].requests &-= 1
    pool(cluster, calls[c].host).pointee.active &-= 1
    if job.connection != none { streamEnded(job.connection, isClean: false) }
    end(c, outcome, adding: [])
  }

  // MARK: Hedging

  /// A per-try timer fired under hedging: the try goes on, and another one is asked for.
  ///
  /// - Source: Envoy `router.cc` (onSoftPerTryTimeout), which is reached before the counters of
  ///   time-outs (onPerTryTimeoutCommon).
  @inline(never) mutating func hedge(_ c: UInt32) {
    let j = calls[c].job
    let state = calls[c].cluster
    // The detector hears of the time-out now; of the late answer it will hear too.
    reportFailure(AttemptOutcome(.perTryTimeout), state, host: calls[c].host)
    let x = extra(of: c)
    extras[x].hasTimedOut = true
    switch judge(c, AttemptOutcome(.perTryTimeout)) {
    case .retry where extras[x].hedgedCount < 8:
      let place = Int(extras[x].hedgedCount)
      extras[x].hedged[place] = j
      extras[x].hedgedHosts[place] = calls[c].host
      extras[x].hedgedCount += 1
      extras[x].hasTimedOut = false
      extras[x].retryPending = true
      calls[c].job = none
      rememberHost(c)
      let wait = backOff(c, AttemptOutcome(.perTryTimeout))
      let sequence = schedule(.backOffOver, c, after: wait)
      calls[c].tryTimer = none
      extras[x].retrySequence = UInt32(truncatingIfNeeded: sequence)
    // Without another retry the tries under way go on until one answers or the route's timer
    // fires; the request keeps the flag of the refusal, whatever comes.
    case .overflow:
      statistics[clusters[state].kind].upstreamRqRetryOverflow &+= 1
      extras[x].flags.insert(.upstreamOverflow)
    case .limitExceeded:
      statistics[clusters[state].kind].upstreamRqRetryLimitExceeded &+= 1
      extras[x].flags.insert(.upstreamRetryLimitExceeded)
    case .retry, .deliver: releaseRetrySlot(c)
    }
  }

  /// The back-off of a hedge is over.
  mutating func hedgeNow(_ c: UInt32, sequence: UInt64) {
    let x = calls[c].extra
    guard extras[x].retrySequence == UInt32(truncatingIfNeeded: sequence) else { return }
    extras[x].retryPending = false
    startTry(c)
  }

  /// Whether the detector has heard of a time-out of the present try; it hears of one only once.
  ///
  /// - Source: Envoy `router.cc` (onResponseTimeout, outlierDetectionTimeoutRecorded).
  func hasTimedOut(_ c: UInt32) -> Bool {
    calls[c].extra != none && extras[calls[c].extra].hasTimedOut
  }

  /// Counts a failure of a host and tells its detector.
  mutating func reportFailure(_ outcome: AttemptOutcome, _ state: UInt32, host: UInt32) {
    let kind = clusterKinds.base + Int(clusters[state].kind)
    hostErrors[kind.pointee.firstEndpoint &+ host] &+= 1
    if kind.pointee.hasDetector { report(outcome, state, host: host) }
  }

  /// Whether hedged tries are under way beside the present one.
  func hasHedgedTries(_ c: UInt32) -> Bool {
    Features.hasPolicies && calls[c].extra != none && extras[calls[c].extra].hedgedCount > 0
  }

  /// True when hedged tries go on beside the present one, which has failed for good: the call waits
  /// for them, and keeps the flags of the refusal whatever they bring.
  ///
  /// - Source: Envoy `router.cc` (onUpstreamHeaders: `could_not_retry`; onUpstreamReset:
  ///   `numRequestsAwaitingHeaders() > 0`).
  @inline(never) mutating func isOutlasted(_ c: UInt32, keeping flags: ResponseFlags) -> Bool {
    guard hasHedgedTries(c) else { return false }
    extras[calls[c].extra].flags.formUnion(flags)
    calls[c].state = .trying
    calls[c].job = none
    calls[c].tryTimer = none
    return true
  }

  /// A hedged try, or the present one beside hedged ones, has an answer.
  @inline(never) mutating func hedgedResponse(_ c: UInt32, job j: UInt32, _ status: UInt16) {
    hedgedOutcome(c, job: j, AttemptOutcome(status: status))
  }

  /// A hedged try is over: a good answer wins; a bad one, and a reset of whatever kind, leaves it to
  /// the others, or is the end when there are none.
  ///
  /// It was retried when its timer fired, so that nothing is retried or counted now; the request's
  /// flags are those of refusals before.
  ///
  /// - Source: Envoy `router.cc` (onUpstreamHeaders, onUpstreamReset, maybeRetryReset: `retried()`).
  mutating func hedgedOutcome(_ c: UInt32, job j: UInt32, _ outcome: AttemptOutcome) {
    guard let place = placeOfHedged(c, j) else { return }
    let x = calls[c].extra
    let host = extras[x].hedgedHosts[place]
    let connection = jobs[j].connection
    removeHedged(x, place)
    let state = calls[c].cluster
    if outcome.status >= 500 {
      reportFailure(outcome, state, host: host)
    } else if clusterKinds[clusters[state].kind].hasDetector {
      report(outcome, state, host: host)
    }
    clusters[state].requests &-= 1
    pool(state, host).pointee.active &-= 1
    let isBad =
      outcome.kind != .response
      || classifiers[Int(calls[c].edge)].matches(outcome, anyByteSent: true)
    let othersGoOn =
      calls[c].job != none || extras[x].hedgedCount > 0 || extras[x].retryPending
      || calls[c].state == .pending || calls[c].state == .backingOff
    if isBad, othersGoOn {
      // An answer that is passed over is not read to its end.
      if connection != none { streamEnded(connection, isClean: false) }
      return
    }
    dropTries(c)
    calls[c].host = host
    calls[c].state = .trying
    if connection != none { streamEnded(connection, isClean: outcome.kind == .response) }
    end(c, outcome, adding: [])
  }

  /// Where a job stands among the hedged tries of its call.
  private func placeOfHedged(_ c: UInt32, _ j: UInt32) -> Int? {
    let x = calls[c].extra
    guard x != none else { return nil }
    return (0..<Int(extras[x].hedgedCount)).first { extras[x].hedged[$0] == j }
  }

  private mutating func removeHedged(_ x: UInt32, _ place: Int) {
    let last = Int(extras[x].hedgedCount) - 1
    for index in place..<last {
      extras[x].hedged[index] = extras[x].hedged[index + 1]
      extras[x].hedgedHosts[index] = extras[x].hedgedHosts[index + 1]
    }
    extras[x].hedgedCount -= 1
  }

  /// Makes the try whose answer has begun the only one of its call; false when it is none of its.
  ///
  /// - Source: Envoy `router.cc` (resetOtherUpstreams).
  private mutating func keepOnly(_ j: UInt32, of c: UInt32) -> Bool {
    guard calls[c].job != j else {
      dropHedged(c)
      return true
    }
    guard let place = placeOfHedged(c, j) else { return false }
    let host = extras[calls[c].extra].hedgedHosts[place]
    removeHedged(calls[c].extra, place)
    dropTries(c)
    calls[c].job = j
    calls[c].host = host
    calls[c].state = .trying
    return true
  }

  /// Resets the hedged tries of a call.
  mutating func dropHedged(_ c: UInt32) {
    let x = calls[c].extra
    guard x != none else { return }
    let state = calls[c].cluster
    extras[x].retryPending = false
    while extras[x].hedgedCount > 0 {
      let j = extras[x].hedged[0]
      let host = extras[x].hedgedHosts[0]
      removeHedged(x, 0)
      let connection = jobs[j].connection
      abandon(j, cluster: state)
      clusters[state].requests &-= 1
      pool(state, host).pointee.active &-= 1
      if connection != none { streamEnded(connection, isClean: false) }
    }
  }

  /// Resets whatever is under way for a call, of which the hosts' detector hears nothing.
  private mutating func dropTries(_ c: UInt32) {
    cancelTryTimer(c)
    dropHedged(c)
    switch calls[c].state {
    case .entering, .ended, .backingOff, .lost: break
    case .pending: leaveQueue(c)
    case .trying:
      if calls[c].job != none {
        let host = calls[c].host
        let state = calls[c].cluster
        let connection = abandonTry(c)
        clusters[state].requests &-= 1
        pool(state, host).pointee.active &-= 1
        if connection != none { streamEnded(connection, isClean: false) }
      }
    }
  }

  // MARK: Further timers

  /// Nothing moved on a try for too long.
  ///
  /// A try moves when it is sent and when it is answered, so that of its two timers the shorter one
  /// alone can fire before the answer.
  ///
  /// - Source: Envoy `upstream_request.cc` (setupPerTryTimeout, onPerTryIdleTimeout), `router.cc`
  ///   (onPerTryTimeoutCommon).
  @inline(never) mutating func perTryIdleTimeout(_ c: UInt32) {
    statistics[clusters[calls[c].cluster].kind].upstreamRqPerTryIdleTimeout &+= 1
    let connection = abandonTry(c)
    closeStream(c, connection, outcome: AttemptOutcome(.perTryIdleTimeout))
  }

  /// Nothing moved on a stream for too long.
  mutating func streamIdle(_ c: UInt32) {
    extras[calls[c].extra].idleTimer = none
    endByProxy(c, status: 504, .streamIdleTimeout, .streamIdleTimeout)
  }

  /// A stream lived too long.
  mutating func maxStreamDuration(_ c: UInt32) {
    extras[calls[c].extra].durationTimer = none
    endByProxy(c, status: 504, [], .maxDurationTimeout)
  }

  /// The client gives up; whatever is under way is reset.
  mutating func clientAbort(_ c: UInt32) {
    extras[calls[c].extra].abortTimer = none
    endByProxy(c, status: 0, .downstreamConnectionTermination, .downstreamRemoteDisconnect)
  }

  /// Ends a call for a reason of the proxy's own, of which the hosts' detector hears nothing.
  mutating func endByProxy(
    _ c: UInt32, status: UInt16, _ flags: ResponseFlags, _ details: ResponseDetails
  ) {
    dropTries(c)
    leave(c, reply: status, flags: flags, details: details)
  }

  // MARK: Abandonment at the pod

  /// News of an abandoned try has reached its pod, which drops work at once.
  mutating func abandonmentAtPod(_ j: UInt32) {
    jobs[j].marks &= ~Job.abandonmentUnderWay
    let pod = pods.base + Int(jobs[j].pod)
    if pod.pointee.marks & Pod.hasDoor != 0, abandonmentAtDoor(j, pod) { return }
    switch jobs[j].state {
    case Job.gone: freeJob(j)
    case Job.queued:
      pod.pointee.account(at: now)
      pod.pointee.queued &-= 1
      services[pod.pointee.service].queued &-= 1
      podBooks[jobs[j].pod].unheard &+= 1
      countLoss(j)
      jobs[j].state = Job.gone  // freed when its turn in the queue comes
    case Job.working, Job.calling:
      // Under the milder rule what has begun is finished.
      guard services[pod.pointee.service].abandonedWork == .droppedAtOnce else { return }
      dropBegunWork(j, pod)
    case Job.hanging: freeJob(j)
    default: break  // travelling or answering: it ends by itself
    }
  }

  /// A job that has begun is dropped; its record goes when what it waits for has ended.
  private mutating func dropBegunWork(_ j: UInt32, _ pod: UnsafeMutablePointer<Pod>) {
    countLoss(j)
    switch jobs[j].state {
    case Job.working:
      podBooks[jobs[j].pod].unheard &+= 1
      jobs[j].state = Job.gone
      leaveProcessor(j)
      jobs[j].step = Step.goneIndex  // freed when its step would have been done
      if jobs[j].marks & Job.hasWorker != 0 { releaseWorker(pod) }
    case Job.calling:
      podBooks[jobs[j].pod].unheard &+= 1
      jobs[j].state = Job.gone  // freed when its calls have ended
      let hadWorker = jobs[j].marks & Job.hasWorker != 0
      abandonCalls(of: j)
      if hadWorker { releaseWorker(pod) }
    default: break
    }
  }

  /// Resets the calls that a dropped job is waiting for.
  private mutating func abandonCalls(of j: UInt32) {
    // One more than there are, so that the job is not freed under the loop.
    jobs[j].link &+= 1
    for c in 0..<UInt32(calls.highWater) where liveCall(c, isOf: j) {
      if calls[c].state == .lost {
        freeLost(c)
        childDone(j)
      } else if calls[c].state == .entering {
        // It is on its way to the proxy and cannot be called back; nobody hears of it.
        if recorders.isOn {
          var left = calls[c]
          left.setResult(0, flags: .downstreamConnectionTermination)
          countFlow(left)
        }
        calls[c].parent = Parent.nobody
        childDone(j)
      } else {
        endByProxy(c, status: 0, .downstreamConnectionTermination, .downstreamRemoteDisconnect)
      }
    }
    abandonClientCalls(of: j)
    childDone(j)
  }

  /// Whether a record holds a call that is under way for that job; freed ones do not.
  private func liveCall(_ c: UInt32, isOf j: UInt32) -> Bool {
    let call = calls[c]
    return call.parent == Parent.job | j && call.state != .ended
      && (call.job == none || call.job < jobs.highWater)
  }
}

/// A wait that an answer's headers ask for.
struct AskedWait {
  var policy: RateLimitedBackOff
  var wait: SimDuration
}

extension RouteMatch.HeaderMatch {
  /// Whether the condition holds for some headers; names are in lower case.
  func holds(for headers: [HostScript.Header]) -> Bool {
    holds(for: headers.first { $0.name == name }?.value)
  }
}

extension RouteMatch {
  /// Whether the route takes a request of those attributes.
  func takes(_ request: EdgeModel.Attributes) -> Bool {
    takes(path: request.path, method: request.method, authority: request.authority) { name in
      request.headers.first { $0.name == name }?.value
    }
  }
}
