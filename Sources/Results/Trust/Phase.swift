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
  public static let most = 12

  /// The phases of the counted time.
  ///
  /// Where they would be more than ``most``, a fault that comes again and again counts from its first
  /// beginning to its last end; where they still are, the whole of the time is one.
  public static func phases(of run: RunDescription) -> [Phase] {
    parts(of: run).phases
  }

  /// How many times things change, when that is too often for phases; else nil.
  static func changesNotTold(of run: RunDescription) -> Int? {
    let parts = parts(of: run)
    return parts.changes >= most ? parts.changes : nil
  }

  private static func parts(of run: RunDescription) -> (phases: [Phase], changes: Int) {
    let start = SimTime.zero + run.warmup
    let end = SimTime.zero + run.duration
    func cuts(_ spells: [Spell]) -> [SimTime] {
      var cuts: Set<SimTime> = []
      for spell in spells {
        for cut in [spell.start, spell.end] where cut > start && cut < end { cuts.insert(cut) }
      }
      return cuts.sorted()
    }
    var spells = run.faults.flatMap { fault in
      fault.occurrences.map { Spell(fault: fault.name, start: $0.start, end: $0.end) }
    }
    var times = cuts(spells)
    if times.count >= most {
      spells = run.faults.compactMap { fault in
        guard let first = fault.occurrences.first, let last = fault.occurrences.last else {
          return nil
        }
        let name = fault.name + (fault.occurrences.count > 1 ? " (again and again)" : "")
        return Spell(fault: name, start: first.start, end: last.end)
      }
      times = cuts(spells)
    }
    guard !times.isEmpty, times.count < most else {
      return ([Phase(name: "the whole run", start: start, end: end)], times.count)
    }
    let ends = [start] + times + [end]
    let phases = zip(ends, ends.dropFirst()).map { start, end in
      Phase(name: name(from: start, spells), start: start, end: end)
    }
    return (phases, times.count)
  }

  /// A time in which a fault acts.
  private struct Spell {
    var fault: String
    var start: SimTime
    var end: SimTime
  }

  private static func name(from start: SimTime, _ spells: [Spell]) -> String {
    var acting: [String] = []
    for spell in spells where spell.start <= start && start < spell.end {
      if !acting.contains(spell.fault) { acting.append(spell.fault) }
    }
    if !acting.isEmpty { return "during " + acting.joined(separator: " + ") }
    let over = spells.filter { $0.end <= start }
    guard let last = over.max(by: { $0.end < $1.end }) else { return "before" }
    return "after " + last.fault
  }
}
