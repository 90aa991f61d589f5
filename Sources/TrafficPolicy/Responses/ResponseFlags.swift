/// Envoy's response flags: why a request ended as it did.
///
/// - Source: Envoy `envoy/stream_info/stream_info.h`, `source/common/stream_info/utility.cc`.
@frozen public struct ResponseFlags: OptionSet, Sendable, Hashable {
  public let rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// No healthy host.
  public static let noHealthyUpstream = ResponseFlags(rawValue: 1 << 1)
  /// A route, per-try or upstream timeout.
  public static let upstreamRequestTimeout = ResponseFlags(rawValue: 1 << 2)
  /// The proxy reset the stream.
  public static let localReset = ResponseFlags(rawValue: 1 << 3)
  /// The host reset the stream.
  public static let upstreamRemoteReset = ResponseFlags(rawValue: 1 << 4)
  /// The connection failed or its handshake timed out.
  public static let upstreamConnectionFailure = ResponseFlags(rawValue: 1 << 5)
  /// The connection closed before an answer.
  public static let upstreamConnectionTermination = ResponseFlags(rawValue: 1 << 6)
  /// A limit of the circuit breaker.
  public static let upstreamOverflow = ResponseFlags(rawValue: 1 << 7)
  /// No route.
  public static let noRouteFound = ResponseFlags(rawValue: 1 << 8)
  /// The fault filter delayed the request.
  public static let delayInjected = ResponseFlags(rawValue: 1 << 9)
  /// The fault filter aborted the request.
  public static let faultInjected = ResponseFlags(rawValue: 1 << 10)
  /// A rate limit, local or global.
  public static let rateLimited = ResponseFlags(rawValue: 1 << 11)
  /// External authorization denied.
  public static let unauthorizedExternalService = ResponseFlags(rawValue: 1 << 12)
  /// The rate limit service failed.
  public static let rateLimitServiceError = ResponseFlags(rawValue: 1 << 13)
  /// The client went away.
  public static let downstreamConnectionTermination = ResponseFlags(rawValue: 1 << 14)
  /// Retries used up, still failing.
  public static let upstreamRetryLimitExceeded = ResponseFlags(rawValue: 1 << 15)
  /// Nothing moved for the stream idle timeout.
  public static let streamIdleTimeout = ResponseFlags(rawValue: 1 << 16)
  /// A protocol error of the host.
  public static let upstreamProtocolError = ResponseFlags(rawValue: 1 << 17)
  /// The cluster is not known.
  public static let noClusterFound = ResponseFlags(rawValue: 1 << 18)
  /// The stream's largest duration, cluster level.
  public static let upstreamMaxStreamDurationReached = ResponseFlags(rawValue: 1 << 19)
}
