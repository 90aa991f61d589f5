public import TimeAndChance

/// A part of a run between two changes of what is wrong.
public struct Phase: Sendable, Equatable {
  /// What it is, in words: `before`, `during slow-timeline`, `after slow-timeline`.
  public var name: String
  /// Its start.
  public var start: SimTime
  /// Its end.
  public var end: SimTime

  /// A phase from its parts.
  public init(name: String, start: SimTime, end: SimTime) {
    self.name = name
    self.start = start
    self.end = end
  }

  /// The most phases that are told apart.
  static let most = 12

  /// The phases of the counted time; the whole of it when faults come and go too often.
  public static func phases(of run: RunDescription) -> [Phase] {
    let start = SimTime.zero + run.warmup
    let end = SimTime.zero + run.duration
    let whole = [Phase(name: "the whole run", start: start, end: end)]
    var cuts: [SimTime] = []
    for fault in run.faults {
      for occurrence in fault.occurrences {
        for cut in [occurrence.start, occurrence.end] where cut > start && cut < end {
          cuts.append(cut)
        }
      }
      if cuts.count > 10 * most { break }
    }
    cuts = Array(Set(cuts)).sorted()
    guard !cuts.isEmpty, cuts.count < most else { return whole }
    let ends = [start] + cuts + [end]
    return zip(ends, ends.dropFirst()).map { start, end in
      Phase(name: name(from: start, in: run), start: start, end: end)
    }
  }

  private static func name(from start: SimTime, in run: RunDescription) -> String {
    let acting = run.faults.filter { fault in
      fault.occurrences.contains { $0.start <= start && start < $0.end }
    }
    if !acting.isEmpty { return "during " + acting.map(\.name).joined(separator: " + ") }
    let over = run.faults.compactMap { fault -> (end: SimTime, name: String)? in
      fault.occurrences.last { $0.end <= start }.map { ($0.end, fault.name) }
    }
    guard let last = over.max(by: { $0.end < $1.end }) else { return "before" }
    return "after " + last.name
  }
}
