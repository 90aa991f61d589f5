public import TimeAndChance

/// The policies of one instance name in one process: every replica has its own, so that a service
/// behind *R* replicas sees up to *R* times a limit, and each breaker opens on its own.
///
/// A layer of the order whose policy is nil lets every call pass.
public struct ResiliencePolicies: Hashable, Sendable {
  /// A published change of the circuit breaker.
  public struct Notice: Hashable, Sendable {
    /// When it happened.
    public let time: SimTime
    /// What happened.
    public let effects: CircuitBreakerEffects
  }

  /// Which policy surrounds which.
  public let order: DecorationOrder
  /// Tries a call again.
  public var retry: Retry?
  /// Turns calls away while results are bad.
  public var circuitBreaker: CircuitBreaker?
  /// Admits so many calls a period.
  public var rateLimiter: RateLimiter?
  /// Ends the wait for a call.
  public var timeLimiter: TimeLimiter?
  /// Admits so many calls at once.
  public var bulkhead: Bulkhead?
  /// Runs calls on its own threads; used where ``bulkhead`` is nil.
  public var threadPoolBulkhead: ThreadPoolBulkhead?
  /// What the breaker published since the owner last emptied the list.
  public var notices: ContiguousArray<Notice> = []
  /// Calls that waited in a bulkhead and may go now; the owner resumes each with
  /// ``DecoratedCall/admitted(at:_:using:)`` and empties the list.
  public var admitted: ContiguousArray<Int> = []

  /// No policies yet.
  public init(order: DecorationOrder = .spring) { self.order = order }

  /// Fires every timer of the breaker that is due.
  public mutating func fireTimers(upTo now: SimTime, using random: inout RandomStream) {
    while let due = circuitBreaker?.nextTimer, due <= now,
      let fired = circuitBreaker?.fireTimer(using: &random)
    {
      note(fired.effects, at: fired.at)
    }
  }

  @inline(__always)
  mutating func note(_ effects: CircuitBreakerEffects, at now: SimTime) {
    if !effects.isEmpty { notices.append(Notice(time: now, effects: effects)) }
  }
}
