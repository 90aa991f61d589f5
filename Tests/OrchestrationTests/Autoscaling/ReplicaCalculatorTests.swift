import Orchestration
import Testing
import TimeAndChance

@Suite struct ReplicaCalculatorTests {
  private let calculator = ReplicaCalculator(AutoscalerSettings())

  private func utilization(
    _ usage: [Int64?], target: Int32 = 50, current: Int32? = nil, pods: [AutoscaledPod]? = nil,
    strays: [Int64] = []
  ) throws -> MetricProposal {
    try calculator.utilization(
      targetPercent: target, isCPU: true,
      reading: PodMetricReading(usage: usage, strays: strays),
      pods: pods ?? usage.map { _ in .settled }, currentReplicas: current ?? Int32(usage.count),
      now: autoscalerNow)
  }

  // Row D01 of the queueing vectors (family hpa_ratio): 4 replicas, target 60, tolerance 0.1.
  @Test(arguments: zip([63, 67, 120, 20] as [Int64], [4, 5, 8, 2] as [Int32]))
  func `the ratio multiplies the pods outside the tolerance`(percent: Int64, replicas: Int32) throws
  {
    let proposal = try utilization(Array(repeating: percent * 10, count: 4), target: 60)
    #expect(proposal.replicas == replicas)
    #expect(proposal.utilizationPercent == Int32(percent))
  }

  @Test func `utilisation is cut to a whole per cent before it is divided`() throws {
    // 55.9 % of a target of 50 would be outside the tolerance; 55 % is exactly its edge.
    #expect(try utilization([559, 559]).replicas == 2)
    #expect(try utilization([560, 560]).replicas == 3)
  }

  @Test func `the multiplier is the pods that exist, not the size that was asked for`() throws {
    // Ten were asked for, a full quota left five: the proposal lowers the size under full load.
    #expect(try utilization(Array(repeating: 900, count: 5), current: 10).replicas == 9)
  }

  @Test func `unready pods damp growth and stay out of shrinking`() throws {
    let pods: [AutoscaledPod] = [.settled, .fresh, .fresh, .fresh]
    #expect(try utilization([2000, 9, 9, 9], pods: pods).replicas == 4)
    #expect(try utilization([300, 900, 900, 900], pods: pods).replicas == 1)
  }

  @Test func `missing pods are idle before growing and busy before shrinking`() throws {
    #expect(try utilization([900, 900, nil]).replicas == 4)
    #expect(try utilization([100, 100, nil]).replicas == 3)
    #expect(try utilization([100, 100, 100, 100, nil]).replicas == 3)
  }

  @Test func `filling in never turns the direction`() throws {
    // 60 % becomes 30 % with an idle twin; 40 % becomes 80 % with two busy ones.
    #expect(try utilization([600, nil]).replicas == 2)
    #expect(try utilization([400, nil, nil]).replicas == 3)
  }

  @Test func `a ratio of exactly one adds nothing for missing pods`() throws {
    #expect(try utilization([500, nil], current: 2).replicas == 2)
  }

  @Test func `stray samples count only as samples`() throws {
    #expect(try utilization([900, 900], strays: [5000]).replicas == 4)
    // With a missing pod they enlarge the number that the ratio multiplies.
    #expect(try utilization([1500, 1500, nil]).replicas == 6)
    #expect(try utilization([1500, 1500, nil], strays: [1]).replicas == 8)
  }

  @Test func `a metric without usable samples fails`() {
    #expect(throws: MetricFailure.noMetrics) { try utilization([nil, nil]) }
    #expect(throws: MetricFailure.noMetrics) { try utilization([5], pods: [.fresh]) }
    #expect(throws: MetricFailure.noMetrics) { try utilization([]) }
    #expect(throws: MetricFailure.noPods) { try utilization([], strays: [5]) }
    #expect(throws: MetricFailure.noMatchingPods) { try utilization([nil], strays: [5]) }
  }

