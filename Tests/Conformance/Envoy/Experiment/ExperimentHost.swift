import Simulation
import TimeAndChance

/// A host of a recorded experiment.
struct ExperimentHost: Sendable {
  /// The name.
  var name: String
  /// The weight, at least 1.
  var weight = 1
  /// The zone; empty when none is given.
  var zone = ""
  /// The priority level, from 0.
  var priority = 0
  /// The cluster.
  var cluster = "svc"
  /// Whether and how its address answers.
  var reachability = PodModel.Reachability.up
  /// False when it joins later.
  var isMember = true
  /// What it answers.
  var script = HostScript()

  /// True when nobody ever answers there.
  var isSilent: Bool {
    if reachability == .blackhole { return true }
    guard let first = script.rules.first, first.when == HostScript.Condition() else {
      return script.rules.isEmpty && script.otherwise.action == .hang
    }
    return first.reply.action == .hang
  }
}

extension VectorBlock {
  /// A list of hosts in the form of `topology.hosts`.
  mutating func hosts(_ key: String, cluster: String = "svc") throws -> [ExperimentHost] {
    try blocks(key) { block in
      var host = ExperimentHost(name: try block.required("name", block.text("name")))
      host.weight = try block.count("weight", in: 1...128) ?? 1
      host.zone = try block.text("zone") ?? ""
      host.priority = try block.int("priority", in: 0...127) ?? 0
      host.cluster = try block.text("cluster") ?? cluster
      if try block.bool("down") ?? false { host.reachability = .down }
      if try block.bool("blackhole") ?? false { host.reachability = .blackhole }
      host.isMember = try !(block.bool("absent") ?? false)
      host.script = try block.behaviour("behaviour") ?? HostScript()
      return host
    }
  }

  /// A host's `behaviour`.
  mutating func behaviour(_ key: String) throws -> HostScript? {
    try block(key) { block in
      HostScript(
        latency: try block.time("latency_ms", unit: .milliseconds(1)) ?? .zero,
        rules: try block.blocks("rules") { rule in
          let when = try rule.block("when") { try Self.condition(&$0) }
          let reply = try rule.block("reply") { try Self.reply(&$0) }
          return HostScript.Rule(
            when: when ?? HostScript.Condition(), reply: reply ?? HostScript.Reply())
        },
        otherwise: try block.block("default") { try Self.reply(&$0) } ?? HostScript.Reply())
    }
  }

  private static func condition(_ block: inout VectorBlock) throws -> HostScript.Condition {
    var condition = HostScript.Condition()
    condition.every = try block.int("every", in: 1...1_000_000_000)
    condition.first = try block.int("first")
    condition.after = try block.int("after")
    condition.of = try block.int("of", in: 1...1_000_000_000)
    condition.fail = try block.int("fail")
    condition.attemptAtMost = try block.int("attempt_lte")
    condition.probability = try block.double("probability", in: 0...1)
    guard (condition.of == nil) == (condition.fail == nil) else {
      throw block.missing("of' and 'fail")
    }
    return condition
  }

  private static func reply(_ block: inout VectorBlock) throws -> HostScript.Reply {
    let action = try block.choice(
      "action",
      [
        ("reset", HostScript.Reply.Action.reset), ("close", .close), ("hang", .hang),
        ("headers_then_reset", .answerThenReset(after: .milliseconds(50))),
      ])
    let headers = try block.node("headers").map { node in
      try (node.entries ?? []).map { entry in
        guard let value = entry.value.text else {
          throw MalformedVector(line: entry.line, reason: "a header's value must be a text")
        }
        return HostScript.Header(name: entry.key.lowercased(), value: value)
      }
    }
    return HostScript.Reply(
      action: action ?? .answer, status: try block.int("status", in: 100...599) ?? 200,
      headers: headers ?? [], latency: try block.time("latency_ms", unit: .milliseconds(1)))
  }
}
