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
/// Most tolerances are 5 % or a stated floor and are taken as they are. Those that are limited by
/// the spread of the runs are 95 % intervals of the recorded mean, each for one metric alone: the
/// truth lies outside one in twenty of them. The recordings show it. `retry-storm-unbounded`,
/// `-budget` and `-edge` are the same system until their fault, and record its p99 as 197, 184 and
/// 215 ms, further apart than these intervals are wide: no simulator can lie inside all three.
///
/// So the intervals of a file are judged together, as a simultaneous 95 % statement: where a file
/// has *k* of them, each is taken at 1 − 0.05/*k* (Bonferroni), from Student's law with one degree
/// of freedom less than the file's own runs. The truth then lies outside *any* of a file's intervals
/// in at most one file of twenty, however many it has. A file with a single one is judged as it is
/// written, and ``TwinScore`` counts how many lie inside their own 95 %, so that a judge who is too
/// generous would show.
///
/// - Source: `vectors/twins/README.md`, "Comparing a simulator"; O. J. Dunn, "Multiple comparisons
///   among means", Journal of the American Statistical Association 56 (1961).
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

    /// The smallest tolerance that means something.
    var floor: Double {
      if keys.contains("error_rate") || keys.contains("outcomes") { return 0.003 }
      if keys.contains(where: { $0.hasPrefix("latency") || $0.hasSuffix("_ms") }) { return 1.5 }
      if keys.contains(where: { $0.contains("queue") }) { return 2 }
      if keys.contains("time_to_recover_s") { return 0.5 }
      return keys.contains("count") ? 1 : 0
    }
  }

  /// A recorded mean that a simulated one is held against.
  struct Comparison: Sendable {
    /// The metric.
    var entry: Entry
    /// The runs that are compared: those that recovered, those that did not, or nil for all.
    var hasRecovered: Bool?
    /// The recorded mean of those runs.
    var mean: Double
    /// How far the means may be apart at 95 %, for this metric alone.
    var plusMinus: Double
    /// The recorded runs whose spread is the tolerance; empty where it is a floor or 5 %.
    var spread: [Double]

    /// The metric and the runs as people write them.
    var title: String {
      guard let hasRecovered else { return entry.title }
      return "\(entry.title) of \(hasRecovered ? "recovered" : "collapsed") runs"
    }

    /// How far the means may be apart when so many intervals are judged together.
    func allowed(among count: Int) -> Double {
      let confidence = 1 - (1 - TwinJudge.confidence) / Double(max(1, count))
      let interval = ReplicationInterval(spread, confidence: confidence)
      guard let interval, interval.count > 1 else { return plusMinus }
      return max(plusMinus, interval.halfWidth)
    }
  }

  /// The confidence of a file's intervals, of all of them together.
  static let confidence = 0.95

  /// What is recorded.
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

  /// What is compared: every metric, but of a bistable twin from the fault on either group of runs.
  var comparisons: [Comparison] {
    entries.flatMap { entry -> [Comparison] in
      guard let plusMinus = entry.plusMinus else { return [] }
      if isBistable, entry.keys.first != "before" {
        return [true, false].compactMap { group(entry, hasRecovered: $0) }
      }
      return [
        Comparison(
          entry: entry, hasRecovered: nil, mean: entry.mean, plusMinus: plusMinus,
          spread: entry.isLimitedBySpread ? entry.runs.compactMap { $0 } : [])
      ]
    }
  }

  /// The runs that recovered, or those that did not, by themselves; nil when there are too few.
  private func group(_ entry: Entry, hasRecovered: Bool) -> Comparison? {
    guard let times = entries.first(where: { $0.keys == ["time_to_recover_s"] })?.runs else {
      return nil
    }
    let recorded = zip(times, entry.runs).filter { ($0.0 != nil) == hasRecovered }
      .compactMap(\.1)
    guard recorded.count > 2,
      let interval = ReplicationInterval(recorded, confidence: Self.confidence)
    else { return nil }
    let least = max(entry.floor, abs(interval.mean) * 0.05)
    let isSpread = interval.halfWidth > least
    return Comparison(
      entry: entry, hasRecovered: hasRecovered, mean: interval.mean,
      plusMinus: max(least, interval.halfWidth), spread: isSpread ? recorded : [])
  }

  /// What does not agree.
  func mismatches(in simulated: [TwinRun]) -> [Mismatch] {
    var found = recoveryMismatches(simulated)
    let comparisons = comparisons
    let together = comparisons.count { !$0.spread.isEmpty }
    var score = TwinScore()
    for comparison in comparisons {
      let allowed = comparison.allowed(among: together)
      let expected = "\(MetricValue.written(comparison.mean)) ± \(MetricValue.written(allowed))"
      guard let mean = Self.mean(comparison, simulated) else {
        // No simulated run ended that way: how often they do is judged by itself.
        guard comparison.hasRecovered == nil else { continue }
        found.append(Mismatch(metric: comparison.title, expected: expected, got: "nothing"))
        continue
      }
      let distance = abs(mean - comparison.mean)
      if !comparison.spread.isEmpty { score.add(isInside: distance <= comparison.plusMinus) }
      guard distance > allowed else { continue }
      found.append(
        Mismatch(metric: comparison.title, expected: expected, got: MetricValue.written(mean)))
    }
    TwinScore.report(score)
    return found
  }

  /// The mean over the runs that have the metric; nil when none has.
  private static func mean(_ comparison: Comparison, _ simulated: [TwinRun]) -> Double? {
    let values = simulated.compactMap { run -> Double? in
      if let hasRecovered = comparison.hasRecovered, run.hasRecovered != hasRecovered { return nil }
      let value = comparison.entry.keys.reduce(Optional(run.metrics)) { $0?[$1] }
      return if case .number(let number)? = value { number } else { nil }
    }
    return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
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
