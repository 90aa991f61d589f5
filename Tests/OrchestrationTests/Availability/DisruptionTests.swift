import Orchestration
import Testing
import TimeAndChance

@Suite struct PodDisruptionBudgetTests {
  private func pods(_ count: Int, ready: Int) -> [PodDisruptionBudget.Pod] {
    (0..<count).map { .init(id: $0, isReady: $0 < ready) }
  }

  @Test func `a granted eviction counts as gone until it is, or for two minutes`() {
    var budgets = [PodDisruptionBudget(.minAvailable(.int(1)))]
    budgets[0].sync(pods: pods(2, ready: 2), controllerScales: nil, at: .zero)
    #expect(budgets[0].status.disruptionsAllowed == 1)
    let request = EvictionRequest(pod: 0, phase: .running, isReady: true)
    #expect(request.answer(budgets: &budgets, at: .zero) == .evicted)
    let other = EvictionRequest(pod: 1, phase: .running, isReady: true)
    #expect(other.answer(budgets: &budgets, at: .zero) == .tooManyRequests(retryAfter: .zero))
    // The pod was never deleted: after two minutes it counts again.
    budgets[0].sync(pods: pods(2, ready: 2), controllerScales: nil, at: .zero + .seconds(119))
    #expect(budgets[0].status.currentHealthy == 1)
    budgets[0].sync(pods: pods(2, ready: 2), controllerScales: nil, at: .zero + .seconds(120))
    #expect(budgets[0].status.disruptionsAllowed == 1)
  }

  @Test func `a stale status refuses and suggests to come back`() {
    var budgets = [PodDisruptionBudget(.maxUnavailable(.int(1)))]
    let request = EvictionRequest(phase: .running, isReady: true)
    #expect(
      request.answer(budgets: &budgets, at: .zero) == .tooManyRequests(retryAfter: .seconds(10)))
    budgets[0].sync(pods: pods(3, ready: 3), controllerScales: [3], at: .zero)
    #expect(request.answer(budgets: &budgets, at: .zero) == .evicted)
    budgets[0].update(.maxUnavailable(.int(2)))
    #expect(
      request.answer(budgets: &budgets, at: .zero) == .tooManyRequests(retryAfter: .seconds(10)))
  }

  @Test func `pods whose controller is unknown allow nothing`() {
    var budget = PodDisruptionBudget(.maxUnavailable(.int(1)))
    budget.sync(pods: pods(3, ready: 3), controllerScales: nil, at: .zero)
    #expect(budget.status.disruptionsAllowed == 0)
  }

  @Test func `two thousand unconfirmed evictions are enough`() {
    var budgets = [
      PodDisruptionBudget(
        .minAvailable(.int(0)),
        status: .init(disruptionsAllowed: 5000, currentHealthy: 5000, expectedPods: 5000))
    ]
    var refused = 0
    for pod in 0..<2_005 {
      let request = EvictionRequest(pod: pod, phase: .running, isReady: true)
      if request.answer(budgets: &budgets, at: .zero) == .forbidden { refused += 1 }
    }
    #expect(refused == 4)
  }

  @Test func `a budget never goes negative and never lets too many go`() {
    for seed in UInt64(0)..<400 {
      var random = RandomStream(seed: seed, name: "budget")
      let count = Int(random.below(12)) + 1
      let share: IntOrPercent =
        random.below(2) == 0
        ? .int(Int(random.below(14))) : .percent(Int(random.below(120)))
      let isMinimum = random.below(2) == 0
      var budgets = [PodDisruptionBudget(isMinimum ? .minAvailable(share) : .maxUnavailable(share))]
      var ready = Array(repeating: true, count: count)
      var terminating = Array(repeating: false, count: count)
      var now = SimTime.zero
      for _ in 0..<120 {
        now = now + .seconds(Int64(random.below(40)))
        let pod = Int(random.below(UInt32(count)))
        switch random.below(5) {
        case 0: ready[pod].toggle()
        case 1:
          terminating[pod] = false  // replaced by a fresh pod, not ready yet
          ready[pod] = false
        case 2:
          let request = EvictionRequest(
            pod: pod, phase: .running, isReady: ready[pod], isTerminating: terminating[pod])
          let healthy = zip(ready, terminating).reduce(0) { $0 + ($1.0 && !$1.1 ? 1 : 0) }
          let status = budgets[0].status
          let answer = request.answer(budgets: &budgets, at: now)
          if answer.isGranted { terminating[pod] = true }
          if answer == .evicted && ready[pod] && healthy >= status.currentHealthy {
            #expect(healthy - 1 >= status.desiredHealthy, "seed \(seed)")
          }
        default:
          let pods = (0..<count).map {
            PodDisruptionBudget.Pod(id: $0, isReady: ready[$0], isTerminating: terminating[$0])
          }
          budgets[0].sync(pods: pods, controllerScales: [count], at: now)
        }
        #expect(budgets[0].status.disruptionsAllowed >= 0, "seed \(seed)")
      }
    }
  }
}

