public import Scenario
import Statistics
import TimeAndChance

/// Whether and when a replication was as before a fault.
public enum RecoveryOutcome: Sendable, Equatable {
  /// After so many seconds from the fault's end; 0 when nothing was amiss by then.
  case after(Double)
  /// Not within the run, which went on for so many seconds after the fault's end.
  case never(observed: Double)
  /// The replication was ended before that could be told.
  case unknown
  /// No request ended in the window before the fault.
  case noBaseline
  /// The run kept no latencies of its windows.
  case notRecorded
}

extension ReplicationResult {
  /// When error rate and p99 of all named sources were back within 10 % of what they were before
  /// the fault, for 10 s.
  ///
  /// Before is the last minute before the fault's first start, as far as it is counted.
  /// Error rate and p99 are taken over each 10 s as a whole; failures are whole requests, so
  /// 110 % of the expected number is rounded up. Of a repeated fault the last end counts.
  public func recovery(_ recovery: Recovery, of run: RunDescription) -> RecoveryOutcome {
    guard run.faults.indices.contains(recovery.fault) else { return .notRecorded }
    var slowest = RecoveryOutcome.after(0)
    for source in recovery.sources {
      guard sources.indices.contains(source) else { return .notRecorded }
      var outcome = sources[source].recovery(from: run.faults[recovery.fault], in: run)
      if outcome != .notRecorded, !sees(recovery, outcome, in: run) { outcome = .unknown }
      switch (outcome, slowest) {
      case (.after(let seconds), .after(let longest)):
        slowest = .after(max(seconds, longest))
      case (.after, _): break
      case (.never, .after), (.never, .never): slowest = outcome
      case (.never, _): break
      default: return outcome
      }
    }
    return slowest
  }
}

extension ReplicationResult {
  /// Whether a replication that was ended early still tells of a recovery: that things were as
  /// before, or that they were not for as long as they may take.
  fileprivate func sees(
    _ recovery: Recovery, _ outcome: RecoveryOutcome, in run: RunDescription
  ) -> Bool {
    guard earlyEnd != nil, let last = run.faults[recovery.fault].occurrences.last else {
      return true
    }
    if case .after = outcome { return end > last.end }
    return end >= last.end + recovery.within
  }
}

extension FlowFigures {
  /// When these requests were as before a fault.
  fileprivate func recovery(
    from fault: FaultDescription, in run: RunDescription
  ) -> RecoveryOutcome {
    guard !windowLatency.isEmpty, let first = fault.occurrences.first,
      let last = fault.occurrences.last
    else { return .notRecorded }
    let count = min(samples.count, windowLatency.count)
    let counted = SimTime.zero + run.warmup
    let start = max(counted, first.start - Recovery.baseline)
    let grid = run.windows
    let before = Stretch(
      grid.windows(from: start, to: first.start, upTo: count).filter {
        // A window that reaches into the fault says nothing about the time before.
        grid.end(of: $0) <= first.start
      }, of: self, server: nil, in: grid)
    guard let usualErrors = before.errorRate, let usual = before.latency?.quantile(0.99) else {
      return .noBaseline
    }
    let starts = min(grid.firstWindow(from: last.end), count)..<count
    let ends = starts.map { grid.end(of: $0) }
    var end = starts.lowerBound
    for window in starts {
      let begin = grid.start(of: window)
      while end < count, ends[end - starts.lowerBound] < begin + Recovery.stretch { end += 1 }
      if end == count { break }
      let windows = window..<end + 1
      var (ended, good, errors) = (0.0, 0.0, 0.0)
      for sample in samples[windows] {
        ended += Double(sample.ended)
        good += Double(sample.good)
        errors += Double(sample.errors)
      }
      // The bit of slack keeps 22.000000000000004 from allowing 23.
      let allowed = (1.1 * usualErrors * ended - 1e-6).rounded(.up)
      if good > 0, errors <= max(0, allowed),
        let p99 = CompactHistogram(merging: windowLatency[windows]).quantile(0.99),
        p99 <= 1.1 * usual
      {
        return .after(max(.zero, begin - last.end).inSeconds)
      }
    }
    let observed = (ends.last ?? last.end) - last.end
    return .never(observed: max(.zero, observed).inSeconds)
  }
}

extension Verdict {
  /// Judges a recovery by what each replication saw.
  ///
  /// A replication that never recovers makes the mean infinite, so one is enough for a ✗; it is
  /// certain when none recovered in time, otherwise more replications are asked for. Where the run
  /// ended before a recovery in time would have been seen, nothing is certain.
  public static func judge(
    _ recovery: Recovery, _ outcomes: [RecoveryOutcome], factors: StudentFactors
  ) -> Verdict {
    let limit = recovery.within.inSeconds
    let values = outcomes.map { outcome -> Double? in
      if case .after(let seconds) = outcome { return seconds }
      return nil
    }
    func failed(_ grounds: Grounds, isCertain: Bool) -> Verdict {
      let estimate = factors.estimate(values)
      return Verdict(
        expectation: 0, isMet: false, isCertain: isCertain, grounds: grounds, estimate: estimate,
        interval: estimate.flatMap(Interval.init), unit: .seconds, values: values)
    }
    if outcomes.isEmpty || outcomes.contains(.notRecorded) {
      return failed(.notRecorded, isCertain: true)
    }
    let blind = outcomes.count { $0 == .noBaseline }
    if blind > 0 { return failed(.noBaseline(replications: blind), isCertain: true) }
    let needed = limit + Recovery.stretch.inSeconds
    let cutOff = outcomes.count { outcome in
      if case .never(let observed) = outcome { observed < needed } else { outcome == .unknown }
    }
    if cutOff > 0 { return failed(.endedTooSoon(replications: cutOff), isCertain: false) }
    let never = outcomes.count { if case .never = $0 { true } else { false } }
    if never > 0 {
      let inTime = values.contains { $0.map { $0 <= limit } ?? false }
      return failed(
        .neverRecovered(replications: never), isCertain: !inTime && outcomes.count > 1)
    }
    return judge(.atMost(limit), factors.estimate(values), unit: .seconds, values: values)
  }
}
