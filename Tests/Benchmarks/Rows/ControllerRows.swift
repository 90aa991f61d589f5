import Orchestration
import TimeAndChance
import TrafficPolicy

extension Bench {
  /// K1: a call that passes breaker, rate limiter and bulkhead, and succeeds.
  func decoratedCallRow() throws -> [Row] {
    let passes = size(5_000_000, quick: 10_000)
    var permitted = 0
    let time = try interleaved([
      {
        let (time, count) = Self.cpuTime { Self.decoratedCalls(passes) }
        permitted = count
        return time / Double(passes)
      }
    ])[0]
    var row = Row("K1", "breaker, limiter, bulkhead", ours: "\(number(time)) ns")
    row.reference = "must 30 ns"
    row.ratio = time / 30
    row.judge(time, atMost: 30, "ns")
    row.notes = ["\(permitted) of \(passes) calls permitted"]
    return [row]
  }

  @inline(never) private static func decoratedCalls(_ passes: Int) -> Int {
    var random = RandomStream(seed: seed, name: "breaker")
    var breaker = CircuitBreaker(
      CircuitBreakerConfiguration(), createdAt: .zero, using: &random)
    var limits = RateLimiterConfiguration()
    limits.limitForPeriod = 1_000
    limits.limitRefreshPeriod = .milliseconds(1)
    limits.timeoutDuration = .zero
    var limiter = RateLimiter(limits, createdAt: .zero)
    var bulkhead = Bulkhead(BulkheadConfiguration())
    var permitted = 0
    var now = SimTime.zero
    for call in 0..<passes {
      now = now + .nanoseconds(1_500)
      guard breaker.tryAcquirePermission(at: now).isPermitted else { continue }
      guard limiter.reserve(at: now) == .permitted else {
        breaker.releasePermission()
        continue
      }
      guard bulkhead.tryAcquirePermission(for: call, at: now) == .permitted else {
        breaker.releasePermission()
        continue
      }
      permitted += 1
      bulkhead.releasePermission()
      while bulkhead.nextGranted() != nil {}
      // One call in 64 fails, below the threshold.
      let outcome: DecoratedOutcome = call & 63 == 0 ? .returnedBad : .returned
      _ = breaker.record(outcome, duration: .milliseconds(2), at: now, using: &random)
    }
    return permitted
  }

  /// K2: one sync of an autoscaler over a thousand pods.
  func autoscalerRow() throws -> [Row] {
    let syncs = size(2_000, quick: 10)
    let pods = 1_000
    var random = RandomStream(seed: Self.seed, name: "pods")
    let start = SimTime.zero + .minutes(60)
    let usage = (0..<pods).map { _ in Int64(300 + random.below(400)) }
    var last: Int32 = 0
    let time = try interleaved([
      {
        var autoscaler = HorizontalPodAutoscaler(
          spec: HorizontalPodAutoscalerSpec(
            minReplicas: 10, maxReplicas: 2_000,
            metrics: [.resource(.cpu, .averageUtilization(percent: 50))],
            behavior: ScalingBehavior()))
        let pod = AutoscaledPod(startTime: .zero, readyChange: .zero)
        var observation = AutoscalerObservation(
          scale: .replicas(spec: Int32(pods), status: Int32(pods)),
          pods: Array(repeating: pod, count: pods),
          readings: [
            .pods(
              PodMetricReading(
                samples: usage.map { PodSample(value: $0, timestamp: start) },
                requests: Array(repeating: 1_000, count: pods)))
          ])
        observation.pods[3].ready = .notReady
        let (time, _) = Self.cpuTime {
          for sync in 0..<syncs {
            let decision = autoscaler.sync(
              now: start + .seconds(Int64(15 * sync)), observation: observation)
            if case .scale(let replicas, _) = decision.action { last = replicas }
          }
        }
        return time / Double(syncs) / 1e3
      }
    ])[0]
    var row = Row("K2", "autoscaler sync, 1000 pods", ours: "\(number(time)) us")
    row.reference = "must 50 us"
    row.ratio = time / 50
    row.judge(time, atMost: 50, "us")
    row.notes = ["last decision \(last) replicas"]
    return [row]
  }

  /// K3: one pod asks the quotas of its namespace, and is given back.
  func quotaRow() throws -> [Row] {
    let decisions = size(500_000, quick: 1_000)
    func cpu(_ milli: Int64) -> ResourceQuantity { ResourceQuantity(milli: milli) }
    let quotas = [
      ResourceQuota(
        name: "compute",
        hard: [
          ResourceName.cpu.counted(as: .requests): cpu(40_000),
          ResourceName.cpu.counted(as: .limits): cpu(80_000), .pods: ResourceQuantity(50),
        ]),
      ResourceQuota(name: "solid", scopes: [.notBestEffort], hard: [.cpu: cpu(60_000)]),
    ]
    let charge = QuotaCharge(
      PodRequirements(containers: [
        .init(name: "app", requests: [.cpu: cpu(500)], limits: [.cpu: cpu(1_000)])
      ]))
    var admitted = 0
    let time = try interleaved([
      {
        var admission = QuotaAdmission(quotas: quotas)
        admitted = 0
        var held = 0
        let (time, _) = Self.cpuTime {
          for index in 0..<decisions {
            if admission.admit(charge) == .admitted { held += 1 }
            // The namespace fills up, some are refused, then it is emptied again.
            if index % 64 == 63 {
              for _ in 0..<held { admission.release(charge) }
              admitted += held
              held = 0
            }
          }
        }
        admitted += held
        return time / Double(decisions) / 1e3
      }
    ])[0]
    var row = Row("K3", "quota decision", ours: "\(number(time)) us")
    row.reference = "must 1 us"
    row.ratio = time
    row.judge(time, atMost: 1, "us")
    row.notes = ["\(admitted) of \(decisions) admitted; giving back is in the time"]
    return [row]
  }
}
