public import TimeAndChance

/// What one proxy's outlier detector knows of one host of a cluster.
///
/// Trivial, 64 bytes; the engine keeps one per (proxy, cluster, host). The counters run whether or
/// not the host is ejected; what they lead to is decided by ``OutlierDetector``.
///
/// - Source: Envoy `source/common/upstream/outlier_detection_impl.h` (DetectorHostMonitorImpl,
///   SuccessRateAccumulator).
@frozen public struct OutlierHost: Sendable, Hashable {
  /// 5xx codes in a row.
  public var consecutive5xx: UInt32 = 0
  /// 502, 503 and 504 in a row.
  public var consecutiveGatewayFailure: UInt32 = 0
  /// Local-origin failures in a row; only with the split.
  public var consecutiveLocalOriginFailure: UInt32 = 0
  /// Codes reported since the last sweep.
  public var externalTotal: UInt32 = 0
  /// Those of them that were not 5xx.
  public var externalSuccesses: UInt32 = 0
  /// Local-origin results since the last sweep; only with the split.
  public var localTotal: UInt32 = 0
  /// Those of them that were successes.
  public var localSuccesses: UInt32 = 0
  /// The multiplier of the base ejection time.
  public var ejectTimeBackoff: UInt32 = 0
  /// How often the host was ejected.
  public var numEjections: UInt32 = 0
  /// The extra time of the running ejection, whole milliseconds.
  public var jitterMilliseconds: UInt32 = 0
  /// True while the host is ejected (its flag FAILED_OUTLIER_CHECK).
  public var isEjected = false
  /// False for a slot that holds no member of the cluster.
  public var isMember = true
  /// True while the running sweep judges the host's rates.
  @usableFromInline var isRated = false
  /// When the last ejection began; `.never` before the first.
  public var ejectedAt = SimTime.never
  /// When the host was last released; `.never` before the first time.
  public var releasedAt = SimTime.never

  /// A member that nothing is known of.
  @inlinable public init() {}

  /// Counts so many codes in a row that are no 5xx.
  @inlinable @inline(__always) public mutating func recordSuccesses(_ count: UInt32 = 1) {
    if count == 0 { return }
    externalTotal &+= count
    externalSuccesses &+= count
    consecutive5xx = 0
    consecutiveGatewayFailure = 0
  }

  /// A slot without a member: skipped by sweeps and not counted.
  @inlinable public static var absent: OutlierHost {
    var host = OutlierHost()
    host.isMember = false
    return host
  }
}

/// The consecutive-failure detectors that one report set off.
///
/// Several can trip at once; they are acted on in the order of the raw values.
@frozen public struct OutlierTrips: OptionSet, Sendable, Hashable {
  public let rawValue: UInt8
  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }
  /// consecutive_gateway_failure.
  @inlinable public static var consecutiveGatewayFailure: OutlierTrips {
    OutlierTrips(rawValue: 1)
  }
  /// consecutive_5xx.
  @inlinable public static var consecutive5xx: OutlierTrips { OutlierTrips(rawValue: 2) }
  /// consecutive_local_origin_failure.
  @inlinable public static var consecutiveLocalOriginFailure: OutlierTrips {
    OutlierTrips(rawValue: 4)
  }
}

/// The kind of detection; names as in Envoy's outlier event log.
@frozen public enum OutlierEjectionType: UInt8, Sendable, Hashable, CaseIterable {
  /// 5xx codes in a row.
  case consecutive5xx
  /// 502, 503, 504 in a row.
  case consecutiveGatewayFailure
  /// A success rate far below the others.
  case successRate
  /// Local-origin failures in a row.
  case consecutiveLocalOriginFailure
  /// A local-origin success rate far below the others.
  case successRateLocalOrigin
  /// A share of failures above the threshold.
  case failurePercentage
  /// A share of local-origin failures above the threshold.
  case failurePercentageLocalOrigin

  /// The name in Envoy's outlier event log.
  public var eventLogName: String {
    switch self {
    case .consecutive5xx: "CONSECUTIVE_5XX"
    case .consecutiveGatewayFailure: "CONSECUTIVE_GATEWAY_FAILURE"
    case .successRate: "SUCCESS_RATE"
    case .consecutiveLocalOriginFailure: "CONSECUTIVE_LOCAL_ORIGIN_FAILURE"
    case .successRateLocalOrigin: "SUCCESS_RATE_LOCAL_ORIGIN"
    case .failurePercentage: "FAILURE_PERCENTAGE"
    case .failurePercentageLocalOrigin: "FAILURE_PERCENTAGE_LOCAL_ORIGIN"
    }
  }

  /// The end of its statistics' names.
  public var statisticName: String {
    switch self {
    case .consecutive5xx: "consecutive_5xx"
    case .consecutiveGatewayFailure: "consecutive_gateway_failure"
    case .successRate: "success_rate"
    case .consecutiveLocalOriginFailure: "consecutive_local_origin_failure"
    case .successRateLocalOrigin: "local_origin_success_rate"
    case .failurePercentage: "failure_percentage"
    case .failurePercentageLocalOrigin: "local_origin_failure_percentage"
    }
  }
}

/// One line of the outlier event log: a host was ejected, judged without effect, or released.
@frozen public struct OutlierAction: Sendable, Hashable {
  /// What became of a detection, or a release.
  @frozen public enum Effect: UInt8, Sendable, Hashable {
    /// The host is ejected: it leaves the healthy set.
    case enforced
    /// Enforcement was drawn against: only logged.
    case logged
    /// `max_ejection_percent` is reached: neither ejected nor logged.
    case overflow
    /// The host is released: it returns to the healthy set.
    case released
    /// The host was ejected already: nothing happened.
    case ignored
  }
  /// The host's slot.
  public var host: UInt32
  /// The detection; for a release, that of no meaning.
  public var type: OutlierEjectionType
  /// What became of it.
  public var effect: Effect
  /// An action on that host.
  @inlinable public init(host: UInt32, type: OutlierEjectionType, effect: Effect) {
    self.host = host
    self.type = type
    self.effect = effect
  }
}
