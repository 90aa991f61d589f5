import Statistics

/// The metrics of one simulated run.
struct TwinRun: Sendable {
  /// Everything that was measured.
  let metrics: MetricValue
  /// True when requests went well again after the window.
  let hasRecovered: Bool

  /// The run of a measurement.
  init(_ measurement: TwinMeasurement) {
    metrics = measurement.metrics
    hasRecovered = measurement.timeToRecover != nil
  }
}

/// Compares the mean of simulated runs with the recorded mean, as far as the file's tolerance goes.
///
/// A tolerance that is limited by the spread of the runs is a 95 % interval of the recorded mean: a
/// perfect simulator misses one in twenty of them. With some sixty of them in a set of files the
/// verdict would be luck, so these are widened to the 99.9 % interval of the same runs; the others
/// (5 %, or a stated floor) stay as they are.
///
/// - Source: `vectors/twins/README.md`, "Comparing a simulator".
struct TwinJudge: Sendable {
  /// A metric that has a tolerance, or would have one if its runs did not differ so much.
  struct Entry: Sendable {
    /// The keys from the root of `observed`.
    var keys: [String]
    /// How far the means may be apart; nil when the file does not compare them.
    var plusMinus: Double?
    /// True when the recorded runs, and not a floor, set the tolerance.
    var isLimitedBySpread: Bool
    /// The recorded mean.
    var mean: Double
    /// The recorded runs; nil where it did not happen.
    var runs: [Double?]

    /// The metric as people write it.
    var title: String { keys.joined(separator: ".") }

    /// How far the means may be apart at the judge's confidence; nil when they are not compared.
    var allowed: Double? {
      let count = runs.count { $0 != nil }
      guard let plusMinus, isLimitedBySpread, count > 2 else { return plusMinus }
      let degrees = Double(count - 1)
      let recorded = StudentT.quantile(confidence: 0.95, degreesOfFreedom: degrees)
      let judged = StudentT.quantile(confidence: TwinJudge.confidence, degreesOfFreedom: degrees)
      return plusMinus * judged / recorded
    }

    /// The smallest tolerance that means something.
    var floor: Double {
      if keys.contains("error_rate") || keys.contains("outcomes") { return 0.003 }
      if keys.contains(where: { $0.hasPrefix("latency") || $0.hasSuffix("_ms") }) { return 1.5 }
      if keys.contains(where: { $0.contains("queue") }) { return 2 }
      if keys.contains("time_to_recover_s") { return 0.5 }
      return keys.contains("count") ? 1 : 0
    }
  }

  /// The confidence of intervals that come from the spread of recorded runs.
  static let confidence = 0.999

  /// What is compared.
  let entries: [Entry]
  /// Recorded runs that recovered; nil when the file does not say.
  let recovered: Int?
  /// Recorded runs.
  let runs: Int
  /// True when chance decides between recovery and collapse.
  let isBistable: Bool

  /// The judge of a twin.
  /// - Throws: ``MalformedVector`` when a tolerance belongs to nothing that was observed.
  init(_ root: VectorNode) throws {
    guard let observed = root["observed"], let tolerance = root["tolerance"] else {
      throw MalformedVector(line: root.line, reason: "a twin needs 'observed' and 'tolerance'")
    }
    entries = try Self.entries(tolerance, observed, [])
    let recovery = observed["recovery"]
    recovered = recovery?["recovered_runs"]?.number.flatMap { Int(exactly: $0) }
    runs = recovery?["of"]?.number.flatMap { Int(exactly: $0) } ?? 0
    isBistable = recovery?["bistable"]?.text == "true"
  }

  private static func entries(
    _ tolerance: VectorNode, _ observed: VectorNode?, _ keys: [String]
  ) throws -> [Entry] {
    guard let children = tolerance.entries else { return [] }
    guard let limit = tolerance["plus_minus"] else {
      return try children.flatMap { try entries($0.value, observed?[$0.key], keys + [$0.key]) }
    }
    let title = keys.joined(separator: ".")
    guard let mean = observed?["mean"]?.number else {
      throw MalformedVector(line: tolerance.line, reason: "'\(title)' has no observed mean")
    }
    guard limit.isNull || limit.number != nil else {
      throw MalformedVector(line: limit.line, reason: "'plus_minus' of '\(title)' must be a number")
    }
    let runs = observed?["runs"]?.items?.map(\.number) ?? []
    let isSpread = tolerance["limited_by"]?.text == "spread of the runs"
    return [
      Entry(
        keys: keys, plusMinus: limit.number, isLimitedBySpread: isSpread, mean: mean, runs: runs)
    ]
  }

