/// Envoy's response flags: why a request ended as it did.
///
/// - Source: Envoy `envoy/stream_info/stream_info.h`, `source/common/stream_info/utility.cc`.
@frozen public struct ResponseFlags: OptionSet, Sendable, Hashable {
  public let rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// No healthy host.
  @inlinable public static var noHealthyUpstream: ResponseFlags { ResponseFlags(rawValue: 1 << 1) }
  /// A route, per-try or upstream timeout.
  @inlinable public static var upstreamRequestTimeout: ResponseFlags {
    ResponseFlags(rawValue: 1 << 2)
  }
  /// The proxy reset the stream.
  @inlinable public static var localReset: ResponseFlags { ResponseFlags(rawValue: 1 << 3) }
  /// The host reset the stream.
  @inlinable public static var upstreamRemoteReset: ResponseFlags {
    ResponseFlags(rawValue: 1 << 4)
  }
  /// The connection failed or its handshake timed out.
  @inlinable public static var upstreamConnectionFailure: ResponseFlags {
    ResponseFlags(rawValue: 1 << 5)
  }
  /// The connection closed before an answer.
  @inlinable public static var upstreamConnectionTermination: ResponseFlags {
    ResponseFlags(rawValue: 1 << 6)
  }
  /// A limit of the circuit breaker.
  @inlinable public static var upstreamOverflow: ResponseFlags { ResponseFlags(rawValue: 1 << 7) }
  /// No route.
  @inlinable public static var noRouteFound: ResponseFlags { ResponseFlags(rawValue: 1 << 8) }
  /// The fault filter delayed the request.
  @inlinable public static var delayInjected: ResponseFlags { ResponseFlags(rawValue: 1 << 9) }
  /// The fault filter aborted the request.
  @inlinable public static var faultInjected: ResponseFlags { ResponseFlags(rawValue: 1 << 10) }
  /// A rate limit, local or global.
  @inlinable public static var rateLimited: ResponseFlags { ResponseFlags(rawValue: 1 << 11) }
  /// External authorization denied.
  @inlinable public static var unauthorizedExternalService: ResponseFlags {
    ResponseFlags(rawValue: 1 << 12)
  }
  /// The rate limit service failed.
  @inlinable public static var rateLimitServiceError: ResponseFlags {
    ResponseFlags(rawValue: 1 << 13)
  }
  /// The client went away.
  @inlinable public static var downstreamConnectionTermination: ResponseFlags {
    ResponseFlags(rawValue: 1 << 14)
  }
  /// Retries used up, still failing.
  @inlinable public static var upstreamRetryLimitExceeded: ResponseFlags {
    ResponseFlags(rawValue: 1 << 15)
  }
  /// Nothing moved for the stream idle timeout.
  @inlinable public static var streamIdleTimeout: ResponseFlags { ResponseFlags(rawValue: 1 << 16) }
  /// A protocol error of the host.
  @inlinable public static var upstreamProtocolError: ResponseFlags {
    ResponseFlags(rawValue: 1 << 17)
  }
  /// The cluster is not known.
  @inlinable public static var noClusterFound: ResponseFlags { ResponseFlags(rawValue: 1 << 18) }
  /// The stream's largest duration, cluster level.
  @inlinable public static var upstreamMaxStreamDurationReached: ResponseFlags {
    ResponseFlags(rawValue: 1 << 19)
  }
}

extension ResponseFlags {
  /// The short names in the order in which a request collects them: the filters in front of the
  /// router, the retry decision, then how the last try or the client ended it.
  ///
  /// Envoy writes flags in the order in which they were set (`URX,UF`, `DI,FI`).
  static let shortNames: [(flag: ResponseFlags, name: String)] = [
    (.delayInjected, "DI"), (.faultInjected, "FI"), (.rateLimited, "RL"),
    (.unauthorizedExternalService, "UAEX"), (.rateLimitServiceError, "RLSE"),
    (.noRouteFound, "NR"), (.noClusterFound, "NC"), (.upstreamRetryLimitExceeded, "URX"),
    (.upstreamOverflow, "UO"), (.noHealthyUpstream, "UH"), (.upstreamRequestTimeout, "UT"),
    (.localReset, "LR"), (.upstreamRemoteReset, "UR"), (.upstreamConnectionFailure, "UF"),
    (.upstreamConnectionTermination, "UC"), (.upstreamProtocolError, "UPE"),
    (.streamIdleTimeout, "SI"), (.upstreamMaxStreamDurationReached, "UMSDR"),
    (.downstreamConnectionTermination, "DC"),
  ]

  /// The flags as in an access log: short names with commas, `-` for none.
  public var text: String {
    if isEmpty { return "-" }
    return Self.shortNames.lazy.filter { contains($0.flag) }.map(\.name).joined(separator: ",")
  }

  /// The flags of such a text; nil when a name is not known.
  public init?(text: String) {
    self = []
    if text == "-" || text.isEmpty { return }
    for name in text.split(separator: ",") {
      guard let flag = Self.shortNames.first(where: { $0.name == name })?.flag else { return nil }
      insert(flag)
    }
  }
}
