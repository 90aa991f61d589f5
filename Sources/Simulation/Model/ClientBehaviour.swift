public import Scenario
public import TimeAndChance

/// What a caller does about failures by itself, without a mesh: one state per client instance.
public struct ClientBehaviour: Sendable, Equatable {
  /// Retries beyond the first try.
  public var retries: Int
  /// The outcomes that are tried again.
  public var retryOn: ClientRetryOn
  /// The wait before a retry.
  public var backOff: ClientBackOff
  /// Tokens that retries cost; nil asks for none.
  public var retryBucket: RetryBucket?
  /// Stops retries while too many tries have failed; nil never does.
  ///
  /// Beside a bucket both must allow a retry, and one that the breaker stops costs no token.
  public var retryBreaker: LifetimeRatioBreaker?
  /// How long the caller waits for one try; nil is for ever.
  ///
  /// The server is told only when ``propagatesDeadline`` says so.
  public var tryTimeout: SimDuration?
  /// How long the caller waits in all; nil is for ever.
  public var deadline: SimDuration?
  /// True when a try carries the instant at which its caller gives it up.
  ///
  /// The server then begins no work after that instant, and its own calls end by it too.
  ///
  /// - Source: gRPC, "Deadlines" (deadline propagation).
  public var propagatesDeadline: Bool
  /// True when no proxy stands between the caller and the servers.
  ///
  /// A refused or broken connection is then seen as such, and not as the 503 that a proxy makes of
  /// it. Calls along an ``EdgeModel/Carrier/direct(service:latency:)`` edge always see it so.
  public var seesConnections: Bool

  /// A behaviour; every failure is tried again, at once, unless asked otherwise.
  public init(
    retries: Int = 0, retryOn: ClientRetryOn = .failures, backOff: ClientBackOff = .none,
    retryBucket: RetryBucket? = nil, retryBreaker: LifetimeRatioBreaker? = nil,
    tryTimeout: SimDuration? = nil, deadline: SimDuration? = nil,
    propagatesDeadline: Bool = false, seesConnections: Bool = false
  ) {
    self.retries = retries
    self.retryOn = retryOn
    self.backOff = backOff
    self.retryBucket = retryBucket
    self.retryBreaker = retryBreaker
    self.tryTimeout = tryTimeout
    self.deadline = deadline
    self.propagatesDeadline = propagatesDeadline
    self.seesConnections = seesConnections
  }
}