  /// What does not agree.
  func mismatches(in simulated: [TwinRun]) -> [Mismatch] {
    var found = recoveryMismatches(simulated)
    for entry in entries {
      if isBistable, entry.keys.first != "before" {
        for hasRecovered in [true, false] {
          found += groupMismatches(entry, simulated, hasRecovered: hasRecovered)
        }
      } else if let allowed = entry.allowed {
        found += compare(entry.title, entry.mean, allowed, Self.values(entry, simulated))
      }
    }
    return found
  }

  /// The values of a metric in the runs that have it.
  private static func values(_ entry: Entry, _ simulated: [TwinRun]) -> [Double] {
    simulated.compactMap { run in
      let value = entry.keys.reduce(Optional(run.metrics)) { $0?[$1] }
      return if case .number(let number)? = value { number } else { nil }
    }
  }

  private func compare(
    _ title: String, _ mean: Double, _ plusMinus: Double, _ values: [Double]
  ) -> [Mismatch] {
    let expected = "\(MetricValue.written(mean)) ± \(MetricValue.written(plusMinus))"
    guard !values.isEmpty else {
      return [Mismatch(metric: title, expected: expected, got: "nothing")]
    }
    let simulated = values.reduce(0, +) / Double(values.count)
    guard abs(simulated - mean) > plusMinus else { return [] }
    return [Mismatch(metric: title, expected: expected, got: MetricValue.written(simulated))]
  }

  /// Compares the runs that recovered, or those that did not, by themselves.
  private func groupMismatches(
    _ entry: Entry, _ simulated: [TwinRun], hasRecovered: Bool
  ) -> [Mismatch] {
    guard entry.plusMinus != nil,
      let times = entries.first(where: { $0.keys == ["time_to_recover_s"] })?.runs
    else { return [] }
    let recorded = zip(times, entry.runs).filter { ($0.0 != nil) == hasRecovered }
      .compactMap(\.1)
    let values = Self.values(entry, simulated.filter { $0.hasRecovered == hasRecovered })
    guard recorded.count > 2, !values.isEmpty,
      let interval = ReplicationInterval(recorded, confidence: Self.confidence)
    else { return [] }
    let plusMinus = max(entry.floor, abs(interval.mean) * 0.05, interval.halfWidth)
    let group = hasRecovered ? "recovered runs" : "collapsed runs"
    return compare("\(entry.title) of \(group)", interval.mean, plusMinus, values)
  }

  /// Asks whether so many recovered runs are likely, if runs recover as often as simulated ones.
  private func recoveryMismatches(_ simulated: [TwinRun]) -> [Mismatch] {
    guard let recovered, runs > 0, !simulated.isEmpty else { return [] }
    let count = simulated.count { $0.hasRecovered }
    let margin = 0.5 / Double(simulated.count)
    let share = min(max(Double(count) / Double(simulated.count), margin), 1 - margin)
    let terms = (0...runs).map { Self.binomial(runs, $0, share) }
    let atMost = terms[...recovered].reduce(0, +)
    let atLeast = terms[recovered...].reduce(0, +)
    guard min(atMost, atLeast) < 0.005 else { return [] }
    return [
      Mismatch(
        metric: "recovery", expected: "\(recovered) of \(runs) recorded runs recover",
        got: "\(count) of \(simulated.count) simulated ones")
    ]
  }

  private static func binomial(_ n: Int, _ k: Int, _ p: Double) -> Double {
    var term = 1.0
    for i in 0..<k { term *= Double(n - i) / Double(i + 1) * p }
    for _ in k..<n { term *= 1 - p }
    return term
  }
}
