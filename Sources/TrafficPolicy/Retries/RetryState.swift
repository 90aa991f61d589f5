/// A request's allowance of retries, spent as Envoy spends it: before room is asked for.
///
/// Four bytes, trivial, one per request.
///
/// - Source: Envoy `source/common/router/retry_state_impl.cc` (shouldRetry).
@frozen public struct RetryState: Sendable, Hashable {
  /// What becomes of a judged outcome.
  @frozen public enum Decision: UInt8, Sendable, Hashable {
    /// The outcome is delivered.
    ///
    /// When a retry was made before, `upstream_rq_retry_success` counts.
    case deliver
    /// Try again: take a slot, count `upstream_rq_retry`, wait, pick a host.
    case retry
    /// The allowance is spent: URX, `upstream_rq_retry_limit_exceeded`.
    case limitExceeded
    /// No slot is free: UO, `upstream_rq_retry_overflow`.
    case overflow
  }

  /// Retries that are left.
  public var remaining: UInt16
  /// Retries that were made.
  public var made: UInt16

  /// The allowance of a request under a policy: `num_retries`, 0 without a policy.
  @inlinable public init(numRetries: Int) {
    remaining = UInt16(clamping: numRetries)
    made = 0
  }

  /// Judges an outcome: `matches` says that the policy retries it, `hasRoom` that a slot is free
  /// once this request's own slot is given back.
  @inlinable @inline(__always)
  public mutating func decide(matches: Bool, hasRoom: @autoclosure () -> Bool) -> Decision {
    if !matches { return .deliver }
    if remaining == 0 { return .limitExceeded }
    remaining -= 1
    if !hasRoom() { return .overflow }
    made += 1
    return .retry
  }

  /// True when a delivered outcome counts as `upstream_rq_retry_success`.
  @inlinable @inline(__always) public var hadRetry: Bool { made > 0 }
}

extension RetryState.Decision {
  /// The response flag that the decision adds to those of the last try.
  @inlinable public var flags: ResponseFlags {
    switch self {
    case .deliver, .retry: []
    case .limitExceeded: .upstreamRetryLimitExceeded
    case .overflow: .upstreamOverflow
    }
  }
}
