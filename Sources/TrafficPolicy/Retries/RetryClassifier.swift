/// Decides whether an outcome is of a kind that a policy retries: the policy's classes and lists
/// in one trivial value.
///
/// - Source: Envoy `source/common/router/retry_state_impl.cc` (wouldRetryFromHeaders,
///   wouldRetryFromReset).
@frozen public struct RetryClassifier: Sendable {
  /// The classes of the policy; empty retries nothing.
  public var retryOn: RetryOn
  /// The statuses 0 ..< 1024 that are retried, one bit each: those of `5xx`, `gateway-error`,
  /// `retriable-4xx` and `retriable-status-codes` together.
  @usableFromInline var statuses: InlineArray<16, UInt64>
  /// The gRPC statuses 0 ..< 17 that are retried, one bit each.
  @usableFromInline var grpcStatuses: UInt32
  /// Whether a status below 400 is retried.
  ///
  /// Of an answer below 400 that says no more, this alone tells whether it ``matches(_:anyByteSent:)``;
  /// run loops look at it first, as it is had without copying the table.
  public private(set) var retriesSuccess = false

  /// A classifier that retries nothing.
  public init() {
    retryOn = []
    statuses = InlineArray(repeating: 0)
    grpcStatuses = 0
  }

  /// The classes and lists of a policy; nil retries nothing.
  public init(_ policy: RetryPolicy?) {
    self.init()
    guard let policy else { return }
    retryOn = policy.retryOn
    if retryOn.contains(.fiveXX) { for status in 500..<600 { retry(status: status) } }
    if retryOn.contains(.gatewayError) { for status in 502...504 { retry(status: status) } }
    if retryOn.contains(.retriable4xx) { retry(status: 409) }
    if retryOn.contains(.retriableStatusCodes) {
      for status in policy.retriableStatusCodes { retry(status: status) }
    }
    if retryOn.contains(.cancelled) { grpcStatuses |= 1 << 1 }
    if retryOn.contains(.deadlineExceeded) { grpcStatuses |= 1 << 4 }
    if retryOn.contains(.resourceExhausted) { grpcStatuses |= 1 << 8 }
    if retryOn.contains(.internal) { grpcStatuses |= 1 << 13 }
    if retryOn.contains(.unavailable) { grpcStatuses |= 1 << 14 }
  }

  private mutating func retry(status: Int) {
    guard (0..<1024).contains(status) else { return }  // no answer carries such a status
    statuses[status >> 6] |= 1 << UInt64(status & 63)
    if status < 400 { retriesSuccess = true }
  }

  /// True when the outcome is one that the policy retries.
  ///
  /// `anyByteSent`: a byte of the request was written upstream by any try of this request so far.
  @inlinable @inline(__always)
  public func matches(_ outcome: AttemptOutcome, anyByteSent: Bool) -> Bool {
    if outcome.kind == .response { return matchesResponse(outcome) }
    return matchesReset(outcome, anyByteSent: anyByteSent)
  }

  /// Response headers: the rate limit mark decides alone; otherwise any class may match.
  @inlinable @inline(__always)
  func matchesResponse(_ outcome: AttemptOutcome) -> Bool {
    if outcome.marks.contains(.rateLimited) { return retryOn.contains(.envoyRateLimited) }
    let status = Int(outcome.status)
    if status < 1024, statuses[status >> 6] & (1 << UInt64(status & 63)) != 0 { return true }
    if outcome.marks.contains(.retriableHeader), retryOn.contains(.retriableHeaders) {
      return true
    }
    let grpc = outcome.grpcStatus
    return grpc > 0 && grpc < 32 && grpcStatuses & (1 << UInt32(grpc)) != 0
  }

  /// No answer: connection failures, resets and per-try timeouts.
  @inlinable @inline(never)
  func matchesReset(_ outcome: AttemptOutcome, anyByteSent: Bool) -> Bool {
    switch outcome.kind {
    case .response, .routeTimeout, .pendingOverflow, .activeOverflow, .noHost, .resetAfterHeaders,
      .clientAbort:
      return false
    case .connectFailure, .connectTimeout:
      if retryOn.contains(.connectFailure) { return true }
    case .remoteReset:
      if outcome.marks.contains(.refusedStream), retryOn.contains(.refusedStream) { return true }
    case .connectionTermination, .protocolError, .perTryTimeout, .perTryIdleTimeout:
      break
    }
    if !anyByteSent, retryOn.contains(.resetBeforeRequest) { return true }
    return !retryOn.isDisjoint(with: [.reset, .fiveXX, .gatewayError])
  }
}
