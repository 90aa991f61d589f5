public import TimeAndChance

/// One key of the rate limit service: a counter per fixed window.
///
/// All proxies that send the same descriptor share it. Up to twice the limit can pass around the
/// end of a window. Trivial.
///
/// - Source: `envoyproxy/ratelimit` `src/limiter/base_limiter.go`, `src/redis/fixed_cache_impl.go`.
@frozen public struct FixedWindowCounter: Sendable, Hashable {
  /// Requests allowed per window; nil is unlimited.
  public let requestsPerUnit: UInt64?
  /// The length of a window.
  public let window: SimDuration
  /// How far the windows' starts lie before whole multiples of ``window`` on the run's clock: the
  /// run begins at some time of day.
  public let phase: SimDuration
  /// True when the service keeps exhausted keys in memory: they are refused uncounted until the
  /// window ends.
  public let usesLocalCache: Bool
  @usableFromInline var windowNumber: Int64 = .min
  @usableFromInline var count: UInt64 = 0

  /// A counter of those settings.
  public init(
    _ settings: GlobalRateLimitSettings, phase: SimDuration = .zero, usesLocalCache: Bool = false
  ) {
    requestsPerUnit = settings.requestsPerUnit.map { UInt64(max(0, $0)) }
    window = settings.unit.length
    self.phase = phase
    self.usesLocalCache = usesLocalCache
  }

  /// Counts a request; true when it is within the limit.
  ///
  /// Refused requests count too.
  @inlinable
  public mutating func hit(at now: SimTime, hits: UInt64 = 1) -> Bool {
    guard let requestsPerUnit else { return true }
    let number = (now.nanoseconds + phase.nanoseconds) / window.nanoseconds
    if number != windowNumber {
      windowNumber = number
      count = 0
    }
    if usesLocalCache, count > requestsPerUnit { return false }
    count &+= hits
    return count <= requestsPerUnit
  }
}

extension GlobalRateLimitSettings.Unit {
  /// The length of the window.
  public var length: SimDuration {
    switch self {
    case .second: .seconds(1)
    case .minute: .minutes(1)
    case .hour: .minutes(60)
    case .day: .minutes(24 * 60)
    }
  }
}

/// The global rate limit filter of a proxy: what it does before and after it asks the service.
///
/// - Source: Envoy `source/extensions/filters/http/ratelimit/ratelimit.cc` (complete).
@frozen public struct GlobalRateLimitFilter: Sendable, Hashable {
  /// What the filter does with a request.
  @frozen public enum Plan: Sendable, Hashable {
    /// Nothing is asked: it goes on.
    case pass
    /// The service answers after that time: ask the counter then, and ``answered(isAllowed:)``.
    case ask(SimDuration)
    /// The call fails after that time: then ``failed()``.
    case fail(SimDuration)
  }
  /// How the request goes on.
  @frozen public enum Outcome: UInt8, Sendable, Hashable {
    /// It goes on.
    case admit
    /// 429 RL, `request_rate_limited`, header `x-envoy-ratelimited`.
    case refuse
    /// 500 RLSE, `rate_limiter_error`.
    case error
  }
  /// The filter's counters, `ratelimit.` in front.
  @frozen public struct Statistics: Sendable, Hashable {
    /// Answers within the limit.
    public var ok: UInt64 = 0
    /// Answers beyond it.
    public var overLimit: UInt64 = 0
    /// Failed calls.
    public var error: UInt64 = 0
    /// Requests let through after one.
    public var failureModeAllowed: UInt64 = 0
    /// All zero.
    public init() {}
    /// Every counter with its name.
    public var named: [(name: String, value: UInt64)] {
      [
        ("ratelimit.ok", ok), ("ratelimit.over_limit", overLimit), ("ratelimit.error", error),
        ("ratelimit.failure_mode_allowed", failureModeAllowed),
      ]
    }
  }

  /// What becomes of each request: it depends on the settings alone.
  public let plan: Plan
  @usableFromInline let denies: Bool
  /// The counters.
  public var statistics = Statistics()

  /// A filter of those settings.
  ///
  /// A service that cannot be reached fails at once (its connection is refused); one that is slower
  /// than the timeout fails when that is over.
  public init(_ settings: GlobalRateLimitSettings) {
    denies = settings.failureModeDeny
    if !settings.hasDescriptor {
      plan = .pass
    } else if !settings.serviceReachable {
      plan = .fail(.zero)
    } else if settings.timeout > .zero, settings.serviceLatency >= settings.timeout {
      plan = .fail(settings.timeout)
    } else {
      plan = .ask(settings.serviceLatency)
    }
  }

  /// The service answered.
  @inlinable public mutating func answered(isAllowed: Bool) -> Outcome {
    if isAllowed {
      statistics.ok &+= 1
      return .admit
    }
    statistics.overLimit &+= 1
    return .refuse
  }

  /// The call failed.
  @inlinable public mutating func failed() -> Outcome {
    statistics.error &+= 1
    if denies { return .error }
    statistics.failureModeAllowed &+= 1
    return .admit
  }
}
