public import TimeAndChance

/// The wait before a client's own retry; retries count from 1.
///
/// - Source: Brooker, "Exponential backoff and jitter" (AWS Architecture Blog, 2015).
public enum ClientBackOff: Sendable, Equatable {
  /// At once.
  case none
  /// Always that long.
  case constant(SimDuration)
  /// `base · factorⁿ⁻¹` before retry n, at most the maximum, with jitter.
  case exponential(ExponentialBackOff)
}

/// A wait that grows from retry to retry.
public struct ExponentialBackOff: Sendable, Equatable {
  /// What chance does to the wait.
  public enum Jitter: Sendable, Equatable {
    /// Nothing: the wait is the bound.
    case none
    /// Evenly from 0 to the bound.
    case full
    /// Half the bound, and evenly from 0 to half the bound more.
    case equal
    /// Evenly from the base to three times the last wait, at most the maximum.
    case decorrelated
  }

  /// The bound of the first retry.
  public var base: SimDuration
  /// How much each bound is longer than the last, at least 1.
  public var factor: Double
  /// The longest bound; nil: no limit.
  public var maximum: SimDuration?
  /// What chance does to the wait.
  public var jitter: Jitter

  /// A back-off that doubles by default.
  public init(
    base: SimDuration, factor: Double = 2, maximum: SimDuration? = nil, jitter: Jitter = .none
  ) {
    self.base = base
    self.factor = factor
    self.maximum = maximum
    self.jitter = jitter
  }
}
