import Orchestration
import TimeAndChance
import Yams

extension AutoscalerVectors {
  /// One sync that explains a part of a recorded run: what it counted, and what came of it.
  struct ObservedStep: Sendable {
    private let from: Int32
    private let counted: Int
    private let unready: Int
    private let missing: Int
    private let totalUsage: Int64
    private let heldByWindow: SimDuration?
    private let expected: [(key: String, value: Int64)]

    init(_ fields: Fields) throws {
      from = Int32(try fields.int("from", in: 0...1_000_000))
      counted = Int(try fields.int("counted_pods", in: 0...100_000))
      unready = Int(try fields.optionalInt("unready_pods", in: 0...100_000) ?? 0)
      missing = Int(try fields.optionalInt("missing_pods", in: 0...100_000) ?? 0)
      totalUsage = try fields.int("total_usage_milli")
      heldByWindow = try fields.duration("held_by_window_s")
      _ = try fields.optionalString("why")
      expected = try ["utilization_percent", "raw", "limit", "then_min", "to"].compactMap { key in
        try fields.optionalInt(key).map { (key, $0) }
      }
    }

    func mismatches(_ setup: ObservedSetup) -> [Mismatch] {
      guard let metric = setup.spec.metrics.first else { return [] }
      let (pods, reading) = observed(setup)
      let proposal: MetricProposal
      do throws(MetricFailure) {
        proposal = try ReplicaCalculator(setup.settings).proposal(
          for: metric, reading: .pods(reading), pods: pods, currentReplicas: from,
          statusReplicas: from, now: now)
      } catch {
        return [Mismatch(metric: "raw", expected: "a proposal", got: "\(error)")]
      }
      let final = limited(proposal.replicas, setup)
      let outcome: [String: Int64?] = [
        "utilization_percent": proposal.utilizationPercent.map(Int64.init),
        "raw": Int64(proposal.replicas), "limit": Int64(rate(setup)), "then_min": Int64(final),
        "to": Int64(final),
      ]
      var mismatches = expected.compactMap { key, value -> Mismatch? in
        let got = outcome[key] ?? nil
        return got == value
          ? nil
          : Mismatch(metric: key, expected: "\(value)", got: got.map { "\($0)" } ?? "nothing")
      }
      if let heldByWindow {
        let held = stabilized(proposal.replicas, setup, age: heldByWindow)
        let freed = stabilized(
          proposal.replicas, setup, age: heldByWindow + .seconds(1))
        if held != from || freed != proposal.replicas {
          mismatches.append(
            Mismatch(
              metric: "held_by_window_s", expected: "\(from), then \(proposal.replicas)",
              got: "\(held), then \(freed)"))
        }
      }
      return mismatches
    }

    /// Pods that share the usage evenly, beside unready and missing ones.
    private func observed(_ setup: ObservedSetup) -> ([AutoscaledPod], PodMetricReading) {
      let start = now - .seconds(36_000)
      var pods: [AutoscaledPod] = []
      var samples: [PodSample] = []
      for index in 0..<counted {
        pods.append(AutoscaledPod(startTime: start, readyChange: start))
        let share = totalUsage / Int64(counted)
        let rest = Int64(index) < totalUsage % Int64(counted) ? Int64(1) : 0
        samples.append(PodSample(value: share + rest, timestamp: now))
      }
      for _ in 0..<unready {
        pods.append(AutoscaledPod(ready: .notReady, startTime: now, readyChange: now))
        samples.append(PodSample(value: 0, timestamp: now))
      }
      for _ in 0..<missing {
        pods.append(AutoscaledPod(startTime: start, readyChange: start))
        samples.append(.missing)
      }
      return (
        pods, PodMetricReading(samples: samples, requests: pods.map { _ in setup.requestMilli })
      )
    }

    private func limits(_ desired: Int32, _ setup: ObservedSetup, max: Int32) -> Int32 {
      let limits = ReplicaLimits(
        currentReplicas: from, desiredReplicas: desired, minReplicas: setup.spec.minReplicas,
        maxReplicas: max)
      if let behavior = setup.spec.behavior {
        return limits.withBehavior(behavior, history: ScaleHistory(now: now)).replicas
      }
      return limits.withoutBehavior().replicas
    }

    private func limited(_ desired: Int32, _ setup: ObservedSetup) -> Int32 {
      limits(desired, setup, max: setup.spec.maxReplicas)
    }

    /// The most that the rate of growth allows, whatever the upper bound.
    private func rate(_ setup: ObservedSetup) -> Int32 { limits(.max, setup, max: .max) }

    /// The stabilised size when the size before was last recommended that long ago.
    private func stabilized(_ raw: Int32, _ setup: ObservedSetup, age: SimDuration) -> Int32 {
      var log = RecommendationLog([.init(replicas: from, time: now - age)])
      guard let behavior = setup.spec.behavior else {
        return log.stabilize(
          raw: raw, downscaleWindow: setup.settings.downscaleStabilization, now: now)
      }
      return log.stabilize(
        raw: raw, current: from,
        scaleUpWindow: behavior.scaleUp.stabilizationWindow ?? .zero,
        scaleDownWindow: behavior.scaleDown.stabilizationWindow
          ?? setup.settings.downscaleStabilization,
        now: now)
    }
  }
}
