public import TimeAndChance

/// The settings of one rate limiter, with the names of `application.yml`.
///
/// - Source: Resilience4j `ratelimiter/RateLimiterConfig.java`.
public struct RateLimiterConfiguration: Hashable, Sendable {
  /// Permissions in a period; at least 1, default 50.
  public var limitForPeriod: Int = 50
  /// The period's length; at least 1 ns, default **500 ns**, which barely limits at all.
  public var limitRefreshPeriod: SimDuration = .nanoseconds(500)
  /// The longest a caller waits; at least 0, default 5 s.
  public var timeoutDuration: SimDuration = .seconds(5)

  /// The library's defaults.
  public init() {}

  /// Refuses what the library refuses.
  ///
  /// - Throws: A ``Resilience4jProblem`` for the first setting out of range.
  public func validate() throws(Resilience4jProblem) {
    guard limitForPeriod >= 1, limitForPeriod <= Int(Int32.max) else {
      throw Resilience4jProblem(
        property: "limit-for-period", reason: "must be in 1...2147483647, is \(limitForPeriod)")
    }
    guard limitRefreshPeriod >= .nanoseconds(1) else {
      throw Resilience4jProblem(
        property: "limit-refresh-period",
        reason: "must be at least 1 ns, is \(limitRefreshPeriod.nanoseconds) ns")
    }
    guard timeoutDuration >= .zero else {
      throw Resilience4jProblem(property: "timeout-duration", reason: "must not be negative")
    }
  }
}

/// A rate limiter of Resilience4j (`AtomicRateLimiter`, the default one).
///
/// Time is cut into periods that begin when **this limiter** was created; at each border the
/// permissions are refilled in one step, so up to twice the limit can pass in less than a period.
/// Permissions can be reserved from later periods and are then negative. A refused caller that
/// blocks sleeps its **whole timeout** before it fails; one that reserves fails at once.
///
/// - Source: Resilience4j `ratelimiter/internal/AtomicRateLimiter.java`.
@frozen public struct RateLimiter: Hashable, Sendable {
  /// The answer to a request.
  @frozen public enum Reservation: Hashable, Sendable {
    /// Go now.
    case permitted
    /// Reserved: go after that wait. The reservation stays, also if the caller gives up.
    case reserved(after: SimDuration)
    /// Not within the timeout.
    case refused
  }

  /// The figures of the library's `Metrics`: estimates for a moment, nothing is stored.
  public struct Estimate: Hashable, Sendable {
    /// Permissions after the refill of that moment; negative when reserved ahead.
    public let availablePermissions: Int
    /// The number of the period, from 0.
    public let cycle: Int
    /// How long one permission would take.
    public let nanosToWait: SimDuration
  }

  @usableFromInline var limit: Int64
  @usableFromInline let period: Int64
  @usableFromInline var timeout: Int64
  @usableFromInline let createdAt: Int64
  @usableFromInline var cycle: Int64 = 0
  @usableFromInline var permissions: Int64
  /// When the stored period ends, so that most requests need no division.
  @usableFromInline var cycleEnd: Int64

  /// A limiter whose first period begins now.
  ///
  /// - Parameters:
  ///   - configuration: Valid settings, see ``RateLimiterConfiguration/validate()``.
  ///   - now: When it is created; every instance has its own phase.
  public init(_ configuration: RateLimiterConfiguration, createdAt now: SimTime) {
    limit = Int64(configuration.limitForPeriod)
    period = configuration.limitRefreshPeriod.nanoseconds
    timeout = configuration.timeoutDuration.nanoseconds
    createdAt = now.nanoseconds
    permissions = limit
    cycleEnd = Self.adding(createdAt, period)
  }

  /// The longest a caller waits, and how long a refused blocking caller sleeps before it fails.
  @inlinable public var timeoutDuration: SimDuration { .nanoseconds(timeout) }
  /// Permissions in a period.
  @inlinable public var limitForPeriod: Int { Int(limit) }

  /// Asks for permissions.
  ///
  /// - Parameters:
  ///   - permits: At least 1; more than the limit is possible when the timeout spans enough periods.
  ///   - now: Not before any earlier request.
  /// - Returns: Whether and when the caller may go.
  @inlinable @inline(__always)
  public mutating func reserve(_ permits: Int = 1, at now: SimTime) -> Reservation {
    if now.nanoseconds >= cycleEnd { refill(at: now.nanoseconds) }
    let wanted = Int64(permits)
    if permissions >= wanted {
      permissions -= wanted
      return .permitted
    }
    return reserveAhead(wanted, at: now.nanoseconds)
  }

  @usableFromInline @inline(never)
  mutating func reserveAhead(_ wanted: Int64, at now: Int64) -> Reservation {
    let wait = nanosToWait(for: wanted, at: now)
    guard timeout >= wait else { return .refused }
    permissions -= wanted
    return .reserved(after: .nanoseconds(wait))
  }

  /// Takes what is stored: in the same period all of it, after a border only as much as was stored
  /// before it.
  ///
  /// A negative store becomes 0, which forgets the reservations.
  public mutating func drainPermissions(at now: SimTime) {
    let stored = permissions
    refill(at: now.nanoseconds)
    // A drain does not wait: what is not there now is not taken.
    if permissions >= stored { permissions -= stored }
  }

  /// Changes the limit for the refills to come; what is available now stays.
  public mutating func changeLimitForPeriod(_ newLimit: Int) { limit = Int64(newLimit) }

  /// Changes the timeout from the next request on.
  public mutating func changeTimeoutDuration(_ newTimeout: SimDuration) {
    timeout = newTimeout.nanoseconds
  }

  /// The figures for a moment.
  public func estimate(at now: SimTime) -> Estimate {
    var copy = self
    copy.refill(at: now.nanoseconds)
    let wait = copy.permissions >= 1 ? 0 : copy.nanosToWait(for: 1, at: now.nanoseconds)
    return Estimate(
      availablePermissions: Int(copy.permissions), cycle: Int(copy.cycle),
      nanosToWait: .nanoseconds(wait))
  }

  @usableFromInline @inline(never) mutating func refill(at now: Int64) {
    let present = (now - createdAt) / period
    guard present != cycle else { return }
    let (gained, overflow) = (present - cycle).multipliedReportingOverflow(by: limit)
    permissions = overflow ? limit : min(Self.adding(permissions, gained), limit)
    cycle = present
    cycleEnd = Self.adding(createdAt, Self.multiplying(present + 1, period))
  }

  private func nanosToWait(for wanted: Int64, at now: Int64) -> Int64 {
    let short = wanted - (permissions + limit)
    let full = short > 0 ? (short + limit - 1) / limit : 0
    let border = Self.multiplying(cycle + 1, period)
    return Self.adding(Self.multiplying(full, period), border - (now - createdAt))
  }

  private static func adding(_ left: Int64, _ right: Int64) -> Int64 {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? .max : sum
  }

  private static func multiplying(_ left: Int64, _ right: Int64) -> Int64 {
    let (product, overflow) = left.multipliedReportingOverflow(by: right)
    return overflow ? .max : product
  }
}
