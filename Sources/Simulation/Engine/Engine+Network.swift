import EventKernel
import TimeAndChance
import TrafficPolicy

// Messages on a network whose ways differ, or on which something goes wrong. The common path knows
// one constant per cluster; it comes here when a pod or an edge is marked.
extension Engine {
  // MARK: Who and where

  /// The pod from which a call was made; none for those from outside.
  private func callerPod(of c: UInt32) -> UInt32 {
    let edge = edges.base + Int(calls[c].edge)
    if edge.pointee.placement == .drawn {
      let x = calls[c].extra
      // The answer leaves without its extra, which has left the number here.
      return x == none ? calls[c].hostAndWorker : extras[x].callerPod
    }
    var parent = calls[c].parent
    if parent & Parent.tagMask == Parent.client { parent = clientCalls[parent & 0xFF_FFFF].parent }
    return parent & Parent.tagMask == Parent.job ? jobs[parent & 0xFF_FFFF].pod : none
  }

  /// Who makes a call.
  private func caller(of c: UInt32) -> UInt32 {
    let pod = callerPod(of: c)
    if pod != none { return Party.pod | pod }
    var parent = calls[c].parent
    if parent & Parent.tagMask == Parent.client { parent = clientCalls[parent & 0xFF_FFFF].parent }
    let handle = parent & 0xFF_FFFF
    switch parent & Parent.tagMask {
    case Parent.source: return Party.source | handle
    case Parent.user: return Party.source | users[handle].source
    default: return Party.unknown
    }
  }

  private func place(ofCaller party: UInt32, _ c: UInt32) -> UInt32 {
    if party & 0xFF00_0000 == Party.pod { return network.podPlaces[Int(party & 0xFF_FFFF)] }
    let edge = edges[UInt32(calls[c].edge)]
    // A caller that has just left: its like stands for it.
    return edge.callerCount > 0 ? network.podPlaces[Int(edge.firstCaller)] : network.outside
  }

  /// Who stands behind a proxy's instance, and where.
  private func client(
    _ proxy: UInt32, _ instance: UInt32, call c: UInt32
  ) -> (party: UInt32, place: UInt32) {
    let ways = network.proxies[Int(proxy)]
    let number = instance - proxies[proxy].firstInstance
    switch ways.site {
    case .pods: return (Party.pod | ways.firstPod + number, network.instancePlaces[Int(instance)])
    case .itself: return (Party.proxy | proxy, network.instancePlaces[Int(instance)])
    case .caller:
      let party = c == none ? Party.unknown : caller(of: c)
      return (party, c == none ? network.outside : place(ofCaller: party, c))
    }
  }

  // MARK: Ways

  /// Adds a way up, in seconds.
  private mutating func draw(_ way: Way, proxy: Int) -> Double {
    var seconds = way.seconds
    for law in Int(way.firstLaw)..<(Int(way.firstLaw) + Int(way.lawCount)) {
      let drawn = network.laws[law]
      seconds += drawn.sample(using: &network.proxies[proxy].random, sampler)
    }
    return seconds
  }

  /// Seconds as a delay that the queue takes.
  private func delay(_ seconds: Double) -> SimDuration {
    SimDuration(seconds: min(seconds, FixedDelay.longest.inSeconds))
  }

  /// The time of one message between an instance and a pod.
  private mutating func timeToHost(
    _ kind: UInt32, _ place: UInt32, pod: UInt32, isAnswer: Bool
  ) -> Double {
    if let seconds = network.toHost[Int(kind)] { return seconds }
    let proxy = Int(clusterKinds[kind].proxy)
    let host = network.podPlaces[Int(pod)]
    let hop = network.hops[Int(pods[pod].service)]
    if isAnswer {
      return draw(network.way(from: host, to: place), proxy: proxy) + draw(hop.back, proxy: proxy)
        + draw(network.proxies[proxy].hostBack, proxy: proxy)
    }
    return draw(network.way(from: place, to: host), proxy: proxy) + draw(hop.there, proxy: proxy)
      + draw(network.proxies[proxy].hostThere, proxy: proxy)
  }

  // MARK: Between a proxy and a host

  /// A try or its answer crosses a network that is not the same for all.
  @inline(never) mutating func travelFar(_ j: UInt32, _ event: EventKind) {
    let c = jobs[j].call
    sendToHost(j, event, isAnswer: event == .responseAtProxy, call: c, state: calls[c].cluster)
  }

  /// The same of news about a try that its call has given up.
  mutating func sendToHost(
    _ j: UInt32, _ event: EventKind, isAnswer: Bool, call c: UInt32, state: UInt32
  ) {
    let cluster = clusters[state]
    let pod = jobs[j].pod
    let (party, place) = client(clusterKinds[cluster.kind].proxy, cluster.instance, call: c)
    let seconds = timeToHost(cluster.kind, place, pod: pod, isAnswer: isAnswer)
    dispatch(
      Message(
        handle: j, event: event, isAnswer: isAnswer, client: party, server: Party.pod | pod,
        delay: delay(seconds)))
  }

