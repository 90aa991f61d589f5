/// How much a proxy lets be under way towards one cluster at once.
///
/// An Envoy "circuit breaker" limits concurrency; it does not open on failures (that is outlier
/// detection). Each limit counts over all workers of one proxy, never across proxies. There is
/// room while `current < limit`.
///
/// - Source: Envoy `source/common/upstream/resource_manager_impl.h`.
public struct CircuitBreakerThresholds: Sendable, Equatable {
  /// Istio's way of writing "no limit".
  public static let unlimited = 4_294_967_295

  /// `max_connections`; 1024 by default.
  public var maxConnections: Int
  /// `max_pending_requests`; 1024 by default.
  public var maxPendingRequests: Int
  /// `max_requests`; 1024 by default.
  public var maxRequests: Int
  /// `max_retries`; 3 by default; not used when there is a ``retryBudget``.
  public var maxRetries: Int
  /// `retry_budget`; nil by default.
  public var retryBudget: RetryBudget?

  /// Limits; the defaults are Envoy's.
  public init(
    maxConnections: Int = 1024, maxPendingRequests: Int = 1024, maxRequests: Int = 1024,
    maxRetries: Int = 3, retryBudget: RetryBudget? = nil
  ) {
    self.maxConnections = maxConnections
    self.maxPendingRequests = maxPendingRequests
    self.maxRequests = maxRequests
    self.maxRetries = maxRetries
    self.retryBudget = retryBudget
  }

  /// No limit at all: Istio's defaults.
  public static let none = CircuitBreakerThresholds(
    maxConnections: unlimited, maxPendingRequests: unlimited, maxRequests: unlimited,
    maxRetries: unlimited)
}

/// A limit on concurrent retries that follows the traffic.
public struct RetryBudget: Sendable, Equatable {
  /// `budget_percent`: retries allowed per 100 active and pending requests; 20 by default.
  public var budgetPercent: Double
  /// `min_retry_concurrency`: retries that are always allowed; 3 by default.
  public var minRetryConcurrency: Int
  /// A budget; the defaults are Envoy's.
  public init(budgetPercent: Double = 20, minRetryConcurrency: Int = 3) {
    self.budgetPercent = budgetPercent
    self.minRetryConcurrency = minRetryConcurrency
  }
}
