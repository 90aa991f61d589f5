public import TimeAndChance

/// The health check of a layer 4 or 7 switch in front of a gateway.
///
/// Checks run every `interval`; `fall` failures in a row take a server out, `rise` successes bring
/// it back. A hanging server is noticed between `(fall - 1) * interval + timeout` and one interval
/// later; 15 to 20 s with 5 s, 5 s and 3.
///
/// - Source: the common model of such switches and of `vrrp_script` (`fall` 1, `rise` 1 there).
public struct SwitchHealthCheck: Sendable, Equatable {
  /// Time from one check to the next.
  public let interval: SimDuration
  /// Time after which a check without an answer has failed.
  public let timeout: SimDuration
  /// Failures in a row that take the server out, at least 1.
  public let fall: Int
  /// Successes in a row that bring it back, at least 1.
  public let rise: Int
  /// Whether the server gets connections; true at the start.
  public private(set) var isUp = true
  private var streak = 0

  /// A check of a server that is up.
  public init(interval: SimDuration, timeout: SimDuration, fall: Int, rise: Int) {
    precondition(fall > 0 && rise > 0, "fall and rise must be positive, are \(fall) and \(rise)")
    self.interval = interval
    self.timeout = timeout
    self.fall = fall
    self.rise = rise
  }

  /// Counts a finished check; returns whether the server went up or down by it.
  public mutating func finished(passed: Bool) -> Bool {
    if passed == isUp {
      streak = 0
      return false
    }
    streak += 1
    if streak < (isUp ? fall : rise) { return false }
    isUp.toggle()
    streak = 0
    return true
  }

  /// The shortest and longest time from a hang to the server being out.
  public var detection: (best: SimDuration, worst: SimDuration) {
    let best = interval * Int64(fall - 1) + timeout
    return (best, best + interval)
  }

  /// The longest time from recovery to the server being back.
  public var recovery: SimDuration { interval * Int64(rise) }
}
