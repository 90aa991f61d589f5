import Orchestration
import Testing
import TimeAndChance

/// What must hold for every autoscaler, whatever it is told.
@Suite struct AutoscalerPropertyTests {
  /// A whole number in a range, evenly.
  private func draw(_ range: ClosedRange<Int64>, _ random: inout RandomStream) -> Int64 {
    range.lowerBound + Int64(random.below(UInt32(range.upperBound - range.lowerBound + 1)))
  }

  private func rules(_ base: ScalingRules, _ random: inout RandomStream) -> ScalingRules {
    var rules = base
    rules.selectPolicy = [.max, .min, .disabled, .max][Int(random.below(4))]
    if random.below(2) == 0 { rules.stabilizationWindow = .seconds(draw(0...600, &random)) }
    if random.below(2) == 0 {
      rules.policies = (0...random.below(3)).map { _ in
        ScalingPolicy(
          random.below(2) == 0 ? .pods : .percent, value: Int32(draw(1...150, &random)),
          period: .seconds(draw(1...300, &random)))
      }
    }
    return rules
  }

  private func spec(_ random: inout RandomStream) -> HorizontalPodAutoscalerSpec {
    let min = Int32(draw(0...5, &random))
    let max = Swift.max(1, min) + Int32(draw(0...30, &random))
    let metrics: [MetricSpec] = [
      .external(metric: "lag", .value(draw(1...5000, &random))),
      .resource(.cpu, .averageUtilization(percent: Int32(draw(1...200, &random)))),
      .pods(metric: "rps", averageValue: draw(1...5000, &random)),
      .object(metric: "queue", .averageValue(draw(1...5000, &random))),
    ]
    return HorizontalPodAutoscalerSpec(
      minReplicas: min, maxReplicas: max, metrics: Array(metrics.prefix(Int(random.below(4)) + 1)),
      behavior: random.below(2) == 0
        ? nil
        : ScalingBehavior(
          scaleUp: rules(.scaleUp(), &random), scaleDown: rules(.scaleDown(), &random)))
  }

  private func pod(at now: SimTime, _ random: inout RandomStream) -> AutoscaledPod {
    let start = now - .seconds(draw(0...1000, &random))
    return AutoscaledPod(
      phase: [.running, .running, .running, .pending, .failed][Int(random.below(5))],
      ready: [.ready, .ready, .notReady, .absent, .unknown][Int(random.below(5))],
      startTime: start, readyChange: start + .seconds(draw(0...100, &random)),
      isDeleting: random.below(10) == 0)
  }

  private func observation(
    _ spec: HorizontalPodAutoscalerSpec, replicas: Int32, at now: SimTime,
    _ random: inout RandomStream
  ) -> AutoscalerObservation {
    let pods = (0..<draw(0...40, &random)).map { _ in pod(at: now, &random) }
    let readings = spec.metrics.map { metric -> MetricReading in
      if random.below(10) == 0 { return .unavailable }
      if metric.isObjectOrExternal {
        return .series((0..<random.below(3)).map { _ in draw(0...100_000, &random) })
      }
      return .pods(
        PodMetricReading(
          samples: pods.map { _ in
            random.below(6) == 0
              ? .missing
              : PodSample(
                value: draw(0...5000, &random), timestamp: now - .seconds(draw(0...60, &random)),
                window: .seconds(15))
          },
          requests: pods.map { _ in draw(1...2000, &random) },
          straySamples: random.below(8) == 0 ? [draw(0...5000, &random)] : []))
    }
    return AutoscalerObservation(
      scale: random.below(20) == 0 ? .unreadable : .replicas(spec: replicas, status: replicas),
      pods: pods, readings: readings, canWriteScale: random.below(15) != 0)
  }

  @Test func `a size that is written is inside the bounds, and never the size it was`() {
    for seed in UInt64(0)..<400 {
      var random = RandomStream(seed: seed, name: "hpa.bounds")
      let spec = spec(&random)
      var autoscaler = HorizontalPodAutoscaler(spec: spec)
      var size = Int32(draw(0...40, &random))
      var now = SimTime.zero + .minutes(60)
      for _ in 0..<60 {
        let observation = observation(spec, replicas: size, at: now, &random)
        let before = autoscaler
        let decision = autoscaler.sync(now: now, observation: observation)
        var again = before
        #expect(again.sync(now: now, observation: observation) == decision, "seed \(seed)")
        #expect(again == autoscaler, "seed \(seed)")
        if case .scale(let replicas, _) = decision.action {
          #expect((spec.minReplicas...spec.maxReplicas).contains(replicas), "seed \(seed)")
          #expect(replicas != size, "seed \(seed)")
          size = replicas
        }
        if random.below(40) == 0 { size = Int32(draw(0...40, &random)) }  // kubectl scale
        if random.below(60) == 0 { autoscaler.controllerRestarted() }
        now = now + .seconds(15)
      }
    }
  }

