import TimeAndChance

/// What the API server would refuse in a ``HorizontalPodAutoscalerSpec``.
public enum AutoscalerSpecProblem: Sendable, Equatable {
  /// `minReplicas` is below 1, or below 0 with the `HPAScaleToZero` gate.
  case minReplicasTooSmall(Int32, lowerBound: Int32)
  /// `minReplicas` is 0 without an object or external metric.
  case scaleToZeroNeedsObjectOrExternalMetric
  /// `maxReplicas` is below 1.
  case maxReplicasTooSmall(Int32)
  /// `maxReplicas` is below `minReplicas`.
  case maxBelowMin(max: Int32, min: Int32)
  /// The metric of that index has a target of 0 or less.
  case targetNotPositive(metric: Int)
  /// The metric of that index has a type that does not exist.
  case unknownMetricType(metric: Int)
  /// A direction lists no policy.
  case noPolicies(AutoscalerScalingDirection)
  /// A policy's value is 0 or less.
  case policyValueNotPositive(AutoscalerScalingDirection, policy: Int)
  /// A policy's period is outside 1 to 1800 s.
  case policyPeriodOutOfRange(AutoscalerScalingDirection, policy: Int)
  /// A stabilisation window is outside 0 to 3600 s.
  case stabilizationWindowOutOfRange(AutoscalerScalingDirection)
  /// A tolerance is negative or not a number.
  case toleranceNegative(AutoscalerScalingDirection)
}

/// The direction of a change of size.
public enum AutoscalerScalingDirection: String, Sendable, Equatable {
  /// More replicas.
  case up = "scaleUp"
  /// Fewer replicas.
  case down = "scaleDown"
}

extension HorizontalPodAutoscalerSpec {
  /// Every reason for which the API server would refuse this specification, in reading order.
  ///
  /// The controller itself never checks these; its arithmetic stays defined for all of them.
  ///
  /// - Source: Kubernetes `pkg/apis/autoscaling/validation/validation.go`.
  public func problems(with settings: AutoscalerSettings) -> [AutoscalerSpecProblem] {
    var problems: [AutoscalerSpecProblem] = []
    let lowerBound: Int32 = settings.scaleToZero ? 0 : 1
    if minReplicas < lowerBound {
      problems.append(.minReplicasTooSmall(minReplicas, lowerBound: lowerBound))
    }
    if maxReplicas < 1 { problems.append(.maxReplicasTooSmall(maxReplicas)) }
    if maxReplicas < minReplicas {
      problems.append(.maxBelowMin(max: maxReplicas, min: minReplicas))
    }
    if minReplicas == 0, !metrics.contains(where: \.isObjectOrExternal) {
      problems.append(.scaleToZeroNeedsObjectOrExternalMetric)
    }
    for (index, metric) in metrics.enumerated() {
      if case .unknown = metric { problems.append(.unknownMetricType(metric: index)) }
      if !metric.hasPositiveTarget { problems.append(.targetNotPositive(metric: index)) }
    }
    if let behavior {
      problems += behavior.scaleUp.problems(.up)
      problems += behavior.scaleDown.problems(.down)
    }
    return problems
  }
}

extension MetricSpec {
  fileprivate var hasPositiveTarget: Bool {
    switch self {
    case .resource(_, .averageUtilization(let percent)),
      .containerResource(_, _, .averageUtilization(let percent)):
      percent > 0
    case .resource(_, .averageValue(let value)), .containerResource(_, _, .averageValue(let value)),
      .pods(_, let value), .object(_, .value(let value)), .object(_, .averageValue(let value)),
      .external(_, .value(let value)), .external(_, .averageValue(let value)):
      value > 0
    case .unknown:
      true
    }
  }
}

extension ScalingRules {
  fileprivate func problems(_ direction: AutoscalerScalingDirection) -> [AutoscalerSpecProblem] {
    var problems: [AutoscalerSpecProblem] = []
    if let window = stabilizationWindow, window < .zero || window > .seconds(3600) {
      problems.append(.stabilizationWindowOutOfRange(direction))
    }
    if policies.isEmpty { problems.append(.noPolicies(direction)) }
    for (index, policy) in policies.enumerated() {
      if policy.value <= 0 {
        problems.append(.policyValueNotPositive(direction, policy: index))
      }
      if policy.period < .seconds(1) || policy.period > .seconds(1800) {
        problems.append(.policyPeriodOutOfRange(direction, policy: index))
      }
    }
    if let tolerance, !(tolerance >= 0) { problems.append(.toleranceNegative(direction)) }
    return problems
  }
}
