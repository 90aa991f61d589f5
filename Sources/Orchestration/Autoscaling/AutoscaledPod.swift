public import TimeAndChance

/// What an autoscaler sees of one pod that its selector matches.
///
/// The pod is known by its index.
///
/// - Source: the fields of `v1.Pod` that Kubernetes `groupPods` and `getReadyPodsCount` read
///   (`pkg/controller/podautoscaler/replica_calculator.go`).
@frozen public struct AutoscaledPod: Sendable, Equatable {
  /// The pod's phase.
  @frozen public enum Phase: UInt8, Sendable, Equatable {
    case pending, running, succeeded, failed, unknown
  }

  /// The status of the pod's Ready condition.
  @frozen public enum ReadyCondition: UInt8, Sendable, Equatable {
    /// There is no such condition yet.
    case absent
    /// False.
    case notReady
    /// True.
    case ready
    /// Unknown, as on a node that is silent: neither counted as ready nor treated as unready.
    case unknown
  }

  /// When the kubelet first saw the pod; ``SimTime/never`` before that.
  public var startTime: SimTime
  /// When ``ready`` last changed; meaningless while it is ``ReadyCondition/absent``.
  public var readyChange: SimTime
  /// The pod's phase.
  public var phase: Phase
  /// The status of the Ready condition.
  public var ready: ReadyCondition
  /// True once the pod has a deletion timestamp.
  public var isDeleting: Bool

  /// A pod as given; by default a running and ready one.
  @inlinable public init(
    phase: Phase = .running, ready: ReadyCondition = .ready, startTime: SimTime,
    readyChange: SimTime, isDeleting: Bool = false
  ) {
    self.startTime = startTime
    self.readyChange = readyChange
    self.phase = phase
    self.ready = ready
    self.isDeleting = isDeleting
  }
}
