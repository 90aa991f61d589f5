/// Judges simulated runs against a recording by its check entries.
///
/// - Source: `vectors/envoy/README.md`, "rule" and "judge"; `validate.py`, `one_run`.
struct Judge {
  /// What was recorded.
  let recorded: MetricValue
  /// What is judged; a metric that no entry names is not.
  let entries: [CheckEntry]

  /// What does not agree in the replications `runs`; empty when every entry is satisfied.
  func mismatches(in runs: [MetricValue]) -> [Mismatch] {
    let pooled = MetricValue.combined(runs, .pooled)
    let mean = MetricValue.combined(runs, .mean)
    return entries.flatMap { entry -> [Mismatch] in
      switch entry.judge {
      case .pooled: compare(entry, pooled, pooled: runs.count, isOneRun: runs.count == 1)
      case .mean: compare(entry, mean, pooled: 1, isOneRun: runs.count == 1)
      case .each: each(entry, runs)
      }
    }
  }

  /// What does not agree when each of `runs` is compared alone, as the recorded run is.
  func mismatches(inEachAlone runs: [MetricValue]) -> [Mismatch] {
    entries.flatMap { entry in
      runs.flatMap { compare(entry, $0, pooled: 1, isOneRun: true) }
    }
  }

  private func each(_ entry: CheckEntry, _ runs: [MetricValue]) -> [Mismatch] {
    let complaints = runs.map { compare(entry, $0, pooled: 1, isOneRun: runs.count == 1) }
    let failed = complaints.count { !$0.isEmpty }
    guard Double(runs.count - failed) < entry.share * Double(runs.count),
      let first = complaints.firstIndex(where: { !$0.isEmpty })
    else { return [] }
    guard runs.count > 1 else { return complaints[first] }
    return complaints[first].map { mismatch in
      Mismatch(
        metric: mismatch.metric, expected: mismatch.expected,
        got: "\(mismatch.got) (replication \(first); \(failed) of \(runs.count) disagree)")
    }
  }

  /// Holds one tree of metrics against the recording by one entry.
  private func compare(
    _ entry: CheckEntry, _ measured: MetricValue, pooled: Int, isOneRun: Bool
  ) -> [Mismatch] {
    let rule = LeafRule(
      rule: isOneRun ? entry.ruleForOneRun : entry.rule, expect: entry.expect,
      isPercentage: entry.isPercentage, pooled: pooled)
    let ours = entry.path.matches(in: measured)
    let theirs = entry.path.matches(in: recorded)
    if entry.sorted {
      return sortedMismatches(rule, entry, ours.map(\.value), theirs.map(\.value))
    }
    var keys = theirs.map(\.keys)
    for match in ours where !keys.contains(match.keys) { keys.append(match.keys) }
    if keys.isEmpty { keys = [entry.path.plainKeys] }
    return keys.flatMap { keys in
      self.mismatches(
        rule, keys.joined(separator: "."), ours.first { $0.keys == keys }?.value,
        theirs.first { $0.keys == keys }?.value)
    }
  }

  /// Judges a value, or key by key all numbers in it, over the keys of both sides.
  private func mismatches(
    _ rule: LeafRule, _ name: String, _ ours: MetricValue?, _ theirs: MetricValue?
  ) -> [Mismatch] {
    if case .quantile(let quantile, let by) = rule.rule {
      let complaint = rule.quantileComplaint(quantile, by: by, ours)
      return complaint.map {
        [Mismatch(metric: "\(name) quantile \(quantile)", expected: $0.0, got: $0.1)]
      } ?? []
    }
    if ours?.children == nil, theirs?.children == nil {
      let complaint = rule.complaint(ours, theirs)
      return complaint.map { [Mismatch(metric: name, expected: $0.0, got: $0.1)] } ?? []
    }
    var keys = (theirs?.children ?? []).map(\.key)
    for entry in ours?.children ?? [] where !keys.contains(entry.key) { keys.append(entry.key) }
    return keys.flatMap { mismatches(rule, "\(name).\($0)", ours?[$0], theirs?[$0]) }
  }

  private func sortedMismatches(
    _ rule: LeafRule, _ entry: CheckEntry, _ ours: [MetricValue], _ theirs: [MetricValue]
  ) -> [Mismatch] {
    let left = ours.sorted(by: Self.precedes)
    let right = theirs.sorted(by: Self.precedes)
    guard left.count == right.count else {
      return [
        Mismatch(
          metric: entry.path.text, expected: MetricValue.list(right).description,
          got: MetricValue.list(left).description)
      ]
    }
    return zip(left, right).enumerated().flatMap { index, pair in
      mismatches(rule, "\(entry.path.text) (sorted, \(index))", pair.0, pair.1)
    }
  }

  private static func precedes(_ left: MetricValue, _ right: MetricValue) -> Bool {
    switch (left, right) {
    case (.number(let left), .number(let right)): left < right
    default: left.description < right.description
    }
  }
}
