import Middleware
import TimeAndChance

/// A recorded trace of requests through an HAProxy backend.
struct HAProxyTrace: Sendable {
  struct Row: Sendable {
    let line: Int
    /// The arrival by the wall clock.
    let wallMs: Int64
    /// How far the wall clock is ahead of HAProxy's own, which leaves pauses out.
    var pausedMs: Int64 = 0
    /// Nil for `<NOSRV>`.
    let server: Int?
    let status: Int
    let queueMs: Int64
    let totalMs: Int64
    let retries: String
    let termination: String

    /// The arrival by HAProxy's own clock, the one that times queues and answers.
    var ms: Int64 { wallMs - pausedMs }

    /// Retries that the log counts.
    var retryCount: Int { Int(retries.replacing("+", with: "")) ?? 0 }
  }

  let names: [String]
  let servers: [HAProxyServerSettings]
  let options: HAProxyBackendOptions
  let script: ServerScript
  private(set) var rows: [Row]

  init(_ trace: TraceFile) throws {
    var names: [String] = []
    var servers: [HAProxyServerSettings] = []
    for server in try trace.field("servers", as: [[String: Any]].self) {
      guard let name = server["name"] as? String, let options = server["options"] as? String,
        let line = Self.server(options.split(separator: " ").map(String.init))
      else { throw trace.malformed("a server needs name and known options, one is \(server)") }
      names.append(name)
      servers.append(line)
    }
    if servers.isEmpty { throw trace.malformed("'servers' is empty") }
    let timeouts: [String: Any] = try trace.field("timeouts")
    let connect = try Self.time(timeouts, "connect_ms", trace)
    let server = try Self.time(timeouts, "server_ms", trace)
    var options = HAProxyBackendOptions(
      retry: HAProxyRetrySettings(connectTimeout: connect, serverTimeout: server))
    for line in try trace.field("backend", as: [String].self) {
      guard options.apply(line.split(separator: " ").map(String.init)) else {
        throw trace.malformed("backend line '\(line)' cannot be replayed")
      }
    }
    self.names = names
    self.servers = servers
    self.options = options
    script = try ServerScript(trace, servers: names)
    rows = try trace.rows().map { row in
      let server: String = try row.field(1, "the server")
      let index = names.firstIndex(of: server)
      guard index != nil || server == "<NOSRV>" else {
        throw row.malformed("'\(server)' is no server of this backend")
      }
      let retries: String = try row.field(6, "the retries")
      guard Int(retries.replacing("+", with: "")) != nil else {
        throw row.malformed("'\(retries)' is no number of retries")
      }
      let termination: String = try row.field(7, "the termination")
      guard termination.count == 2 else {
        throw row.malformed("the termination has two letters, not '\(termination)'")
      }
      return Row(
        line: row.line, wallMs: try row.number(0, "t_ms"), server: index,
        status: Int(try row.number(2, "the status")), queueMs: try row.number(3, "queue_ms"),
        totalMs: try row.number(5, "total_ms"), retries: retries, termination: termination)
    }
  }

  /// The same trace, with HAProxy's clock paused for a while before that row arrived.
  func paused(forMs ms: Int64, before row: Int) -> HAProxyTrace {
    var copy = self
    for index in copy.rows.indices where index >= row { copy.rows[index].pausedMs += ms }
    return copy
  }

  /// The rows that were served faster than the server script allows, and by how much: HAProxy's
  /// clock did not see part of that time.
  func hastyRows(byOverMs slack: Int64) -> [(row: Int, missingMs: Int64)] {
    rows.indices.compactMap { index in
      let row = rows[index]
      guard let server = row.server, row.termination == "--" else { return nil }
      let slowest = script.behaviours(of: names[server], at: row.wallMs).compactMap {
        behaviour -> Int64? in
        if case .answers(row.status, let after) = behaviour { return after }
        return nil
      }
      let missing = (slowest.min() ?? 0) - (row.totalMs - row.queueMs)
      return missing > slack ? (index, missing) : nil
    }
  }

  private static func time(
    _ timeouts: [String: Any], _ key: String, _ trace: TraceFile
  ) throws -> SimDuration {
    guard let value = timeouts[key] else { throw trace.malformed("'timeouts' needs \(key)") }
    return .milliseconds(try TraceFile.wholeNumber(value, line: trace.headerLine, what: key))
  }

  private static func server(_ words: [String]) -> HAProxyServerSettings? {
    var line = HAProxyServerSettings()
    var rest = words[...]
    while let word = rest.popFirst() {
      switch word {
      case "check": line.check.isEnabled = true
      case "backup": line.isBackup = true
      default:
        guard let value = rest.popFirst(), set(word, value, &line) else { return nil }
      }
    }
    return line
  }

  private static func set(
    _ word: String, _ value: String, _ line: inout HAProxyServerSettings
  ) -> Bool {
    let time = TraceFile.milliseconds(value, unit: 1).map { SimDuration.milliseconds($0) }
    let counts = 0...1_000_000
    switch (word, Int(value), time) {
    case ("weight", let count?, _) where (0...256).contains(count): line.weight = count
    case ("maxconn", let count?, _) where counts.contains(count): line.maxconn = count
    case ("minconn", let count?, _) where counts.contains(count): line.minconn = count
    case ("maxqueue", let count?, _) where counts.contains(count): line.maxqueue = count
    case ("rise", let count?, _) where count > 0 && counts.contains(count): line.check.rise = count
    case ("fall", let count?, _) where count > 0 && counts.contains(count): line.check.fall = count
    case ("error-limit", let count?, _) where count > 0 && counts.contains(count):
      line.check.errorLimit = count
    case ("inter", _, let time?) where time > .zero: line.check.inter = time
    case ("fastinter", _, let time?) where time > .zero: line.check.fastinter = time
    case ("downinter", _, let time?) where time > .zero: line.check.downinter = time
    case ("observe", _, _) where value == "layer4": line.check.observe = .layer4
    case ("observe", _, _) where value == "layer7": line.check.observe = .layer7
    case ("on-error", _, _) where value == "fastinter": line.check.onError = .fastinter
    case ("on-error", _, _) where value == "fail-check": line.check.onError = .failCheck
    case ("on-error", _, _) where value == "sudden-death": line.check.onError = .suddenDeath
    case ("on-error", _, _) where value == "mark-down": line.check.onError = .markDown
    default: return false
    }
    return true
  }
}
