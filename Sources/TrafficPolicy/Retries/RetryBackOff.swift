public import TimeAndChance

/// The wait before a retry: exponential, fully jittered, capped.
///
/// Retry *n*, counted from 1, waits a whole number of milliseconds drawn evenly from
/// `0 ..< bound(n)`. The bound starts at ``baseInterval``, doubles with each retry and stops at
/// ``maxInterval``.
///
/// - Source: Envoy `JitteredExponentialBackOffStrategy` (`source/common/common/backoff_strategy.cc`).
///   Its router page gives bounds of (2ⁿ − 1) × base instead; the proxy runs the code, so we do.
@frozen public struct RetryBackOff: Sendable, Equatable {
  /// The first bound, at least 1 ms; 25 ms by default.
  public let baseInterval: SimDuration
  /// The largest bound; ten times ``baseInterval`` by default.
  public let maxInterval: SimDuration

  /// A back-off; the defaults are Envoy's.
  public init(baseInterval: SimDuration = .milliseconds(25), maxInterval: SimDuration? = nil) {
    self.baseInterval = baseInterval
    self.maxInterval = maxInterval ?? baseInterval * 10
  }

  /// The bound of retry `retry`, counted from 1.
  @inlinable public func bound(beforeRetry retry: Int) -> SimDuration {
    var bound = baseInterval.nanoseconds
    var n = 1
    while n < retry, bound < maxInterval.nanoseconds {
      bound = 2 * bound <= maxInterval.nanoseconds ? 2 * bound : maxInterval.nanoseconds
      n += 1
    }
    return SimDuration(nanoseconds: bound)
  }

  /// The wait before retry `retry`, counted from 1.
  ///
  /// One draw.
  @inlinable
  public func wait(beforeRetry retry: Int, using random: inout RandomStream) -> SimDuration {
    let milliseconds = bound(beforeRetry: retry).nanoseconds / 1_000_000
    let drawn = random.below(UInt32(truncatingIfNeeded: min(milliseconds, Int64(UInt32.max))))
    return .milliseconds(Int64(drawn))
  }
}

/// The wait that a host asks for in an answer's header.
///
/// - Source: Envoy `rate_limited_retry_back_off`, `source/common/router/retry_state_impl.cc`.
public struct RateLimitedBackOff: Sendable, Equatable {
  /// How a header says when to come back.
  public enum Format: Sendable, Equatable {
    /// Whole seconds from now.
    case seconds
    /// Seconds since the epoch.
    case unixTimestamp
  }
  /// A header that may hold the wait.
  public struct ResetHeader: Sendable, Equatable {
    /// The header's name in lower case.
    public var name: String
    /// How it says it.
    public var format: Format
    /// A header of that form.
    public init(name: String, format: Format) {
      self.name = name
      self.format = format
    }
  }
  /// The headers, in order; the first that holds a usable value decides.
  public var resetHeaders: [ResetHeader]
  /// Longer waits are ignored and the exponential wait applies; 300 s by default.
  public var maxInterval: SimDuration

  /// A back-off by header.
  public init(resetHeaders: [ResetHeader], maxInterval: SimDuration = .seconds(300)) {
    self.resetHeaders = resetHeaders
    self.maxInterval = maxInterval
  }

  /// The wait for a header that asks for `asked`, or nil when the value is not usable.
  ///
  /// `asked + U[0, asked/2)` in whole milliseconds; values of 1 ms or less, or above
  /// ``maxInterval``, are not usable. One draw when usable.
  public func wait(asked: SimDuration, using random: inout RandomStream) -> SimDuration? {
    guard asked > .milliseconds(1), asked <= maxInterval else { return nil }
    let half = asked.nanoseconds / 2_000_000
    return asked + .milliseconds(Int64(random.below(UInt32(half))))
  }

  /// The wait that an answer's headers ask for, or nil when none of them is usable.
  ///
  /// `value` gives a header's first value by its name in lower case; `epochSeconds` is the time of
  /// day, for headers that hold a timestamp. One draw when usable.
  public func wait(
    epochSeconds: Int64, using random: inout RandomStream, value: (String) -> String?
  ) -> SimDuration? {
    for header in resetHeaders {
      guard let text = value(header.name), let number = Int64(text), number >= 0 else { continue }
      let seconds: Int64
      switch header.format {
      case .seconds: seconds = number
      case .unixTimestamp:
        guard number >= epochSeconds else { continue }
        seconds = number - epochSeconds
      }
      // The first value within the bound decides, even if it is too small to be used.
      guard seconds <= maxInterval.nanoseconds / 1_000_000_000 else { continue }
      return wait(asked: .seconds(seconds), using: &random)
    }
    return nil
  }
}
