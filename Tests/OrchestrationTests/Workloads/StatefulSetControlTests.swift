import Orchestration
import Testing

@Suite struct StatefulSetControlTests {
  typealias Pod = StatefulPodObservation

  @Test func `creates upwards, each after the one below is available`() {
    let set = StatefulSetControl(replicas: 3)
    #expect(set.sync(pods: []) == [.create(ordinal: 0, updated: true)])
    #expect(set.sync(pods: [Pod(isReady: false)]) == [])
    #expect(set.sync(pods: [Pod(isReady: true, isAvailable: false)]) == [])
    #expect(set.sync(pods: [Pod()]) == [.create(ordinal: 1, updated: true)])
  }

  @Test func `removes from the top, each after the one above is gone`() {
    let set = StatefulSetControl(replicas: 1)
    #expect(set.sync(pods: [Pod(), Pod(), Pod()]) == [.delete(ordinal: 2)])
    #expect(set.sync(pods: [Pod(), Pod(), Pod(isTerminating: true)]) == [])
    #expect(set.sync(pods: [Pod(), Pod(), nil]) == [.delete(ordinal: 1)])
    #expect(set.sync(pods: [Pod(isReady: false), Pod(), nil]) == [])
  }

  @Test func `in parallel nothing is waited for`() {
    let set = StatefulSetControl(replicas: 2, isParallel: true)
    #expect(
      set.sync(pods: [nil, nil, Pod(), Pod()]) == [
        .create(ordinal: 0, updated: true), .create(ordinal: 1, updated: true),
        .delete(ordinal: 3), .delete(ordinal: 2),
      ])
  }

  @Test func `in parallel an update may begin while lower pods are missing`() {
    let set = StatefulSetControl(replicas: 2, isParallel: true)
    #expect(
      set.sync(pods: [nil, Pod(isUpdated: false)]) == [
        .create(ordinal: 0, updated: true), .delete(ordinal: 1),
      ])
  }

  @Test func `updates from the top down to the partition, one at a time`() {
    let set = StatefulSetControl(
      replicas: 4, strategy: .rollingUpdate(partition: 1, maxUnavailable: 1))
    let outdated = Pod(isUpdated: false)
    #expect(
      set.sync(pods: [outdated, outdated, outdated, outdated]) == [.delete(ordinal: 3)])
    #expect(set.sync(pods: [outdated, outdated, outdated, Pod(isTerminating: true)]) == [])
    #expect(set.sync(pods: [outdated, outdated, outdated, Pod()]) == [.delete(ordinal: 2)])
    #expect(set.sync(pods: [outdated, Pod(), Pod(), Pod()]) == [])
    #expect(set.sync(pods: [nil, Pod(), Pod(), Pod()]) == [.create(ordinal: 0, updated: false)])
  }

  @Test func `a pod of a lost node is never replaced while its object exists`() {
    let set = StatefulSetControl(replicas: 2)
    #expect(set.sync(pods: [Pod(), Pod(isReady: false, isTerminating: true)]) == [])
    #expect(set.sync(pods: [Pod(), nil]) == [.create(ordinal: 1, updated: true)])
  }

  @Test func `a pod that never gets ready blocks even the mended template`() {
    let set = StatefulSetControl(replicas: 2)
    #expect(set.sync(pods: [Pod(isUpdated: false), Pod(isReady: false, isUpdated: false)]) == [])
  }

  @Test func `with the gate several may be missing at once`() {
    let set = StatefulSetControl(
      replicas: 4, strategy: .rollingUpdate(partition: 0, maxUnavailable: 2))
    let outdated = Pod(isUpdated: false)
    #expect(
      set.sync(pods: Array(repeating: outdated, count: 4)) == [
        .delete(ordinal: 3), .delete(ordinal: 2),
      ])
  }

  @Test func `an ended pod is deleted first and created again later`() {
    let set = StatefulSetControl(replicas: 1)
    #expect(set.sync(pods: [Pod(isReady: false, hasEnded: true)]) == [.delete(ordinal: 0)])
  }
}

@Suite struct DaemonSetRolloutTests {
  typealias Node = DaemonNodeObservation

  /// Runs a rollout to its end: every started pod is available one round later.
  private func rounds(_ rollout: DaemonSetRollout, nodes count: Int) -> (rounds: Int, worst: Int) {
    var nodes = Array(repeating: Node(oldIsAvailable: true), count: count)
    var worst = 0
    for round in 0..<100 {
      if nodes.allSatisfy({ $0.newIsAvailable == true && $0.oldIsAvailable == nil }) {
        return (round, worst)
      }
      for index in nodes.indices {
        nodes[index].hasTerminating = false
        if nodes[index].newIsAvailable != nil { nodes[index].newIsAvailable = true }
      }
      let step = rollout.sync(nodes: nodes)
      for index in step.create { nodes[index].newIsAvailable = false }
      for index in step.deleteOld {
        nodes[index].oldIsAvailable = nil
        nodes[index].hasTerminating = true
      }
      let down = nodes.reduce(0) {
        $0 + ($1.newIsAvailable == true || $1.oldIsAvailable == true ? 0 : 1)
      }
      worst = max(worst, down)
    }
    return (100, worst)
  }

  @Test func `one node at a time by default, and no more is ever down`() {
    let outcome = rounds(DaemonSetRollout(), nodes: 5)
    #expect(outcome.worst == 1)
    #expect(outcome.rounds > 10)
  }

  @Test func `a share of the nodes goes together, rounded up`() {
    let outcome = rounds(DaemonSetRollout(maxUnavailable: .percent(30)), nodes: 5)
    #expect(outcome.worst == 2)
  }

  @Test func `with surge no node is ever without a pod`() {
    let outcome = rounds(
      DaemonSetRollout(maxUnavailable: .int(0), maxSurge: .int(1)), nodes: 5)
    #expect(outcome.worst == 0)
    #expect(outcome.rounds < 100)
  }

  @Test func `a broken old pod is replaced whatever the limit says`() {
    let nodes = [
      Node(newIsAvailable: false), Node(oldIsAvailable: false), Node(oldIsAvailable: true),
    ]
    #expect(DaemonSetRollout().sync(nodes: nodes).deleteOld == [1])
  }

  @Test func `a terminating pod is waited for, a node that left is emptied`() {
    let nodes = [
      Node(hasTerminating: true), Node(), Node(shouldRun: false, oldIsAvailable: true),
    ]
    let step = DaemonSetRollout(isOnDelete: true).sync(nodes: nodes)
    #expect(step.create == [1])
    #expect(step.deleteAll == [2])
  }
}
