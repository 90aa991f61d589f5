public import TimeAndChance

/// A HorizontalPodAutoscaler: its specification, its status, and what the controller remembers of
/// it between syncs.
///
/// ``sync(now:observation:)`` is one pass of the controller. Call it every
/// ``AutoscalerSettings/syncPeriod`` at the autoscaler's own phase. Nothing waits for fresh
/// samples: whatever the metrics API answers at that moment is used.
///
/// - Source: Kubernetes `reconcileAutoscaler` (`pkg/controller/podautoscaler/horizontal.go`),
///   release 1.34.
public struct HorizontalPodAutoscaler: Sendable, Equatable {
  /// What the operator wrote.
  ///
  /// A change takes effect with the next sync and keeps the logs.
  public var spec: HorizontalPodAutoscalerSpec
  /// What the cluster's operator set.
  public let settings: AutoscalerSettings

  /// The conditions of the status.
  public private(set) var conditions = AutoscalerConditions()
  /// What the last sync that looked at metrics saw, one entry a metric.
  public private(set) var currentMetrics: [MetricStatus] = []
  /// `status.currentReplicas`: the size that the last sync found, before it changed it.
  public private(set) var statusCurrentReplicas: Int32 = 0
  /// `status.desiredReplicas`: the size that the last sync settled on.
  public private(set) var statusDesiredReplicas: Int32 = 0
  /// When the size was last changed.
  public private(set) var lastScaleTime: SimTime?

  /// The remembered recommendations; nil when the controller has just started.
  public private(set) var recommendations: RecommendationLog?
  /// The remembered growth, while ``HorizontalPodAutoscalerSpec/behavior`` is set.
  public private(set) var scaleUpEvents: ScaleEventLog
  /// The remembered shrinking, while ``HorizontalPodAutoscalerSpec/behavior`` is set.
  public private(set) var scaleDownEvents: ScaleEventLog

  /// A new autoscaler, or one whose controller remembers the given logs.
  public init(
    spec: HorizontalPodAutoscalerSpec, settings: AutoscalerSettings = .init(),
    recommendations: RecommendationLog? = nil, scaleUpEvents: ScaleEventLog = .init(),
    scaleDownEvents: ScaleEventLog = .init()
  ) {
    self.spec = spec
    self.settings = settings
    self.recommendations = recommendations
    self.scaleUpEvents = scaleUpEvents
    self.scaleDownEvents = scaleDownEvents
  }

  /// What one metric showed in a sync: a proposal or a failure.
  public typealias MetricStatus = Result<MetricProposal, MetricFailure>

  /// The controller manager restarted: logs are lost, the status stays.
  ///
  /// The next sync then writes down the current size as a recommendation, which delays shrinking
  /// by a whole window and growing not at all.
  public mutating func controllerRestarted() {
    recommendations = nil
    scaleUpEvents = ScaleEventLog()
    scaleDownEvents = ScaleEventLog()
  }

  /// The tolerances in force: the controller's, or those of `behavior` where the gate is on.
  public var tolerances: AutoscalerTolerances {
    var tolerances = settings.tolerance
    if settings.configurableTolerance, let behavior = spec.behavior {
      tolerances.scaleUp = behavior.scaleUp.tolerance ?? tolerances.scaleUp
      tolerances.scaleDown = behavior.scaleDown.tolerance ?? tolerances.scaleDown
    }
    return tolerances
  }

  /// One pass of the controller.
  ///
  /// - Precondition: the observation has one reading a metric and, in each reading per pod, one
  ///   sample a pod.
  public mutating func sync(
    now: SimTime, observation: AutoscalerObservation
  ) -> AutoscalerDecision {
    guard case .replicas(let current, let status) = observation.scale else {
      conditions.ableToScale.set(false, .failedGetScale, at: now)
      return AutoscalerDecision(action: .keep)
    }
    conditions.ableToScale.set(true, .succeededGetScale, at: now)
    if recommendations == nil {
      recommendations = RecommendationLog([.init(replicas: current, time: now)])
    }

    var recommendation: Int32?
    let wanted: Int32
    let reason: AutoscalerDecision.RescaleReason
    if current == 0 && spec.minReplicas != 0 {
      conditions.scalingActive.set(false, .scalingDisabled, at: now)
      currentMetrics.removeAll(keepingCapacity: true)
      wanted = 0
      reason = .unstated
    } else if current > spec.maxReplicas {
      currentMetrics.removeAll(keepingCapacity: true)
      wanted = spec.maxReplicas
      reason = .aboveMaxReplicas
    } else if current < spec.minReplicas {
      currentMetrics.removeAll(keepingCapacity: true)
      wanted = spec.minReplicas
      reason = .belowMinReplicas
    } else {
      statusCurrentReplicas = current
      guard let best = bestProposal(observation, current: current, status: status, now: now) else {
        return AutoscalerDecision(currentReplicas: current, action: .keep)
      }
      let raw = max(best.replicas, 0)
      recommendation = raw
      reason =
        raw > current
        ? .aboveTarget(metric: best.metric) : raw < current ? .allMetricsBelowTarget : .unstated
      wanted = normalize(raw, current: current, now: now)
    }

    statusCurrentReplicas = current
    var decision = AutoscalerDecision(
      currentReplicas: current, recommendation: recommendation, action: .keep)
    if wanted == current {
      statusDesiredReplicas = current
    } else if observation.canWriteScale {
      conditions.ableToScale.set(true, .succeededRescale, at: now)
      remember(from: current, to: wanted, now: now)
      statusDesiredReplicas = wanted
      lastScaleTime = now
      decision.action = .scale(to: wanted, reason: reason)
    } else {
      conditions.ableToScale.set(false, .failedUpdateScale, at: now)
      decision.action = .scaleRefused(wanted: wanted)
    }
    return decision
  }
}

