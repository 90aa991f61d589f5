import CPrefetch
import EventKernel
import TimeAndChance
import TrafficPolicy

// Pods: where tries arrive, wait for a worker, run their steps, and are answered.
extension Engine {
  // MARK: Arrival

  /// A try leaves its proxy for the pod.
  @inline(__always)
  mutating func travelToPod(
    _ j: UInt32, _ delay: FixedDelay, _ pod: UnsafeMutablePointer<Pod>
  ) {
    if Features.hasPolicies, pod.pointee.marks & Pod.concernsTravel != 0 {
      return travelFar(j, .jobArrives)
    }
    if delay.isZero {
      if depth < Self.maxDepth {
        depth += 1
        jobArrives(j)
        depth -= 1
      } else {
        schedule(.jobArrives, j, after: .zero)
      }
    } else {
      schedule(.jobArrives, j, along: delay)
    }
  }

  /// A try has reached its pod.
  @inline(never) mutating func jobArrives(_ j: UInt32) {
    let job = jobs.pointer(j)
    let pod = pods.base + Int(job.pointee.pod)
    job.pointee.since = now
    if log.isOn { logAttempt(j) }
    if Features.hasPolicies, pod.pointee.marks & Pod.concernsArrivals != 0 {
      return arriveSpecially(j)
    }
    pod.pointee.arrivals &+= 1
    job.pointee.step = entries[pod.pointee.firstEntry &+ job.pointee.step]
    if recorders.isOn { countArrival(job.pointee.step, job.pointee.marks) }
    admit(j, pod)
  }

  /// A try asks a pod for a worker.
  @inline(__always) mutating func admit(_ j: UInt32, _ pod: UnsafeMutablePointer<Pod>) {
    jobs[j].reply = 200
    if pod.pointee.busy < pod.pointee.workers {
      pod.pointee.account(at: now)
      pod.pointee.busy &+= 1
      if pod.pointee.busy > pod.pointee.peakBusy { pod.pointee.peakBusy = pod.pointee.busy }
      return begin(j, pod)
    }
    pod.pointee.delayed &+= 1
    if pod.pointee.queued < pod.pointee.queueLimit {
      enqueue(j, at: pod)
    } else {
      queueIsFull(j, pod)
    }
  }

  /// Puts a job in its pod's queue.
  @inline(never) mutating func enqueue(_ j: UInt32, at pod: UnsafeMutablePointer<Pod>) {
    pod.pointee.account(at: now)
    pod.pointee.queued &+= 1
    if pod.pointee.queued > pod.pointee.peakQueue { pod.pointee.peakQueue = pod.pointee.queued }
    let service = services.base + Int(pod.pointee.service)
    let waiting = service.pointee.queued &+ 1
    service.pointee.queued = waiting
    service.pointee.peakQueued = max(service.pointee.peakQueued, waiting)
    service.pointee.peakQueuedInWindow = max(service.pointee.peakQueuedInWindow, waiting)
    let job = jobs.pointer(j)
    job.pointee.state = Job.queued
    job.pointee.link = none
    if pod.pointee.queueHead == none {
      pod.pointee.queueHead = j
      pod.pointee.queueTail = j
    } else if service.pointee.isLIFO {
      enqueueFirst(j, pod)
    } else {
      jobs[pod.pointee.queueTail].link = j
      pod.pointee.queueTail = j
    }
  }

  /// Puts a job at the head of a queue that is not empty.
  @inline(never)
  private mutating func enqueueFirst(_ j: UInt32, _ pod: UnsafeMutablePointer<Pod>) {
    let older = pod.pointee.queueHead
    jobs[j].link = older
    pod.pointee.queueHead = j
    guard services[pod.pointee.service].order == .lifoDropOldest else { return }
    // The oldest will leave by the tail, which must then know who came next.
    while youngerInQueue.count <= Int(older) { youngerInQueue.append(none) }
    youngerInQueue[older] = j
  }

