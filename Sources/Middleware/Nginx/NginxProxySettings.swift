public import TimeAndChance

/// The reasons of `proxy_next_upstream`: when a request may be passed to another server.
///
/// - Source: nginx `src/http/ngx_http_upstream.h`, `NGX_HTTP_UPSTREAM_FT_*`.
public struct NginxNextUpstream: OptionSet, Sendable, Equatable {
  /// One bit a reason.
  public let rawValue: UInt32
  /// The set with these bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// `error`: refused, or closed without an answer.
  public static let error = NginxNextUpstream(rawValue: 1 << 0)
  /// `timeout`: while connecting, sending or reading.
  public static let timeout = NginxNextUpstream(rawValue: 1 << 1)
  /// `invalid_header`: an empty or broken answer.
  public static let invalidHeader = NginxNextUpstream(rawValue: 1 << 2)
  /// `http_500`.
  public static let http500 = NginxNextUpstream(rawValue: 1 << 3)
  /// `http_502`.
  public static let http502 = NginxNextUpstream(rawValue: 1 << 4)
  /// `http_503`.
  public static let http503 = NginxNextUpstream(rawValue: 1 << 5)
  /// `http_504`.
  public static let http504 = NginxNextUpstream(rawValue: 1 << 6)
  /// `http_403`; passed on, never counted as a failure.
  public static let http403 = NginxNextUpstream(rawValue: 1 << 7)
  /// `http_404`; passed on, never counted as a failure.
  public static let http404 = NginxNextUpstream(rawValue: 1 << 8)
  /// `http_429`.
  public static let http429 = NginxNextUpstream(rawValue: 1 << 9)
  /// `non_idempotent`: POST, LOCK and PATCH too, once they were sent.
  public static let nonIdempotent = NginxNextUpstream(rawValue: 1 << 10)

  /// nginx's default: `error timeout`.
  public static let standard: NginxNextUpstream = [.error, .timeout]

  /// The reason for a status, nil when the status cannot be listed.
  public static func status(_ status: Int) -> NginxNextUpstream? {
    switch status {
    case 500: .http500
    case 502: .http502
    case 503: .http503
    case 504: .http504
    case 403: .http403
    case 404: .http404
    case 429: .http429
    default: nil
    }
  }

  /// The reason of that name in a configuration (`http_500`); `off` is the empty set.
  public init?(named name: String) {
    switch name {
    case "error": self = .error
    case "timeout": self = .timeout
    case "invalid_header": self = .invalidHeader
    case "non_idempotent": self = .nonIdempotent
    case "off": self = []
    default:
      guard name.hasPrefix("http_"), let status = Int(name.dropFirst(5)),
        let reason = Self.status(status)
      else { return nil }
      self = reason
    }
  }
}

/// The `proxy_*` directives that decide about tries and their time.
public struct NginxProxySettings: Sendable, Equatable {
  /// `proxy_next_upstream`; `error timeout` by default.
  public var nextUpstream: NginxNextUpstream
  /// `proxy_next_upstream_tries`: all tries together; 0, the default, means as many as servers.
  public var nextUpstreamTries: Int
  /// `proxy_next_upstream_timeout`: no further try starts after it; zero, the default, means none.
  ///
  /// It does not cut the running try.
  public var nextUpstreamTimeout: SimDuration
  /// `proxy_connect_timeout`; 60 s by default.
  public var connectTimeout: SimDuration
  /// `proxy_send_timeout`, between two writes; 60 s by default.
  public var sendTimeout: SimDuration
  /// `proxy_read_timeout`, between two reads; 60 s by default.
  public var readTimeout: SimDuration

  /// Settings with nginx's defaults for what is not given.
  public init(
    nextUpstream: NginxNextUpstream = .standard, nextUpstreamTries: Int = 0,
    nextUpstreamTimeout: SimDuration = .zero, connectTimeout: SimDuration = .seconds(60),
    sendTimeout: SimDuration = .seconds(60), readTimeout: SimDuration = .seconds(60)
  ) {
    self.nextUpstream = nextUpstream
    self.nextUpstreamTries = nextUpstreamTries
    self.nextUpstreamTimeout = nextUpstreamTimeout
    self.connectTimeout = connectTimeout
    self.sendTimeout = sendTimeout
    self.readTimeout = readTimeout
  }
}
