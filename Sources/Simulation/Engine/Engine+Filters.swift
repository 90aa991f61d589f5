import EventKernel
import TimeAndChance
import TrafficPolicy

/// The state of one proxy instance's filters.
struct FilterChain {
}

// What a request meets in front of the router, and on its way out.
extension Engine {
  /// A call enters the filters of its proxy.
  @inline(never) mutating func enterFilters(_ c: UInt32) {
    let x = extra(of: c)
    extras[x].arrived = now
    if extras[x].record >= 0 { log.requests[Int(extras[x].record)].arrived = now }
    if extras[x].abortAt != .never {
      let wait = max(.zero, extras[x].abortAt - calls[c].started)
      let line = FixedTimeout(line: queue.timerLine(wait), isOn: true)
      extras[x].abortTimer = start(line, .clientAbort, c)
    }
    route(c)
  }

  /// Answers a call whose route leads nowhere.
  @inline(never) mutating func answerLocally(_ c: UInt32) {
    let edge = edges.base + Int(calls[c].edge)
    switch edge.pointee.action {
    case .directResponse:
      leave(c, reply: edge.pointee.directReply, flags: [], details: .directResponse)
    case .unknownCluster:
      leave(c, reply: 503, flags: .noClusterFound, details: .clusterNotFound)
    case .noRoute, .forward, .forwardByWeight:
      leave(c, reply: 404, flags: .noRouteFound, details: .routeNotFound)
    }
  }

  /// The end of a call that carries more than most: timers, filters, and the log.
  @inline(never)
  mutating func leaveWithExtra(
    _ c: UInt32, _ reply: UInt16, _ flags: ResponseFlags, _ details: ResponseDetails
  ) {
    let x = calls[c].extra
    cancel(&extras.pointer(x).pointee.abortTimer)
    cancel(&extras.pointer(x).pointee.idleTimer)
    cancel(&extras.pointer(x).pointee.durationTimer)
    if extras[x].record >= 0 { logEnd(c, reply, flags, details) }
    extras.free(x)
    calls[c].extra = none
  }

  /// Completes the log entry of a request.
  private mutating func logEnd(
    _ c: UInt32, _ reply: UInt16, _ flags: ResponseFlags, _ details: ResponseDetails
  ) {
    let call = calls[c]
    let x = extras[call.extra]
    var record = log.requests[Int(x.record)]
    record.ended = now
    record.status = reply < 1000 ? Int32(reply) : Int32(replies[Int(reply) - 1000].status)
    record.flags = flags
    record.details = details
    record.attempts = Int32(call.attempts)
    record.cluster = x.chosenCluster
    if details == .viaUpstream || call.marks & Call.answerBegun != 0 {
      let kind = clusterKinds[clusters[call.cluster].kind]
      record.answeredBy = reference(endpointPods[kind.firstEndpoint + call.host])
    }
    if details == .downstreamRemoteDisconnect {
      record.client = .gaveUp
    } else if call.marks & Call.answerBegun != 0, details == .resetAfterResponseStarted {
      record.client = .connectionBroken
    } else {
      let heard = now + model.proxies[Int(edges[UInt32(call.edge)].proxy)].fromCaller
      record.client = heard > x.abortAt ? .gaveUp : .answered
    }
    log.requests[Int(x.record)] = record
  }

  mutating func faultDelayOver(_ c: UInt32) {}
  mutating func rateLimitAnswer(_ c: UInt32) {}
  mutating func concurrencyUpdate(_ instance: UInt32) {}
  mutating func minRTTWindow(_ instance: UInt32) {}

  func filterRecord(_ p: Int) -> [(name: String, value: UInt64)] { [] }
}
