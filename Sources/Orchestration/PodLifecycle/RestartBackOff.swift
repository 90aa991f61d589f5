public import TimeAndChance

/// How long the kubelet waits before it restarts a container that ended: `CrashLoopBackOff`.
///
/// The first restart is at once, the next ones wait 10, 20, 40, 80, 160, 300, 300 … s after the
/// exit. The curve starts again when the container ended more than 600 s after its last restart.
/// Every exit counts, also exit code 0 and kills by a liveness probe. A restart in place keeps the
/// pod, its address, its node, and its place in quotas.
///
/// - Source: Kubernetes `doBackOff` in `pkg/kubelet/kuberuntime/kuberuntime_manager.go`, settings in
///   `pkg/kubelet/kubelet.go`, client-go `util/flowcontrol/backoff.go`.
@frozen public struct RestartBackOff: Sendable, Equatable {
  /// The first wait; 10 s by default (1 s with the reduced decay of 1.33, alpha).
  public let initial: SimDuration
  /// The longest wait; 300 s by default, `crashLoopBackOff.maxContainerRestartPeriod` per node.
  public let maximum: SimDuration
  /// A container that ended later than this after its restart starts the curve again; 600 s.
  public let resetAfter: SimDuration
  private var current: SimDuration = .zero
  private var lastRestart: SimTime = .never

  /// A container that has not ended yet.
  ///
  /// A maximum below the initial wait becomes the initial wait.
  public init(
    initial: SimDuration = .seconds(10), maximum: SimDuration = .seconds(300),
    resetAfter: SimDuration = .seconds(600)
  ) {
    self.initial = min(initial, maximum)
    self.maximum = maximum
    self.resetAfter = resetAfter
  }

  /// The wait between an exit and the restart; the container is restarted when it is over.
  public mutating func delay(afterExitAt exit: SimTime) -> SimDuration {
    guard lastRestart != .never, exit - lastRestart <= resetAfter else {
      current = initial
      lastRestart = exit
      return .zero
    }
    let wait = current
    current = min(maximum, current * 2)
    lastRestart = exit + wait
    return wait
  }
}
