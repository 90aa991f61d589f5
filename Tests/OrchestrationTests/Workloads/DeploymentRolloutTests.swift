import Orchestration
import Testing
import TimeAndChance

/// A Deployment's pods by set, oldest first; true means available.
private struct World {
  var sets: [[Bool]]
  var recorded: [ReplicaSetObservation]

  init(pods: Int) {
    sets = [Array(repeating: true, count: pods), []]
    recorded = [ReplicaSetObservation(replicas: pods), ReplicaSetObservation(replicas: 0)]
  }

  var total: Int { sets.reduce(0) { $0 + $1.count } }
  var available: Int { sets.joined().reduce(0) { $0 + ($1 ? 1 : 0) } }

  /// One sync; sets reach their size at once, unavailable pods go first.
  mutating func sync(_ rollout: DeploymentRollout) -> DeploymentRollout.Change {
    for index in sets.indices {
      recorded[index].available = sets[index].reduce(0) { $0 + ($1 ? 1 : 0) }
      recorded[index].existingPods = sets[index].count
    }
    var old = Array(recorded.dropLast())
    var new = recorded[recorded.count - 1]
    let change = rollout.sync(new: &new, old: &old)
    recorded = old + [new]
    for index in sets.indices {
      while sets[index].count < recorded[index].replicas { sets[index].append(false) }
      while sets[index].count > recorded[index].replicas {
        sets[index].remove(at: sets[index].firstIndex(of: false) ?? 0)
      }
    }
    return change
  }
}

@Suite struct DeploymentRolloutTests {
  @Test func `never breaks surge or unavailability, whatever the pods do`() {
    for seed in UInt64(0)..<800 {
      var random = RandomStream(seed: seed, name: "rollout")
      let replicas = Int(random.below(30)) + 1
      let value = { (random: inout RandomStream) -> IntOrPercent in
        random.below(2) == 0
          ? .int(Int(random.below(6))) : .percent(Int(random.below(101)))
      }
      let strategy = DeploymentStrategy.rollingUpdate(
        maxSurge: value(&random), maxUnavailable: value(&random))
      let rollout = DeploymentRollout(replicas: replicas, strategy: strategy)
      var world = World(pods: replicas)
      if random.below(3) == 0 {  // a third template arrives while the second rolls out
        world.sets.insert(Array(repeating: true, count: Int(random.below(4))), at: 1)
        world.recorded.insert(ReplicaSetObservation(replicas: world.sets[1].count), at: 1)
        world.sets[0].removeLast(min(replicas, world.sets[1].count))
        world.recorded[0].replicas = world.sets[0].count
        if world.total > rollout.maxTotal { continue }
      }
      var broken: [String] = []
      for step in 0..<200 {
        let settles = step > 100  // first chaos, then every pod gets ready
        for set in world.sets.indices {
          for pod in world.sets[set].indices where settles || random.below(4) == 0 {
            world.sets[set][pod] = settles || random.below(3) > 0
          }
        }
        let before = world.available
        _ = world.sync(rollout)
        if world.total > rollout.maxTotal { broken.append("surge at step \(step)") }
        if world.available < min(before, rollout.minAvailable) {
          broken.append("unavailability at step \(step)")
        }
      }
      #expect(broken == [], "seed \(seed)")
      #expect(world.sets.map(\.count).reversed().first == replicas, "seed \(seed)")
      #expect(world.total == replicas, "seed \(seed)")
    }
  }

  @Test func `without surge three pods are replaced one at a time`() {
    let rollout = DeploymentRollout(
      replicas: 3, strategy: .rollingUpdate(maxSurge: .int(0), maxUnavailable: .int(1)))
    var world = World(pods: 3)
    var sizes: [String] = []
    for _ in 0..<12 {
      if world.sync(rollout) == .none { world.sets[1] = world.sets[1].map { _ in true } }
      sizes.append("\(world.sets[0].count)\(world.sets[1].count)")
    }
    #expect(sizes == ["20", "21", "21", "11", "12", "12", "02", "03", "03", "03", "03", "03"])
  }

  @Test func `pods that never get ready stop the rollout with enough old ones left`() {
    let rollout = DeploymentRollout(replicas: 10)
    var world = World(pods: 10)
    for _ in 0..<20 { _ = world.sync(rollout) }
    #expect(world.sets.map(\.count) == [8, 5])
    #expect(world.available == rollout.minAvailable)
  }

  @Test func `recreate waits until the last old pod is gone, terminating ones included`() {
    let rollout = DeploymentRollout(replicas: 2, strategy: .recreate)
    var old = [ReplicaSetObservation(replicas: 2, available: 2)]
    var new = ReplicaSetObservation(replicas: 0)
    #expect(rollout.sync(new: &new, old: &old) == .shrankOld)
    #expect(rollout.sync(new: &new, old: &old) == .none)
    old[0].existingPods = 0
    #expect(rollout.sync(new: &new, old: &old) == .resizedNew)
    #expect(new.replicas == 2)
  }

