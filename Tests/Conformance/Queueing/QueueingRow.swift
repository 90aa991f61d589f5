/// A row: a model, its numbers, how long it runs and what is known of it.
struct QueueingRow: Sendable {
  /// A metric of a row.
  struct Metric: Sendable {
    /// Its name.
    var name: String
    /// The threshold, quantile or count that it is taken at; nil for metrics without one.
    var at: Double?
    /// The known value.
    var value: Double
    /// The widest half-width of the interval, percent of the value; nil in deterministic rows.
    var hPercent: Double?
    /// What the value itself leaves out, percent of it.
    var biasPercent: Double
    /// How far a deterministic result may be from the value.
    var tolerance: Double

    /// The metric as people write it.
    var title: String { at.map { "\(name)(\(MetricValue.written($0)))" } ?? name }
  }

  /// The row's stable name.
  var id: String
  /// What it asks of the product: `engine`, `policies` or `kernel`.
  var needs: String
  /// The model.
  var family: String
  /// The line in the file.
  var line: Int
  /// The model's numbers and law names, in order.
  var parameters: [VectorNode.Entry]
  /// Requests of a replication.
  var requests: Int
  /// How many replications.
  var replications: Int
  /// The share of the requests that is simulated and not counted.
  var warmupFraction: Double
  /// What is known.
  var metrics: [Metric]
  /// True for a row of the `deterministic` list: no interval.
  var isDeterministic: Bool

  /// The rows of a file, sampled ones first.
  /// - Throws: ``MalformedVector``.
  static func all(in root: VectorNode) throws -> [QueueingRow] {
    var rows: [QueueingRow] = []
    for item in root["rows"]?.items ?? [] { rows.append(try Self(item, isDeterministic: false)) }
    for item in root["deterministic"]?.items ?? [] {
      rows.append(try Self(item, isDeterministic: true))
    }
    return rows
  }

  private init(_ node: VectorNode, isDeterministic: Bool) throws {
    self = try VectorBlock.read(node, "row") { block in
      let needs = try block.required("needs", block.text("needs"))
      guard ["engine", "policies", "kernel"].contains(needs) else {
        throw MalformedVector(line: node.line, reason: "unknown need '\(needs)'")
      }
      let run = try block.block("run") { run in
        (
          requests: try run.int("requests", in: 1...30_000_000),
          replications: try run.int("replications", in: 1...10_000),
          warmup: try run.double("warmup_fraction", in: 0...0.99)
        )
      }
      guard isDeterministic || run?.requests != nil else { throw block.missing("run") }
      block.ignore("note", "about", "seed")
      return QueueingRow(
        id: try block.required("id", block.text("id")), needs: needs,
        family: try block.required("family", block.text("family")), line: node.line,
        parameters: block.node("parameters")?.entries ?? [], requests: run?.requests ?? 1,
        replications: run?.replications ?? 1, warmupFraction: run?.warmup ?? 0,
        metrics: try block.blocks("metrics") { try Self.metric(&$0, isDeterministic) },
        isDeterministic: isDeterministic)
    }
  }

  private init(
    id: String, needs: String, family: String, line: Int, parameters: [VectorNode.Entry],
    requests: Int, replications: Int, warmupFraction: Double, metrics: [Metric],
    isDeterministic: Bool
  ) {
    self.id = id
    self.needs = needs
    self.family = family
    self.line = line
    self.parameters = parameters
    self.requests = requests
    self.replications = replications
    self.warmupFraction = warmupFraction
    self.metrics = metrics
    self.isDeterministic = isDeterministic
  }

  private static func metric(_ block: inout VectorBlock, _ isDeterministic: Bool) throws -> Metric {
    let name = try block.required("name", block.text("name"))
    let value = try block.required("value", block.double("value", in: -1e15...1e15))
    let absolute = try block.double("tolerance_abs")
    let percent = try block.double("tolerance_percent")
    let h = try block.double("h_percent")
    if !isDeterministic, h == nil { throw block.missing("h_percent") }
    return Metric(
      name: name, at: try block.double("at", in: -1e15...1e15), value: value, hPercent: h,
      biasPercent: try block.double("bias_percent") ?? 0,
      tolerance: absolute ?? percent.map { $0 / 100 * abs(value) }
        ?? Self.rounding(block.node["value"]))
  }

  /// Half a unit of the last printed digit, whose place a power of ten behind it moves.
  private static func rounding(_ node: VectorNode?) -> Double {
    let text = node?.text ?? ""
    let parts = text.split(whereSeparator: { $0 == "e" || $0 == "E" })
    let mantissa = parts.first ?? ""
    let behindDot = mantissa.split(separator: ".", omittingEmptySubsequences: false).dropFirst()
    let digits = behindDot.first?.count { $0.isNumber } ?? 0
    let power = (parts.count > 1 ? Int(parts[1]) ?? 0 : 0) - digits
    let half = (0..<min(30, abs(power))).reduce(0.5) { half, _ in
      power > 0 ? half * 10 : half / 10
    }
    return half
  }
}
