public import TimeAndChance

/// How a client itself behaves, without any proxy: what it does in code.
///
/// State (a bucket's tokens, a breaker's counts) is per client instance and call step: each pod of
/// a calling workload, each instance of a traffic source.
///
/// - Source: the client behaviours of Brooker, "Fixing retries with token buckets and circuit
///   breakers" (2022), and of the AWS Builders' Library, "Timeouts, retries, and backoff".
public struct ClientPolicy: Sendable, Equatable {
  /// How long a try may take before the client gives it up; nil: for ever.
  ///
  /// The server is told only by the closed connection.
  public var perTryTimeout: SimDuration?
  /// How long the call may take over all tries and waits; nil: for ever.
  public var timeout: SimDuration?
  /// Retries beyond the first try, at least 0.
  public var numRetries: Int
  /// The outcomes that are retried.
  public var retryOn: ClientRetryOn
  /// The wait before a retry.
  public var backOff: ClientBackOff
  /// Tokens that retries cost; nil: none needed.
  public var retryBucket: RetryBucket?
  /// A breaker that stops retries only; nil: none.
  public var retryBreaker: LifetimeRatioBreaker?
  /// Whether the time that is left goes along with the call: the server then knows when its caller
  /// gives up, and its own calls end by that time too.
  public var propagatesDeadline: Bool

  /// A client that tries once and waits for ever.
  public static let plain = ClientPolicy()

  /// A client from its parts.
  public init(
    perTryTimeout: SimDuration? = nil, timeout: SimDuration? = nil, numRetries: Int = 0,
    retryOn: ClientRetryOn = .failures, backOff: ClientBackOff = .none,
    retryBucket: RetryBucket? = nil, retryBreaker: LifetimeRatioBreaker? = nil,
    propagatesDeadline: Bool = false
  ) {
    self.perTryTimeout = perTryTimeout
    self.timeout = timeout
    self.numRetries = numRetries
    self.retryOn = retryOn
    self.backOff = backOff
    self.retryBucket = retryBucket
    self.retryBreaker = retryBreaker
    self.propagatesDeadline = propagatesDeadline
  }
}

/// The outcomes that a client tries again.
public struct ClientRetryOn: OptionSet, Sendable, Hashable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// An answer of 500...599.
  public static let serverError = ClientRetryOn(rawValue: 1 << 0)
  /// No answer within the client's own time limit for a try.
  public static let timeout = ClientRetryOn(rawValue: 1 << 1)
  /// A connection that was refused, reset or closed before an answer.
  public static let connectionFailure = ClientRetryOn(rawValue: 1 << 2)
  /// An answer of 429.
  public static let tooManyRequests = ClientRetryOn(rawValue: 1 << 3)
  /// Whatever counts as an error: server errors, time limits, failed connections.
  public static let failures: ClientRetryOn = [.serverError, .timeout, .connectionFailure]
}
