import Orchestration
import Testing
import TimeAndChance

@Suite struct NodeLossTests {
  /// When a node that dies right after a renewal is noticed, checked every 5 s.
  @Test(arguments: [(50, 55), (40, 45)])
  func `a silent node is unknown at the first check after the grace`(grace: Int64, found: Int64) {
    var health = NodeHealth(gracePeriod: .seconds(grace), seenAt: .zero)
    var noticed: Int64?
    for second in stride(from: Int64(5), through: 80, by: 5) where noticed == nil {
      let transition = health.check(
        isRenewed: false, reportsReady: true, at: .zero + .seconds(second))
      if transition == .lost(.unreachable) { noticed = second }
    }
    #expect(noticed == found)
    #expect(health.condition == .unknown)
  }

  @Test func `reports change the taint, and a recovered node loses it`() {
    var health = NodeHealth(seenAt: .zero)
    let at = { (second: Int64) in SimTime.zero + .seconds(second) }
    #expect(health.check(isRenewed: true, reportsReady: false, at: at(5)) == .lost(.notReady))
    #expect(health.check(isRenewed: true, reportsReady: false, at: at(10)) == nil)
    #expect(
      health.check(isRenewed: false, reportsReady: false, at: at(65)) == .swapped(to: .unreachable))
    #expect(
      health.check(isRenewed: true, reportsReady: false, at: at(70)) == .swapped(to: .notReady))
    #expect(health.check(isRenewed: true, reportsReady: true, at: at(75)) == .recovered)
  }

  @Test func `a reboot within the grace goes unnoticed`() {
    var health = NodeHealth(seenAt: .zero)
    for second in stride(from: Int64(5), through: 50, by: 5) {
      #expect(
        health.check(isRenewed: false, reportsReady: true, at: .zero + .seconds(second)) == nil)
    }
    #expect(health.check(isRenewed: true, reportsReady: true, at: .zero + .seconds(55)) == nil)
  }

  @Test func `after an outage of the control plane nodes get their grace anew`() {
    var health = NodeHealth(seenAt: .zero)
    health.resumeMonitoring(at: .zero + .seconds(1000))
    #expect(health.check(isRenewed: false, reportsReady: true, at: .zero + .seconds(1050)) == nil)
  }

  @Test func `pods leave when their shortest toleration ends`() {
    let defaults = Toleration.admissionDefaults(for: [])
    let taints = [Taint.unreachable]
    let eviction = { (tolerations: [Toleration]) in
      Toleration.eviction(taints: taints, tolerations: tolerations, noticedAt: .zero)
    }
    #expect(eviction(defaults) == .zero + .seconds(300))
    #expect(eviction([]) == .zero)
    #expect(eviction(Toleration.daemonDefaults) == nil)
    let own = Toleration(key: "node.kubernetes.io/unreachable", duration: .seconds(20))
    #expect(Toleration.admissionDefaults(for: [own]).map(\.key) == ["node.kubernetes.io/not-ready"])
    #expect(eviction(defaults + [own]) == .zero + .seconds(20))
    #expect(
      Toleration.eviction(
        taints: [.unreachable, .outOfService], tolerations: defaults, noticedAt: .zero) == .zero)
    #expect(
      Toleration.eviction(taints: [.unschedulable], tolerations: [], noticedAt: .zero) == nil)
  }

  @Test func `a zone gives up one node in ten seconds`() {
    var queue = ZoneTaintQueue(perSecond: 0.1)
    for node in 0..<3 { queue.add(node: node) }
    queue.add(node: 1)
    var tainted: [String] = []
    for second in Int64(0)..<30 {
      if let node = queue.taintNext(at: .zero + .seconds(second)) {
        tainted.append("\(second):\(node)")
      }
      if second == 5 { queue.remove(node: 1) }
    }
    #expect(tainted == ["0:0", "10:2"])
    #expect(queue.nextTaint(at: .zero) == nil)
  }

  @Test func `a rate of zero taints nothing until it changes`() {
    var queue = ZoneTaintQueue(perSecond: 0)
    queue.add(node: 4)
    #expect(queue.taintNext(at: .zero + .seconds(100)) == nil)
    queue.setRate(perSecond: 0.01, at: .zero + .seconds(100))
    #expect(queue.nextTaint(at: .zero + .seconds(100)) == .zero + .seconds(100))
    #expect(queue.taintNext(at: .zero + .seconds(100)) == 4)
  }

  @Test(arguments: [
    (10, 0, false, "normal", 0.1), (1, 2, false, "normal", 0.1), (0, 2, false, "full", 0.1),
    (0, 2, true, "full", 0), (4, 5, false, "partial", 0), (26, 34, false, "partial", 0.01),
    (0, 0, true, "normal", 0.1),
  ])
  func `the rate follows the state of the zone`(
    ready: Int, notReady: Int, everyZone: Bool, name: String, rate: Double
  ) {
    let zone = ZoneDisruption()
    let state = zone.state(ready: ready, notReady: notReady)
    #expect("\(state)" == name)
    #expect(
      zone.taintRate(state, zoneSize: ready + notReady, everyZoneIsFull: everyZone) == rate)
  }
}

@Suite struct EndpointTests {
  @Test func `terminating pods serve but are not ready, and help out when none is`() {
    let ready = EndpointCondition(podIsReady: true, podIsTerminating: false)
    let leaving = EndpointCondition(podIsReady: true, podIsTerminating: true)
    let broken = EndpointCondition(podIsReady: false, podIsTerminating: true)
    #expect(!leaving.isReady && leaving.isServing)
    #expect(EndpointCondition.usable([leaving, ready, broken]) == [1])
    #expect(EndpointCondition.usable([leaving, broken]) == [0])
    #expect(EndpointCondition.usable([broken]) == [])
    #expect(
      EndpointCondition(podIsReady: false, podIsTerminating: true, publishesNotReady: true).isReady)
  }

  @Test func `changes are collected until quiet, at most for ten seconds`() {
    var debounce = ChangeDebounce()
    let at = { (milliseconds: Int64) in SimTime.zero + .milliseconds(milliseconds) }
    #expect(debounce.change(at: at(0)) == at(100))
    #expect(debounce.change(at: at(60)) == at(160))
    let flushed = [100, 160, 900].map { debounce.flush(at: at($0)) }
    #expect(flushed == [false, true, false])
    var due = SimTime.zero
    for step in Int64(0)..<300 { due = debounce.change(at: at(1000 + 50 * step)) }
    #expect(due == at(11_000))
  }

  @Test func `kube-proxy writes at most once a second`() {
    var proxy = BoundedFrequency(ranAt: .zero)
    #expect(proxy.nextRun(at: .zero) == .zero + .seconds(30))
    #expect(proxy.change(at: .zero + .milliseconds(200)) == .zero + .seconds(1))
    proxy.run(at: .zero + .seconds(1))
    #expect(proxy.change(at: .zero + .seconds(9)) == .zero + .seconds(9))
  }

  @Test func `busy clusters are never faster`() {
    for consumer in EndpointConsumer.allCases {
      let (calm, busy) = (
        consumer.typicalDelay(isBusy: false), consumer.typicalDelay(isBusy: true)
      )
      #expect(calm.lowerBound <= busy.lowerBound && calm.upperBound <= busy.upperBound)
    }
  }
}
