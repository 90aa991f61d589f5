public import Scenario
import Statistics
import TimeAndChance

/// Whether and when a replication was as before a fault.
public enum RecoveryOutcome: Sendable, Equatable {
  /// After so many seconds from the fault's end; 0 when nothing was amiss by then.
  case after(Double)
  /// Not within the run, which went on for so many seconds after the fault's end.
  case never(observed: Double)
  /// No request ended in the window before the fault.
  case noBaseline
  /// The run kept no latencies of its windows.
  case notRecorded
}

extension ReplicationResult {
  /// When error rate and p99 of all named sources were back within 10 % of the window before the
  /// fault, for 10 s.
  ///
  /// The window before is the last minute before the fault's first start, as far as it is counted.
  /// Error rate and p99 are taken over each 10 s as a whole; failures are whole requests, so
  /// 110 % of the expected number is rounded up. Of a repeated fault the last end counts.
  public func recovery(_ recovery: Recovery, of run: RunDescription) -> RecoveryOutcome {
    guard run.faults.indices.contains(recovery.fault) else { return .notRecorded }
    var slowest = RecoveryOutcome.after(0)
    for source in recovery.sources {
      guard sources.indices.contains(source) else { return .notRecorded }
      let outcome = sources[source].recovery(from: run.faults[recovery.fault], in: run)
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

extension FlowFigures {
  /// When these requests were as before a fault.
  fileprivate func recovery(
    from fault: FaultDescription, in run: RunDescription
  ) -> RecoveryOutcome {
    guard !windowLatency.isEmpty, let first = fault.occurrences.first,
      let last = fault.occurrences.last
    else { return .notRecorded }
    let count = min(samples.count, windowLatency.count)
    let width = run.window.nanoseconds
    let counted = SimTime.zero + run.warmup
    let start = max(counted, first.start - .seconds(60))
    let before = Stretch(
      run.windows(from: start, to: first.start, upTo: count).filter {
        // A window that reaches into the fault says nothing about the time before.
        Int64($0 + 1) * width <= first.start.nanoseconds
      }, of: self, server: nil, width: run.window.inSeconds)
    guard let usualErrors = before.errorRate, let usual = before.latency?.quantile(0.99) else {
      return .noBaseline
    }
    let length = Int((SimDuration.seconds(10).nanoseconds + width - 1) / width)
    var window = run.firstWindow(from: last.end)
    while window + length <= count {
      let windows = window..<window + length
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
        let back = Int64(window) * width - last.end.nanoseconds
        return .after(SimDuration(nanoseconds: max(0, back)).inSeconds)
      }
      window += 1
    }
    let observed = Int64(count) * width - last.end.nanoseconds
    return .never(observed: SimDuration(nanoseconds: max(0, observed)).inSeconds)
  }
}

extension Verdict {
  /// Judges a recovery by what each replication saw.
  ///
  /// A replication that never recovers makes the mean infinite, so one is enough for a ✗; it is
  /// certain when none recovered in time, otherwise more replications are asked for.
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
    let never = outcomes.count { if case .never = $0 { true } else { false } }
    if never > 0 {
      let inTime = values.contains { $0.map { $0 <= limit } ?? false }
      return failed(
        .neverRecovered(replications: never), isCertain: !inTime && outcomes.count > 1)
    }
    return judge(.atMost(limit), factors.estimate(values), unit: .seconds, values: values)
  }
}
