import EventKernel
import TimeAndChance
import TrafficPolicy

/// The filters of one proxy instance: their state, in the order of the chain.
struct FilterChain {
  /// A filter of the chain, and its place among those of its sort.
  enum Place {
    case localRateLimit(Int)
    case globalRateLimit(Int)
    case fault(Int)
    case admissionControl(Int)
    case adaptiveConcurrency(Int)
  }

  /// Its local rate limits, in the engine's table of all.
  var firstRateLimit: UInt32 = 0
  var rateLimitCount: UInt32 = 0
  var random: RandomStream
  /// Requests that rate limits refused of late.
  var refusals = RefusalSpell()
  var order: [Place] = []
  /// By local rate limit.
  var rateLimitSettings: [LocalRateLimitSettings] = []
  /// By route: the local rate limit that acts instead of the listener's, or -1; empty without any.
  var routeRateLimits: [Int] = []
  var globalRateLimits: [(filter: GlobalRateLimitFilter, counter: Int)] = []
  var faults: [(filter: FaultInjection, settings: FaultInjectionSettings)] = []
  /// One history for each worker.
  var admissionControls: [[AdmissionControl]] = []
  var adaptiveConcurrencies: [(filter: AdaptiveConcurrency, status: UInt16)] = []
}

// What a request meets in front of the router, and on its way out.
extension Engine {
  /// Makes the filters of every proxy instance that has some.
  mutating func makeFilters() {
    for p in 0..<proxies.count {
      let configuration = model.proxies[p].configuration
      let routeRateLimits = model.proxies[p].routeRateLimits
      guard !configuration.filters.isEmpty || !routeRateLimits.isEmpty else { continue }
      // The service's counters are shared by all who ask it with the same descriptor.
      let firstCounter = rateLimitCounters.count
      for case .globalRateLimit(let settings) in configuration.filters {
        rateLimitCounters.append(FixedWindowCounter(settings))
      }
      for number in 0..<proxies[p].instanceCount {
        let instance = Int(proxies[p].firstInstance + number)
        let name = "filters \(model.proxies[p].name)/\(number)"
        var chain = FilterChain(
          firstRateLimit: UInt32(localRateLimits.count),
          random: RandomStream(seed: seed, replication: replication, name: name))
        for filter in configuration.filters {
          add(filter, to: &chain, workers: Int(proxies[p].workers), firstCounter, instance)
        }
        add(routeRateLimits, to: &chain)
        if routeRateLimits.isEmpty, chain.order.count == chain.rateLimitSettings.count,
          chain.rateLimitSettings.allSatisfy({ $0.descriptors.isEmpty })
        {
          plainRateLimits[instance] = (chain.firstRateLimit, chain.rateLimitCount)
        }
        filters[instance] = chain
      }
    }
  }

  private mutating func add(
    _ filter: HTTPFilter, to chain: inout FilterChain, workers: Int, _ firstCounter: Int,
    _ instance: Int
  ) {
    switch filter {
    case .localRateLimit(let settings):
      chain.order.append(.localRateLimit(chain.rateLimitSettings.count))
      add(settings, to: &chain)
    case .globalRateLimit(let settings):
      chain.order.append(.globalRateLimit(chain.globalRateLimits.count))
      chain.globalRateLimits.append(
        (GlobalRateLimitFilter(settings), firstCounter + chain.globalRateLimits.count))
    case .fault(let settings):
      chain.order.append(.fault(chain.faults.count))
      chain.faults.append((FaultInjection(settings), settings))
    case .admissionControl(let settings):
      chain.order.append(.admissionControl(chain.admissionControls.count))
      chain.admissionControls.append(
        Array(repeating: AdmissionControl(settings), count: workers))
    case .adaptiveConcurrency(let settings):
      chain.order.append(.adaptiveConcurrency(chain.adaptiveConcurrencies.count))
      let controller = AdaptiveConcurrency(settings, at: now)
      chain.adaptiveConcurrencies.append((controller, UInt16(clamping: settings.status)))
      startTimers(controller.initialTimers, instance)
    }
  }

