/// One entry of an autoscaler's `spec.metrics`: what is measured and what it should be.
///
/// Values are in thousandths, as the controller computes them: 1000 is one core, one byte is 1000,
/// one request per second is 1000.
///
/// - Source: Kubernetes `autoscaling/v2` `MetricSpec`; the controller reads targets with
///   `MilliValue()` (`pkg/controller/podautoscaler/horizontal.go`).
public enum MetricSpec: Sendable, Equatable {
  /// Usage of a resource summed over each pod's containers, from the resource metrics API.
  case resource(Resource, ResourceTarget)
  /// Usage of a resource by one named container of each pod, from the resource metrics API.
  case containerResource(Resource, container: String, ResourceTarget)
  /// A custom metric that every pod reports, averaged over the pods; the target in thousandths.
  case pods(metric: String, averageValue: Int64)
  /// A custom metric of one other object, for instance an Ingress.
  case object(metric: String, ValueTarget)
  /// A metric from outside the cluster, for instance the length of a queue.
  case external(metric: String, ValueTarget)
  /// A metric type the controller does not know; it always fails with `InvalidMetricSourceType`.
  case unknown(type: String)

  /// The measured resource.
  ///
  /// Only CPU looks at readiness and at the start of the pod.
  public enum Resource: Sendable, Equatable {
    /// Processor time, in thousandths of a core.
    case cpu
    /// The working set, in thousandths of a byte.
    case memory
    /// Any other resource name.
    case other(String)
  }

  /// What a resource metric aims at.
  public enum ResourceTarget: Sendable, Equatable {
    /// Usage as a whole percentage of the pods' requests, above 0.
    case averageUtilization(percent: Int32)
    /// Usage per pod in thousandths, above 0; requests are not needed.
    case averageValue(Int64)
  }

  /// What an object or external metric aims at, in thousandths, above 0.
  public enum ValueTarget: Sendable, Equatable {
    /// The sum of the metric itself; the proposal multiplies the ready pods.
    case value(Int64)
    /// The metric divided by the number of replicas in the target's status.
    case averageValue(Int64)
  }

  /// True for the two kinds that exist without pods, of which scaling to zero needs one.
  public var isObjectOrExternal: Bool {
    switch self {
    case .object, .external: true
    case .resource, .containerResource, .pods, .unknown: false
    }
  }

  /// Why `ScalingActive` is false when this metric is the first that failed.
  public var failureReason: ScalingActiveReason {
    switch self {
    case .resource: .failedGetResourceMetric
    case .containerResource: .failedGetContainerResourceMetric
    case .pods: .failedGetPodsMetric
    case .object: .failedGetObjectMetric
    case .external: .failedGetExternalMetric
    case .unknown: .invalidMetricSourceType
    }
  }
}
