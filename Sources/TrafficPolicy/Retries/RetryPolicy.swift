public import TimeAndChance

/// When and how often a request is tried again.
///
/// - Source: Envoy `source/common/router/retry_state_impl.cc`.
public struct RetryPolicy: Sendable, Equatable {
  /// The classes of outcomes that are retried.
  public var retryOn: RetryOn
  /// Retries beyond the first try, at least 0; 1 by default.
  ///
  /// Istio: 2.
  public var numRetries: Int
  /// `per_try_timeout`; nil is off.
  ///
  /// Ignored when not smaller than the route's timeout.
  public var perTryTimeout: SimDuration?
  /// `per_try_idle_timeout`; nil is off.
  public var perTryIdleTimeout: SimDuration?
  /// `retriable_status_codes`, judged under ``RetryOn/retriableStatusCodes``.
  public var retriableStatusCodes: [Int]
  /// `retriable_headers`, judged under ``RetryOn/retriableHeaders``.
  public var retriableHeaders: [RouteMatch.HeaderMatch]
  /// The wait before a retry.
  public var backOff: RetryBackOff
  /// The wait that a host asks for; nil ignores such headers.
  public var rateLimitedBackOff: RateLimitedBackOff?
  /// True with the predicate `previous_hosts`: hosts already tried are passed over.
  public var avoidsPreviousHosts: Bool
  /// `host_selection_retry_max_attempts`: further picks per retry; 1 by default.
  ///
  /// Istio: 5.
  public var hostSelectionMaxAttempts: Int
  /// `retry_priority: previous_priorities` with that update frequency; nil is off.
  ///
  /// Istio: 2 with `retryRemoteLocalities`.
  public var previousPrioritiesUpdateFrequency: Int?

  /// A policy; the defaults are Envoy's.
  public init(
    retryOn: RetryOn, numRetries: Int = 1, perTryTimeout: SimDuration? = nil,
    perTryIdleTimeout: SimDuration? = nil, retriableStatusCodes: [Int] = [],
    retriableHeaders: [RouteMatch.HeaderMatch] = [], backOff: RetryBackOff = RetryBackOff(),
    rateLimitedBackOff: RateLimitedBackOff? = nil, avoidsPreviousHosts: Bool = false,
    hostSelectionMaxAttempts: Int = 1, previousPrioritiesUpdateFrequency: Int? = nil
  ) {
    self.retryOn = retryOn
    self.numRetries = numRetries
    self.perTryTimeout = perTryTimeout
    self.perTryIdleTimeout = perTryIdleTimeout
    self.retriableStatusCodes = retriableStatusCodes
    self.retriableHeaders = retriableHeaders
    self.backOff = backOff
    self.rateLimitedBackOff = rateLimitedBackOff
    self.avoidsPreviousHosts = avoidsPreviousHosts
    self.hostSelectionMaxAttempts = hostSelectionMaxAttempts
    self.previousPrioritiesUpdateFrequency = previousPrioritiesUpdateFrequency
  }
}

/// The classes of outcomes that a policy retries; names as in `x-envoy-retry-on`.
@frozen public struct RetryOn: OptionSet, Sendable, Hashable {
  public let rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// `5xx`: any 5xx answer, connection failure, reset or per-try timeout.
  @inlinable public static var fiveXX: RetryOn { RetryOn(rawValue: 1 << 0) }
  /// `gateway-error`: 502, 503, 504, connection failure, reset or per-try timeout.
  @inlinable public static var gatewayError: RetryOn { RetryOn(rawValue: 1 << 1) }
  /// `reset`: no answer at all.
  @inlinable public static var reset: RetryOn { RetryOn(rawValue: 1 << 2) }
  /// `reset-before-request`: no answer, and no byte was ever sent.
  @inlinable public static var resetBeforeRequest: RetryOn { RetryOn(rawValue: 1 << 3) }
  /// `connect-failure`.
  @inlinable public static var connectFailure: RetryOn { RetryOn(rawValue: 1 << 4) }
  /// `envoy-ratelimited`: an answer with `x-envoy-ratelimited`.
  @inlinable public static var envoyRateLimited: RetryOn { RetryOn(rawValue: 1 << 5) }
  /// `retriable-4xx`: 409.
  @inlinable public static var retriable4xx: RetryOn { RetryOn(rawValue: 1 << 6) }
  /// `refused-stream`: HTTP/2 REFUSED_STREAM.
  @inlinable public static var refusedStream: RetryOn { RetryOn(rawValue: 1 << 7) }
  /// `retriable-status-codes`.
  @inlinable public static var retriableStatusCodes: RetryOn { RetryOn(rawValue: 1 << 8) }
  /// `retriable-headers`.
  @inlinable public static var retriableHeaders: RetryOn { RetryOn(rawValue: 1 << 9) }
  /// `cancelled`: grpc-status 1.
  @inlinable public static var cancelled: RetryOn { RetryOn(rawValue: 1 << 10) }
  /// `deadline-exceeded`: grpc-status 4.
  @inlinable public static var deadlineExceeded: RetryOn { RetryOn(rawValue: 1 << 11) }
  /// `internal`: grpc-status 13.
  @inlinable public static var `internal`: RetryOn { RetryOn(rawValue: 1 << 12) }
  /// `resource-exhausted`: grpc-status 8.
  @inlinable public static var resourceExhausted: RetryOn { RetryOn(rawValue: 1 << 13) }
  /// `unavailable`: grpc-status 14.
  @inlinable public static var unavailable: RetryOn { RetryOn(rawValue: 1 << 14) }
}
