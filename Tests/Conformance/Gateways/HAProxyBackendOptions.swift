import Middleware
import TimeAndChance

/// What the `backend` lines of a trace's header set.
struct HAProxyBackendOptions: Sendable {
  var retry: HAProxyRetrySettings
  private(set) var balancing = HAProxyBalancing.roundrobin
  private(set) var fullconn = 0
  private(set) var usesAllBackups = false
  /// `option httpchk`: a check asks for an answer, not only for a connection.
  private(set) var checksHTTP = false

  init(retry: HAProxyRetrySettings) { self.retry = retry }

  /// Takes one line, word by word; false when the line is not known here.
  mutating func apply(_ words: [String]) -> Bool {
    let last = words.last ?? ""
    let time = TraceFile.milliseconds(last, unit: 1).map { SimDuration.milliseconds($0) }
    switch (words.first, words.dropFirst().first) {
    case ("balance", "roundrobin"): balancing = .roundrobin
    case ("balance", "static-rr"): balancing = .staticRR
    case ("balance", "leastconn"): balancing = .leastconn
    case ("retries", let count?):
      guard let count = Int(count), (0...1_000).contains(count) else { return false }
      retry.retries = count
    case ("option", "redispatch"):
      guard words.count == 2 || Int(last).map((-1_000...1_000).contains) ?? false else {
        return false
      }
      retry.redispatch = words.count == 2 ? -1 : Int(last)
    case ("no", "option") where last == "redispatch": retry.redispatch = nil
    case ("option", "allbackups"): usesAllBackups = true
    case ("option", "httpchk"): checksHTTP = true
    case ("fullconn", let count?):
      guard let count = Int(count), (0...1_000_000).contains(count) else { return false }
      fullconn = count
    case ("timeout", let which?):
      guard let time else { return false }
      switch which {
      case "queue": retry.queueTimeout = time
      case "connect": retry.connectTimeout = time
      case "server": retry.serverTimeout = time
      default: break
      }
    case ("retry-on", _): return applyRetryOn(words.dropFirst())
    default: return false
    }
    return true
  }

  private mutating func applyRetryOn(_ reasons: ArraySlice<String>) -> Bool {
    retry.retryOn = HAProxyRetryOn(connectionFailure: false)
    for reason in reasons {
      switch (reason, Int(reason)) {
      case ("none", _): break
      case ("conn-failure", _): retry.retryOn.connectionFailure = true
      case ("empty-response", _): retry.retryOn.emptyResponse = true
      case ("junk-response", _): retry.retryOn.junkResponse = true
      case ("response-timeout", _): retry.retryOn.responseTimeout = true
      case ("0rtt-rejected", _): break
      case ("all-retryable-errors", _): retry.retryOn = .allRetryableErrors
      case (_, let status?) where HAProxyRetryOn.retryableStatuses.contains(status):
        retry.retryOn.statuses.append(status)
      default: return false
      }
    }
    return true
  }
}
