public import Scenario
public import TimeAndChance

extension WindowGrid {
  /// The windows of a scenario's run: of the usual length, and cut at every instant that matters.
  public init(of scenario: Scenario) {
    let end = SimTime.zero + scenario.duration
    let width = Self.usualWidth(of: scenario.duration)
    let counted = SimTime.zero + scenario.warmup
    var edges = [counted]
    for expectation in scenario.expectations {
      if case .bound(let bound) = expectation.statement,
        case .between(let from, let to) = bound.window
      {
        edges += [from, to]
      }
    }
    // Faults that are asked about come before those that merely happen.
    var asked: [Int] = []
    for expectation in scenario.expectations {
      switch expectation.statement {
      case .bound(let bound):
        if case .during(let fault) = bound.window { asked.append(fault) }
      case .recovered(let recovery): asked.append(recovery.fault)
      }
    }
    let occurrences = scenario.faults.map { FaultDescription.occurrences(of: $0, in: scenario) }
    var known: Set<Int> = []
    for fault in asked + Array(scenario.faults.indices)
    where occurrences.indices.contains(fault) && known.insert(fault).inserted {
      for occurrence in occurrences[fault] { edges += [occurrence.start, occurrence.end] }
    }
    for expectation in scenario.expectations {
      guard case .recovered(let recovery) = expectation.statement,
        occurrences.indices.contains(recovery.fault), let first = occurrences[recovery.fault].first,
        let last = occurrences[recovery.fault].last
      else { continue }
      edges.append(max(counted, first.start - Recovery.baseline))
      edges += Self.steps(after: last.end, recovery, until: end, width: width)
    }
    self.init(width: width, end: end, edges: edges)
  }

  /// One second, or for very long runs so many whole seconds that there are 2000 windows at most.
  public static func usualWidth(of duration: SimDuration) -> SimDuration {
    let share = duration.nanoseconds / 2_000
    let second = SimDuration.seconds(1).nanoseconds
    return .seconds(max(1, (share + second - 1) / second))
  }

  /// Instants at which a recovery may be seen, where windows are too long to see it in time.
  ///
  /// Every second, or so seldom that there are 2000 of them, until it would be too late.
  private static func steps(
    after end: SimTime, _ recovery: Recovery, until runEnd: SimTime, width: SimDuration
  ) -> [SimTime] {
    let left = max(.zero, runEnd - end)
    let needed = recovery.within < left ? recovery.within + Recovery.stretch : left
    let step = usualWidth(of: min(needed, left))
    guard step < width else { return [] }
    let count = min(needed, left).nanoseconds / step.nanoseconds
    return (0..<max(0, count)).map { end + step * ($0 + 1) }
  }
}
