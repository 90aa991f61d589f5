public import TimeAndChance

/// One pod's value of one metric, as a metrics API returns it; or no value.
///
/// - Source: Kubernetes `pkg/controller/podautoscaler/metrics`, `PodMetric`.
@frozen public struct PodSample: Sendable, Equatable {
  /// The value in thousandths: CPU in thousandths of a core, memory in thousandths of a byte.
  public var value: Int64
  /// The end of the window that was measured; ``SimTime/never`` when there is no sample.
  public var timestamp: SimTime
  /// The length of the window that was measured.
  ///
  /// The resource metrics API says it; 60 s for a custom metric that does not.
  public var window: SimDuration

  /// A sample that ends at that instant.
  @inlinable public init(
    value: Int64, timestamp: SimTime, window: SimDuration = .seconds(60)
  ) {
    self.value = value
    self.timestamp = timestamp
    self.window = window
  }

  /// No sample: the pod is missing from the metrics API's answer.
  @inlinable public static var missing: PodSample {
    PodSample(value: 0, timestamp: .never, window: .zero)
  }

  /// True when there is no sample.
  @inlinable public var isMissing: Bool { timestamp == .never }
}
