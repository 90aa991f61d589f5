public import TimeAndChance

/// When a probe runs: at once and then every period, if the container's state allows it.
///
/// - Source: Kubernetes `run`, `doProbe` in `pkg/kubelet/prober/worker.go`; defaults from the API.
@frozen public struct ProbeSchedule: Sendable, Equatable {
  /// Time between runs; 10 s by default, at least 1 s.
  public var period: SimDuration
  /// Time after which no answer is a failure; 1 s by default.
  public var timeout: SimDuration
  /// Time after the container's start in which nothing is probed; 0 by default.
  public var initialDelay: SimDuration

  /// A schedule with the API's defaults.
  public init(
    period: SimDuration = .seconds(10), timeout: SimDuration = .seconds(1),
    initialDelay: SimDuration = .zero
  ) {
    self.period = period
    self.timeout = timeout
    self.initialDelay = initialDelay
  }

  /// Whether a run at this instant probes anything.
  ///
  /// The initial delay is compared in whole seconds since the container's start, as the kubelet
  /// does. Until the startup probe has succeeded only that one runs; afterwards it runs no more.
  ///
  /// - Parameters:
  ///   - kind: which of the three probes it is.
  ///   - containerStartedAt: when the container started; nil while it is not running.
  ///   - hasStarted: the startup probe has succeeded, or there is none.
  ///   - isTerminating: the pod is being deleted.
  ///   - now: the instant of the run.
  /// - Returns: whether the run asks the container anything.
  public func probes(
    kind: ProbeState.Kind, containerStartedAt: SimTime?, hasStarted: Bool, isTerminating: Bool,
    at now: SimTime
  ) -> Bool {
    guard let containerStartedAt else { return false }
    if isTerminating && kind != .readiness { return false }
    let second: Int64 = 1_000_000_000
    let running = (now - containerStartedAt).nanoseconds / second
    guard running >= initialDelay.nanoseconds / second else { return false }
    return hasStarted == (kind != .startup)
  }

  /// The instant of the first run of a worker created now.
  ///
  /// A kubelet that itself started less than a period ago spreads its first runs over the period,
  /// with one draw; otherwise the first run is at once and nothing is drawn.
  public func firstRun(
    workerCreatedAt now: SimTime, kubeletStartedAt: SimTime, random: inout RandomStream
  ) -> SimTime {
    guard period > now - kubeletStartedAt else { return now }
    let wait = random.unit() * Double(period.nanoseconds)
    return now + .nanoseconds(Int64(wait))
  }

  /// The longest time a startup probe gives an application before it is killed.
  public func startupBudget(failureThreshold: Int) -> SimDuration {
    initialDelay + period * Int64(failureThreshold)
  }

  /// The shortest and longest time from a fault to the published failure.
  ///
  /// - Parameters:
  ///   - failureThreshold: failures in a row that are needed.
  ///   - hangs: whether the endpoint hangs, so that the last failure waits for the timeout.
  /// - Returns: the bounds of the delay; it is evenly spread between them.
  public func detectionDelay(failureThreshold: Int, hangs: Bool) -> ClosedRange<SimDuration> {
    let fixed = period * Int64(failureThreshold - 1) + (hangs ? timeout : .zero)
    return fixed...(fixed + period)
  }
}
