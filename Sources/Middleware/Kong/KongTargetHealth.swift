/// What a probe or a request showed about a target.
public enum KongHealthReport: Sendable, Equatable {
  /// A connection (TCP probe) succeeded.
  case success
  /// An answer with this status.
  case status(Int)
  /// Refused, reset or closed.
  case tcpFailure
  /// No answer in time.
  case timeout
}

/// The health of one target: four states and four counters, fed by active and passive checks.
///
/// Each kind of report has its own counter and limit, so two timeouts, two refusals and four bad
/// statuses can stay below limits of 3, 3 and 5. A success clears the three failure counters, a
/// failure the success counter. With `successes: 0` (the passive default) successes are ignored and
/// **failures add up for days**. A status in neither list changes nothing.
///
/// - Source: lua-resty-healthcheck `lib/resty/healthcheck.lua`, `incr_counter`. Counters there are
///   bytes of one word; limits are at most 255, so they do not overflow.
public struct KongTargetHealth: Sendable, Equatable {
  /// The states; the first two receive traffic.
  public enum State: Sendable, Equatable {
    /// No failure counted.
    case healthy
    /// Healthy with failures counted.
    case mostlyHealthy
    /// Unhealthy with successes counted.
    case mostlyUnhealthy
    /// Out.
    case unhealthy
  }

  /// The state; healthy at the start.
  public private(set) var state = State.healthy
  /// Successes in a row.
  public private(set) var successes = 0
  /// Refused or broken connections since the last success that counted.
  public private(set) var tcpFailures = 0
  /// Timeouts since the last success that counted.
  public private(set) var timeouts = 0
  /// Bad statuses since the last success that counted.
  public private(set) var httpFailures = 0

  /// A healthy target.
  public init() {}

  /// Whether the target receives traffic.
  public var isAvailable: Bool { state == .healthy || state == .mostlyHealthy }

  /// Counts a report under the limits of its kind of check; returns whether availability changed.
  public mutating func note(_ report: KongHealthReport, limits: KongHealthLimits) -> Bool {
    switch report {
    case .success:
      return countSuccess(limit: limits.successes)
    case .status(let status):
      if limits.healthyStatuses.contains(status) {
        return countSuccess(limit: limits.successes)
      }
      if limits.unhealthyStatuses.contains(status) {
        return countFailure(\.httpFailures, limit: limits.httpFailures)
      }
      return false
    case .tcpFailure:
      return countFailure(\.tcpFailures, limit: limits.tcpFailures)
    case .timeout:
      return countFailure(\.timeouts, limit: limits.timeouts)
    }
  }

  /// Sets the state by hand (the admin endpoint) and clears the counters.
  public mutating func set(isHealthy: Bool) {
    self = KongTargetHealth()
    state = isHealthy ? .healthy : .unhealthy
  }

  private mutating func countSuccess(limit: Int) -> Bool {
    if limit == 0 || state == .healthy { return false }
    successes += 1
    tcpFailures = 0
    timeouts = 0
    httpFailures = 0
    let before = isAvailable
    if successes >= limit {
      state = .healthy
    } else if state == .unhealthy {
      state = .mostlyUnhealthy
    }
    return isAvailable != before
  }

  private mutating func countFailure(
    _ counter: WritableKeyPath<KongTargetHealth, Int>, limit: Int
  ) -> Bool {
    if limit == 0 || state == .unhealthy { return false }
    self[keyPath: counter] += 1
    successes = 0
    let before = isAvailable
    if self[keyPath: counter] >= limit {
      state = .unhealthy
    } else if state == .healthy {
      state = .mostlyHealthy
    }
    return isAvailable != before
  }
}
