/// What an observation changed in a circuit breaker: the events it publishes, in their order.
///
/// At most one failure rate, one slow call rate, one transition and one reset come out of one
/// observation, in that order, so that no list is needed.
@frozen public struct CircuitBreakerEffects: Hashable, Sendable {
  /// The failure rate that reached its threshold, in percent; negative when none did.
  public var failureRateExceeded: Float
  /// The rate of slow calls that reached its threshold, in percent; negative when none did.
  public var slowCallRateExceeded: Float
  /// The state before and after; equal when no transition was published.
  ///
  /// A transition into the same state builds a fresh state and publishes nothing.
  public var from: CircuitBreaker.State
  /// The state after.
  public var to: CircuitBreaker.State
  @usableFromInline var flags: UInt8

  @inlinable @inline(__always) init(flags: UInt8) {
    failureRateExceeded = -1
    slowCallRateExceeded = -1
    from = .closed
    to = .closed
    self.flags = flags
  }

  /// Nothing was published.
  @inlinable public static var none: Self { Self(flags: 0) }
  /// The breaker was reset.
  @inlinable public static var reset: Self { Self(flags: 1) }
  /// An exception was ignored: neither failure nor success.
  @inlinable public static var ignoredError: Self { Self(flags: 2) }
  /// A stale timer fired whose transition was illegal by then.
  @inlinable public static var timerWithoutEffect: Self { Self(flags: 4) }
  /// Recording raised a division by zero in the caller's thread: a defect of the library, see
  /// ``CircuitBreaker/record(_:duration:at:using:)``.
  @inlinable public static var divisionByZero: Self { Self(flags: 8) }
  @inlinable static var notPermitted: Self { Self(flags: 16) }

  /// Whether nothing was published.
  @inlinable @inline(__always) public var isEmpty: Bool {
    flags == 0 && from == to && failureRateExceeded < 0 && slowCallRateExceeded < 0
  }
  /// Whether a transition was published.
  @inlinable public var isTransition: Bool { from != to }
  /// Whether the breaker was reset.
  @inlinable public var isReset: Bool { flags & 1 != 0 }
  /// Whether an exception was ignored.
  @inlinable public var isIgnoredError: Bool { flags & 2 != 0 }
  /// Whether a stale timer had no effect.
  @inlinable public var isTimerWithoutEffect: Bool { flags & 4 != 0 }
  /// Whether recording raised a division by zero.
  @inlinable public var raisedDivisionByZero: Bool { flags & 8 != 0 }
}
