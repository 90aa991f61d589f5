import Simulation
import TimeAndChance

/// What the client of an experiment does: the `client` block.
struct ExperimentClient: Sendable {
  /// A change of a host at run time.
  struct HostChange: Sendable {
    /// The host's name.
    var host: String
    /// The line of the phase, for messages.
    var line: Int
    /// What changes.
    var kind: Kind

    /// What changes.
    enum Kind: Sendable {
      /// Its answers; any of the three may be nil, which leaves it as it is.
      case set(script: HostScript?, isHealthy: Bool?, isDown: Bool?)
      /// It joins or leaves.
      case membership(Bool)
    }
  }

  /// A phase as the file writes it.
  enum Phase: Sendable {
    /// One request at a time.
    case sequential(count: Int, gap: SimDuration, abortAfter: SimDuration?)
    /// At a rate.
    case openLoop(count: Int, perSecond: Double, abortAfter: SimDuration?)
    /// All at once.
    case burst(count: Int, abortAfter: SimDuration?)
    /// Users without think time.
    case closedLoop(users: Int, count: Int, abortAfter: SimDuration?)
    /// Sequential requests with the keys `key-0`, `key-1`, and so on.
    case keys(Int)
    /// Nothing, for so long.
    case wait(SimDuration)
    /// Nothing, until that time since the start of the first phase.
    case until(SimDuration)
    /// A host changes.
    case change(HostChange)

    /// True for a phase of requests.
    var hasRequests: Bool {
      switch self {
      case .sequential, .openLoop, .burst, .closedLoop, .keys: true
      case .wait, .until, .change: false
      }
    }
  }

  /// The phases, one after another.
  var phases: [Phase] = []
  /// How long the proxy has been up before the first phase.
  var settle = SimDuration.milliseconds(200)
  /// The pause after the last phase before counters are read.
  var linger = SimDuration.milliseconds(250)
  /// The host that joins at run time and whose share is reported.
  var newHost: String?
  /// Seconds from the start of the first phase from which admission control counts as steady.
  var steadyAfterSeconds: Double?

  /// The client of a document.
  /// - Throws: ``MalformedVector``.
  init(_ node: VectorNode?) throws {
    guard let node else { return }
    self = try VectorBlock.read(node, "client") { block in
      var client = Self()
      client.phases = try block.blocks("phases") { try Self.phase(&$0) }
      if let settle = try block.time("settle_s") { client.settle = settle }
      if let linger = try block.time("linger_s") { client.linger = linger }
      client.newHost = try block.text("new_host")
      client.steadyAfterSeconds = try block.double("steady_after_s")
      return client
    }
  }

  private init() {}

  private static func phase(_ block: inout VectorBlock) throws -> Phase {
    let type = try block.required("type", block.text("type"))
    switch type {
    case "wait": return .wait(try block.required("seconds", block.time("seconds")))
    case "until": return .until(try block.required("at_s", block.time("at_s")))
    case "keys":
      return .keys(try block.required("keys", block.int("keys", in: 1...10_000_000)))
    case "set", "add_host", "remove_host": return .change(try change(type, &block))
    default: return try requests(type, &block)
    }
  }

  private static func requests(_ type: String, _ block: inout VectorBlock) throws -> Phase {
    let count = try block.required("count", block.int("count", in: 0...10_000_000))
    let abort = try block.time("abort_after_ms", unit: .milliseconds(1))
    switch type {
    case "sequential":
      let gap = try block.time("gap_ms", unit: .milliseconds(1)) ?? .zero
      return .sequential(count: count, gap: gap, abortAfter: abort)
    case "open_loop":
      let rate = try block.double("rate_per_s", in: 1e-6...1e9)
      return .openLoop(
        count: count, perSecond: try block.required("rate_per_s", rate), abortAfter: abort)
    case "burst": return .burst(count: count, abortAfter: abort)
    case "closed_loop":
      let users = try block.required("users", block.int("users", in: 1...1_000_000))
      return .closedLoop(users: users, count: count, abortAfter: abort)
    default:
      throw MalformedVector(line: block.node.line, reason: "unknown phase '\(type)'")
    }
  }

  private static func change(_ type: String, _ block: inout VectorBlock) throws -> HostChange {
    let host = try block.required("host", block.text("host"))
    let kind: HostChange.Kind =
      type == "set"
      ? .set(
        script: try block.behaviour("behaviour"),
        isHealthy: try block.bool("healthy"), isDown: try block.bool("down"))
      : .membership(type == "add_host")
    return HostChange(host: host, line: block.node.line, kind: kind)
  }
}
