public import TimeAndChance

/// The other rate limiter of Resilience4j, used only where code builds it: a fair semaphore that a
/// task refills at a fixed rate.
///
/// Nothing is reserved: callers wait in line, are served at a refill, and fail after their timeout.
/// The owner calls ``refresh(at:)`` at ``nextRefresh``, and then ``nextGranted()`` until it is nil.
///
/// - Source: Resilience4j `ratelimiter/internal/SemaphoreBasedRateLimiter.java`.
public struct SemaphoreBasedRateLimiter: Hashable, Sendable {
  /// The answer to a request.
  @frozen public enum Admission: Hashable, Sendable {
    /// Go now.
    case permitted
    /// In line until then at the latest; at that moment the request fails.
    case waiting(until: SimTime)
    /// Not without waiting: `RequestNotPermitted`.
    case refused
  }

  private struct Waiter: Hashable {
    var caller: Int
    var permits: Int
  }

  /// Permissions that are left in this period.
  public private(set) var availablePermissions: Int
  /// When the next refill is due.
  public private(set) var nextRefresh: SimTime
  private var limit: Int
  private var timeout: SimDuration
  private let period: SimDuration
  private var line: ContiguousArray<Waiter> = []

  /// A limiter whose refills follow its creation at the period's rate.
  ///
  /// - Parameters:
  ///   - configuration: Valid settings, see ``RateLimiterConfiguration/validate()``.
  ///   - now: When it is created.
  public init(_ configuration: RateLimiterConfiguration, createdAt now: SimTime) {
    limit = configuration.limitForPeriod
    timeout = configuration.timeoutDuration
    period = configuration.limitRefreshPeriod
    availablePermissions = limit
    nextRefresh = now + period
  }

  /// Callers in line.
  public var waitingCallers: Int { line.count }

  /// Asks for permissions.
  ///
  /// - Parameters:
  ///   - permits: At least 1.
  ///   - caller: Names the call while it stands in line.
  ///   - now: The present moment.
  /// - Returns: Whether the caller may go, waits or fails.
  public mutating func acquire(
    _ permits: Int = 1, for caller: Int, at now: SimTime
  ) -> Admission {
    if line.isEmpty, availablePermissions >= permits {
      availablePermissions -= permits
      return .permitted
    }
    guard timeout > .zero else { return .refused }
    line.append(Waiter(caller: caller, permits: permits))
    return .waiting(until: now + timeout)
  }

  /// Refills to the limit.
  public mutating func refresh(at now: SimTime) {
    availablePermissions = max(availablePermissions, limit)
    nextRefresh = now + period
  }

  /// The caller at the head of the line who has its permissions now, or nil.
  public mutating func nextGranted() -> Int? {
    guard let head = line.first, head.permits <= availablePermissions else { return nil }
    availablePermissions -= head.permits
    line.removeFirst()
    return head.caller
  }

  /// Takes a caller whose timeout is over out of the line: `RequestNotPermitted`.
  ///
  /// - Returns: False when the caller is no longer in line.
  public mutating func expire(_ caller: Int) -> Bool {
    guard let index = line.firstIndex(where: { $0.caller == caller }) else { return false }
    line.remove(at: index)
    return true
  }

  /// Takes all that is available.
  public mutating func drainPermissions() { availablePermissions = 0 }

  /// Changes the limit for the refills to come.
  public mutating func changeLimitForPeriod(_ newLimit: Int) { limit = newLimit }

  /// Changes the timeout from the next request on.
  public mutating func changeTimeoutDuration(_ newTimeout: SimDuration) { timeout = newTimeout }
}
