import EventKernel
import TimeAndChance
import TrafficPolicy

// Proxies in front of pods: inbound sidecars.
//
// A request that reaches a pod with one becomes a call of that proxy, which passes its filters, its
// one route and the pools of its one cluster, the pod itself, like any other; what comes out of it is
// the pod's answer. To the caller's proxy a refusal in front of the pod is an answer like any other.
// A pod's end takes its proxy with it; other faults of the pod act behind the proxy.
//
// - Source: Istio `pilot/pkg/networking/core/listener_inbound.go`, `cluster_traffic_policy.go`.
extension Engine {
  /// A request at a pod's door: true when it goes no further now, false when it comes from inside.
  @inline(never) mutating func meetsDoor(_ j: UInt32) -> Bool {
    let pod = pods.base + Int(jobs[j].pod)
    guard isInside(j) else {
      enter(j, pod)
      return true
    }
    // It was counted when it came to the door.
    if log.isOn { unlogAttempt() }
    let c = jobs[j].call
    guard c != none else {
      podBooks[jobs[j].pod].unheard &+= 1
      retire(j)
      return true
    }
    jobs[j].step = extras[calls[c].extra].operation
    jobs[j].reply = extras[calls[c].extra].attempt
    return false
  }

  /// A request enters the proxy in front of its pod.
  private mutating func enter(_ j: UInt32, _ pod: UnsafeMutablePointer<Pod>) {
    if depth >= Self.maxDepth {
      if log.isOn { unlogAttempt() }
      schedule(.jobArrives, j, after: .zero)
      return
    }
    let service = services.base + Int(pod.pointee.service)
    let step = entries[service.pointee.firstEntry &+ jobs[j].step]
    while doorSteps.count <= Int(j) { doorSteps.append(Step.endIndex) }
    doorSteps[j] = step
    pod.pointee.arrivals &+= 1
    if recorders.isOn { countArrival(step, jobs[j].marks) }
    let x = extras.allocate()
    extras[x] = CallExtra()
    extras[x].operation = jobs[j].step
    extras[x].attempt = jobs[j].reply
    let c = newCall(edge: service.pointee.door, parent: Parent.door | j, extra: x)
    calls[c].cluster =
      edges[service.pointee.door].firstInstance + jobs[j].pod - service.pointee.firstPod
    jobs[j].state = Job.calling
    jobs[j].link = 1
    jobs[j].step = c
    depth += 1
    launch(c)
    depth -= 1
  }

  /// A request comes out of the proxy in front of its pod.
  @inline(never) mutating func doorHears(_ j: UInt32, _ call: Call) {
    if jobs[j].state == Job.gone {
      // News that is still under way finds the record and frees it.
      if jobs[j].marks & Job.abandonmentUnderWay == 0 { freeJob(j) }
      return
    }
    jobs[j].reply = call.reply == 0 ? resetReply : call.reply
    jobs[j].step = doorSteps[j]
    jobs[j].state = Job.working
    respond(j)
  }

  /// Whether an answer goes to the proxy in front of the pod; it is counted when it comes out.
  mutating func answersInside(_ j: UInt32, _ pod: UnsafeMutablePointer<Pod>) -> Bool {
    guard pod.pointee.marks & Pod.hasDoor != 0, isInside(j), jobs[j].call != none
    else { return false }
    jobs[j].state = Job.answering
    if depth < Self.maxDepth {
      depth += 1
      responseAtProxy(j)
      depth -= 1
    } else {
      schedule(.responseAtProxy, j, after: .zero)
    }
    return true
  }

  /// Whether a job comes from the proxy in front of its pod.
  func isInside(_ j: UInt32) -> Bool { jobs[j].marks & Job.isInside == Job.isInside }

  /// Whether news of abandonment matters to whom it would reach: proxies always hear of it, a pod
  /// when its work stops for it.
  func isHeard(_ j: UInt32) -> Bool {
    let pod = pods[jobs[j].pod]
    let comesFromInside = isInside(j) || jobs[j].step & Edge.isInside != 0
    if pod.marks & Pod.hasDoor != 0, !comesFromInside { return true }
    let work = services[pod.service].abandonedWork
    return work == .leavesQueue || work == .droppedAtOnce
  }

  /// Whether a job's request is in the proxy in front of its pod.
  func isAtDoor(_ j: UInt32) -> Bool { jobs[j].state == Job.calling && !isInside(j) }

  /// The proxy in front of a pod hears that a request was given up: it gives up its own.
  mutating func abandonmentAtDoor(_ j: UInt32, _ pod: UnsafeMutablePointer<Pod>) -> Bool {
    guard isAtDoor(j) else { return false }
    let c = jobs[j].step
    calls[c].parent = Parent.nobody
    if calls[c].job == none { podBooks[jobs[j].pod].unheard &+= 1 }
    countLoss(j)
    endByProxy(c, status: 0, .downstreamConnectionTermination, .downstreamRemoteDisconnect)
    freeJob(j)
    return true
  }
}