  private mutating func add(_ limit: LocalRateLimitSettings, to chain: inout FilterChain) {
    chain.rateLimitSettings.append(limit)
    chain.rateLimitCount += 1
    localRateLimits.append(LocalRateLimit(limit, at: now))
  }

  /// Adds the local rate limits of routes: each group has buckets of its own and acts in the place of
  /// the listener's first, or of none.
  ///
  /// - Source: Envoy `typed_per_filter_config`: the most specific configuration of a filter is the
  ///   one that acts.
  private mutating func add(_ limits: [RouteRateLimit?], to chain: inout FilterChain) {
    guard limits.contains(where: { $0 != nil }) else { return }
    if chain.rateLimitSettings.isEmpty { chain.order.insert(.localRateLimit(-1), at: 0) }
    var groups: [Int: Int] = [:]
    for limit in limits {
      guard let limit else {
        chain.routeRateLimits.append(-1)
        continue
      }
      let index = groups[limit.group] ?? chain.rateLimitSettings.count
      if groups.updateValue(index, forKey: limit.group) == nil { add(limit.settings, to: &chain) }
      chain.routeRateLimits.append(index)
    }
  }

  private mutating func startTimers(_ timers: AdaptiveConcurrency.Timers, _ instance: Int) {
    if let wait = timers.sample { schedule(.concurrencyUpdate, UInt32(instance), after: wait) }
    if let wait = timers.minRTT { schedule(.minRTTWindow, UInt32(instance), after: wait) }
  }

  /// A call enters the filters of its proxy, if there are some.
  @inline(never) mutating func enterFilters(_ c: UInt32) {
    guard edges[UInt32(calls[c].edge)].hasEntryWork else { return routeRarely(c) }
    let limits = plainRateLimits[calls[c].cluster]
    if limits.count != 0, calls[c].extra == none {
      return passRateLimits(c, limits.first..<(limits.first &+ limits.count))
    }
    let x = extra(of: c)
    extras[x].arrived = now
    extras[x].instance = calls[c].cluster
    let edge = edges.base + Int(calls[c].edge)
    let workers = proxies[edge.pointee.proxy].workers
    if workers > 1 { calls[c].worker = Int(edge.pointee.random.below(workers)) }
    if extras[x].record >= 0 { log.requests[Int(extras[x].record)].arrived = now }
    if extras[x].abortAt != .never {
      let wait = max(.zero, extras[x].abortAt - calls[c].started)
      let line = FixedTimeout(line: queue.timerLine(wait), isOn: true)
      extras[x].abortTimer = start(line, .clientAbort, c)
    }
    if edge.pointee.rareMarks & Edge.waitsInFilters != 0 { startStreamTimers(c, edge) }
    runFilters(c)
  }

  @inline(never) private mutating func routeRarely(_ c: UInt32) {
    route(c, isPlain: true, isRare: true)
  }

  /// Runs a chain that is nothing but local rate limits.
  @inline(__always)
  private mutating func passRateLimits(_ c: UInt32, _ limits: Range<UInt32>) {
    let instance = Int(calls[c].cluster)
    let chain = filters.base + instance
    for index in limits {
      let decision = localRateLimits[index].decide(at: now, using: &chain.pointee.random)
      if decision != .admit { return refuse(c, instance, localRateLimits[index].status) }
    }
    route(c, isPlain: true, isRare: true)
  }

  /// A local rate limit refuses a call.
  @inline(never)
  private mutating func refuse(_ c: UInt32, _ instance: Int, _ status: UInt16) {
    noteRateLimit(instance)
    leave(c, reply: status, flags: .rateLimited, details: .localRateLimited)
  }

