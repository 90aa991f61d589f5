public import Scenario
import Statistics
public import TimeAndChance

/// What a reader should know before believing the figures.
public enum RunWarning: Sendable, Equatable {
  /// A source's latency still settles after the warm-up (MSER-5): so much would be needed.
  case warmupTooShort(source: Int, needed: SimDuration)
  /// A source's latency drifts to the end of the faultless part: it has no steady state.
  case neverSettles(source: Int)
  /// Requests of a subject were lost or doubled in a replication: a mistake of the simulator.
  case notConserved(subject: Subject, replication: Int)
  /// Replications ended early.
  case endedEarly(ReplicationResult.EarlyEnd, replications: Int)
  /// There is one replication: no interval, no certainty.
  case singleReplication
  /// The causal log of the representative replication left entries out.
  case eventsLeftOut(UInt64)
  /// A source dropped requests because too many were open.
  case dropped(source: Int, requests: UInt64)
  /// So many requests of a source were open at the end of all replications, long overdue: they count
  /// as errors.
  case unanswered(source: Int, requests: UInt64)
  /// The users of a source had iterations left when its time was over (k6 `maxDuration`).
  case iterationsLeft(source: Int, requests: UInt64)
  /// Parts of the run begin or end at so many instants that are no edges of windows: their figures
  /// are those of the windows that begin in them.
  case partsNotCut(instants: Int)
  /// A fault acts more often than is listed: figures of its time are those of what is listed.
  case occurrencesLeftOut(fault: Int)
  /// Faults begin and end so many times that there are no figures of phases.
  case tooManyPhases(changes: Int)
}

extension RunWarning {
  /// All warnings on a run.
  static func warnings(
    _ run: RunDescription, _ results: [ReplicationResult], _ sources: [FlowSummary]
  ) -> [RunWarning] {
    var warnings: [RunWarning] = []
    for cause in ReplicationResult.EarlyEnd.allCases {
      let count = results.count { $0.earlyEnd == cause }
      if count > 0 { warnings.append(.endedEarly(cause, replications: count)) }
    }
    if results.count == 1 { warnings.append(.singleReplication) }
    warnings += unconserved(results)
    for (index, source) in sources.enumerated() where run.sources[index].isSteady {
      if let warning = settling(of: source, index, in: run) { warnings.append(warning) }
    }
    for (index, source) in sources.enumerated() where source.total.dropped > 0 {
      let requests = source.total.dropped
      // Users wait for their own answers: nothing but the end keeps them from asking.
      warnings.append(
        run.sources[index].hasUsers
          ? .iterationsLeft(source: index, requests: requests)
          : .dropped(source: index, requests: requests))
    }
    for (index, source) in sources.enumerated() where source.total.unanswered > 0 {
      warnings.append(.unanswered(source: index, requests: source.total.unanswered))
    }
    let leftOut = results.map(\.eventsLeftOut).max() ?? 0
    if leftOut > 0 { warnings.append(.eventsLeftOut(leftOut)) }
    if run.windows.leftOut > 0 { warnings.append(.partsNotCut(instants: run.windows.leftOut)) }
    for fault in run.faults.indices where !run.faults[fault].isListedWhole {
      warnings.append(.occurrencesLeftOut(fault: fault))
    }
    if let changes = Phase.changesNotTold(of: run) {
      warnings.append(.tooManyPhases(changes: changes))
    }
    return warnings
  }

  /// Subjects whose requests do not add up: begun = ended + open, always.
  private static func unconserved(_ results: [ReplicationResult]) -> [RunWarning] {
    var warnings: [RunWarning] = []
    for result in results {
      for (index, source) in result.sources.enumerated() where !source.isConserved {
        warnings.append(.notConserved(subject: .source(index), replication: result.index))
      }
      for (index, service) in result.services.enumerated() where !service.flow.isConserved {
        warnings.append(.notConserved(subject: .service(index), replication: result.index))
      }
    }
    return warnings
  }

  /// Whether a source's median latency settles by the end of the warm-up, as far as no fault acts.
  private static func settling(
    of source: FlowSummary, _ index: Int, in run: RunDescription
  ) -> RunWarning? {
    let firstFault = run.faults.flatMap(\.occurrences).map(\.start).min() ?? (.zero + run.duration)
    let points = source.series.p50.points
    let windows = run.windows.windows(from: .zero, to: firstFault, upTo: points.count)
    let first = points.firstIndex { $0 != nil } ?? 0
    let values = windows.dropFirst(first).compactMap { points[$0]?.mean }
    let warm = run.windows.firstWindow(from: .zero + run.warmup)
    switch MSER5(values) {
    case .tooShort: return nil
    case .neverSettles:
      let half = values.count / 2
      return differ(values[..<half], values[half...]) ? .neverSettles(source: index) : nil
    case .settles(let cut):
      let needed = first + cut
      guard needed > warm, warm >= first else { return nil }
      // A lucky cut of mere noise is no warm-up: what it cuts off must differ from the rest.
      guard differ(values[(warm - first)..<cut], values[cut...]) else { return nil }
      return .warmupTooShort(source: index, needed: run.windows.start(of: needed) - .zero)
    }
  }

  /// Whether the means of two stretches differ by a twentieth, and by more than their noise.
  private static func differ(_ one: ArraySlice<Double>, _ other: ArraySlice<Double>) -> Bool {
    let (first, second) = (Welford(one), Welford(other))
    guard first.count >= 5, second.count >= 5 else { return false }
    let noise =
      ((first.variance ?? 0) / Double(first.count) + (second.variance ?? 0) / Double(second.count))
      .squareRoot()
    let difference = (first.mean - second.mean).magnitude
    return difference > 0.05 * second.mean.magnitude && difference > 3 * noise
  }
}
