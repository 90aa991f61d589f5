public import TimeAndChance

/// How a pod enters the average of a metric.
public enum PodGroup: String, Sendable, Equatable {
  /// Its sample counts.
  case counted
  /// Too young or never ready: left out, and taken as idle before growing.
  case unready
  /// Without a sample: taken as idle before growing and as busy before shrinking.
  case missing
  /// Going away or failed: neither counted nor guessed.
  case ignored
}

/// The rule that puts pods into groups.
///
/// - Source: Kubernetes `groupPods` (`pkg/controller/podautoscaler/replica_calculator.go`). The
///   API server keeps a pod's times in whole seconds; here they are as exact as given.
public struct PodGrouping: Sendable, Equatable {
  /// ``AutoscalerSettings/cpuInitializationPeriod``.
  public var cpuInitializationPeriod: SimDuration
  /// ``AutoscalerSettings/initialReadinessDelay``.
  public var initialReadinessDelay: SimDuration

  /// The rule with the controller's two delays.
  public init(_ settings: AutoscalerSettings) {
    cpuInitializationPeriod = settings.cpuInitializationPeriod
    initialReadinessDelay = settings.initialReadinessDelay
  }

  /// The group of a pod with that sample; the first rule that applies decides.
  ///
  /// Only CPU looks at readiness. A pod inside its initialisation period needs one whole window of
  /// samples since it became ready; an older one is left out only if it was never ready, which is
  /// guessed from a change to unready soon after its start.
  @inline(__always)
  public func group(
    _ pod: AutoscaledPod, sample: PodSample, isCPU: Bool, now: SimTime
  ) -> PodGroup {
    if pod.isDeleting || pod.phase == .failed { return .ignored }
    if pod.phase == .pending { return .unready }
    if sample.isMissing { return .missing }
    guard isCPU else { return .counted }
    if pod.ready == .absent || pod.startTime == .never { return .unready }
    let unready: Bool
    if pod.startTime + cpuInitializationPeriod > now {
      unready =
        pod.ready == .notReady || sample.timestamp < pod.readyChange + sample.window
    } else {
      unready =
        pod.ready == .notReady && pod.startTime + initialReadinessDelay > pod.readyChange
    }
    return unready ? .unready : .counted
  }
}
