import Orchestration
import Testing
import TimeAndChance

@Suite struct ReplicaSetControlTests {
  private func pod(ready: Bool = true, cost: Int32 = 0, ageSeconds: Int64) -> PodDeletionCandidate {
    PodDeletionCandidate(
      isScheduled: true, phase: .running, isReady: ready, deletionCost: cost,
      readyAgeNanoseconds: ready ? ageSeconds * 1_000_000_000 : nil,
      ageNanoseconds: ageSeconds * 1_000_000_000)
  }

  @Test func `creates what is missing, at most a burst`() {
    let control = ReplicaSetControl(burst: 5)
    #expect(control.manage(desired: 3, pods: [pod(ageSeconds: 1)]) == .create(2))
    #expect(control.manage(desired: 100, pods: []) == .create(5))
    #expect(control.manage(desired: 1, pods: [pod(ageSeconds: 1)]) == .none)
  }

  @Test func `deletes unready, cheap and young pods first`() {
    let pods = [
      pod(ageSeconds: 10_000), pod(cost: -1, ageSeconds: 90_000), pod(ready: false, ageSeconds: 50),
      pod(ageSeconds: 10),
    ]
    #expect(ReplicaSetControl().manage(desired: 1, pods: pods) == .delete([2, 1, 3]))
  }

  @Test func `the order is the same seen from either side`() {
    for seed in UInt64(0)..<3_000 {
      var random = RandomStream(seed: seed, name: "deletion")
      let make = { (random: inout RandomStream) in
        PodDeletionCandidate(
          isScheduled: random.below(2) == 0,
          phase: [.pending, .unknown, .running][Int(random.below(3))],
          isReady: random.below(2) == 0, deletionCost: Int32(random.below(2)),
          colocatedRank: Int(random.below(2)),
          readyAgeNanoseconds: random.below(3) == 0 ? nil : Int64(random.below(4)),
          restarts: Int(random.below(2)),
          ageNanoseconds: random.below(3) == 0 ? nil : Int64(random.below(4)))
      }
      let (first, second) = (make(&random), make(&random))
      switch PodDeletionCandidate.order(first, second) {
      case .firstGoesFirst:
        #expect(PodDeletionCandidate.order(second, first) == .secondGoesFirst, "seed \(seed)")
      case .secondGoesFirst:
        #expect(PodDeletionCandidate.order(second, first) == .firstGoesFirst, "seed \(seed)")
      case .byUID:
        #expect(PodDeletionCandidate.order(second, first) == .byUID, "seed \(seed)")
      }
    }
  }

  @Test func `ranks count the pods of the owner on the same node`() {
    #expect(ReplicaSetControl.colocatedRanks(nodes: [1, 2, 1, nil, 1]) == [3, 1, 3, 1, 3])
  }

  @Test func `refused creates wait 5 ms, doubling to a thousand seconds`() {
    var backOff = WorkQueueBackOff()
    let waits = (0..<20).map { _ in backOff.delayAfterFailure() }
    let first = [5, 10, 20, 40].map { SimDuration.milliseconds($0) }
    #expect(Array(waits.prefix(4)) == first)
    #expect(waits[17] == .milliseconds(5 << 17))
    #expect(waits[18] == .seconds(1000) && waits[19] == .seconds(1000))
    backOff.recordSuccess()
    #expect(backOff.delayAfterFailure() == .milliseconds(5))
  }

  @Test func `a full quota leaves the set short, and freed quota is noticed only at the retry`() {
    var controller = ReplicaSetController()
    let running = (0..<5).map { _ in pod(ageSeconds: 100) }
    var room = 0
    let create = {
      room -= 1
      return room >= 0
    }
    var now = SimTime.zero
    var waits: [SimDuration] = []
    for _ in 0..<18 {
      room = 0
      let outcome = controller.sync(desired: 8, pods: running, at: now, create: create)
      #expect(outcome.created == 0 && outcome.refused == 1)
      waits.append((outcome.retryAt ?? now) - now)
      now = outcome.retryAt ?? now
    }
    #expect(controller.hasReplicaFailure)
    #expect(waits.first == .milliseconds(5) && waits.last == .milliseconds(655_360))
    room = 10  // someone else's pods went long ago
    let outcome = controller.sync(desired: 8, pods: running, at: now, create: create)
    #expect(outcome == ReplicaSetController.Outcome(created: 3))
    #expect(!controller.hasReplicaFailure && controller.retryAt == nil)
  }

  @Test func `one more pod than fits costs one refused create, not a hundred`() {
    var controller = ReplicaSetController()
    var room = 2
    let outcome = controller.sync(desired: 100, pods: [], at: .zero) {
      room -= 1
      return room >= 0
    }
    #expect(outcome.created == 2 && outcome.refused == 1)
  }

  @Test func `a burst of thirty goes at once, the rest at twenty a second`() {
    var budget = RequestBudget.controllerManager
    let waits = (0..<33).map { _ in budget.reserve(at: .zero) }
    #expect(waits.prefix(30).allSatisfy { $0 == .zero })
    let queued = [50, 100, 150].map { SimDuration.milliseconds($0) }
    #expect(Array(waits.suffix(3)) == queued)
    #expect(budget.reserve(at: .zero + .seconds(100)) == .zero)
  }
}
