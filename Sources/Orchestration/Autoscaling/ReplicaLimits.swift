public import TimeAndChance

/// What a stabilised recommendation may become in one sync: bounds and rates.
///
/// - Source: Kubernetes `convertDesiredReplicasWithRules` and
///   `convertDesiredReplicasWithBehaviorRate` (`pkg/controller/podautoscaler/horizontal.go`).
///   Whole numbers wrap around where the controller's do: a `Pods` policy near 2³¹ forbids growth.
public struct ReplicaLimits: Sendable, Equatable {
  /// `spec.replicas` of the target's scale.
  public var currentReplicas: Int32
  /// The stabilised recommendation.
  public var desiredReplicas: Int32
  /// ``HorizontalPodAutoscalerSpec/minReplicas``.
  public var minReplicas: Int32
  /// ``HorizontalPodAutoscalerSpec/maxReplicas``.
  public var maxReplicas: Int32

  /// The four numbers that limits compare.
  public init(
    currentReplicas: Int32, desiredReplicas: Int32, minReplicas: Int32, maxReplicas: Int32
  ) {
    self.currentReplicas = currentReplicas
    self.desiredReplicas = desiredReplicas
    self.minReplicas = minReplicas
    self.maxReplicas = maxReplicas
  }

  /// A size and what held it there.
  public struct Limited: Sendable, Equatable {
    /// The size that was allowed.
    public var replicas: Int32
    /// What held it, or ``ScalingLimitedReason/desiredWithinRange``.
    public var reason: ScalingLimitedReason
  }

  /// Without `spec.behavior`: between the bounds, and up to `max(2 × current, 4)` in one sync.
  ///
  /// Shrinking has no rate.
  public func withoutBehavior() -> Limited {
    let rate = Int32(goTruncating: max(2.0 * Double(currentReplicas), 4.0))
    let (allowed, reason): (Int32, ScalingLimitedReason) =
      maxReplicas > rate ? (rate, .scaleUpLimit) : (maxReplicas, .tooManyReplicas)
    if desiredReplicas < minReplicas {
      return Limited(replicas: minReplicas, reason: .tooFewReplicas)
    }
    if desiredReplicas > allowed { return Limited(replicas: allowed, reason: reason) }
    return Limited(replicas: desiredReplicas, reason: .desiredWithinRange)
  }

  /// With `spec.behavior`: between the bounds, and as far as the policies of the direction allow
  /// from the size at the start of their periods.
  public func withBehavior(_ behavior: ScalingBehavior, history: ScaleHistory) -> Limited {
    if desiredReplicas > currentReplicas {
      let rate = max(scaleUpLimit(behavior.scaleUp, history), currentReplicas)
      let (allowed, reason): (Int32, ScalingLimitedReason) =
        maxReplicas > rate ? (rate, .scaleUpLimit) : (maxReplicas, .tooManyReplicas)
      if desiredReplicas > allowed { return Limited(replicas: allowed, reason: reason) }
    } else if desiredReplicas < currentReplicas {
      let rate = min(scaleDownLimit(behavior.scaleDown, history), currentReplicas)
      let (allowed, reason): (Int32, ScalingLimitedReason) =
        minReplicas < rate ? (rate, .scaleDownLimit) : (minReplicas, .tooFewReplicas)
      if desiredReplicas < allowed { return Limited(replicas: allowed, reason: reason) }
    }
    return Limited(replicas: desiredReplicas, reason: .desiredWithinRange)
  }

  /// The largest size that the rules for growing allow; a percentage is rounded up, so that one
  /// replica can always grow.
  private func scaleUpLimit(_ rules: ScalingRules, _ history: ScaleHistory) -> Int32 {
    if rules.selectPolicy == .disabled { return currentReplicas }
    var limit: Int32 = rules.selectPolicy == .min ? .max : .min
    for policy in rules.policies {
      let start = history.periodStart(policy.period, current: currentReplicas, direction: .up)
      let proposed: Int32
      switch policy.kind {
      case .pods:
        proposed = start &+ policy.value
      case .percent:
        let grown = Double(start) * (1 + Double(policy.value) / 100)
        proposed = Int32(goTruncating: grown.rounded(.up))
      }
      limit = rules.selectPolicy == .min ? min(limit, proposed) : max(limit, proposed)
    }
    return limit
  }

  /// The smallest size that the rules for shrinking allow; a percentage is cut towards zero.
  private func scaleDownLimit(_ rules: ScalingRules, _ history: ScaleHistory) -> Int32 {
    if rules.selectPolicy == .disabled { return currentReplicas }
    var limit: Int32 = rules.selectPolicy == .min ? .min : .max
    for policy in rules.policies {
      let start = history.periodStart(policy.period, current: currentReplicas, direction: .down)
      let proposed: Int32
      switch policy.kind {
      case .pods:
        proposed = start &- policy.value
      case .percent:
        proposed = Int32(goTruncating: Double(start) * (1 - Double(policy.value) / 100))
      }
      limit = rules.selectPolicy == .min ? max(limit, proposed) : min(limit, proposed)
    }
    return limit
  }
}

/// What an autoscaler with `spec.behavior` remembers of its own changes, seen from one instant.
public struct ScaleHistory: Sendable, Equatable {
  /// The changes that added replicas.
  public var scaleUpEvents: ScaleEventLog
  /// The changes that removed replicas.
  public var scaleDownEvents: ScaleEventLog
  /// The instant that ages count from.
  public var now: SimTime
  /// ``AutoscalerSettings/bothEventLogsCount``.
  public var bothLogsCount: Bool

  /// A history seen from `now`.
  public init(
    scaleUpEvents: ScaleEventLog = .init(), scaleDownEvents: ScaleEventLog = .init(), now: SimTime,
    bothLogsCount: Bool = true
  ) {
    self.scaleUpEvents = scaleUpEvents
    self.scaleDownEvents = scaleDownEvents
    self.now = now
    self.bothLogsCount = bothLogsCount
  }

  /// The size at the start of a period that ends now.
  func periodStart(
    _ period: SimDuration, current: Int32, direction: AutoscalerScalingDirection
  ) -> Int32 {
    let added =
      bothLogsCount || direction == .up ? scaleUpEvents.change(within: period, now: now) : 0
    let removed =
      bothLogsCount || direction == .down ? scaleDownEvents.change(within: period, now: now) : 0
    return current &- added &+ removed
  }
}
