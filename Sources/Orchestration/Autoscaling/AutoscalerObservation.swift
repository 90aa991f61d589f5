/// Everything an autoscaler reads in one sync.
public struct AutoscalerObservation: Sendable, Equatable {
  /// The target's scale subresource.
  public enum Scale: Sendable, Equatable {
    /// It could not be read.
    case unreadable
    /// `spec.replicas` (what was asked for, not the pods that exist) and `status.replicas` (the
    /// pods that the workload counts, surge pods included).
    case replicas(spec: Int32, status: Int32)
  }

  /// The target's pod selector.
  public enum Selector: Sendable, Equatable {
    /// It matches ``AutoscalerObservation/pods``.
    case valid
    /// It is missing or cannot be read.
    case invalid
    /// It matches pods of another autoscaler too.
    case ambiguous
  }

  /// The target's scale.
  public var scale: Scale
  /// The target's selector; valid by default.
  public var selector: Selector
  /// The pods that the selector matches, whichever workload they belong to.
  public var pods: [AutoscaledPod]
  /// The answer for each of the specification's metrics, in the same order.
  public var readings: [MetricReading]
  /// Whether the API server would accept a new size; true by default.
  public var canWriteScale: Bool

  /// What is observed in one sync.
  public init(
    scale: Scale, selector: Selector = .valid, pods: [AutoscaledPod], readings: [MetricReading],
    canWriteScale: Bool = true
  ) {
    self.scale = scale
    self.selector = selector
    self.pods = pods
    self.readings = readings
    self.canWriteScale = canWriteScale
  }
}