  /// Runs the filters from where the call stands up to the router, or to an answer or a wait.
  private mutating func runFilters(_ c: UInt32) {
    let x = calls[c].extra
    let instance = Int(extras[x].instance)
    let chain = filters.base + instance
    while Int(extras[x].filter) < chain.pointee.order.count {
      let place = chain.pointee.order[Int(extras[x].filter)]
      extras[x].filter += 1
      guard pass(place, c, instance) else { return }
    }
    route(c, isRare: true)
  }

  /// One filter: true when the call goes on at once.
  private mutating func pass(_ place: FilterChain.Place, _ c: UInt32, _ instance: Int) -> Bool {
    let x = calls[c].extra
    let now = self.now
    let chain = filters.base + instance
    switch place {
    case .localRateLimit(let listeners):
      var index = listeners
      let route = Int(edges[UInt32(calls[c].edge)].route)
      if route >= 0, chain.pointee.routeRateLimits.indices.contains(route),
        chain.pointee.routeRateLimits[route] >= 0
      {
        if listeners > 0 { return true }  // it has acted in the place of the first
        index = chain.pointee.routeRateLimits[route]
      }
      if index < 0 { return true }
      let limit = chain.pointee.firstRateLimit + UInt32(index)
      let decision: LocalRateLimit.Decision
      if chain.pointee.rateLimitSettings[index].descriptors.isEmpty {
        decision = localRateLimits[limit].decide(at: now, using: &chain.pointee.random)
      } else {
        let matching = matchingDescriptors(of: chain.pointee.rateLimitSettings[index], c)
        decision = localRateLimits[limit].decide(
          matching: matching, at: now, using: &chain.pointee.random)
      }
      if decision == .admit { return true }
      refuse(c, instance, localRateLimits[limit].status)
      return false
    case .globalRateLimit(let index):
      switch chain.pointee.globalRateLimits[index].filter.plan {
      case .pass: return true
      case .ask(let wait), .fail(let wait):
        let sequence = schedule(.rateLimitAnswer, c, after: wait)
        extras[x].suspension = UInt32(truncatingIfNeeded: sequence)
        return false
      }
    case .fault(let index):
      let isMatched = matches(chain.pointee.faults[index].settings.headers, c)
      switch chain.pointee.faults[index].filter.decide(
        isMatched: isMatched, using: &chain.pointee.random)
      {
      case .proceed: return true
      case .delay(let wait):
        extras[x].flags.insert(.delayInjected)
        extras[x].activeFault = UInt8(index + 1)
        let sequence = schedule(.faultDelayOver, c, after: wait)
        extras[x].suspension = UInt32(truncatingIfNeeded: sequence)
        return false
      case .abort:
        extras[x].activeFault = UInt8(index + 1)
        let status = chain.pointee.faults[index].filter.abortStatus
        leave(c, reply: status, flags: .faultInjected, details: .faultFilterAbort)
        return false
      }
    case .admissionControl(let index):
      let worker = calls[c].worker
      if chain.pointee.admissionControls[index][worker].rejects(
        at: now, using: &chain.pointee.random)
      {
        leave(c, reply: 503, flags: [], details: .deniedByAdmissionControl)
        return false
      }
      extras[x].admissionCounts = true
      return true
    case .adaptiveConcurrency(let index):
      if chain.pointee.adaptiveConcurrencies[index].filter.admits() {
        extras[x].concurrencyCounts = true
        extras[x].concurrencyStart = now
        return true
      }
      let status = chain.pointee.adaptiveConcurrencies[index].status
      leave(c, reply: status, flags: [], details: .reachedConcurrencyLimit)
      return false
    }
  }

  /// Whether a call's request satisfies conditions on headers.
  private func matches(_ conditions: [RouteMatch.HeaderMatch], _ c: UInt32) -> Bool {
    if conditions.isEmpty { return true }
    let headers = requestHeaders(of: c)
    return conditions.allSatisfy { $0.holds(for: headers) }
  }