extension HorizontalPodAutoscaler {
  /// The largest proposal and its metric; nil when all metrics fail, or some do and the rest would
  /// shrink the target.
  private mutating func bestProposal(
    _ observation: AutoscalerObservation, current: Int32, status: Int32, now: SimTime
  ) -> (replicas: Int32, metric: Int)? {
    currentMetrics.removeAll(keepingCapacity: true)
    switch observation.selector {
    case .valid: break
    case .invalid:
      conditions.scalingActive.set(false, .invalidSelector, at: now)
      return nil
    case .ambiguous:
      conditions.scalingActive.set(false, .ambiguousSelector, at: now)
      return nil
    }
    precondition(
      observation.readings.count == spec.metrics.count,
      "\(observation.readings.count) readings for \(spec.metrics.count) metrics")

    let calculator = ReplicaCalculator(settings, tolerances: tolerances)
    var best: (replicas: Int32, metric: Int) = (0, 0)
    var failures = 0
    var firstFailure: ScalingActiveReason?
    for (index, metric) in spec.metrics.enumerated() {
      do throws(MetricFailure) {
        let proposal = try calculator.proposal(
          for: metric, reading: observation.readings[index], pods: observation.pods,
          currentReplicas: current, statusReplicas: status, now: now)
        currentMetrics.append(.success(proposal))
        if best.replicas == 0 || proposal.replicas > best.replicas {
          best = (proposal.replicas, index)
        }
      } catch {
        currentMetrics.append(.failure(error))
        firstFailure = firstFailure ?? metric.failureReason
        failures += 1
      }
    }
    let blocked = settings.failingMetricBlocksScaleDown && failures > 0 && best.replicas < current
    if failures == spec.metrics.count || blocked {
      conditions.scalingActive.set(false, firstFailure ?? .invalidMetricSourceType, at: now)
      return nil
    }
    conditions.scalingActive.set(true, .validMetricFound, at: now)
    return best
  }

  /// Stabilises a recommendation, then limits it.
  ///
  /// - Source: Kubernetes `normalizeDesiredReplicas`, `normalizeDesiredReplicasWithBehaviors`.
  private mutating func normalize(_ raw: Int32, current: Int32, now: SimTime) -> Int32 {
    var log = recommendations ?? RecommendationLog()
    recommendations = nil  // so that the log's storage has one owner and is changed in place
    let stabilized: Int32
    let limited: ReplicaLimits.Limited
    let heldReason: AbleToScaleReason
    if let behavior = spec.behavior {
      stabilized = log.stabilize(
        raw: raw, current: current,
        scaleUpWindow: behavior.scaleUp.stabilizationWindow ?? .zero,
        scaleDownWindow: behavior.scaleDown.stabilizationWindow ?? settings.downscaleStabilization,
        now: now)
      heldReason = raw >= current ? .scaleUpStabilized : .scaleDownStabilized
      limited = limits(stabilized, current: current).withBehavior(
        behavior,
        history: ScaleHistory(
          scaleUpEvents: scaleUpEvents, scaleDownEvents: scaleDownEvents, now: now,
          bothLogsCount: settings.bothEventLogsCount))
    } else {
      stabilized = log.stabilize(
        raw: raw, downscaleWindow: settings.downscaleStabilization, now: now)
      heldReason = .scaleDownStabilized
      limited = limits(stabilized, current: current).withoutBehavior()
    }
    recommendations = log
    conditions.ableToScale.set(
      true, stabilized == raw ? .readyForNewScale : heldReason, at: now)
    conditions.scalingLimited.set(limited.replicas != stabilized, limited.reason, at: now)
    return limited.replicas
  }

  private func limits(_ desired: Int32, current: Int32) -> ReplicaLimits {
    ReplicaLimits(
      currentReplicas: current, desiredReplicas: desired, minReplicas: spec.minReplicas,
      maxReplicas: spec.maxReplicas)
  }

  /// Writes down a change of size; only policies read it, so only with `spec.behavior`.
  private mutating func remember(from previous: Int32, to replicas: Int32, now: SimTime) {
    guard let behavior = spec.behavior else { return }
    if replicas > previous {
      scaleUpEvents.record(
        replicas &- previous, longestPeriod: behavior.scaleUp.longestPolicyPeriod, now: now)
    } else {
      scaleDownEvents.record(
        previous &- replicas, longestPeriod: behavior.scaleDown.longestPolicyPeriod, now: now)
    }
  }
}
