/// Envoy's response code details: the cause of a response, finer than status and flags.
///
/// - Source: Envoy `envoy/stream_info/stream_info.h` (ResponseCodeDetailValues),
///   `source/common/http/utility.cc` (resetReasonToString).
@frozen public enum ResponseDetails: UInt8, Sendable, Hashable, CaseIterable {
  /// The answer of a host, or of a host's proxy.
  case viaUpstream
  /// The connection was refused.
  case remoteConnectionFailure
  /// The connection attempt ran into `connect_timeout`.
  case connectionTimeout
  /// The connection closed before an answer.
  case connectionTermination
  /// The host reset the stream (HTTP/2).
  case remoteReset
  /// The host refused the stream (HTTP/2 REFUSED_STREAM).
  case remoteRefusedStreamReset
  /// The host broke the protocol.
  case protocolError
  /// A limit of the circuit breaker.
  case overflow
  /// The try broke after its answer had begun.
  case resetAfterResponseStarted
  /// No host could be picked.
  case noHealthyUpstream
  /// The route timeout.
  case responseTimeout
  /// The last try's per-try timeout.
  case upstreamPerTryTimeout
  /// The last try's idle timeout.
  case upstreamPerTryIdleTimeout
  /// Nothing moved for the stream idle timeout.
  case streamIdleTimeout
  /// The route's `max_stream_duration`.
  case maxDurationTimeout
  /// The client went away.
  case downstreamRemoteDisconnect
  /// No route took the request.
  case routeNotFound
  /// The route names a cluster that is not known.
  case clusterNotFound
  /// The route answers by itself.
  case directResponse
  /// The local rate limit.
  case localRateLimited
  /// The global rate limit.
  case requestRateLimited
  /// The rate limit service failed, deny mode.
  case rateLimiterError
  /// The fault filter's abort.
  case faultFilterAbort
  /// Denied by role-based access control.
  case rbacAccessDenied
  /// Denied by external authorization.
  case extAuthzDenied
  /// Admission control refused the request.
  case deniedByAdmissionControl
  /// Adaptive concurrency refused the request.
  case reachedConcurrencyLimit
  /// The request did not arrive whole within `request_timeout`.
  case requestOverallTimeout
  /// The request body exceeds the buffer filter's limit.
  case requestPayloadTooLarge

  /// The details as Envoy's access log writes them.
  public var text: String {
    guard let reason else { return withoutReason }
    return "\(withoutReason){\(reason)}"
  }

  /// The details without the bracketed reason of a reset.
  public var withoutReason: String {
    switch self {
    case .viaUpstream: "via_upstream"
    case .remoteConnectionFailure, .connectionTimeout, .connectionTermination, .remoteReset,
      .remoteRefusedStreamReset, .protocolError, .overflow:
      "upstream_reset_before_response_started"
    case .resetAfterResponseStarted: "upstream_reset_after_response_started"
    case .noHealthyUpstream: "no_healthy_upstream"
    case .responseTimeout: "response_timeout"
    case .upstreamPerTryTimeout: "upstream_per_try_timeout"
    case .upstreamPerTryIdleTimeout: "upstream_per_try_idle_timeout"
    case .streamIdleTimeout: "stream_idle_timeout"
    case .maxDurationTimeout: "max_duration_timeout"
    case .downstreamRemoteDisconnect: "downstream_remote_disconnect"
    case .routeNotFound: "route_not_found"
    case .clusterNotFound: "cluster_not_found"
    case .directResponse: "direct_response"
    case .localRateLimited: "local_rate_limited"
    case .requestRateLimited: "request_rate_limited"
    case .rateLimiterError: "rate_limiter_error"
    case .faultFilterAbort: "fault_filter_abort"
    case .rbacAccessDenied: "rbac_access_denied"
    case .extAuthzDenied: "ext_authz_denied"
    case .deniedByAdmissionControl: "denied_by_admission_control"
    case .reachedConcurrencyLimit: "reached_concurrency_limit"
    case .requestOverallTimeout: "request_overall_timeout"
    case .requestPayloadTooLarge: "request_payload_too_large"
    }
  }

  /// The bracketed reason of a reset before the response; nil for everything else.
  public var reason: String? {
    switch self {
    case .remoteConnectionFailure: "remote_connection_failure"
    case .connectionTimeout: "connection_timeout"
    case .connectionTermination: "connection_termination"
    case .remoteReset: "remote_reset"
    case .remoteRefusedStreamReset: "remote_refused_stream_reset"
    case .protocolError: "protocol_error"
    case .overflow: "overflow"
    default: nil
    }
  }
}
