public import TimeAndChance

/// How one try on a server ended.
public enum NginxAttemptOutcome: Sendable, Equatable {
  /// The connection was refused or reset before the request was sent.
  case refused
  /// No connection within `proxy_connect_timeout`.
  case connectTimeout
  /// The connection was closed after the request was sent and before an answer came.
  case closed
  /// Nothing was read within `proxy_read_timeout`.
  case readTimeout
  /// An answer that is no HTTP.
  case invalidHeader
  /// An answer with this status.
  case status(Int)
}

/// One request's way from try to try: `proxy_next_upstream` with its limits.
///
/// - Source: nginx `src/http/ngx_http_upstream.c`, `ngx_http_upstream_next` and
///   `ngx_http_upstream_test_next`.
public struct NginxProxyRequest: Sendable, Equatable {
  /// What happens after a try.
  public enum Step: Sendable, Equatable {
    /// Choose a server and try again, at once.
    case tryNext
    /// Answer the client with this status.
    case answer(Int)
  }

  private let settings: NginxProxySettings
  private let isIdempotent: Bool
  private let start: SimTime
  private let isSingle: Bool
  private var triesLeft: Int

  /// A request about to choose its first server.
  ///
  /// - Parameters:
  ///   - settings: the `proxy_*` directives.
  ///   - isIdempotent: false for POST, LOCK and PATCH; PUT and DELETE count as idempotent.
  ///   - upstream: the servers it may go to; gives the number of tries.
  ///   - start: when the first connection is made.
  public init(
    settings: NginxProxySettings, isIdempotent: Bool, upstream: NginxUpstream, start: SimTime
  ) {
    self.settings = settings
    self.isIdempotent = isIdempotent
    self.start = start
    isSingle = upstream.isSingle
    let cap = settings.nextUpstreamTries
    triesLeft = cap > 0 ? min(cap, upstream.tries) : upstream.tries
  }

  /// The answer when no server can be chosen.
  public static let noLiveUpstreams = 502

  /// Decides what a finished try means for its server and for the request.
  ///
  /// A listed status counts as a failure only when the request is really passed on; errors and
  /// timeouts always count, also on the last try.
  /// - Parameters:
  ///   - outcome: how the try ended.
  ///   - now: when it ended.
  ///   - onCachedConnection: the try ran on a kept-alive connection; its failure gives one extra
  ///     try.
  /// - Returns: what to note about the server, and what happens next.
  public mutating func ended(
    _ outcome: NginxAttemptOutcome, at now: SimTime, onCachedConnection: Bool = false
  ) -> (report: NginxPeerReport, step: Step) {
    let reason: NginxNextUpstream
    let answer: Int
    var isSent = true
    switch outcome {
    case .refused: (reason, answer, isSent) = (.error, 502, false)
    case .connectTimeout: (reason, answer, isSent) = (.timeout, 504, false)
    case .closed: (reason, answer) = (.error, 502)
    case .readTimeout: (reason, answer) = (.timeout, 504)
    case .invalidHeader: (reason, answer) = (.invalidHeader, 502)
    case .status(let status):
      guard let listed = NginxNextUpstream.status(status), triesLeft > 1,
        mayPass(listed, isSent: true, at: now)
      else {
        return (.good, .answer(status))
      }
      spendTry()
      let isCounted = status != 403 && status != 404
      return (isCounted ? .failed : .passedOn, .tryNext)
    }
    spendTry()
    if onCachedConnection && reason == .error { triesLeft += 1 }
    let goesOn = triesLeft > 0 && mayPass(reason, isSent: isSent, at: now)
    return (.failed, goesOn ? .tryNext : .answer(answer))
  }

  private mutating func spendTry() {
    triesLeft = isSingle ? 0 : max(0, triesLeft - 1)
  }

  private func mayPass(_ reason: NginxNextUpstream, isSent: Bool, at now: SimTime) -> Bool {
    if settings.nextUpstreamTimeout > .zero && now - start >= settings.nextUpstreamTimeout {
      return false
    }
    if isSent && !isIdempotent && !settings.nextUpstream.contains(.nonIdempotent) { return false }
    return settings.nextUpstream.contains(reason)
  }
}
