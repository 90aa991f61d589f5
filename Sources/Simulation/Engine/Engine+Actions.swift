import EventKernel
import TimeAndChance
import TrafficPolicy

// What happens to pods, clusters and the network at given times, and what follows from it.
extension Engine {
  /// A timed action is due.
  mutating func act(_ index: UInt32) {
    logCause(.action(Int(index)))
    perform(model.actions[Int(index)].kind)
  }

  /// Does what an action says.
  mutating func perform(_ kind: ActionKind) {
    switch kind {
    case .reachability(let reference, let state): setReachability(pod(reference), state)
    case .script(let reference, let script):
      let p = pod(reference)
      scripts[Int(p)] = script
      pods[p].marks |= Pod.isScripted
      podBooks[p].scriptCount = 0
    case .health(let reference, let isHealthy):
      mark(pod(reference), Pod.isUnhealthy, !isHealthy)
    case .membership(let reference, let isMember):
      let p = pod(reference)
      for k in 0..<clusterKinds.count where proxies[clusterKinds[k].proxy].kindStride == 0 {
        let first = Int(clusterKinds[k].firstEndpoint)
        for endpoint in first..<(first + Int(clusterKinds[k].endpointCount))
        where endpointPods[endpoint] == p {
          memberships[endpoint] = isMember
        }
      }
      membershipChanged(pod: p, isMember: isMember)
    case .slow(let reference, let factor):
      let p = pod(reference)
      podBooks[p].slowFactor = factor
      mark(p, Pod.isSlow, factor != 1)
    case .steal(let reference, let share): steal(share, from: pod(reference))
    case .failures(let reference, let atOnce, let afterService):
      let p = pod(reference)
      mark(p, Pod.failsAtOnce, !atOnce.isEmpty)
      mark(p, Pod.failsAfterService, !afterService.isEmpty)
      if failures.isEmpty {
        failures = Array(repeating: (FailureShares(), FailureShares()), count: pods.count)
      }
      failures[Int(p)] = (atOnce, afterService)
    case .hang(let reference, let hangs): mark(pod(reference), Pod.hangs, hangs)
    case .network(let rule, let isActive): setRule(rule, isActive: isActive)
    case .networkHold(let service, let holds):
      setRule(network.holds[service], isActive: holds)
    }
  }

  private func pod(_ reference: PodReference) -> UInt32 {
    services[reference.service].firstPod + UInt32(reference.pod)
  }

  private mutating func mark(_ p: UInt32, _ mark: UInt16, _ isSet: Bool) {
    if isSet { pods[p].marks |= mark } else { pods[p].marks &= ~mark }
  }

  // MARK: Pods that come and go

  private mutating func setReachability(_ p: UInt32, _ state: PodModel.Reachability) {
    mark(p, Pod.isDown, state == .down)
    mark(p, Pod.isBlackhole, state == .blackhole)
    guard state == .down else { return }
    breakConnections(to: p)
    // Queue and work are lost; who waits for them sees its connection break.
    let lost = resetReply
    for j in 0..<UInt32(jobs.highWater) where isAt(p, j) {
      if mustStopMaking() { return }
      let state = jobs[j].state
      if state != Job.hanging { countLoss(j) }
      let mustStop = state == Job.working || state == Job.calling
      let c = jobs[j].call
      let breaks =
        c != none
        && (state == Job.working || state == Job.queued || state == Job.hanging
          || state == Job.calling)
      if breaks {
        // The news travels as a job of its own, so that what is left here can end by itself.
        let news = jobs.allocate()
        jobs[news] = jobs[j]
        jobs[news].state = Job.answering
        jobs[news].reply = lost
        calls[c].job = calls[c].job == j ? news : calls[c].job
        renameHedged(c, from: j, to: news)
        jobs[j].call = none
        jobs[j].connection = none
        let delay = clusters[calls[c].cluster].toHost
        if pods[p].marks & Pod.concernsTravel != 0 {
          travelFar(news, .responseAtProxy)
        } else if delay.isZero {
          schedule(.responseAtProxy, news, after: .zero)
        } else {
          schedule(.responseAtProxy, news, along: delay)
        }
      }
      jobs[j].marks &= ~Job.hasWorker
      if state == Job.queued || mustStop {
        jobs[j].state = Job.gone
        jobs[j].step = Step.goneIndex
      } else if state == Job.hanging {
        freeJob(j)
      }
    }
    pods[p].account(at: now)
    freeGoneQueue(p)
    services[pods[p].service].queued &-= pods[p].queued
    stopProcessor(p)
    pods[p].busy = 0
    pods[p].queued = 0
  }

  /// Whether a record holds a job that is at that pod; freed ones have no live state.
  private func isAt(_ p: UInt32, _ j: UInt32) -> Bool {
    let job = jobs[j]
    return job.pod == p && job.marks & Job.isBranch == 0 && job.state != Job.gone
      && job.state != Job.answering && job.state != Job.travelling && job.state != Job.freed
  }

  private mutating func freeGoneQueue(_ p: UInt32) {
    var j = pods[p].queueHead
    while j != none {
      let next = jobs[j].link
      freeJob(j)
      j = next
    }
    pods[p].queueHead = none
    pods[p].queueTail = none
  }