  /// The queue has no place left.
  @inline(never) mutating func queueIsFull(_ j: UInt32, _ pod: UnsafeMutablePointer<Pod>) {
    let service = services.base + Int(pod.pointee.service)
    if service.pointee.queueFull.begins(at: now) {
      service.pointee.queueFull.entry = logCause(.queueFull, pod: jobs[j].pod)
    } else {
      prolongCause(service.pointee.queueFull.entry)
    }
    let dropsOldest =
      service.pointee.order == .dropOldest || service.pointee.order == .lifoDropOldest
    guard dropsOldest, pod.pointee.queued > 0 else { return refuse(j, pod) }
    var oldest = takeOldest(pod)
    while jobs[oldest].state == Job.gone {
      freeJob(oldest)
      oldest = takeOldest(pod)
    }
    pod.pointee.account(at: now)
    pod.pointee.queued &-= 1
    service.pointee.queued &-= 1
    enqueue(j, at: pod)
    refuse(oldest, pod)
  }

  /// Takes the longest waiting out of a queue that is not empty.
  private mutating func takeOldest(_ pod: UnsafeMutablePointer<Pod>) -> UInt32 {
    let isLast = pod.pointee.queueHead == pod.pointee.queueTail
    let oldest: UInt32
    if services[pod.pointee.service].order == .lifoDropOldest {
      // Whatever is younger than the tail is still in front of it: none of it left by the tail.
      oldest = pod.pointee.queueTail
      if !isLast {
        pod.pointee.queueTail = youngerInQueue[oldest]
        jobs[pod.pointee.queueTail].link = none
      }
    } else {
      oldest = pod.pointee.queueHead
      pod.pointee.queueHead = jobs[oldest].link
    }
    if isLast {
      pod.pointee.queueHead = none
      pod.pointee.queueTail = none
    }
    return oldest
  }

  /// Answers a job that found no place, or leaves it without answer.
  mutating func refuse(_ j: UInt32, _ pod: UnsafeMutablePointer<Pod>) {
    podBooks[jobs[j].pod].refused &+= 1
    let status = services[pod.pointee.service].refusal
    if status == 0 {
      countLoss(j)
      if jobs[j].call == none { return retire(j) }
      jobs[j].state = Job.hanging
    } else {
      jobs[j].reply = status
      respond(j)
    }
  }

  // MARK: Work

  /// A job has a worker and begins.
  @inline(__always) mutating func begin(_ j: UInt32, _ pod: UnsafeMutablePointer<Pod>) {
    let job = jobs.pointer(j)
    job.pointee.marks |= Job.hasWorker
    job.pointee.state = Job.working
    if recorders.hasWaits { recorders.recordWait(pod.pointee.service, now - job.pointee.since) }
    let step = steps.base + Int(job.pointee.step)
    if step.pointee.code == .work {
      work(j, pod, step)
    } else {
      advance(j)
    }
  }

  /// Works for a time, or waits.
  @inline(__always)
  private mutating func work(
    _ j: UInt32, _ pod: UnsafeMutablePointer<Pod>, _ step: UnsafeMutablePointer<Step>
  ) {
    let law = laws.base + Int(step.pointee.a)
    var time = law.pointee.sampleNanoseconds(using: &pod.pointee.random, sampler)
    if Features.hasPolicies, pod.pointee.marks & Pod.isSlow != 0, step.pointee.code == .work {
      time = stretched(time, by: podBooks[jobs[j].pod].slowFactor)
    }
    jobs[j].step &+= 1
    schedule(.stepDone, j, after: .nanoseconds(time))
  }

  /// A step's work is done.
  @inline(__always) mutating func stepDone(_ j: UInt32) {
    advance(j)
  }

