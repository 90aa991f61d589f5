/// Whether one more retry may be under way: `max_retries` or the retry budget of a cluster.
///
/// A slot is taken when a retry is scheduled, held during its back-off and its try, and released
/// when the try's outcome is judged or the request ends; so this limits requests that are in a
/// retry, not retries per second. Slots are counted per proxy and cluster, over all its workers.
///
/// - Source: Envoy `source/common/upstream/resource_manager_impl.h` (RetryBudgetImpl,
///   ManagedResourceImpl).
@frozen public struct RetryAdmission: Sendable, Hashable {
  /// `max_retries`, or `min_retry_concurrency` when there is a budget.
  public var floorLimit: UInt32
  /// The budget as a share of active and pending requests, 0 without one.
  public var budgetPercent: Double
  /// True with a budget; `max_retries` is then not used.
  public var hasBudget: Bool

  /// The retry limits of a cluster.
  public init(_ thresholds: CircuitBreakerThresholds) {
    if let budget = thresholds.retryBudget {
      floorLimit = UInt32(clamping: budget.minRetryConcurrency)
      budgetPercent = max(0, min(100, budget.budgetPercent))
      hasBudget = true
    } else {
      floorLimit = UInt32(clamping: thresholds.maxRetries)
      budgetPercent = 0
      hasBudget = false
    }
  }

  /// The number of retries that may be under way at once.
  ///
  /// `active` and `pending` count the proxy's requests to the cluster; the try whose failure is
  /// being judged is still active.
  @inlinable @inline(__always)
  public func limit(active: UInt32, pending: UInt32) -> UInt32 {
    if !hasBudget { return floorLimit }
    let requests = Double(active) + Double(pending)
    let budget = UInt32(truncatingIfNeeded: UInt64(budgetPercent / 100 * requests))
    return max(floorLimit, budget)
  }

  /// True when one more retry may be scheduled beside `outstanding` ones.
  @inlinable @inline(__always)
  public func hasRoom(outstanding: UInt32, active: UInt32, pending: UInt32) -> Bool {
    outstanding < limit(active: active, pending: pending)
  }
}
