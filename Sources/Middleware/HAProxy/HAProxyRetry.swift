public import TimeAndChance

/// The reasons of `retry-on`.
public struct HAProxyRetryOn: Sendable, Equatable {
  /// `conn-failure`; the default and, alone, all that is retried.
  public var connectionFailure: Bool
  /// `empty-response`: closed after the request was sent.
  public var emptyResponse: Bool
  /// `junk-response`: an answer that is no HTTP.
  public var junkResponse: Bool
  /// `response-timeout`.
  public var responseTimeout: Bool
  /// Statuses among 401, 403, 404, 408, 425, 429, 500 to 504.
  public var statuses: [Int]

  /// The statuses that may be listed.
  public static let retryableStatuses = [401, 403, 404, 408, 425, 429, 500, 501, 502, 503, 504]

  /// These reasons; only `conn-failure` by default.
  public init(
    connectionFailure: Bool = true, emptyResponse: Bool = false, junkResponse: Bool = false,
    responseTimeout: Bool = false, statuses: [Int] = []
  ) {
    self.connectionFailure = connectionFailure
    self.emptyResponse = emptyResponse
    self.junkResponse = junkResponse
    self.responseTimeout = responseTimeout
    self.statuses = statuses
  }

  /// `all-retryable-errors`: every failure and the statuses 500, 502, 503 and 504.
  public static let allRetryableErrors = HAProxyRetryOn(
    emptyResponse: true, junkResponse: true, responseTimeout: true, statuses: [500, 502, 503, 504])
}

/// `retries`, `option redispatch`, `retry-on` and the timeouts of a backend.
public struct HAProxyRetrySettings: Sendable, Equatable {
  /// `retries`: tries after the first; 3 by default.
  public var retries: Int
  /// The interval of `option redispatch`; nil without the option (the default).
  ///
  /// -1 when written without a number. P > 0 moves every P-th retry, -N the N-th before the last.
  public var redispatch: Int?
  /// `retry-on`; `conn-failure` by default.
  public var retryOn: HAProxyRetryOn
  /// `timeout connect`.
  public var connectTimeout: SimDuration
  /// `timeout server`: between two reads.
  public var serverTimeout: SimDuration
  /// `timeout queue`; `timeout connect` by default.
  public var queueTimeout: SimDuration

  /// Settings with HAProxy's defaults for what is not given.
  public init(
    retries: Int = 3, redispatch: Int? = nil, retryOn: HAProxyRetryOn = HAProxyRetryOn(),
    connectTimeout: SimDuration, serverTimeout: SimDuration, queueTimeout: SimDuration? = nil
  ) {
    self.retries = retries
    self.redispatch = redispatch
    self.retryOn = retryOn
    self.connectTimeout = connectTimeout
    self.serverTimeout = serverTimeout
    self.queueTimeout = queueTimeout ?? connectTimeout
  }
}

/// How a try of HAProxy failed.
public enum HAProxyAttemptFailure: Sendable, Equatable {
  /// Refused or reset while connecting: `SC`, 503.
  case refused
  /// No connection within `timeout connect`: `sC`, 503.
  case connectTimeout
  /// Closed after the request was sent: `SH`, 502.
  case emptyResponse
  /// An answer that is no HTTP: `SH`, 502.
  case junkResponse
  /// No answer within `timeout server`: `sH`, 504.
  case responseTimeout
  /// An answer with this status; passed to the client when not retried.
  case status(Int)

  /// What the client gets, and the log's two termination letters.
  public var answer: (status: Int, termination: String) {
    switch self {
    case .refused: (503, "SC")
    case .connectTimeout: (503, "sC")
    case .emptyResponse, .junkResponse: (502, "SH")
    case .responseTimeout: (504, "sH")
    case .status(let status): (status, "--")
    }
  }
}

/// The retries of one request.
///
/// - Source: HAProxy `include/haproxy/stream.h` (`stream_choose_redispatch`), `src/backend.c`
///   (`back_handle_st_cer`), recorded on 2.6.12. Only connection failures on the same server wait;
///   the wait is the shorter of one second and `timeout connect`. A round-robin backend with more
///   than one server up and `option redispatch` moves at once, whatever the interval. `leastconn`
///   is no round robin to this rule (the code asks for `BE_LB_KIND_RR`).
public struct HAProxyRequestRetries: Sendable, Equatable {
  /// What happens after a failed try.
  public enum Step: Sendable, Equatable {
    /// Try the same server again after this time.
    case sameServer(after: SimDuration)
    /// Choose a server again, avoiding the present one, after this time.
    case redispatch(after: SimDuration)
    /// Give up: answer the client.
    case answer
  }

  private let settings: HAProxyRetrySettings
  /// Retries so far.
  public private(set) var retries = 0
  /// Whether a retry went to another server; the log then marks the count with `+`.
  public private(set) var isRedispatched = false

  /// A request that has not been tried yet.
  public init(settings: HAProxyRetrySettings) { self.settings = settings }

  /// The log's retries field: the count, with `+` once the request was moved.
  public var logField: String { (isRedispatched ? "+" : "") + String(retries) }

  /// Decides after a failed try.
  ///
  /// - Parameters:
  ///   - failure: how the try failed.
  ///   - balancing: the backend's algorithm.
  ///   - isServerUp: whether the tried server is still up.
  ///   - activeServers: servers that are up, backups apart.
  ///   - isPersistent: the server was set by a cookie or a stick table.
  /// - Returns: whether and where to try again.
  public mutating func failed(
    _ failure: HAProxyAttemptFailure, balancing: HAProxyBalancing, isServerUp: Bool = true,
    activeServers: Int, isPersistent: Bool = false
  ) -> Step {
    if !isRetryable(failure) || retries >= settings.retries { return .answer }
    retries += 1
    let moves = moves(
      isServerUp: isServerUp, isFree: balancing.isTurnBased && !isPersistent,
      activeServers: activeServers)
    let waits = failure == .refused && (!moves || activeServers <= 1)
    let delay = waits ? min(.seconds(1), settings.connectTimeout) : .zero
    return moves ? .redispatch(after: delay) : .sameServer(after: delay)
  }

  /// Tells which server a redispatch chose.
  public mutating func redispatched(from old: Int, to new: Int) {
    if old != new { isRedispatched = true }
  }

  private func moves(isServerUp: Bool, isFree: Bool, activeServers: Int) -> Bool {
    guard let interval = settings.redispatch else { return false }
    if !isServerUp || (isFree && activeServers > 1) { return true }
    if interval > 0 { return retries % interval == 0 }
    let period = settings.retries + 1 + interval
    return period > 0 && retries % period == 0
  }

  private func isRetryable(_ failure: HAProxyAttemptFailure) -> Bool {
    switch failure {
    case .refused, .connectTimeout: settings.retryOn.connectionFailure
    case .emptyResponse: settings.retryOn.emptyResponse
    case .junkResponse: settings.retryOn.junkResponse
    case .responseTimeout: settings.retryOn.responseTimeout
    case .status(let status): settings.retryOn.statuses.contains(status)
    }
  }
}
