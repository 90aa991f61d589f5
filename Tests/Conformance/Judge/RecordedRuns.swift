extension MetricValue {
  /// A recording as runs of its own: one at the low ends of all spans, one at the high ends.
  var recordedRuns: [MetricValue] { [end(isHigh: false), end(isHigh: true)] }

  /// True when the recorded runs differ somewhere in it.
  var differs: Bool {
    switch self {
    case .span, .perRun: true
    case .number, .text, .sample: false
    case .list(let items): items.contains(where: \.differs)
    case .mapping(let entries): entries.contains { $0.value.differs }
    }
  }

  private func end(isHigh: Bool) -> MetricValue {
    switch self {
    case .number, .text, .sample: self
    case .span(let min, let max, _): .number(isHigh ? max : min)
    case .perRun(let runs): (isHigh ? runs.last : runs.first)?.end(isHigh: isHigh) ?? self
    case .list(let items): .list(items.map { $0.end(isHigh: isHigh) })
    case .mapping(let entries):
      .mapping(
        entries.map { MetricEntry(key: $0.key, value: $0.value.end(isHigh: isHigh)) })
    }
  }
}

extension Judge {
  /// What the recording itself does not satisfy: a mistake of the file, or of the judge.
  func mismatchesOfTheRecording() -> [Mismatch] {
    let vague = entries.flatMap { entry -> [Mismatch] in
      guard case .exact = entry.rule, entry.expect == nil else { return [] }
      return entry.path.matches(in: recorded).filter(\.value.differs).map {
        Mismatch(
          metric: entry.path.text, expected: "one value for the rule 'exact'",
          got: $0.value.description)
      }
    }
    return vague + mismatches(inEachAlone: recorded.recordedRuns)
  }
}