  /// Runs a job's steps up to the next one that takes time.
  @inline(never) mutating func advance(_ j: UInt32) {
    let job = jobs.pointer(j)
    let pod = pods.base + Int(job.pointee.pod)
    running: while true {
      let step = steps.base + Int(job.pointee.step)
      switch step.pointee.code {
      case .work, .wait:
        if job.pointee.marks & (Job.hasWorker | Job.isBranch) == 0 {
          guard regainWorker(j, pod) else { return }
        }
        return work(j, pod, step)
      case .cpu:
        if Features.hasPolicies { return beginCPU(j, pod, step) }
      case .call, .callIgnoringFailure, .forward:
        if depth >= Self.maxDepth {
          // Long chains without any delay go on from the loop, not from this stack.
          job.pointee.state = Job.working
          schedule(.stepDone, j, after: .zero)
          return
        }
        if step.pointee.code == .callIgnoringFailure { job.pointee.marks |= Job.ignoresFailure }
        if step.pointee.code == .forward { job.pointee.marks |= Job.forwards }
        job.pointee.step &+= 1
        job.pointee.state = Job.calling
        job.pointee.link = 1
        if job.pointee.marks & Job.hasWorker != 0,
          !services[pod.pointee.service].holdsWorkerWhileCalling
        {
          job.pointee.marks &= ~Job.hasWorker
          releaseWorker(pod)
        }
        return call(edge: step.pointee.a, for: j)
      case .choose:
        let u = pod.pointee.random.unit()
        var choice = Int(step.pointee.a)
        while choices[choice].below <= u { choice += 1 }
        job.pointee.step = choices[choice].step
      case .fail:
        if step.pointee.p >= 1 || pod.pointee.random.unit() < step.pointee.p {
          job.pointee.reply = UInt16(step.pointee.a)
          break running
        }
        job.pointee.step &+= 1
      case .jump:
        job.pointee.step = step.pointee.a
      case .parallel:
        job.pointee.step &+= 1
        if beginBranches(j, step) { return }
      case .end, .endBranch:
        break running
      case .gone:
        return freeJob(j)
      }
    }
    complete(j, pod)
  }

  /// A job makes a call of its own.
  @inline(__always) mutating func call(edge: UInt32, for j: UInt32) {
    depth += 1
    if Features.hasPolicies, edges[edge].hasClient {
      startClientCall(edge: edge, parent: Parent.job | j)
    } else {
      startCall(edge: edge, parent: Parent.job | j)
    }
    depth -= 1
  }

  /// Takes a worker again after a call, or waits for one.
  @inline(never)
  mutating func regainWorker(_ j: UInt32, _ pod: UnsafeMutablePointer<Pod>) -> Bool {
    if pod.pointee.busy < pod.pointee.workers {
      pod.pointee.account(at: now)
      pod.pointee.busy &+= 1
      jobs[j].marks |= Job.hasWorker
      jobs[j].state = Job.working
      return true
    }
    enqueue(j, at: pod)
    return false
  }

  /// Starts the branches of a parallel step; false when there are none.
  @inline(never)
  mutating func beginBranches(_ j: UInt32, _ step: UnsafeMutablePointer<Step>) -> Bool {
    let first = Int(step.pointee.a)
    let count = Int(step.pointee.b)
    if count == 0 { return false }
    jobs[j].state = Job.calling
    // One more than there are, so that branches which end at once do not end the step.
    jobs[j].link = UInt32(count) + 1
    for index in first..<(first + count) {
      if mustStopMaking() { return true }
      let entry = branches[index]
      if entry & Step.callFlag != 0 {
        call(edge: entry & ~Step.callFlag, for: j)
      } else {
        let b = jobs.allocate()
        jobs[b] = Job(
          since: now, call: j, link: none, pod: jobs[j].pod, connection: none, step: entry,
          reply: 200, marks: Job.isBranch, state: Job.working)
        advance(b)
      }
    }
    childDone(j)
    return true
  }

  /// A call of a job has ended.
  @inline(__always) mutating func childEnded(_ j: UInt32, reply: UInt16, edge: UInt16) {
    let job = jobs.pointer(j)
    if job.pointee.marks & (Job.forwards | Job.ignoresFailure) != 0 {
      // An answer that is more than a status was passed on before.
      if job.pointee.marks & Job.forwards != 0, job.pointee.reply < 1000 {
        job.pointee.reply = reply
      }
    } else if reply >= 400 || reply == 0 {
      callFailed(j, edge: UInt32(edge))
    }
    childDone(j)
  }

  /// One of what a job waits for is done; the job goes on when all are.
  @inline(__always) mutating func childDone(_ j: UInt32) {
    let job = jobs.pointer(j)
    job.pointee.link &-= 1
    if job.pointee.link != 0 { return }
    if Features.hasPolicies, job.pointee.state == Job.gone { return freeJob(j) }
    job.pointee.state = Job.working
    if job.pointee.marks & (Job.childFailed | Job.forwards | Job.ignoresFailure) != 0 {
      if job.pointee.marks & Job.ignoresFailure != 0 {
        job.pointee.marks &= ~(Job.ignoresFailure | Job.childFailed)
      } else {
        return endJob(j, pods.base + Int(job.pointee.pod))
      }
    }
    advance(j)
  }

