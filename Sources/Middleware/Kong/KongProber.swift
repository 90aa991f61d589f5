public import TimeAndChance

/// When Kong's active checks probe: a tick of 0.1 s, healthy targets every `healthy.interval`, the
/// others every `unhealthy.interval`; an interval of 0 leaves that group unprobed.
///
/// Ejection therefore takes up to one interval, then `limit - 1` intervals and a timeout each;
/// return takes `successes` unhealthy intervals.
///
/// - Source: lua-resty-healthcheck `lib/resty/healthcheck.lua`, the checker's timer.
public struct KongProber: Sendable, Equatable {
  /// The tick.
  public static let tick = SimDuration.milliseconds(100)

  private let healthyInterval: SimDuration
  private let unhealthyInterval: SimDuration
  private var lastHealthy: SimTime
  private var lastUnhealthy: SimTime

  /// A prober that starts now; the first probes come after one interval.
  public init(settings: KongHealthSettings, start: SimTime) {
    healthyInterval = settings.healthyInterval
    unhealthyInterval = settings.unhealthyInterval
    lastHealthy = start
    lastUnhealthy = start
  }

  /// Which groups to probe at this tick: targets that receive traffic, and those that do not.
  public mutating func tick(at now: SimTime) -> (available: Bool, unavailable: Bool) {
    let healthy = healthyInterval > .zero && now - lastHealthy >= healthyInterval
    let unhealthy = unhealthyInterval > .zero && now - lastUnhealthy >= unhealthyInterval
    if healthy { lastHealthy = now }
    if unhealthy { lastUnhealthy = now }
    return (healthy, unhealthy)
  }
}
