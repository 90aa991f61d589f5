import Orchestration
import TimeAndChance

/// The instant that ages in these tests count back from.
let autoscalerNow = SimTime.zero + .minutes(600)

extension AutoscaledPod {
  /// A pod that has been running and ready for an hour.
  static var settled: AutoscaledPod {
    AutoscaledPod(
      startTime: autoscalerNow - .minutes(60), readyChange: autoscalerNow - .minutes(60))
  }

  /// A pod that just started and is not ready.
  static var fresh: AutoscaledPod {
    AutoscaledPod(ready: .notReady, startTime: autoscalerNow, readyChange: autoscalerNow)
  }
}

extension PodMetricReading {
  /// A reading of pods with equal requests; nil is a missing sample.
  init(usage: [Int64?], request: Int64 = 1000, strays: [Int64] = []) {
    self.init(
      samples: usage.map { value in
        value.map { PodSample(value: $0, timestamp: autoscalerNow) } ?? .missing
      },
      requests: usage.map { _ in request }, straySamples: strays)
  }
}

extension HorizontalPodAutoscaler {
  /// A sync of settled pods that all use that share of one requested core.
  mutating func sync(
    at time: SimTime, replicas: Int32, usage: Int64, canWrite: Bool = true
  ) -> AutoscalerDecision {
    let pod = AutoscaledPod(startTime: .zero, readyChange: .zero)
    let count = Int(replicas)
    return sync(
      now: time,
      observation: AutoscalerObservation(
        scale: .replicas(spec: replicas, status: replicas),
        pods: Array(repeating: pod, count: count),
        readings: [
          .pods(
            PodMetricReading(
              samples: Array(
                repeating: PodSample(value: usage, timestamp: time, window: .zero), count: count),
              requests: Array(repeating: 1000, count: count)))
        ],
        canWriteScale: canWrite))
  }

  /// The sizes after syncs every 15 s from 15 s on, `usage` saying what each pod uses when.
  mutating func sizes(
    from start: Int32, syncs: Int, usage: (_ second: Int, _ replicas: Int32) -> Int64
  ) -> [Int32] {
    var size = start
    return (1...syncs).map { index in
      let second = 15 * index
      let decision = sync(
        at: .zero + .seconds(Int64(second)), replicas: size, usage: usage(second, size))
      if case .scale(let replicas, _) = decision.action { size = replicas }
      return size
    }
  }
}

extension HorizontalPodAutoscalerSpec {
  /// Half of the requested CPU, between those bounds.
  static func cpu(
    min: Int32 = 1, max: Int32, target: Int32 = 50, behavior: ScalingBehavior? = nil
  ) -> HorizontalPodAutoscalerSpec {
    HorizontalPodAutoscalerSpec(
      minReplicas: min, maxReplicas: max,
      metrics: [.resource(.cpu, .averageUtilization(percent: target))], behavior: behavior)
  }
}