  @Test func `no policy is exceeded in any period of its length`() {
    for seed in UInt64(0)..<200 {
      var random = RandomStream(seed: seed, name: "hpa.rate")
      let pods = draw(1...6, &random)
      let period = draw(15...120, &random)
      let policy = ScalingPolicy(.pods, value: Int32(pods), period: .seconds(period))
      let behavior = ScalingBehavior(
        scaleUp: .scaleUp(policies: [policy]),
        scaleDown: .scaleDown(stabilizationWindow: .zero, policies: [policy]))
      var autoscaler = HorizontalPodAutoscaler(spec: .cpu(max: 1000, behavior: behavior))
      // Growth and shrinking give each other's budget back, so only one-way runs are bounded.
      let growing = random.below(2) == 0
      let sizes = autoscaler.sizes(from: 500, syncs: 60) { _, _ in
        draw(growing ? 500...5000 : 0...500, &random)
      }
      let syncs = Int((period + 14) / 15)
      for index in sizes.indices.dropFirst(syncs) {
        let change = sizes[index] - sizes[index - syncs]
        #expect(abs(change) <= Int32(pods), "seed \(seed), \(period) s before sync \(index)")
        #expect(growing ? change >= 0 : change <= 0, "seed \(seed), sync \(index)")
      }
    }
  }

  @Test func `logs stop growing`() {
    for seed in UInt64(0)..<20 {
      var random = RandomStream(seed: seed, name: "hpa.logs")
      let behavior = ScalingBehavior(
        scaleDown: .scaleDown(
          policies: [ScalingPolicy(.percent, value: 100, period: .seconds(60))]))
      var autoscaler = HorizontalPodAutoscaler(
        spec: .cpu(max: 50, behavior: seed % 2 == 0 ? nil : behavior))
      _ = autoscaler.sizes(from: 5, syncs: 500) { _, _ in draw(0...1500, &random) }
      // One entry a sync of the longest window, and the one at its edge.
      #expect(autoscaler.recommendations?.entries.count ?? 0 <= 300 / 15 + 2, "seed \(seed)")
      #expect(autoscaler.scaleUpEvents.events.count <= 3, "seed \(seed)")
      #expect(autoscaler.scaleDownEvents.events.count <= 6, "seed \(seed)")
    }
  }

  @Test func `more usage never asks for fewer replicas`() throws {
    let calculator = ReplicaCalculator(AutoscalerSettings())
    for seed in UInt64(0)..<300 {
      var random = RandomStream(seed: seed, name: "hpa.monotone")
      let count = Int(draw(1...30, &random))
      let target = Int32(draw(1...200, &random))
      let usage = (0..<count).map { _ in draw(0...3000, &random) }
      func replicas(_ extra: Int64) throws -> Int32 {
        try calculator.utilization(
          targetPercent: target, isCPU: true,
          reading: PodMetricReading(usage: usage.map { $0 + extra }),
          pods: usage.map { _ in .settled }, currentReplicas: Int32(count), now: autoscalerNow
        ).replicas
      }
      #expect(try replicas(0) <= replicas(draw(1...1000, &random)), "seed \(seed)")
    }
  }

  @Test func `no number can trap the arithmetic`() {
    let extremes: [Int32] = [.min, -1, 0, 1, 2, .max]
    for current in extremes {
      for min in extremes {
        for target in [Int32.min, -1, 0, 1, .max] {
          let behavior = ScalingBehavior(
            scaleUp: .scaleUp(policies: [ScalingPolicy(.percent, value: .max, period: .zero)]),
            scaleDown: .scaleDown(policies: [ScalingPolicy(.pods, value: .min, period: .zero)]))
          for path in [nil, behavior] {
            var autoscaler = HorizontalPodAutoscaler(
              spec: HorizontalPodAutoscalerSpec(
                minReplicas: min, maxReplicas: 10,
                metrics: [
                  .resource(.cpu, .averageUtilization(percent: target)),
                  .external(metric: "lag", .averageValue(Int64(target))),
                  .pods(metric: "rps", averageValue: Int64(target)),
                ], behavior: path))
            let pods = PodMetricReading(usage: [.max, nil, .min], request: .max)
            let decision = autoscaler.sync(
              now: autoscalerNow,
              observation: AutoscalerObservation(
                scale: .replicas(spec: current, status: current),
                pods: [.settled, .settled, .settled],
                readings: [.pods(pods), .series([.max, .min]), .pods(pods)]))
            #expect(decision.currentReplicas == current)
          }
        }
      }
    }
  }
}
