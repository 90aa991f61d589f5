public import TimeAndChance

/// What the cluster's operator sets for all autoscalers: flags and feature gates of
/// kube-controller-manager, and its release.
///
/// - Source: Kubernetes `pkg/controller/podautoscaler/config/v1alpha1/defaults.go`.
public struct AutoscalerSettings: Sendable, Equatable {
  /// Time between two syncs of one autoscaler, `--horizontal-pod-autoscaler-sync-period`; 15 s.
  ///
  /// Each autoscaler has its own phase, set by when the controller first saw it.
  public var syncPeriod: SimDuration
  /// How far from 1 a ratio may be without a change, `--horizontal-pod-autoscaler-tolerance`; 0.1.
  ///
  /// The flag sets both directions.
  public var tolerance: AutoscalerTolerances
  /// How long after a pod's start its CPU samples are taken only while it is ready,
  /// `--horizontal-pod-autoscaler-cpu-initialization-period`; 300 s.
  public var cpuInitializationPeriod: SimDuration
  /// How long after a pod's start a change to unready still means "was never ready",
  /// `--horizontal-pod-autoscaler-initial-readiness-delay`; 30 s.
  public var initialReadinessDelay: SimDuration
  /// How long a higher recommendation holds the size,
  /// `--horizontal-pod-autoscaler-downscale-stabilization`; 300 s.
  public var downscaleStabilization: SimDuration
  /// The `HPAScaleToZero` gate, without which the API refuses `minReplicas: 0`; off by default.
  public var scaleToZero: Bool
  /// The `HPAConfigurableTolerance` gate; by default as in the release (on since 1.35).
  public var configurableTolerance: Bool
  /// The minor version of Kubernetes 1.x; 34 by default.
  public var kubernetesMinorVersion: Int

  /// Flags and gates; left-out ones have the release's defaults.
  public init(
    syncPeriod: SimDuration = .seconds(15), tolerance: AutoscalerTolerances = .init(both: 0.1),
    cpuInitializationPeriod: SimDuration = .seconds(300),
    initialReadinessDelay: SimDuration = .seconds(30),
    downscaleStabilization: SimDuration = .seconds(300), scaleToZero: Bool = false,
    configurableTolerance: Bool? = nil, kubernetesMinorVersion: Int = 34
  ) {
    self.syncPeriod = syncPeriod
    self.tolerance = tolerance
    self.cpuInitializationPeriod = cpuInitializationPeriod
    self.initialReadinessDelay = initialReadinessDelay
    self.downscaleStabilization = downscaleStabilization
    self.scaleToZero = scaleToZero
    self.configurableTolerance = configurableTolerance ?? (kubernetesMinorVersion >= 35)
    self.kubernetesMinorVersion = kubernetesMinorVersion
  }

  /// Whether one failing metric forbids scaling down: always but in 1.16 to 1.21.
  ///
  /// - Source: kubernetes/kubernetes pull request 99514.
  public var failingMetricBlocksScaleDown: Bool { !(16...21).contains(kubernetesMinorVersion) }

  /// Whether the size at the start of a policy's period is reckoned from the events of both
  /// directions, as since 1.24, or of the same direction only.
  public var bothEventLogsCount: Bool { kubernetesMinorVersion >= 24 }

  /// A phase for an autoscaler's first sync: even in `0 ..< syncPeriod`.
  ///
  /// One draw.
  public func phase(using random: inout RandomStream) -> SimDuration {
    SimDuration(nanoseconds: Int64(random.unit() * Double(syncPeriod.nanoseconds)))
  }
}