  @Test func `a missing request fails the whole metric`() {
    var reading = PodMetricReading(usage: [100, 100])
    reading.requestFailure = .missingRequest(container: "istio-proxy")
    #expect(throws: MetricFailure.missingRequest(container: "istio-proxy")) {
      try calculator.utilization(
        targetPercent: 50, isCPU: true, reading: reading, pods: [.settled, .settled],
        currentReplicas: 2, now: autoscalerNow)
    }
  }

  @Test func `an average value needs no requests and takes missing pods at the target`() throws {
    func average(_ usage: [Int64?], target: Int64, strays: [Int64] = []) throws -> MetricProposal {
      var reading = PodMetricReading(usage: usage, strays: strays)
      reading.requests = []
      return try calculator.averageValue(
        target: target, isCPU: false, reading: reading, pods: usage.map { _ in .settled },
        currentReplicas: Int32(usage.count), now: autoscalerNow)
    }
    #expect(try average([20_000, 10_000, 30_000], target: 15_000).replicas == 4)
    #expect(try average([10_000, 10_000, nil], target: 20_000).replicas == 2)
    #expect(try average([10_000, 10_001], target: 20_000).averageMilli == 10_000)
    // Stray samples do enter this average, unlike a utilisation.
    #expect(try average([10_000, 10_000], target: 10_000, strays: [70_000]).replicas == 6)
  }

  @Test func `readiness matters to CPU and to nothing else`() throws {
    func replicas(_ metric: MetricSpec) throws -> Int32 {
      try calculator.proposal(
        for: metric, reading: .pods(PodMetricReading(usage: [900, 900])), pods: [.settled, .fresh],
        currentReplicas: 2, statusReplicas: 2, now: autoscalerNow
      ).replicas
    }
    #expect(try replicas(.resource(.cpu, .averageValue(500))) == 2)
    #expect(try replicas(.resource(.memory, .averageValue(500))) == 4)
    #expect(try replicas(.containerResource(.cpu, container: "app", .averageValue(500))) == 2)
    #expect(try replicas(.pods(metric: "rps", averageValue: 500)) == 4)
  }

  @Test func `a value target multiplies the pods that are ready`() throws {
    let unreadyFleet: [AutoscaledPod] = [.settled, .fresh, .fresh, .fresh]
    let proposal = try calculator.value(
      20_000, target: 10_000, pods: unreadyFleet, currentReplicas: 4)
    #expect(proposal.replicas == 2)
    #expect(proposal.valueMilli == 20_000)
  }

  @Test func `from zero replicas the tolerance is not applied`() throws {
    #expect(try calculator.value(1000, target: 1000, pods: [], currentReplicas: 0).replicas == 1)
    #expect(try calculator.value(0, target: 1000, pods: [], currentReplicas: 0).replicas == 0)
    #expect(throws: MetricFailure.noPods) {
      try calculator.value(9000, target: 1000, pods: [], currentReplicas: 3)
    }
  }

  @Test func `an average target divides by the replicas in the status`() {
    #expect(calculator.perPodValue(40_000, target: 10_000, statusReplicas: 3).replicas == 4)
    #expect(calculator.perPodValue(32_999, target: 10_000, statusReplicas: 3).replicas == 3)
    #expect(calculator.perPodValue(20_166, target: 5000, statusReplicas: 4).averageMilli == 5042)
    #expect(calculator.perPodValue(5000, target: 1000, statusReplicas: 0).replicas == 5)
    #expect(calculator.perPodValue(0, target: 1000, statusReplicas: 0).replicas == 0)
  }

  @Test func `huge series are held at the largest number`() throws {
    let proposal = try calculator.proposal(
      for: .external(metric: "lag", .value(1)), reading: .series([.max, .max]), pods: [.settled],
      currentReplicas: 1, statusReplicas: 1, now: autoscalerNow)
    #expect(proposal.replicas == .max)
    #expect(throws: MetricFailure.noMetrics) {
      try calculator.proposal(
        for: .external(metric: "lag", .value(1)), reading: .series([]), pods: [.settled],
        currentReplicas: 1, statusReplicas: 1, now: autoscalerNow)
    }
  }

  @Test func `tolerances are inclusive and differ by direction`() throws {
    let wide = ReplicaCalculator(
      AutoscalerSettings(), tolerances: AutoscalerTolerances(scaleUp: 0, scaleDown: 0.5))
    func replicas(_ usage: Int64) throws -> Int32 {
      try wide.utilization(
        targetPercent: 100, isCPU: true, reading: PodMetricReading(usage: [usage, usage]),
        pods: [.settled, .settled], currentReplicas: 2, now: autoscalerNow
      ).replicas
    }
    #expect(try replicas(1000) == 2)
    #expect(try replicas(1010) == 3)
    #expect(try replicas(500) == 2)
    #expect(try replicas(490) == 1)
  }
}
