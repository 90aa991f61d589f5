/// What one proxy has under way towards a cluster, against its limits.
///
/// Shared by the proxy's workers, never by proxies. There is room while the current number is below
/// the limit. Trivial.
///
/// - Source: Envoy `source/common/upstream/resource_manager_impl.h`,
///   `source/common/conn_pool/conn_pool_base.cc`.
@frozen public struct ClusterResources: Sendable, Hashable {
  /// Connections open or being opened.
  public var connections: UInt32 = 0
  /// Requests queued for a connection.
  public var pending: UInt32 = 0
  /// Requests on connections.
  public var requests: UInt32 = 0
  /// Requests in a retry: waiting to back off, or in the try that follows.
  public var retries: UInt32 = 0
  /// `max_connections`.
  public let maxConnections: UInt32
  /// `max_pending_requests`.
  public let maxPending: UInt32
  /// `max_requests`.
  public let maxRequests: UInt32
  /// `max_retries` or the retry budget.
  public let retryAdmission: RetryAdmission

  /// Nothing under way, with those limits.
  public init(_ thresholds: CircuitBreakerThresholds) {
    maxConnections = UInt32(clamping: thresholds.maxConnections)
    maxPending = UInt32(clamping: thresholds.maxPendingRequests)
    maxRequests = UInt32(clamping: thresholds.maxRequests)
    retryAdmission = RetryAdmission(thresholds)
  }

  /// What becomes of a wish for a further connection of a pool.
  @frozen public enum ConnectionDecision: UInt8, Sendable, Hashable {
    /// Open one.
    case open
    /// The limit is reached, and the pool has none at all: open one anyway; `upstream_cx_overflow`.
    case openBeyondLimit
    /// The limit is reached: wait for one; `upstream_cx_overflow`.
    case overflow
  }

  /// True when a request may be queued; else 503 UO, `upstream_rq_pending_overflow`.
  @inlinable @inline(__always) public var canQueue: Bool { pending < maxPending }

  /// True when a request may be put on a connection; else 503 UO, `upstream_rq_active_overflow`.
  @inlinable @inline(__always) public var canSend: Bool { requests < maxRequests }

  /// True when a further retry may be scheduled; else UO, `upstream_rq_retry_overflow`.
  @inlinable @inline(__always) public var canRetry: Bool {
    retryAdmission.hasRoom(outstanding: retries, active: requests, pending: pending)
  }

  /// Whether a pool may open a connection: every pool may have one, whatever the limit says.
  @inlinable @inline(__always)
  public func connectionDecision(poolConnections: UInt32) -> ConnectionDecision {
    if connections < maxConnections { return .open }
    return poolConnections == 0 ? .openBeyondLimit : .overflow
  }
}
