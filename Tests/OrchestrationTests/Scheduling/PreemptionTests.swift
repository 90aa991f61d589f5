import Orchestration
import Testing
import TimeAndChance

@Suite struct PreemptionTests {
  private func node(_ pods: [(id: Int, milli: Int64, priority: Int32)]) -> SchedulingNode {
    var node = SchedulingNode(allocatable: [.cpu: cpu(1000)])
    node.pods = pods.map { entry in
      var pod = SchedulingPod(
        id: entry.id, labels: ["id": "\(entry.id)"], requests: [.cpu: cpu(entry.milli)],
        priority: entry.priority)
      pod.startedAt = .zero + .seconds(Int64(entry.id))
      return pod
    }
    return node
  }
  private let high = SchedulingPod(id: 99, requests: [.cpu: cpu(500)], priority: 1_000_000)

  @Test func `displaces no more than it needs, the least important ones`() {
    let preemption = Preemption(
      for: high, nodes: [node([(1, 400, 10), (2, 300, 5), (3, 300, 5)])])
    // Put back in the order 1, 2, 3: only 1 still fits beside the 500m.
    #expect(preemption?.victims == [2, 3])
    #expect(preemption?.node == 0)
  }

  @Test func `never touches equals, nor anyone when it may not`() {
    #expect(Preemption(for: high, nodes: [node([(1, 1000, 1_000_000)])]) == nil)
    var meek = high
    meek.neverPreempts = true
    #expect(Preemption(for: meek, nodes: [node([(1, 1000, 0)])]) == nil)
    var cordoned = node([(1, 1000, 0)])
    cordoned.isUnschedulable = true
    #expect(Preemption(for: high, nodes: [cordoned]) == nil)
  }

  @Test func `chooses the node by budgets, priorities, number and age of victims`() {
    let budget = PreemptionBudget(
      selector: LabelSelector([.isIn(key: "id", values: ["1"])]), disruptionsAllowed: 0)
    let chosen = { (nodes: [SchedulingNode]) in
      Preemption(for: high, nodes: nodes, budgets: [budget])?.node
    }
    #expect(chosen([node([(1, 1000, 0)]), node([(2, 1000, 50)])]) == 1)
    #expect(chosen([node([(2, 1000, 60)]), node([(3, 1000, 50)])]) == 1)
    #expect(
      chosen([
        node([(2, 500, 5), (3, 500, 5)]), node([(4, 450, 5), (5, 450, 5), (6, 100, 2_000_000)]),
      ]) == 0)
    #expect(chosen([node([(2, 1000, 5)]), node([(7, 1000, 5)])]) == 1)
    let broken = Preemption(for: high, nodes: [node([(1, 1000, 0)])], budgets: [budget])
    #expect(broken?.violations == 1)
  }
}