  /// A handshake with a pod begins on such a network.
  mutating func connectFar(_ x: UInt32, pod: UInt32) {
    let cluster = clusters[poolBooks[connections[x].pool].cluster]
    let (party, place) = client(clusterKinds[cluster.kind].proxy, cluster.instance, call: none)
    let there = timeToHost(cluster.kind, place, pod: pod, isAnswer: false)
    let back = timeToHost(cluster.kind, place, pod: pod, isAnswer: true)
    connections[x].timer = start(
      clusterKinds[cluster.kind].connectTimeout, .connectTimeout, x)
    dispatch(
      Message(
        handle: x, event: .connectDone, isAnswer: false, client: party, server: Party.pod | pod,
        delay: delay(there) + delay(back), begun: now))
  }

  // MARK: Between a caller and its proxy

  /// A call, or its answer, crosses such a network between the caller and the proxy.
  @inline(never) mutating func travelToProxy(_ c: UInt32, _ event: EventKind) {
    let call = calls[c]
    let edge = edges[UInt32(call.edge)]
    let isAnswer = event == .answerAtCaller
    let instance = call.attempts == 0 ? call.cluster : clusters[call.cluster].instance
    let ways = network.proxies[Int(edge.proxy)]
    let party = caller(of: c)
    var seconds = network.fromCaller[Int(call.edge)] ?? 0
    if network.fromCaller[Int(call.edge)] == nil {
      let proxy = Int(edge.proxy)
      seconds = draw(isAnswer ? ways.callerBack : ways.callerThere, proxy: proxy)
      if ways.site == .itself {
        let own = network.instancePlaces[Int(instance)]
        let other = place(ofCaller: party, c)
        let way =
          isAnswer ? network.way(from: own, to: other) : network.way(from: other, to: own)
        seconds += draw(way, proxy: proxy)
      }
    }
    dispatch(
      Message(
        handle: c, event: event, isAnswer: isAnswer, client: party,
        server: ways.site == .itself ? Party.proxy | edge.proxy : party, delay: delay(seconds)))
  }

  // MARK: What rules make of a message

  /// Sends a message on its way, through the rules that act now.
  mutating func dispatch(_ message: Message) {
    var delay = message.delay
    var isLost = false
    var isHeld = false
    if activeRules > 0, message.client != message.server {
      for r in network.rules.indices where network.rules[r].isActive {
        let ways = network.rules[r].concerns(message)
        guard ways > 0 else { continue }
        switch network.rules[r].effect {
        case .partition: return vanish(message)
        case .heldBack: isHeld = true
        case .loss(let share):
          for _ in 0..<ways where network.rules[r].random.unit() < share { isLost = true }
        case .delay(let law):
          for _ in 0..<ways {
            let seconds = law.sample(using: &network.rules[r].random, sampler)
            delay = delay + self.delay(seconds)
          }
        }
      }
    }
    if isHeld {
      heldBack.append(message)
    } else if isLost {
      sendAgain(message)
    } else {
      arrive(message, after: delay)
    }
  }

  /// Whether nothing passes between a proxy's cluster and a pod now.
  func isCutOff(_ state: UInt32, pod: UInt32) -> Bool {
    let cluster = clusters[state]
    let (party, _) = client(clusterKinds[cluster.kind].proxy, cluster.instance, call: none)
    let probe = Message(
      handle: none, event: .connectDone, isAnswer: false, client: party,
      server: Party.pod | pod, delay: .zero)
    return network.rules.contains { rule in
      guard rule.isActive, party != probe.server else { return false }
      switch rule.effect {
      case .partition, .heldBack: return rule.concerns(probe) > 0
      case .loss, .delay: return false
      }
    }
  }

  /// A lost message waits for its retransmission, or its connection breaks.
  private mutating func sendAgain(_ message: Message) {
    var message = message
    message.losses &+= 1
    let h = messages.allocate()
    messages[h] = message
    schedule(.retransmission, h, after: Retransmission.wait(message))
  }

  /// A message is sent again.
  mutating func retransmission(_ h: UInt32) {
    let message = messages[h]
    messages.free(h)
    if message.event == .connectDone, !isOpening(message) { return }
    if message.event != .connectDone, Int(message.losses) > Retransmission.most {
      return breakOff(message)
    }
    dispatch(message)
  }

  /// Whether the handshake that a message belongs to still goes on.
  private func isOpening(_ message: Message) -> Bool {
    let connection = connections[message.handle]
    return connection.state == Connection.connecting && connection.lastUse == message.begun
  }