  /// A job is done: free its worker, then answer.
  @inline(never) mutating func endJob(_ j: UInt32, _ pod: UnsafeMutablePointer<Pod>) {
    complete(j, pod)
  }

  @inline(__always)
  private mutating func complete(_ j: UInt32, _ pod: UnsafeMutablePointer<Pod>) {
    let marks = jobs[j].marks
    if marks & Job.isBranch != 0 { return endBranch(j) }
    if marks & Job.hasWorker != 0 { releaseWorker(pod) }
    sendAnswer(j)
  }

  @inline(never) mutating func endBranch(_ j: UInt32) {
    let branch = jobs[j]
    freeJob(j)
    if branch.reply >= 400 { branchFailed(branch) }
    childDone(branch.call)
  }

  /// A worker is free: the next in the queue begins, if there is one.
  @inline(__always) mutating func releaseWorker(_ pod: UnsafeMutablePointer<Pod>) {
    if pod.pointee.queueHead == none {
      pod.pointee.account(at: now)
      pod.pointee.busy &-= 1
    } else {
      beginNext(pod)
    }
  }

  /// A worker takes the next job from the queue that is still wanted.
  @inline(never) mutating func beginNext(_ pod: UnsafeMutablePointer<Pod>) {
    let service = services.base + Int(pod.pointee.service)
    let checks = service.pointee.checksBeforeStart
    while true {
      let j = pod.pointee.queueHead
      if j == none {
        pod.pointee.account(at: now)
        pod.pointee.busy &-= 1
        return
      }
      let next = jobs[j].link
      pod.pointee.queueHead = next
      // In a long queue its record, and later its call's, have left the cache by its turn.
      prefetch(jobs.base + Int(next))
      if jobs[j].state == Job.gone {
        freeJob(j)
        continue
      }
      prefetch(calls.base + Int(jobs[j].call))
      pod.pointee.account(at: now)
      pod.pointee.queued &-= 1
      service.pointee.queued &-= 1
      if checks, dropIfUnwanted(j, pod) { continue }
      return begin(j, pod)
    }
  }

  @inline(never)
  private mutating func dropIfUnwanted(_ j: UInt32, _ pod: UnsafeMutablePointer<Pod>) -> Bool {
    guard isUnwanted(j) else { return false }
    dropUnwanted(j, pod)
    return true
  }

  /// Whether work that could start is not worth it: its caller has gone, or will have.
  func isUnwanted(_ j: UInt32) -> Bool {
    let service = services.base + Int(pods[jobs[j].pod].service)
    if service.pointee.abandonedWork == .droppedAtStart, jobs[j].call == none { return true }
    return service.pointee.seesDeadlines && jobDeadlines[j] <= now
  }

  /// Drops work that will not be started; whoever still listens hears that its time is over.
  mutating func dropUnwanted(_ j: UInt32, _ pod: UnsafeMutablePointer<Pod>) {
    if jobs[j].call != none {
      jobs[j].reply = 504
      respond(j)
    } else {
      podBooks[jobs[j].pod].unheard &+= 1
      countLoss(j)
      retire(j)
    }
  }

  // MARK: Answers

  /// A pod's answer leaves.
  @inline(never) mutating func respond(_ j: UInt32) { sendAnswer(j) }

  @inline(__always) private mutating func sendAnswer(_ j: UInt32) {
    let job = jobs.pointer(j)
    let pod = pods.base + Int(job.pointee.pod)
    if Features.hasPolicies, pod.pointee.marks & (Pod.concernsAnswers | Pod.concernsTravel) != 0 {
      return respondSpecially(j, pod)
    }
    countOutcome(j, pod)
    if recorders.isOn { countAnswer(j) }
    if job.pointee.call == none {
      podBooks[jobs[j].pod].unheard &+= 1
      return retire(j)
    }
    travelBack(j)
  }