  /// The headers of a call's request; what comes to a pod's door has those of the call that sent it.
  private func requestHeaders(of c: UInt32) -> [HostScript.Header] {
    let edge = edges[UInt32(calls[c].edge)]
    guard calls[c].parent & Parent.tagMask == Parent.door else {
      return model.edges[Int(edge.model)].attributes.headers
    }
    let outer = jobs[calls[c].parent & 0xFF_FFFF].call
    guard outer != none else { return [] }
    var headers = model.edges[Int(edges[UInt32(calls[outer].edge)].model)].attributes.headers
    // The route that the sending proxy took says nothing about this one's.
    headers.removeAll { $0.name == EdgeModel.Attributes.routeHeader }
    headers.append(
      HostScript.Header(name: EdgeModel.Attributes.routeHeader, value: "\(edge.route)"))
    return headers
  }

  private func matchingDescriptors(of settings: LocalRateLimitSettings, _ c: UInt32) -> [Int] {
    settings.descriptors.indices.filter { matches(settings.descriptors[$0].headers, c) }
  }

  /// Whether an event that a suspended call waits for is still meant for it.
  private func isSuspended(_ c: UInt32, for sequence: UInt64) -> Bool {
    let call = calls[c]
    return call.extra != none && call.state == .entering
      && extras[call.extra].suspension == UInt32(truncatingIfNeeded: sequence)
  }

  /// The fault filter's delay is over.
  mutating func faultDelayOver(_ c: UInt32, sequence: UInt64) {
    guard isSuspended(c, for: sequence) else { return }
    let x = calls[c].extra
    extras[x].suspension = 0
    let instance = Int(extras[x].instance)
    let index = Int(extras[x].activeFault) - 1
    let chain = filters.base + instance
    if chain.pointee.faults[index].filter.delayed(using: &chain.pointee.random) {
      let status = chain.pointee.faults[index].filter.abortStatus
      leave(c, reply: status, flags: .faultInjected, details: .faultFilterAbort)
    } else {
      runFilters(c)
    }
  }

  /// The rate limit service has answered, or the call to it has failed.
  mutating func rateLimitAnswer(_ c: UInt32, sequence: UInt64) {
    guard isSuspended(c, for: sequence) else { return }
    let x = calls[c].extra
    extras[x].suspension = 0
    let instance = Int(extras[x].instance)
    let chain = filters.base + instance
    guard case .globalRateLimit(let index) = chain.pointee.order[Int(extras[x].filter) - 1]
    else { return }
    let outcome: GlobalRateLimitFilter.Outcome
    if case .ask = chain.pointee.globalRateLimits[index].filter.plan {
      let counter = chain.pointee.globalRateLimits[index].counter
      let isAllowed = rateLimitCounters[counter].hit(at: now)
      outcome = chain.pointee.globalRateLimits[index].filter.answered(isAllowed: isAllowed)
    } else {
      outcome = chain.pointee.globalRateLimits[index].filter.failed()
    }
    switch outcome {
    case .admit: runFilters(c)
    case .refuse:
      noteRateLimit(instance)
      leave(c, reply: 429, flags: .rateLimited, details: .requestRateLimited)
    case .error: leave(c, reply: 500, flags: .rateLimitServiceError, details: .rateLimiterError)
    }
  }

  mutating func concurrencyUpdate(_ instance: UInt32) {
    let chain = filters.base + Int(instance)
    for index in chain.pointee.adaptiveConcurrencies.indices {
      startTimers(
        chain.pointee.adaptiveConcurrencies[index].filter.sampleTimerFired(at: now), Int(instance))
    }
  }

  mutating func minRTTWindow(_ instance: UInt32) {
    let chain = filters.base + Int(instance)
    for index in chain.pointee.adaptiveConcurrencies.indices {
      chain.pointee.adaptiveConcurrencies[index].filter.minRTTTimerFired(at: now)
    }
  }

