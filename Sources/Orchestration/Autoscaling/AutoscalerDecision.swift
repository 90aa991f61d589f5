/// What one sync of an autoscaler decided.
public struct AutoscalerDecision: Sendable, Equatable {
  /// The size before: `spec.replicas`; nil when the scale could not be read.
  public var currentReplicas: Int32?
  /// The largest proposal of the metrics before stabilisation and limits; nil when none was used.
  public var recommendation: Int32?
  /// What the sync did.
  public var action: Action

  /// What a sync can do.
  public enum Action: Sendable, Equatable {
    /// Nothing is to be written: the size is right, held, or could not be computed.
    case keep
    /// The new size to write to the target's scale. It counts as written.
    case scale(to: Int32, reason: RescaleReason)
    /// A new size was wanted, but the API server refused it.
    case scaleRefused(wanted: Int32)
  }

  /// Why the size changes, as the event `SuccessfulRescale` says it.
  public enum RescaleReason: Sendable, Equatable {
    /// "Current number of replicas above Spec.MaxReplicas".
    case aboveMaxReplicas
    /// "Current number of replicas below Spec.MinReplicas".
    case belowMinReplicas
    /// "… above target": the metric of that index asked for the most.
    case aboveTarget(metric: Int)
    /// "All metrics below target".
    case allMetricsBelowTarget
    /// The metrics agree with the size; an older recommendation or a bound moves it.
    case unstated
  }
}