  /// A message will arrive.
  private mutating func arrive(_ message: Message, after delay: SimDuration) {
    var delay = delay
    switch message.event {
    case .jobArrives: jobs[message.handle].since = now + delay
    case .abandonmentAtPod:
      // What is sent on one connection arrives in order.
      if jobs[message.handle].state == Job.travelling {
        delay = max(delay, jobs[message.handle].since - now)
      }
    case .connectDone:
      let cluster = clusters[poolBooks[connections[message.handle].pool].cluster]
      let kind = clusterKinds[cluster.kind]
      let limit = model.proxies[Int(kind.proxy)].configuration.clusters[Int(kind.index)]
        .connectTimeout
      // The timer that runs ends a handshake that would take longer.
      if now + delay - message.begun >= limit { return }
      cancel(&connections.pointer(message.handle).pointee.timer)
    default: break
    }
    schedule(message.event, message.handle, after: delay)
  }

  /// A message is gone for good, and nobody is told.
  private mutating func vanish(_ message: Message) {
    let handle = message.handle
    switch message.event {
    case .jobArrives, .responseAtProxy: hang(handle)
    case .abandonmentAtPod:
      jobs[handle].marks &= ~Job.abandonmentUnderWay
      if jobs[handle].state == Job.gone { freeJob(handle) }
    case .callAtProxy, .answerAtCaller:
      if calls[handle].parent == Parent.nobody {
        freeLost(handle)
      } else {
        calls[handle].state = .lost
      }
    default: break  // a handshake: its timer runs
    }
  }

  /// The connection of a message that was lost too often breaks: a client that sent hears of it.
  private mutating func breakOff(_ message: Message) {
    switch message.event {
    case .jobArrives where jobs[message.handle].call != none:
      jobs[message.handle].reply = resetReply
      jobs[message.handle].state = Job.answering
      schedule(.responseAtProxy, message.handle, after: .zero)
    case .callAtProxy:
      let c = message.handle
      edges[UInt32(calls[c].edge)].failed &+= 1
      if calls[c].extra != none {
        extras.free(calls[c].extra)
        calls[c].extra = none
      }
      calls[c].setResult(0, flags: .downstreamConnectionTermination)
      answerAtCaller(c)
    default: vanish(message)
    }
  }

  /// Gives the record of a call back whose message has vanished.
  mutating func freeLost(_ c: UInt32) {
    if calls[c].extra != none { extras.free(calls[c].extra) }
    calls[c].extra = none
    calls[c].state = .ended
    calls.free(c)
  }

  // MARK: Rules that begin and end

  /// A rule acts from now on, or no longer.
  mutating func setRule(_ r: Int, isActive: Bool) {
    guard network.rules[r].isActive != isActive else { return }
    network.rules[r].isActive = isActive
    activeRules += isActive ? 1 : -1
    markConcerned()
    if !isActive, case .heldBack = network.rules[r].effect { releaseHeldBack() }
  }

  /// Marks the pods and edges that the rules which act now may concern.
  private mutating func markConcerned() {
    for p in 0..<UInt32(pods.count) { pods[p].marks &= ~Pod.hasNetworkFault }
    for e in 0..<edges.count {
      edges[e].callerMarks &= ~Edge.hasNetworkFault
      edges[e].fromCaller.isZero = edges[e].fromCallerIsZero
    }
    for rule in network.rules where rule.isActive {
      for relation in rule.relations {
        let servers = relation.servers
        for p in pods.base..<(pods.base + pods.count) {
          if servers.isEverybody || servers.pods[p - pods.base] {
            p.pointee.marks |= Pod.hasNetworkFault
          }
        }
        for e in 0..<edges.count {
          let proxy = Int(edges[e].proxy)
          guard network.proxies[proxy].site == .itself,
            servers.isEverybody || servers.proxies[proxy]
          else { continue }
          edges[e].callerMarks |= Edge.hasNetworkFault
          edges[e].fromCaller.isZero = false
        }
      }
    }
  }

  /// Sends all that was held back on its way, in order.
  private mutating func releaseHeldBack() {
    let waiting = heldBack
    heldBack = []
    for message in waiting where message.event != .connectDone || isOpening(message) {
      dispatch(message)
    }
  }

  // MARK: Callers that are drawn

  /// The number of the instance beside whoever makes a call that is no job's.
  @inline(never)
  mutating func instanceBeside(_ parent: UInt32, _ edge: UnsafeMutablePointer<Edge>) -> UInt32 {
    if parent & Parent.tagMask == Parent.client {
      let real = clientCalls[parent & 0xFF_FFFF].parent
      if real & Parent.tagMask == Parent.job {
        return jobs[real & 0xFF_FFFF].pod &- edge.pointee.firstCaller
      }
    }
    let count = edge.pointee.instanceCount
    return count > 1 ? edge.pointee.random.below(count) : 0
  }

  /// Draws the pod at which a request of a source begins, and the instance of a shared proxy.
  @inline(never) mutating func drawCaller(_ c: UInt32, _ edge: UnsafeMutablePointer<Edge>) {
    let count = edge.pointee.instanceCount
    calls[c].cluster =
      edge.pointee.firstInstance + (count > 1 ? edge.pointee.random.below(count) : 0)
    let x = extra(of: c)
    extras[x].callerPod =
      edge.pointee.firstCaller + edge.pointee.random.below(edge.pointee.callerCount)
  }
}
