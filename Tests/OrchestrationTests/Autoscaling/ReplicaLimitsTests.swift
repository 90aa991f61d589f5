import Orchestration
import Testing
import TimeAndChance

@Suite struct ReplicaLimitsTests {
  // Row D02 of the queueing vectors (family hpa_scale_up): default behavior, endless demand.
  @Test func `default behavior grows by four pods or doubles, whichever is more`() {
    var autoscaler = HorizontalPodAutoscaler(spec: .cpu(max: 100, behavior: ScalingBehavior()))
    let sizes = autoscaler.sizes(from: 1, syncs: 6) { _, _ in 100_000 }
    #expect(sizes == [5, 10, 20, 40, 80, 100])
  }

  @Test func `no behavior grows to four or doubles`() {
    var autoscaler = HorizontalPodAutoscaler(spec: .cpu(max: 100))
    let sizes = autoscaler.sizes(from: 1, syncs: 6) { _, _ in 100_000 }
    #expect(sizes == [4, 8, 16, 32, 64, 100])
    #expect(autoscaler.scaleUpEvents.events.isEmpty)
  }

  @Test func `a policy's period counts from the size at its start`() {
    let behavior = ScalingBehavior(
      scaleUp: .scaleUp(policies: [ScalingPolicy(.pods, value: 2, period: .seconds(60))]))
    var autoscaler = HorizontalPodAutoscaler(spec: .cpu(max: 100, behavior: behavior))
    let sizes = autoscaler.sizes(from: 4, syncs: 9) { _, _ in 100_000 }
    #expect(sizes == [6, 6, 6, 6, 8, 8, 8, 8, 10])
  }

  @Test func `before 1.24 only events of the same direction count`() {
    let limits = ReplicaLimits(
      currentReplicas: 10, desiredReplicas: 40, minReplicas: 1, maxReplicas: 1000)
    let behavior = ScalingBehavior(
      scaleUp: .scaleUp(policies: [ScalingPolicy(.pods, value: 4, period: .seconds(60))]))
    let removed = ScaleEventLog([.init(change: 4, time: autoscalerNow - .seconds(30))])
    func replicas(minor: Int) -> Int32 {
      let settings = AutoscalerSettings(kubernetesMinorVersion: minor)
      return limits.withBehavior(
        behavior,
        history: ScaleHistory(
          scaleDownEvents: removed, now: autoscalerNow, bothLogsCount: settings.bothEventLogsCount)
      ).replicas
    }
    #expect(replicas(minor: 24) == 18)
    #expect(replicas(minor: 23) == 14)
  }

  @Test func `an event exactly as old as a period no longer counts`() {
    let log = ScaleEventLog([
      .init(change: 3, time: autoscalerNow - .seconds(60)),
      .init(change: 5, time: autoscalerNow - .seconds(59)),
    ])
    #expect(log.change(within: .seconds(60), now: autoscalerNow) == 5)
  }

  @Test func `numbers near the edge of the type wrap like the controller's`() {
    let behavior = ScalingBehavior(
      scaleUp: .scaleUp(policies: [ScalingPolicy(.pods, value: .max, period: .seconds(15))]))
    let limits = ReplicaLimits(
      currentReplicas: 10, desiredReplicas: 40, minReplicas: 1, maxReplicas: 1000)
    let limited = limits.withBehavior(behavior, history: ScaleHistory(now: autoscalerNow))
    #expect(limited.replicas == 10)
    #expect(limited.reason == .scaleUpLimit)
  }
}
