/// A cluster's counters in one proxy, under Envoy's names.
///
/// Trivial; one per (proxy, cluster). The detector's counters are ``OutlierStatistics``, those of
/// the filters stand with each filter.
///
/// - Source: Envoy `envoy/upstream/upstream.h` (ALL_CLUSTER_TRAFFIC_STATS, ALL_CLUSTER_LB_STATS).
@frozen public struct EnvoyClusterStatistics: Sendable, Hashable {
  /// Attempts put on a connection to a host.
  public var upstreamRqTotal: UInt64 = 0
  /// Requests on connections now (a gauge).
  public var upstreamRqActive: UInt64 = 0
  /// Requests that were queued for a connection.
  public var upstreamRqPendingTotal: UInt64 = 0
  /// Requests queued now (a gauge).
  public var upstreamRqPendingActive: UInt64 = 0
  /// Requests refused because the pending queue was full.
  public var upstreamRqPendingOverflow: UInt64 = 0
  /// Requests refused because `max_requests` was reached.
  public var upstreamRqActiveOverflow: UInt64 = 0
  /// Queued requests that failed with their connection.
  public var upstreamRqPendingFailureEject: UInt64 = 0
  /// Queued requests that were given up before they had a connection.
  public var upstreamRqCancelled: UInt64 = 0
  /// Retries scheduled; a hedge counts too.
  public var upstreamRqRetry: UInt64 = 0
  /// Retries after an exponential wait.
  public var upstreamRqRetryBackoffExponential: UInt64 = 0
  /// Retries after a wait that the host asked for.
  public var upstreamRqRetryBackoffRatelimited: UInt64 = 0
  /// Requests with a retry whose final outcome would not be retried.
  public var upstreamRqRetrySuccess: UInt64 = 0
  /// Requests whose last outcome would be retried with no retry left (URX).
  public var upstreamRqRetryLimitExceeded: UInt64 = 0
  /// Retries refused by `max_retries` or the budget.
  public var upstreamRqRetryOverflow: UInt64 = 0
  /// Tries in flight that the route timeout ended.
  public var upstreamRqTimeout: UInt64 = 0
  /// Tries ended by the per-try timer.
  public var upstreamRqPerTryTimeout: UInt64 = 0
  /// Tries ended by the per-try idle timer.
  public var upstreamRqPerTryIdleTimeout: UInt64 = 0
  /// Requests ended by `max_stream_duration`.
  public var upstreamRqMaxDurationReached: UInt64 = 0
  /// Streams that the host reset.
  public var upstreamRqRxReset: UInt64 = 0
  /// Streams that the proxy reset.
  public var upstreamRqTxReset: UInt64 = 0
  /// Answers delivered or discarded for a retry.
  public var upstreamRqCompleted: UInt64 = 0
  /// Answers of 200 to 299.
  public var upstreamRq2xx: UInt64 = 0
  /// Answers of 300 to 399.
  public var upstreamRq3xx: UInt64 = 0
  /// Answers of 400 to 499.
  public var upstreamRq4xx: UInt64 = 0
  /// Answers of 500 to 599.
  public var upstreamRq5xx: UInt64 = 0
  /// Requests that found no host to pick.
  public var upstreamCxNoneHealthy: UInt64 = 0
  /// Connections opened to hosts.
  public var upstreamCxTotal: UInt64 = 0
  /// Connections open now (a gauge).
  public var upstreamCxActive: UInt64 = 0
  /// HTTP/1.1 connections opened.
  public var upstreamCxHttp1Total: UInt64 = 0
  /// HTTP/2 connections opened.
  public var upstreamCxHttp2Total: UInt64 = 0
  /// Connection attempts that failed, refused or timed out.
  public var upstreamCxConnectFail: UInt64 = 0
  /// Connection attempts that ran into `connect_timeout`.
  public var upstreamCxConnectTimeout: UInt64 = 0
  /// Connections closed after `max_requests_per_connection` requests.
  public var upstreamCxMaxRequests: UInt64 = 0
  /// Connections closed because nothing used them.
  public var upstreamCxIdleTimeout: UInt64 = 0
  /// Wishes for a connection beyond `max_connections`.
  public var upstreamCxOverflow: UInt64 = 0
  /// Connections closed.
  public var upstreamCxDestroy: UInt64 = 0
  /// Connections that the host closed with a request on them.
  public var upstreamCxDestroyRemoteWithActiveRq: UInt64 = 0
  /// Connections that the proxy closed with a request on them.
  public var upstreamCxDestroyLocalWithActiveRq: UInt64 = 0
  /// Picks made while the level was in panic, retries included.
  public var lbHealthyPanic: UInt64 = 0
  /// Requests whose body was too large to be kept for a retry or a mirror.
  public var retryOrShadowAbandoned: UInt64 = 0
  /// Changes of members.
  public var membershipChange: UInt64 = 0

