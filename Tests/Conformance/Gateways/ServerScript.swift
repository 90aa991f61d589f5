/// What the recorded back-end servers did: the header's `server_script`.
///
/// `down` and `up` open and close the listening socket; the other modes set the answer. A change
/// takes effect about 20 ms before the time given.
struct ServerScript: Sendable {
  /// How a server treats a request that arrives.
  enum Behaviour: Sendable, Equatable {
    case refuses
    case answers(status: Int, afterMs: Int64)
    case hangs
    case closes
  }

  private struct Change: Sendable {
    let ms: Int64
    let server: String
    let mode: String
  }

  /// How much earlier than written a change takes effect, and how uncertain that is.
  private static let leadMs: Int64 = 20
  private static let slackMs: Int64 = 25

  private var changes: [Change] = []

  init(_ trace: TraceFile, servers: [String]) throws {
    let entries: [Any] = try trace.field("server_script")
    for entry in entries {
      guard let fields = entry as? [Any], fields.count == 3, let server = fields[1] as? String,
        let mode = fields[2] as? String, servers.contains(server)
      else {
        throw trace.malformed("'server_script' entries are [ms, server, mode], one is \(entry)")
      }
      guard Self.answer(mode) != nil || mode == "down" || mode == "up" else {
        throw trace.malformed("'\(mode)' is no server mode")
      }
      let ms = try TraceFile.wholeNumber(fields[0], line: trace.headerLine, what: "a script time")
      changes.append(Change(ms: ms, server: server, mode: mode))
    }
  }

  /// What the server may do to a request that arrives at `ms`, the likeliest first.
  func behaviours(of server: String, at ms: Int64) -> [Behaviour] {
    var result: [Behaviour] = []
    for shift in [0, Self.slackMs, -Self.slackMs] {
      let behaviour = behaviour(of: server, at: ms + Self.leadMs + shift)
      if !result.contains(behaviour) { result.append(behaviour) }
    }
    return result
  }

  private func behaviour(of server: String, at ms: Int64) -> Behaviour {
    var isListening = true
    var answer = Behaviour.answers(status: 200, afterMs: 0)
    // Stable in the order written, as the recorder played it.
    for change in changes where change.server == server && change.ms <= ms {
      switch change.mode {
      case "down": isListening = false
      case "up": isListening = true
      default: answer = Self.answer(change.mode) ?? answer
      }
    }
    return isListening ? answer : .refuses
  }

  private static func answer(_ mode: String) -> Behaviour? {
    switch mode {
    case "ok": return .answers(status: 200, afterMs: 0)
    case "hang": return .hangs
    case "reset": return .closes
    default: break
    }
    if let status = Int(mode), (100..<600).contains(status) {
      return .answers(status: status, afterMs: 0)
    }
    if mode.hasPrefix("slow"), let ms = Int64(mode.dropFirst(4)),
      (0...TraceFile.largest).contains(ms)
    {
      return .answers(status: 200, afterMs: ms)
    }
    return nil
  }
}
