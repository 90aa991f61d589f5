public import TimeAndChance

/// How long a controller waits before it tries a failed object again: 5 ms, doubling, up to 1000 s.
///
/// The delay is reset by a sync without error, never by time. Watch events of the object bring an
/// extra sync at once but count as another failure when that sync fails too. After eighteen refused
/// creates the next try is more than sixteen minutes away, even if the quota was freed meanwhile.
///
/// - Source: client-go `ItemExponentialFailureRateLimiter` in
///   `util/workqueue/default_rate_limiters.go`; issue kubernetes/kubernetes#98656.
@frozen public struct WorkQueueBackOff: Sendable, Equatable {
  /// The first delay; 5 ms by default.
  public let base: SimDuration
  /// The longest delay; 1000 s by default.
  public let maximum: SimDuration
  /// Failures since the last success.
  public private(set) var failures = 0

  /// A back-off that has seen no failure.
  public init(
    base: SimDuration = .milliseconds(5), maximum: SimDuration = .seconds(1000)
  ) {
    self.base = base
    self.maximum = maximum
  }

  /// Records a failed sync and returns how long to wait before the next.
  public mutating func delayAfterFailure() -> SimDuration {
    defer { failures += 1 }
    guard failures < 62 else { return maximum }
    let (delay, overflow) = base.nanoseconds.multipliedReportingOverflow(by: 1 << failures)
    return overflow ? maximum : min(maximum, .nanoseconds(delay))
  }

  /// Records a sync without error: the next failure starts again at ``base``.
  public mutating func recordSuccess() { failures = 0 }
}

/// A budget of requests per second with a burst, given out in the order of asking.
///
/// Three of them matter: the controller manager's API client (20/s, burst 30), the overall limit of
/// a controller's retry queue (10/s, burst 100), and the kubelet's image pulls (5/s, burst 10).
///
/// - Source: `golang.org/x/time/rate` as used by client-go's flow control and work queues.
@frozen public struct RequestBudget: Sendable, Equatable {
  /// Time in which one request's worth is earned.
  public let interval: SimDuration
  /// Requests that may be made at once after a pause.
  public let burst: Int
  private var fullAt: SimTime

  /// A full budget.
  ///
  /// - Parameters:
  ///   - perSecond: requests per second in the long run, at least 1.
  ///   - burst: requests at once, at least 1.
  public init(perSecond: Int, burst: Int) {
    precondition(
      perSecond > 0 && burst > 0, "rate \(perSecond) and burst \(burst) must be positive")
    interval = .nanoseconds(1_000_000_000 / Int64(perSecond))
    self.burst = burst
    fullAt = .zero
  }

  /// The kube-controller-manager's client: `--kube-api-qps` 20, `--kube-api-burst` 30.
  public static var controllerManager: RequestBudget { RequestBudget(perSecond: 20, burst: 30) }
  /// The overall limit of a controller's retries: 10 per second, burst 100.
  public static var workQueue: RequestBudget { RequestBudget(perSecond: 10, burst: 100) }
  /// The kubelet's image pulls: `registryPullQPS` 5, `registryBurst` 10.
  public static var imagePulls: RequestBudget { RequestBudget(perSecond: 5, burst: 10) }

  /// Takes one request's worth and returns how long the request must wait; zero while in burst.
  public mutating func reserve(at now: SimTime) -> SimDuration {
    let start = max(fullAt, now)
    fullAt = start + interval
    let mayGo = fullAt - interval * Int64(burst)
    return mayGo > now ? mayGo - now : .zero
  }
}