  /// The answer of a pod that does not simply answer.
  @inline(never)
  private mutating func respondSpecially(_ j: UInt32, _ pod: UnsafeMutablePointer<Pod>) {
    if pod.pointee.marks & Pod.concernsAnswers != 0 {
      spoilAnswer(j, pod)
      if answersInside(j, pod) { return }
    }
    countOutcome(j, pod)
    // What is inside is counted where it came from, at the door.
    if recorders.isOn, !isInside(j) { countAnswer(j) }
    sendAnswer(j, pod)
  }

  @inline(__always)
  private mutating func countOutcome(_ j: UInt32, _ pod: UnsafeMutablePointer<Pod>) {
    if jobs[j].reply < 500 {
      pod.pointee.succeeded &+= 1
    } else {
      pod.pointee.failed &+= 1
    }
  }

  /// A pod's answer, or the news that nothing is there, goes to whoever waits for it.
  @inline(never) mutating func sendAnswer(_ j: UInt32, _ pod: UnsafeMutablePointer<Pod>) {
    if jobs[j].call == none {
      podBooks[jobs[j].pod].unheard &+= 1
      return retire(j)
    }
    guard pod.pointee.marks & Pod.concernsTravel != 0 else { return travelBack(j) }
    jobs[j].state = Job.answering
    travelFar(j, .responseAtProxy)
  }

  /// An answer goes the usual way to the proxy that waits for it.
  @inline(__always) private mutating func travelBack(_ j: UInt32) {
    let job = jobs.pointer(j)
    job.pointee.state = Job.answering
    let call = calls.pointer(job.pointee.call)
    let cluster = clusters.base + Int(call.pointee.cluster)
    let delay = cluster.pointee.toHost
    if Features.hasPolicies, job.pointee.connection != none {
      // Large meshes have more of them than the cache holds.
      prefetch(connections.base + Int(job.pointee.connection))
      prefetch(pool(cluster, call.pointee.host))
    }
    if delay.isZero {
      if depth < Self.maxDepth {
        depth += 1
        responseAtProxy(j)
        depth -= 1
      } else {
        schedule(.responseAtProxy, j, after: .zero)
      }
    } else {
      schedule(.responseAtProxy, j, along: delay)
    }
  }

  /// An injected fault takes the place of some answers of work that was done.
  @inline(never) mutating func spoilAnswer(_ j: UInt32, _ pod: UnsafeMutablePointer<Pod>) {
    guard pod.pointee.marks & Pod.failsAfterService != 0, jobs[j].state == Job.working,
      let status = failures[Int(jobs[j].pod)].afterService.status(at: pod.pointee.random.unit())
    else { return }
    jobs[j].reply = status
  }

  /// A job that nobody waits for is over.
  @inline(__always) mutating func retire(_ j: UInt32) {
    if Features.hasPolicies, jobs[j].marks & Job.abandonmentUnderWay != 0 {
      jobs[j].state = Job.gone
    } else {
      freeJob(j)
    }
  }

  /// A call gives its try up; the pod may or may not hear of it.
  @inline(__always) mutating func abandon(_ j: UInt32, cluster: UInt32) {
    let job = jobs.pointer(j)
    let c = job.pointee.call
    job.pointee.call = none
    if job.pointee.state == Job.hanging { return freeJob(j) }
    if Features.hasPolicies, services[pods[job.pointee.pod].service].hearsOfAbandonment {
      tellPod(j, call: c, cluster: cluster)
    }
  }

  /// The news that a try was given up goes to its pod.
  @inline(never) mutating func tellPod(_ j: UInt32, call c: UInt32, cluster: UInt32) {
    guard isHeard(j) else { return }
    jobs[j].marks |= Job.abandonmentUnderWay
    let delay = clusters[cluster].toHost
    if pods[jobs[j].pod].marks & Pod.concernsTravel != 0 {
      sendToHost(j, .abandonmentAtPod, isAnswer: false, call: c, state: cluster)
    } else if delay.isZero {
      schedule(.abandonmentAtPod, j, after: .zero)
    } else {
      schedule(.abandonmentAtPod, j, along: delay)
    }
  }

  @inline(never) func stretched(_ time: Int64, by factor: Double) -> Int64 {
    let longer = Double(time) * factor
    return longer < 0x1p55 ? Int64(longer) : 1 &<< 55
  }
}
