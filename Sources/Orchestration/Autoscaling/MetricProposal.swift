/// The size that one metric asks for, before stabilisation and limits, and the figures that the
/// autoscaler's status shows for it.
public struct MetricProposal: Sendable, Equatable {
  /// The proposed number of replicas.
  public var replicas: Int32
  /// Usage over request in whole per cent, over the pods that count; utilisation targets only.
  public var utilizationPercent: Int32?
  /// The average per pod in thousandths: over the pods that count, or, for object and external
  /// metrics with an average target, over the replicas in the target's status (rounded up).
  public var averageMilli: Int64?
  /// The sum of the series in thousandths; object and external metrics with a value target only.
  public var valueMilli: Int64?
}