  /// All zero.
  @inlinable public init() {}

  /// The counters of an answer's status class.
  @inlinable public mutating func count(status: UInt16) {
    upstreamRqCompleted &+= 1
    switch status {
    case 200..<300: upstreamRq2xx &+= 1
    case 300..<400: upstreamRq3xx &+= 1
    case 400..<500: upstreamRq4xx &+= 1
    case 500..<600: upstreamRq5xx &+= 1
    default: break
    }
  }

  /// Every counter's name, as Envoy writes it after `cluster.<name>.`, with its place.
  static let names: [(String, any WritableKeyPath<EnvoyClusterStatistics, UInt64> & Sendable)] = [
    ("lb_healthy_panic", \.lbHealthyPanic),
    ("membership_change", \.membershipChange),
    ("retry_or_shadow_abandoned", \.retryOrShadowAbandoned),
    ("upstream_cx_active", \.upstreamCxActive),
    ("upstream_cx_connect_fail", \.upstreamCxConnectFail),
    ("upstream_cx_connect_timeout", \.upstreamCxConnectTimeout),
    ("upstream_cx_destroy", \.upstreamCxDestroy),
    ("upstream_cx_destroy_local_with_active_rq", \.upstreamCxDestroyLocalWithActiveRq),
    ("upstream_cx_destroy_remote_with_active_rq", \.upstreamCxDestroyRemoteWithActiveRq),
    ("upstream_cx_http1_total", \.upstreamCxHttp1Total),
    ("upstream_cx_http2_total", \.upstreamCxHttp2Total),
    ("upstream_cx_idle_timeout", \.upstreamCxIdleTimeout),
    ("upstream_cx_max_requests", \.upstreamCxMaxRequests),
    ("upstream_cx_none_healthy", \.upstreamCxNoneHealthy),
    ("upstream_cx_overflow", \.upstreamCxOverflow),
    ("upstream_cx_total", \.upstreamCxTotal),
    ("upstream_rq_2xx", \.upstreamRq2xx),
    ("upstream_rq_3xx", \.upstreamRq3xx),
    ("upstream_rq_4xx", \.upstreamRq4xx),
    ("upstream_rq_5xx", \.upstreamRq5xx),
    ("upstream_rq_active", \.upstreamRqActive),
    ("upstream_rq_active_overflow", \.upstreamRqActiveOverflow),
    ("upstream_rq_cancelled", \.upstreamRqCancelled),
    ("upstream_rq_completed", \.upstreamRqCompleted),
    ("upstream_rq_max_duration_reached", \.upstreamRqMaxDurationReached),
    ("upstream_rq_pending_active", \.upstreamRqPendingActive),
    ("upstream_rq_pending_failure_eject", \.upstreamRqPendingFailureEject),
    ("upstream_rq_pending_overflow", \.upstreamRqPendingOverflow),
    ("upstream_rq_pending_total", \.upstreamRqPendingTotal),
    ("upstream_rq_per_try_idle_timeout", \.upstreamRqPerTryIdleTimeout),
    ("upstream_rq_per_try_timeout", \.upstreamRqPerTryTimeout),
    ("upstream_rq_retry", \.upstreamRqRetry),
    ("upstream_rq_retry_backoff_exponential", \.upstreamRqRetryBackoffExponential),
    ("upstream_rq_retry_backoff_ratelimited", \.upstreamRqRetryBackoffRatelimited),
    ("upstream_rq_retry_limit_exceeded", \.upstreamRqRetryLimitExceeded),
    ("upstream_rq_retry_overflow", \.upstreamRqRetryOverflow),
    ("upstream_rq_retry_success", \.upstreamRqRetrySuccess),
    ("upstream_rq_rx_reset", \.upstreamRqRxReset),
    ("upstream_rq_timeout", \.upstreamRqTimeout),
    ("upstream_rq_total", \.upstreamRqTotal),
    ("upstream_rq_tx_reset", \.upstreamRqTxReset),
  ]

  /// Every counter with its name, sorted by name.
  public var named: [(name: String, value: UInt64)] {
    Self.names.map { ($0.0, self[keyPath: $0.1]) }
  }

  /// Adds another proxy's counters.
  public mutating func add(_ other: EnvoyClusterStatistics) {
    for (_, path) in Self.names { self[keyPath: path] &+= other[keyPath: path] }
  }
}