  private mutating func renameHedged(_ c: UInt32, from old: UInt32, to new: UInt32) {
    let x = calls[c].extra
    guard x != none else { return }
    for place in 0..<Int(extras[x].hedgedCount) where extras[x].hedged[place] == old {
      extras[x].hedged[place] = new
    }
  }

  // MARK: Pods that answer otherwise

  /// A try has reached a pod that does not simply admit it.
  @inline(never) mutating func arriveSpecially(_ j: UInt32) {
    let pod = pods.base + Int(jobs[j].pod)
    let marks = pod.pointee.marks
    if jobs[j].step & Edge.isInside != 0 { jobs[j].marks |= Job.isInside }
    if marks & (Pod.isDown | Pod.isBlackhole) != 0 {
      if log.isOn { unlogAttempt() }
      if marks & Pod.isBlackhole != 0 { return hang(j) }
      // With connections modelled the pod's own went with it; without, this is the refusal.
      let isOpen = jobs[j].connection != none
      jobs[j].reply = isOpen ? resetReply : refusedReply
      return sendAnswer(j, pod)
    }
    if marks & Pod.hasDoor != 0, meetsDoor(j) { return }
    jobs[j].step = entries[services[pod.pointee.service].firstEntry &+ jobs[j].step]
    if !isInside(j) {
      pod.pointee.arrivals &+= 1
      if recorders.isOn { countArrival(jobs[j].step, jobs[j].marks) }
    }
    if marks & Pod.hangs != 0 {
      countLoss(j)
      return hang(j)
    }
    if marks & Pod.failsAtOnce != 0,
      let status = failures[Int(jobs[j].pod)].atOnce.status(at: pod.pointee.random.unit())
    {
      jobs[j].reply = status
      return respond(j)
    }
    if marks & Pod.isScripted != 0 { return runScript(j) }
    if marks & Pod.seesDeadlines != 0, pod.pointee.busy < pod.pointee.workers, isUnwanted(j) {
      return dropUnwanted(j, pod)
    }
    admit(j, pod)
  }

  /// A try gets no answer, now or later.
  mutating func hang(_ j: UInt32) {
    if jobs[j].call == none { return retire(j) }
    jobs[j].state = Job.hanging
  }

  /// A scripted pod answers by its rules.
  private mutating func runScript(_ j: UInt32) {
    let p = jobs[j].pod
    guard let script = scripts[Int(p)] else { return hang(j) }
    let pod = pods.base + Int(p)
    podBooks[jobs[j].pod].scriptCount &+= 1
    let n = Int(podBooks[jobs[j].pod].scriptCount)
    let attempt = Int(jobs[j].reply)
    var reply = script.otherwise
    for rule in script.rules where rule.when.holds(n: n, attempt: attempt, &pod.pointee.random) {
      reply = rule.reply
      break
    }
    pod.pointee.account(at: now)
    pod.pointee.busy &+= 1
    if pod.pointee.busy > pod.pointee.peakBusy { pod.pointee.peakBusy = pod.pointee.busy }
    jobs[j].marks |= Job.hasWorker
    if reply.action == .hang {
      countLoss(j)
      return hang(j)
    }
    jobs[j].reply = replyIndex(of: reply)
    jobs[j].state = Job.working
    jobs[j].step = operationSlots[Int(slotOfStep[jobs[j].step])].end
    schedule(.stepDone, j, after: reply.latency ?? script.latency)
  }

  /// The number of a scripted reply: its status, or its entry in the table of special ones.
  private mutating func replyIndex(of reply: HostScript.Reply) -> UInt16 {
    if reply.action == .answer, reply.headers.isEmpty { return UInt16(clamping: reply.status) }
    for index in 0..<scriptedReplies.count where scriptedReplies[index].reply == reply {
      return scriptedReplies[index].index
    }
    replies.append(SpecialReply(reply))
    let index = UInt16(999 + replies.count)
    scriptedReplies.append((reply: reply, index: index))
    return index
  }
}

extension HostScript.Condition {
  /// Whether every condition that is set holds for the `n`th request and a try of that number.
  func holds(n: Int, attempt: Int, _ random: inout RandomStream) -> Bool {
    if let every, n % max(1, every) != 0 { return false }
    if let first, n > first { return false }
    if let after, n <= after { return false }
    if let of, let fail, (n - 1) % max(1, of) >= fail { return false }
    if let attemptAtMost, attempt > attemptAtMost { return false }
    if let probability, random.unit() >= probability { return false }
    return true
  }
}

extension SpecialReply {
  /// The end of a try without an answer.
  init(_ kind: AttemptOutcome.Kind) {
    outcome = AttemptOutcome(kind)
    status = 0
  }

  /// What a scripted reply looks like to the proxy.
  init(_ reply: HostScript.Reply) {
    headers = reply.headers
    switch reply.action {
    case .answer, .hang:
      var marks: AttemptOutcome.Marks = []
      if headers.contains(where: { $0.name == "x-envoy-ratelimited" }) { marks = .rateLimited }
      let grpc = headers.first { $0.name == "grpc-status" }.flatMap { Int8($0.value) } ?? -1
      status = UInt16(clamping: reply.status)
      outcome = AttemptOutcome(status: status, grpcStatus: grpc, marks: marks)
    case .reset, .close:
      status = 0
      outcome = AttemptOutcome(.connectionTermination)
    case .answerThenReset(let after):
      status = UInt16(clamping: reply.status)
      outcome = AttemptOutcome(status: status)
      breaksAfter = after
    }
  }
}
