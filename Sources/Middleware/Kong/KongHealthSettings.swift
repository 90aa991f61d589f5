public import TimeAndChance

/// The limits of one kind of Kong health check; a limit of 0 switches that counter off.
public struct KongHealthLimits: Sendable, Equatable {
  /// `healthy.successes`, 0 to 255.
  public var successes: Int
  /// `healthy.http_statuses`.
  public var healthyStatuses: [Int]
  /// `unhealthy.tcp_failures`, 0 to 255.
  public var tcpFailures: Int
  /// `unhealthy.timeouts`, 0 to 255.
  public var timeouts: Int
  /// `unhealthy.http_failures`, 0 to 255.
  public var httpFailures: Int
  /// `unhealthy.http_statuses`.
  public var unhealthyStatuses: [Int]

  /// These limits; all 0 by default.
  public init(
    successes: Int = 0, healthyStatuses: [Int], tcpFailures: Int = 0, timeouts: Int = 0,
    httpFailures: Int = 0, unhealthyStatuses: [Int]
  ) {
    self.successes = successes
    self.healthyStatuses = healthyStatuses
    self.tcpFailures = tcpFailures
    self.timeouts = timeouts
    self.httpFailures = httpFailures
    self.unhealthyStatuses = unhealthyStatuses
  }

  /// The defaults of active checks in an upstream: nothing counted.
  public static let active = KongHealthLimits(
    healthyStatuses: [200, 302], unhealthyStatuses: [429, 404, 500, 501, 502, 503, 504, 505])

  /// The defaults of passive checks in an upstream: nothing counted.
  public static let passive = KongHealthLimits(
    healthyStatuses: Array(200...208) + [226] + Array(300...308),
    unhealthyStatuses: [429, 500, 503])
}

/// `healthchecks` of a Kong upstream.
///
/// Every threshold is 0 by default, **so nothing is checked until configured**. Passive checks alone
/// never bring a target back: without traffic no success is seen.
///
/// - Source: Kong `kong/db/schema/entities/upstreams.lua`. The library used alone
///   (lua-resty-healthcheck) has other defaults.
public struct KongHealthSettings: Sendable, Equatable {
  /// `active`, without its intervals.
  public var active: KongHealthLimits
  /// `active.healthy.interval`: time between probes of healthy targets; zero, the default, none.
  public var healthyInterval: SimDuration
  /// `active.unhealthy.interval`: time between probes of the others; zero, the default, none.
  public var unhealthyInterval: SimDuration
  /// `active.timeout`; 1 s by default.
  public var timeout: SimDuration
  /// `active.concurrency`: probes at once; 10 by default.
  public var concurrency: Int
  /// `active.type` is `tcp`: a connection is enough; false (`http`) by default.
  public var isTCP: Bool
  /// `passive`.
  public var passive: KongHealthLimits
  /// `threshold`: percent of the weight that must be available, strictly more; 0 by default.
  public var threshold: Double

  /// Checks with Kong's defaults for what is not given.
  public init(
    active: KongHealthLimits = .active, healthyInterval: SimDuration = .zero,
    unhealthyInterval: SimDuration = .zero, timeout: SimDuration = .seconds(1),
    concurrency: Int = 10, isTCP: Bool = false, passive: KongHealthLimits = .passive,
    threshold: Double = 0
  ) {
    self.active = active
    self.healthyInterval = healthyInterval
    self.unhealthyInterval = unhealthyInterval
    self.timeout = timeout
    self.concurrency = concurrency
    self.isTCP = isTCP
    self.passive = passive
    self.threshold = threshold
  }
}