@Suite struct NodeDrainTests {
  @Test func `two replicas of which one must stay leave one after the other`() {
    var budgets = [PodDisruptionBudget(.minAvailable(.int(1)))]
    // Pods 0 and 1 are on the node, replacements get ids from 2 on and are ready after 12 s.
    var pods: [(id: Int, readyAt: SimTime)] = [(0, .zero), (1, .zero)]
    var drain = NodeDrain(pods: [0, 1], at: .zero)
    var fewest = 2
    var requests = 0
    var now = SimTime.zero
    while drain.progress(at: now) == .draining, now < .zero + .seconds(100) {
      let seen = pods.map {
        PodDisruptionBudget.Pod(id: $0.id, isReady: $0.readyAt <= now)
      }
      budgets[0].sync(pods: seen, controllerScales: [2], at: now)
      for pod in drain.due(at: now) {
        requests += 1
        let answer = EvictionRequest(pod: pod, phase: .running, isReady: true)
          .answer(budgets: &budgets, at: now)
        drain.answered(answer, pod: pod, at: now)
        if answer.isGranted {
          pods.removeAll { $0.id == pod }
          pods.append((pods.count + 10 + requests, now + .seconds(12)))
          drain.podGone(pod)
        }
      }
      fewest = min(fewest, pods.reduce(0) { $0 + ($1.readyAt <= now ? 1 : 0) })
      now = now + .seconds(1)
    }
    #expect(drain.progress(at: now) == .drained)
    #expect(fewest == 1)
    // Asked at 0 (both), 5, 10 and 15, when the replacement is ready.
    #expect(requests == 5)
    #expect(now == .zero + .seconds(16))
  }

  @Test func `a budget that allows nothing holds a drain up until its timeout`() {
    var drain = NodeDrain(pods: [7], at: .zero, timeout: .seconds(12))
    var asked: [Int64] = []
    for second in Int64(0)..<20 {
      let now = SimTime.zero + .seconds(second)
      for pod in drain.due(at: now) {
        asked.append(second)
        drain.answered(.tooManyRequests(retryAfter: .zero), pod: pod, at: now)
      }
    }
    #expect(asked == [0, 5, 10])
    #expect(drain.progress(at: .zero + .seconds(11)) == .draining)
    #expect(drain.progress(at: .zero + .seconds(12)) == .timedOut)
  }

  @Test func `two budgets on one pod make the drain fail`() {
    var drain = NodeDrain(pods: [1, 2], at: .zero)
    drain.answered(.multipleBudgets, pod: 1, at: .zero)
    drain.answered(.evictedBudgetSkipped, pod: 2, at: .zero)
    #expect(drain.progress(at: .zero) == .draining)
    drain.podGone(2)
    #expect(drain.progress(at: .zero) == .failed)
    #expect(drain.nextRequest == nil)
  }
}
