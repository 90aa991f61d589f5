import Middleware
import TimeAndChance

/// A recorded trace of requests through an nginx upstream.
struct NginxUpstreamTrace: Sendable {
  struct Attempt: Sendable {
    let server: String
    let status: Int
    let ms: Int64?
  }

  struct Row: Sendable {
    let line: Int
    let ms: Int64
    let method: String
    let status: Int
    let attempts: [Attempt]
    let key: [UInt8]
  }

  let names: [String]
  let upstream: NginxUpstreamSettings
  let proxy: NginxProxySettings
  let script: ServerScript
  let rows: [Row]

  init(_ trace: TraceFile) throws {
    var names: [String] = []
    var servers: [NginxServerSettings] = []
    for server in try trace.field("servers", as: [[String: Any]].self) {
      guard let name = server["name"] as? String, let address = server["address"] as? String,
        let options = server["options"] as? String,
        let line = Self.server(address: address, options: options)
      else { throw trace.malformed("a server needs name, address and options, one is \(server)") }
      names.append(name)
      servers.append(line)
    }
    guard servers.contains(where: { !$0.isBackup }) else {
      throw trace.malformed("'servers' holds no primary server")
    }
    let method: String = try trace.field("method")
    guard let balancing = Self.balancing(method) else {
      throw trace.malformed("'\(method)' cannot be replayed")
    }
    let phase = try TraceFile.wholeNumber(
      try trace.field("epoch_ms_of_zero_mod_1000", as: Any.self), line: trace.headerLine,
      what: "epoch_ms_of_zero_mod_1000")
    self.names = names
    upstream = NginxUpstreamSettings(
      servers: servers, balancing: balancing, wallClockPhase: .milliseconds(phase))
    proxy = try Self.proxy(trace)
    script = try ServerScript(trace, servers: names)
    rows = try trace.rows().map { row in
      let attempts = try row.field(3, "the servers tried", as: [Any].self).map { entry in
        guard let fields = entry as? [Any], fields.count == 3, let server = fields[0] as? String,
          names.contains(server) || server == "none"
        else { throw row.malformed("a try is [server, status, ms], one is \(entry)") }
        let status = try TraceFile.wholeNumber(fields[1], line: row.line, what: "a status")
        let ms = try? TraceFile.wholeNumber(fields[2], line: row.line, what: "ms")
        return Attempt(server: server, status: Int(status), ms: ms)
      }
      guard !attempts.isEmpty else { throw row.malformed("a row needs at least one try") }
      let key = row.fields.count > 4 ? try row.field(4, "the hash key", as: String.self) : ""
      return Row(
        line: row.line, ms: try row.number(0, "t_ms"), method: try row.field(1, "the method"),
        status: Int(try row.number(2, "the status")), attempts: attempts,
        key: balancing == .ipHash ? [127, 0, 0] : Array(key.utf8))
    }
  }

  private static func balancing(_ method: String) -> NginxBalancing? {
    let words = method.split(separator: " ").map(String.init)
    switch words.first {
    case "round" where words.count == 2, "round_robin" where words.count == 1: return .roundRobin
    case "least_conn": return .leastConnections
    case "ip_hash": return .ipHash
    case "hash" where words.count == 2: return .hash
    case "hash" where words.count == 3 && words[2] == "consistent": return .consistentHash
    default: return nil
    }
  }

  private static func server(address: String, options: String) -> NginxServerSettings? {
    var line = NginxServerSettings(address: address)
    for option in options.split(separator: " ") {
      let parts = option.split(separator: "=", maxSplits: 1)
      let value = parts.count == 2 ? String(parts[1]) : ""
      switch (parts.first, Int(value)) {
      case ("backup", nil): line.isBackup = true
      case ("down", nil): line.isDown = true
      case ("weight", let count?) where (1...10_000).contains(count): line.weight = count
      case ("max_fails", let count?) where (0...1_000_000).contains(count): line.maxFails = count
      case ("max_conns", let count?) where (0...1_000_000).contains(count): line.maxConns = count
      case ("fail_timeout", _):
        guard let ms = TraceFile.milliseconds(value, unit: 1000) else { return nil }
        line.failTimeoutSeconds = Int(ms / 1000)
      default: return nil
      }
    }
    return line
  }

  private static func proxy(_ trace: TraceFile) throws -> NginxProxySettings {
    var proxy = NginxProxySettings()
    var reasons: NginxNextUpstream = []
    for word in try trace.field("next_upstream", as: String.self).split(separator: " ")
    where word != "(default)" {
      guard let reason = NginxNextUpstream(named: String(word)) else {
        throw trace.malformed("'\(word)' is no reason of proxy_next_upstream")
      }
      reasons.formUnion(reason)
    }
    proxy.nextUpstream = reasons
    for directive in try trace.field("extra", as: String.self).split(separator: ";") {
      let words = directive.split(separator: " ").map(String.init)
      guard words.count == 2 else { continue }
      let time = TraceFile.milliseconds(words[1], unit: 1000).map { SimDuration.milliseconds($0) }
      switch (words[0], time) {
      case ("proxy_next_upstream_tries", _):
        guard let tries = Int(words[1]), tries >= 0 else {
          throw trace.malformed("'\(words[1])' is no number of tries")
        }
        proxy.nextUpstreamTries = tries
      case ("proxy_next_upstream_timeout", let time?): proxy.nextUpstreamTimeout = time
      case ("proxy_connect_timeout", let time?): proxy.connectTimeout = time
      case ("proxy_send_timeout", let time?): proxy.sendTimeout = time
      case ("proxy_read_timeout", let time?): proxy.readTimeout = time
      default: continue
      }
    }
    return proxy
  }
}