  @Test func `scaling in the middle of a rollout keeps the proportions and counts surge`() {
    let rollout = DeploymentRollout(
      replicas: 20, strategy: .rollingUpdate(maxSurge: .int(2), maxUnavailable: .int(0)))
    var old = [
      ReplicaSetObservation(replicas: 6, available: 6, recordedDesired: 10, recordedMax: 12)
    ]
    var new = ReplicaSetObservation(replicas: 6, recordedDesired: 10, recordedMax: 12)
    #expect(rollout.sync(new: &new, old: &old) == .scaled)
    #expect(new.replicas == 11 && old[0].replicas == 11)
    #expect(new.recordedDesired == 20 && old[0].recordedMax == 22)
  }

  @Test func `a paused deployment scales but does not roll out`() {
    let rollout = DeploymentRollout(replicas: 5, isPaused: true)
    var old = [ReplicaSetObservation(replicas: 3, available: 3, recordedDesired: 3)]
    var new = ReplicaSetObservation(replicas: 0)
    #expect(rollout.sync(new: &new, old: &old) == .scaled)
    #expect(old[0].replicas == 5)
    #expect(rollout.sync(new: &new, old: &old) == .none)
  }

  @Test func `proportional scaling reaches exactly the allowed size`() {
    for seed in UInt64(0)..<1_000 {
      var random = RandomStream(seed: seed, name: "proportional")
      let surge = Int(random.below(5))
      var old = (0...random.below(4)).map { _ in
        ReplicaSetObservation(replicas: Int(random.below(12)) + 1)
      }
      var new = ReplicaSetObservation(replicas: Int(random.below(12)) + 1)
      let total = old.reduce(new.replicas) { $0 + $1.replicas }
      for index in old.indices { old[index].recordedMax = total }
      new.recordedMax = total
      let replicas = Int(random.below(60)) + 1
      let rollout = DeploymentRollout(
        replicas: replicas,
        strategy: .rollingUpdate(maxSurge: .int(surge), maxUnavailable: .int(1)))
      _ = rollout.scale(new: &new, old: &old)
      #expect(old.reduce(new.replicas) { $0 + $1.replicas } == replicas + surge, "seed \(seed)")
      #expect(old.allSatisfy { $0.replicas >= 0 } && new.replicas >= 0, "seed \(seed)")
    }
  }
}

@Suite struct RolloutProgressTests {
  private func seconds(_ count: Int64) -> SimTime { .zero + .seconds(count) }

  @Test func `stands still until after the deadline, then stays exceeded until it moves`() {
    var progress = RolloutProgress(deadline: .seconds(10), startedAt: .zero)
    let stuck = RolloutStatus(replicas: 3, updated: 1, ready: 2, available: 2)
    #expect(progress.observe(stuck, desired: 3, at: seconds(1)) == .newReplicaSetCreated)
    #expect(progress.observe(stuck, desired: 3, at: seconds(10)) == .newReplicaSetCreated)
    #expect(progress.observe(stuck, desired: 3, at: seconds(11)) == .progressDeadlineExceeded)
    let moved = RolloutStatus(replicas: 3, updated: 2, ready: 2, available: 2)
    #expect(progress.observe(moved, desired: 3, at: seconds(50)) == .replicaSetUpdated)
    #expect(progress.timesOutAfter == seconds(60))
  }

  @Test func `a completed rollout never times out, not even when it is scaled`() {
    var progress = RolloutProgress(startedAt: .zero)
    let done = RolloutStatus(replicas: 2, updated: 2, ready: 2, available: 2)
    #expect(progress.observe(done, desired: 2, at: seconds(5)) == .newReplicaSetAvailable)
    #expect(progress.observe(done, desired: 8, at: seconds(9999)) == .newReplicaSetAvailable)
    #expect(progress.timesOutAfter == nil)
    progress.startRollout(at: seconds(10_000))
    #expect(progress.timesOutAfter == seconds(10_600))
  }

  @Test func `available means ready for so long`() {
    let ready = seconds(5)
    let minReady = SimDuration.seconds(10)
    #expect(!PodAvailability.isAvailable(readySince: nil, minReady: .zero, at: ready))
    #expect(PodAvailability.isAvailable(readySince: ready, minReady: .zero, at: ready))
    #expect(!PodAvailability.isAvailable(readySince: ready, minReady: minReady, at: seconds(14)))
    #expect(PodAvailability.isAvailable(readySince: ready, minReady: minReady, at: seconds(15)))
  }
}
