/// Tokens that calls earn and retries cost: a limit on the ratio of retries to calls.
///
/// - Source: Brooker (2022), "Fixing retries with token buckets and circuit breakers".
public struct RetryBucket: Sendable, Equatable {
  /// The most tokens it holds.
  public var capacity: Double
  /// Tokens at the start, at most ``capacity``.
  public var initial: Double
  /// Tokens that each new call adds.
  public var perCall: Double
  /// Tokens that a retry costs; without them it is not sent.
  public var perRetry: Double

  /// A bucket; full at the start, and a retry costs 1, by default.
  public init(capacity: Double, initial: Double? = nil, perCall: Double, perRetry: Double = 1) {
    self.capacity = capacity
    self.initial = initial ?? capacity
    self.perCall = perCall
    self.perRetry = perRetry
  }
}

/// Stops retries, never first tries, while too many tries have failed since the start.
///
/// A retry is sent only while failed tries / all tries, the present one included, is at most
/// ``maximumFailureRatio``.
///
/// - Source: Brooker (2022), the circuit breaker of the published simulator.
public struct LifetimeRatioBreaker: Sendable, Equatable {
  /// The largest ratio at which retries go out, 0...1.
  public var maximumFailureRatio: Double
  /// A breaker of that ratio.
  public init(maximumFailureRatio: Double) { self.maximumFailureRatio = maximumFailureRatio }
}
