public import TimeAndChance

/// The three conditions in an autoscaler's status.
///
/// They live in the API object, so a restart of the controller keeps them.
///
/// - Source: Kubernetes `autoscaling/v2` `HorizontalPodAutoscalerCondition`.
public struct AutoscalerConditions: Sendable, Equatable {
  /// Whether the controller can read and write the target's scale, and what it did with it.
  public internal(set) var ableToScale: AutoscalerCondition<AbleToScaleReason>?
  /// Whether a size can be computed.
  public internal(set) var scalingActive: AutoscalerCondition<ScalingActiveReason>?
  /// Whether a bound or a rate held back the wanted size.
  public internal(set) var scalingLimited: AutoscalerCondition<ScalingLimitedReason>?

  /// No condition yet, as on a new object.
  public init() {}
}

/// One condition: true or false, why, and since when.
public struct AutoscalerCondition<Reason: Sendable & Equatable>: Sendable, Equatable {
  /// The condition's status.
  public var status: Bool
  /// The machine-readable reason.
  public var reason: Reason
  /// When ``status`` last changed; a new reason alone does not count.
  public var lastTransition: SimTime
}

extension Optional {
  /// Sets a condition as the controller does: the transition time moves only with the status.
  mutating func set<Reason>(_ status: Bool, _ reason: Reason, at now: SimTime)
  where Wrapped == AutoscalerCondition<Reason> {
    let unchanged = self.flatMap { $0.status == status ? $0.lastTransition : nil }
    self = AutoscalerCondition(status: status, reason: reason, lastTransition: unchanged ?? now)
  }
}

/// Reasons of the condition `AbleToScale`.
public enum AbleToScaleReason: String, Sendable, Equatable {
  /// The scale was read and nothing more was decided yet.
  case succeededGetScale = "SucceededGetScale"
  /// The recommendation is the wanted size.
  case readyForNewScale = "ReadyForNewScale"
  /// A recent higher recommendation holds the size.
  case scaleDownStabilized = "ScaleDownStabilized"
  /// A recent lower recommendation holds the size.
  case scaleUpStabilized = "ScaleUpStabilized"
  /// The scale was written.
  case succeededRescale = "SucceededRescale"
  /// The scale could not be read; status false.
  case failedGetScale = "FailedGetScale"
  /// The scale could not be written; status false.
  case failedUpdateScale = "FailedUpdateScale"
}

/// Reasons of the condition `ScalingActive`.
public enum ScalingActiveReason: String, Sendable, Equatable {
  /// A size was computed.
  case validMetricFound = "ValidMetricFound"
  /// The target was scaled to 0 by hand; status false.
  case scalingDisabled = "ScalingDisabled"
  /// A resource metric failed first; status false.
  case failedGetResourceMetric = "FailedGetResourceMetric"
  /// A container resource metric failed first; status false.
  case failedGetContainerResourceMetric = "FailedGetContainerResourceMetric"
  /// A pods metric failed first; status false.
  case failedGetPodsMetric = "FailedGetPodsMetric"
  /// An object metric failed first; status false.
  case failedGetObjectMetric = "FailedGetObjectMetric"
  /// An external metric failed first; status false.
  case failedGetExternalMetric = "FailedGetExternalMetric"
  /// A metric of unknown type came first; status false.
  case invalidMetricSourceType = "InvalidMetricSourceType"
  /// The target's selector is missing or cannot be read; status false.
  case invalidSelector = "InvalidSelector"
  /// Pods of the selector belong to more than one autoscaler; status false.
  case ambiguousSelector = "AmbiguousSelector"
}

/// Reasons of the condition `ScalingLimited`.
public enum ScalingLimitedReason: String, Sendable, Equatable {
  /// Nothing held back; status false.
  case desiredWithinRange = "DesiredWithinRange"
  /// Held at the lower bound.
  case tooFewReplicas = "TooFewReplicas"
  /// Held at the upper bound.
  case tooManyReplicas = "TooManyReplicas"
  /// Held by the rate of growth.
  case scaleUpLimit = "ScaleUpLimit"
  /// Held by the rate of shrinking.
  case scaleDownLimit = "ScaleDownLimit"
}
