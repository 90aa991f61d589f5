import TimeAndChance

/// One case of a vector file, with the file's blocks merged in.
struct EnvoyCaseDocument: Sendable {
  /// The case's name; `run` for a file without cases.
  var name: String
  /// The line at which the case begins.
  var line: Int
  /// The merged `topology`.
  var topology: VectorNode?
  /// The merged `policy.envoy`.
  var policy: VectorNode?
  /// The merged `client`.
  var client: VectorNode?
  /// What was recorded.
  var observed: MetricValue
  /// What is judged.
  var checks: [CheckEntry]
  /// How many runs are made.
  var replications: Int
  /// Worker threads of the recorded proxy.
  var workerThreads: Int
  /// The time of the first outlier sweep after the start of phase 1; nil leaves it open.
  var sweepOffset: SimDuration?
  /// For each metric in percent, the whole that it is a share of.
  var shareOf: [String: String]

  /// The cases of a file.
  /// - Throws: ``MalformedVector``.
  static func all(in root: VectorNode) throws -> [EnvoyCaseDocument] {
    guard let cases = root["cases"] else { return [try Self(root, root, name: "run")] }
    guard let items = cases.items, !items.isEmpty else {
      throw MalformedVector(line: cases.line, reason: "'cases' must be a list of cases")
    }
    return try items.enumerated().map { index, item in
      try Self(root, item, name: item["case"]?.text ?? "case \(index + 1)")
    }
  }

  private init(_ root: VectorNode, _ item: VectorNode, name: String) throws {
    guard item.entries != nil else {
      throw MalformedVector(line: item.line, reason: "a case must be a mapping")
    }
    self.name = name
    line = item.line
    let isWhole = root == item
    func merged(_ path: String...) -> VectorNode? {
      let base = path.reduce(Optional(root)) { $0?[$1] }
      let own = isWhole ? nil : path.reduce(Optional(item)) { $0?[$1] }
      return base?.overlaid(by: own) ?? own
    }
    topology = merged("topology")
    policy = merged("policy", "envoy")
    client = merged("client")
    guard let observed = item["observed"] else {
      throw MalformedVector(line: item.line, reason: "'\(name)' needs 'observed'")
    }
    self.observed = MetricValue(observed)
    let list = item["check"] ?? root["check"]
    guard let entries = list?.items, !entries.isEmpty else {
      throw MalformedVector(
        line: list?.line ?? item.line, reason: "'\(name)' needs 'check' entries")
    }
    checks = try entries.map { try CheckEntry($0) }
    let rest = root.overlaid(by: isWhole ? nil : item)
    replications = try Self.count(rest["replications"], "replications", 1...100_000) ?? 1
    workerThreads =
      try Self.count(rest["reference"]?["worker_threads"], "worker_threads", 1...1024) ?? 1
    sweepOffset = try Self.sweepOffset(rest["pin"])
    var shareOf: [String: String] = [:]
    for entry in rest["share_of"]?.entries ?? [] { shareOf[entry.key] = entry.value.text }
    self.shareOf = shareOf
    try checkMetrics()
  }

  private static func count(
    _ node: VectorNode?, _ name: String, _ range: ClosedRange<Int>
  ) throws -> Int? {
    guard let node else { return nil }
    guard let number = node.number, let count = Int(exactly: number), range.contains(count) else {
      throw MalformedVector(line: node.line, reason: "'\(name)' must be a whole number in \(range)")
    }
    return count
  }

  private static func sweepOffset(_ node: VectorNode?) throws -> SimDuration? {
    guard let node else { return nil }
    return try VectorBlock.read(node, "pin") { try $0.time("sweep_offset_s") }
  }

  /// A check on something that was never recorded is a mistake, except on a counter: it was 0.
  private func checkMetrics() throws {
    for entry in checks
    where !entry.path.text.hasPrefix("stats.") && entry.path.matches(in: observed).isEmpty {
      throw MalformedVector(
        line: entry.line, reason: "'\(entry.path.text)' is not in 'observed' of '\(name)'")
    }
  }
}