  /// Tells the filters that a call which passed them has ended.
  private mutating func endFilters(_ c: UInt32, _ status: Int, _ details: ResponseDetails) {
    let x = extras[calls[c].extra]
    guard x.activeFault > 0 || x.admissionCounts || x.concurrencyCounts else { return }
    let chain = filters.base + Int(x.instance)
    let now = self.now
    if x.activeFault > 0 { chain.pointee.faults[Int(x.activeFault) - 1].filter.ended() }
    if x.admissionCounts, details != .downstreamRemoteDisconnect {
      for index in chain.pointee.admissionControls.indices {
        chain.pointee.admissionControls[index][calls[c].worker].record(status: status, at: now)
      }
    }
    if x.concurrencyCounts {
      for index in chain.pointee.adaptiveConcurrencies.indices {
        if details == .downstreamRemoteDisconnect {
          chain.pointee.adaptiveConcurrencies[index].filter.cancelled()
        } else {
          startTimers(
            chain.pointee.adaptiveConcurrencies[index].filter.finished(
              sentAt: x.concurrencyStart, at: now, using: &chain.pointee.random), Int(x.instance))
        }
      }
    }
  }

  /// Logs the first refusal of a proxy's rate limit after a quiet second, and how long it goes on.
  private mutating func noteRateLimit(_ instance: Int) {
    let chain = filters.base + instance
    if chain.pointee.refusals.begins(at: now) {
      chain.pointee.refusals.entry = logCause(.rateLimited, instance: instance)
    } else {
      prolongCause(chain.pointee.refusals.entry)
    }
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
  ) -> ResponseFlags {
    let x = calls[c].extra
    let flags = flags.union(extras[x].flags)
    let status = reply < 1000 ? Int(reply) : Int(replies[Int(reply) - 1000].status)
    // Whatever else was under way for the request is reset.
    if extras[x].hedgedCount > 0 { dropHedged(c) }
    endFilters(c, status, details)
    cancel(&extras.pointer(x).pointee.abortTimer)
    cancel(&extras.pointer(x).pointee.idleTimer)
    cancel(&extras.pointer(x).pointee.durationTimer)
    if extras[x].record >= 0 { logEnd(c, reply, flags, details) }
    if extras[x].callerPod != none { calls[c].hostAndWorker = extras[x].callerPod }
    extras.free(x)
    calls[c].extra = none
    return flags
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

  /// The counters of a proxy kind's filters, summed over its instances.
  func filterRecord(_ p: Int) -> [(name: String, value: UInt64)] {
    var sums: [(name: String, value: UInt64)] = []
    func add(_ name: String, _ value: UInt64) {
      if let index = sums.firstIndex(where: { $0.name == name }) {
        sums[index].value += value
      } else {
        sums.append((name, value))
      }
    }
    for number in 0..<proxies[p].instanceCount {
      let chain = filters[Int(proxies[p].firstInstance + number)]
      for (index, settings) in chain.rateLimitSettings.enumerated() {
        let filter = localRateLimits[chain.firstRateLimit + UInt32(index)]
        for entry in filter.statistics.named {
          add("\(settings.statPrefix).http_local_rate_limit.\(entry.name)", entry.value)
        }
      }
      for (filter, _) in chain.globalRateLimits {
        for entry in filter.statistics.named { add(entry.name, entry.value) }
      }
      for (filter, _) in chain.faults {
        for entry in filter.statistics.named { add("http.in.\(entry.name)", entry.value) }
      }
      for workers in chain.admissionControls {
        for filter in workers {
          for entry in filter.named { add("http.in.admission_control.\(entry.name)", entry.value) }
        }
      }
      for (filter, _) in chain.adaptiveConcurrencies {
        add(
          "http.in.adaptive_concurrency.gradient_controller.rq_blocked", filter.blocked)
      }
    }
    return sums
  }
}
