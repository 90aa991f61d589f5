/// What an operator writes: a HorizontalPodAutoscaler's `spec`, without its target's name.
///
/// - Source: Kubernetes `autoscaling/v2` `HorizontalPodAutoscalerSpec`.
public struct HorizontalPodAutoscalerSpec: Sendable, Equatable {
  /// The lower bound; 1 by default.
  ///
  /// 0 needs the `HPAScaleToZero` gate and an object or external metric.
  public var minReplicas: Int32
  /// The upper bound, at least 1 and at least ``minReplicas``.
  public var maxReplicas: Int32
  /// What is measured.
  ///
  /// The largest proposal wins. By default 80 % of the requested CPU.
  public var metrics: [MetricSpec]
  /// How fast it may move; nil takes the code path of `max(2 × current, 4)`.
  public var behavior: ScalingBehavior?

  /// A specification; left-out parts have the API's defaults.
  public init(
    minReplicas: Int32 = 1, maxReplicas: Int32,
    metrics: [MetricSpec] = [.resource(.cpu, .averageUtilization(percent: 80))],
    behavior: ScalingBehavior? = nil
  ) {
    self.minReplicas = minReplicas
    self.maxReplicas = maxReplicas
    self.metrics = metrics
    self.behavior = behavior
  }
}
