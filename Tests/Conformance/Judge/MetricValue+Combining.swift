extension MetricValue {
  /// How the same metric of several replications becomes one.
  enum Combination: Sendable {
    /// Samples are joined into one; numbers are averaged (a count, times the number of
    /// replications, is then the pooled count).
    case pooled
    /// Numbers are averaged, the statistics of samples too.
    case mean
  }

  /// The metrics of several replications as one; what a replication lacks counts as 0.
  static func combined(_ runs: [MetricValue], _ combination: Combination) -> MetricValue {
    combined(runs.map { Optional($0) }, combination)
  }

  private static func combined(_ runs: [MetricValue?], _ combination: Combination) -> MetricValue {
    let present = runs.compactMap { $0 }
    let samples = present.compactMap { if case .sample(let sample) = $0 { sample } else { nil } }
    if let reported = samples.first?.reported {
      // A sample that a replication lacks is not a sample of zeros.
      switch combination {
      case .pooled: return .sample(MetricSample(samples.flatMap(\.sorted), reported))
      case .mean: return .mapping(merged(samples.map(\.statistics), combination))
      }
    }
    if present.contains(where: { $0.children != nil }) {
      return .mapping(merged(runs.map { $0?.children ?? [] }, combination))
    }
    let numbers = present.compactMap { if case .number(let number) = $0 { number } else { nil } }
    if numbers.count == present.count {
      return .number(numbers.reduce(0, +) / Double(max(1, runs.count)))
    }
    let texts = Set(present.map(\.description))
    return texts.count == 1 && present.count == runs.count ? present[0] : .perRun(present)
  }

  private static func merged(
    _ runs: [[MetricEntry]], _ combination: Combination
  ) -> [MetricEntry] {
    var keys: [String] = []
    var seen: Set<String> = []
    for entry in runs.joined() where seen.insert(entry.key).inserted { keys.append(entry.key) }
    return keys.map { key in
      let values = runs.map { run in run.first { $0.key == key }?.value }
      return MetricEntry(key: key, value: combined(values, combination))
    }
  }
}
