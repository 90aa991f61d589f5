import Orchestration
import Testing
import TimeAndChance

@Suite struct HorizontalPodAutoscalerTests {
  private let now = autoscalerNow

  private func observation(
    _ replicas: Int32, _ readings: [MetricReading], pods: Int? = nil
  ) -> AutoscalerObservation {
    AutoscalerObservation(
      scale: .replicas(spec: replicas, status: replicas),
      pods: Array(repeating: .settled, count: pods ?? Int(replicas)), readings: readings)
  }

  @Test func `an unreadable scale stops the sync`() {
    var autoscaler = HorizontalPodAutoscaler(spec: .cpu(max: 5))
    let decision = autoscaler.sync(
      now: now, observation: AutoscalerObservation(scale: .unreadable, pods: [], readings: []))
    #expect(decision.action == .keep)
    #expect(decision.currentReplicas == nil)
    #expect(autoscaler.conditions.ableToScale?.status == false)
    #expect(autoscaler.conditions.ableToScale?.reason == .failedGetScale)
    #expect(autoscaler.recommendations == nil, "nothing is written down before the scale is read")
  }

  @Test func `bounds are restored at once, without metrics`() {
    var autoscaler = HorizontalPodAutoscaler(spec: .cpu(min: 3, max: 5))
    #expect(
      autoscaler.sync(now: now, observation: observation(9, [.unavailable])).action
        == .scale(to: 5, reason: .aboveMaxReplicas))
    #expect(
      autoscaler.sync(now: now, observation: observation(1, [.unavailable])).action
        == .scale(to: 3, reason: .belowMinReplicas))
    #expect(autoscaler.conditions.scalingActive == nil)
  }

  @Test func `a target at zero switches the autoscaler off until scaled by hand`() {
    var autoscaler = HorizontalPodAutoscaler(spec: .cpu(max: 5))
    #expect(autoscaler.sync(now: now, observation: observation(0, [.unavailable])).action == .keep)
    #expect(autoscaler.conditions.scalingActive?.reason == .scalingDisabled)
    #expect(autoscaler.conditions.scalingActive?.status == false)
  }

  @Test func `an external metric scales to zero and back`() {
    let spec = HorizontalPodAutoscalerSpec(
      minReplicas: 0, maxReplicas: 6, metrics: [.external(metric: "lag", .value(1000))])
    #expect(spec.problems(with: AutoscalerSettings(scaleToZero: true)).isEmpty)
    #expect(
      spec.problems(with: AutoscalerSettings()) == [.minReplicasTooSmall(0, lowerBound: 1)])
    var autoscaler = HorizontalPodAutoscaler(
      spec: spec, settings: AutoscalerSettings(scaleToZero: true), recommendations: .init())
    #expect(
      autoscaler.sync(now: now, observation: observation(3, [.series([0])])).action
        == .scale(to: 0, reason: .allMetricsBelowTarget))
    #expect(
      autoscaler.sync(now: now, observation: observation(0, [.series([1])])).action
        == .scale(to: 1, reason: .aboveTarget(metric: 0)))
  }

  @Test func `the largest proposal wins`() {
    let spec = HorizontalPodAutoscalerSpec(
      maxReplicas: 20,
      metrics: [
        .resource(.cpu, .averageUtilization(percent: 50)), .external(metric: "lag", .value(1000)),
        .pods(metric: "rps", averageValue: 1000),
      ])
    var autoscaler = HorizontalPodAutoscaler(spec: spec)
    let decision = autoscaler.sync(
      now: now,
      observation: observation(
        4,
        [
          .pods(PodMetricReading(usage: [600, 600, 600, 600])), .series([1000, 700]),
          .pods(PodMetricReading(usage: [1000, 1000, 1000, 1000])),
        ]))
    #expect(decision.recommendation == 7)
    #expect(decision.action == .scale(to: 7, reason: .aboveTarget(metric: 1)))
    let proposals = autoscaler.currentMetrics.map { try? $0.get().replicas }
    #expect(proposals == [5, 7, 4])
  }

  @Test(arguments: [34, 21, 16, 15])
  func `a failing metric forbids shrinking, but not in 1.16 to 1.21`(
    minor: Int
  ) {
    let spec = HorizontalPodAutoscalerSpec(
      maxReplicas: 20,
      metrics: [.external(metric: "lag", .value(1000)), .pods(metric: "rps", averageValue: 1000)])
    func action(usage: Int64) -> AutoscalerDecision.Action {
      var autoscaler = HorizontalPodAutoscaler(
        spec: spec, settings: AutoscalerSettings(kubernetesMinorVersion: minor),
        recommendations: .init())
      let action = autoscaler.sync(
        now: now,
        observation: observation(
          2, [.unavailable, .pods(PodMetricReading(usage: [usage, usage]))])
      ).action
      if action == .keep {
        #expect(autoscaler.conditions.scalingActive?.reason == .failedGetExternalMetric)
      }
      return action
    }
    #expect(action(usage: 2000) == .scale(to: 4, reason: .aboveTarget(metric: 1)))
    let shrunk = AutoscalerDecision.Action.scale(to: 1, reason: .allMetricsBelowTarget)
    #expect(action(usage: 100) == ((16...21).contains(minor) ? shrunk : .keep))
  }

  @Test func `a selector that cannot be used keeps the size`() {
    var autoscaler = HorizontalPodAutoscaler(spec: .cpu(max: 5))
    var observation = observation(2, [.pods(PodMetricReading(usage: [900, 900]))])
    observation.selector = .ambiguous
    #expect(autoscaler.sync(now: now, observation: observation).action == .keep)
    #expect(autoscaler.conditions.scalingActive?.reason == .ambiguousSelector)
    observation.selector = .invalid
    #expect(autoscaler.sync(now: now, observation: observation).action == .keep)
    #expect(autoscaler.conditions.scalingActive?.reason == .invalidSelector)
  }

  @Test func `a refused write is no scale event`() {
    var autoscaler = HorizontalPodAutoscaler(spec: .cpu(max: 50, behavior: ScalingBehavior()))
    let decision = autoscaler.sync(at: now, replicas: 2, usage: 1000, canWrite: false)
    #expect(decision.action == .scaleRefused(wanted: 4))
    #expect(autoscaler.conditions.ableToScale?.reason == .failedUpdateScale)
    #expect(autoscaler.scaleUpEvents.events.isEmpty)
    #expect(autoscaler.lastScaleTime == nil)
    _ = autoscaler.sync(at: now + .seconds(15), replicas: 2, usage: 1000)
    #expect(autoscaler.scaleUpEvents.events == [.init(change: 2, time: now + .seconds(15))])
    #expect(autoscaler.statusCurrentReplicas == 2)
    #expect(autoscaler.statusDesiredReplicas == 4)
  }

  @Test func `a condition's transition time moves with its status only`() {
    var autoscaler = HorizontalPodAutoscaler(spec: .cpu(max: 50))
    _ = autoscaler.sync(at: now, replicas: 2, usage: 500)
    _ = autoscaler.sync(at: now + .seconds(15), replicas: 2, usage: 1000)
    #expect(autoscaler.conditions.ableToScale?.reason == .succeededRescale)
    #expect(autoscaler.conditions.ableToScale?.lastTransition == now)
    _ = autoscaler.sync(at: now + .seconds(30), replicas: 4, usage: 5000)
    #expect(autoscaler.conditions.scalingLimited?.status == true)
    #expect(autoscaler.conditions.scalingLimited?.lastTransition == now + .seconds(30))
  }

  @Test func `tolerances of the behavior need their gate`() {
    let behavior = ScalingBehavior(scaleUp: .scaleUp(tolerance: 0.5))
    func tolerances(_ settings: AutoscalerSettings) -> AutoscalerTolerances {
      HorizontalPodAutoscaler(spec: .cpu(max: 5, behavior: behavior), settings: settings).tolerances
    }
    #expect(tolerances(AutoscalerSettings()) == AutoscalerTolerances(both: 0.1))
    let since135 = AutoscalerSettings(kubernetesMinorVersion: 35)
    #expect(tolerances(since135) == AutoscalerTolerances(scaleUp: 0.5, scaleDown: 0.1))
    let alpha = AutoscalerSettings(configurableTolerance: true)
    #expect(tolerances(alpha).scaleUp == 0.5)
  }

  @Test func `the API server's refusals are all found`() {
    let spec = HorizontalPodAutoscalerSpec(
      minReplicas: 4, maxReplicas: 0,
      metrics: [.pods(metric: "rps", averageValue: 0), .unknown(type: "Pod")],
      behavior: ScalingBehavior(
        scaleUp: .scaleUp(stabilizationWindow: .seconds(3601), policies: [], tolerance: -0.1),
        scaleDown: .scaleDown(policies: [ScalingPolicy(.pods, value: 0, period: .seconds(1801))])))
    #expect(
      spec.problems(with: AutoscalerSettings()) == [
        .maxReplicasTooSmall(0), .maxBelowMin(max: 0, min: 4), .targetNotPositive(metric: 0),
        .unknownMetricType(metric: 1), .stabilizationWindowOutOfRange(.up), .noPolicies(.up),
        .toleranceNegative(.up), .policyValueNotPositive(.down, policy: 0),
        .policyPeriodOutOfRange(.down, policy: 0),
      ])
  }
}
