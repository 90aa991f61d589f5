import Results
import TimeAndChance

/// A line of the timeline: when and what, in words.
struct TimelineEntry: Sendable, Equatable {
  /// What kind of line it is; earlier ones matter more when there is little room.
  enum Kind: Int, Sendable, Equatable, Comparable {
    case fault, failure, rejection, latency, retries, ejection, limit, pods, release, faultEnd

    /// The place among lines of the same instant.
    var placeInTime: Int { self == .faultEnd ? Kind.fault.rawValue : rawValue }

    static func < (left: Kind, right: Kind) -> Bool { left.rawValue < right.rawValue }
  }
  var at: SimTime
  var kind: Kind
  var text: String
}

/// What happened in a run, from the representative replication.
struct Timeline: Sendable, Equatable {
  /// The lines in the order of time.
  var entries: [TimelineEntry]

  init(_ result: RunResult) {
    var entries = Self.faults(result.run, upTo: result.representative)
    entries += Episodes.entries(result)
    entries += EventGroups.entries(result)
    // Lines of one instant keep causes before effects.
    self.entries = entries.enumerated().sorted { left, right in
      (left.element.at, left.element.kind.placeInTime, left.offset)
        < (right.element.at, right.element.kind.placeInTime, right.offset)
    }.map(\.element)
  }

  /// The most important lines in the order of time.
  struct Excerpt: Sendable, Equatable {
    /// The lines.
    var shown: [TimelineEntry]
    /// Beginnings of faults that are not among them.
    var faultsLeftOut = 0
    /// Other lines that are not among them; that a fault is over is no news and not counted.
    var othersLeftOut = 0

    /// What is left out, as `1 fault and 7 lines more`; nil when that is nothing.
    var leftOut: String? {
      var parts: [String] = []
      if faultsLeftOut > 0 { parts.append(HumanNumber.things(faultsLeftOut, "fault")) }
      if othersLeftOut > 0 { parts.append(HumanNumber.things(othersLeftOut, "line")) }
      return parts.isEmpty ? nil : parts.joined(separator: " and ") + " more"
    }
  }

  /// The most important lines, about so many at most.
  ///
  /// The beginnings of faults come first, as many as there is room for. Where they would leave the
  /// others less than half of the room, these have half as much beside it: of faults alone one learns
  /// nothing.
  func most(_ count: Int) -> Excerpt {
    guard entries.count > count else { return Excerpt(shown: entries) }
    let faults = entries.indices.filter { entries[$0].kind == .fault }.prefix(count)
    // Four of each kind in turn, so that many lines of one kind do not hide all others.
    var seen: [TimelineEntry.Kind: Int] = [:]
    let turns = entries.map { entry in
      defer { seen[entry.kind, default: 0] += 1 }
      return entry.kind == .faultEnd ? Int.max : seen[entry.kind, default: 0] / 4
    }
    let others = entries.indices.filter { entries[$0].kind != .fault }.sorted {
      (turns[$0], entries[$0].kind, $0) < (turns[$1], entries[$1].kind, $1)
    }.prefix(max(count - faults.count, count / 2))
    var excerpt = Excerpt(shown: (faults + others).sorted().map { entries[$0] })
    func left(_ isCounted: (TimelineEntry.Kind) -> Bool) -> Int {
      entries.count { isCounted($0.kind) } - excerpt.shown.count { isCounted($0.kind) }
    }
    excerpt.faultsLeftOut = left { $0 == .fault }
    excerpt.othersLeftOut = left { $0 != .fault && $0 != .faultEnd }
    return excerpt
  }

  /// The most occurrences of a fault with lines of their own; of more, all are one line.
  static let mostOccurrences = 3

  /// The faults that a replication met: what was planned for later has not happened.
  private static func faults(
    _ run: RunDescription, upTo replication: ReplicationResult
  ) -> [TimelineEntry] {
    let planned = SimTime.zero + run.duration
    let runEnd = replication.earlyEnd == nil ? planned : min(planned, replication.end)
    return run.faults.flatMap { fault -> [TimelineEntry] in
      let met = fault.occurrences.filter { replication.earlyEnd == nil || $0.start <= runEnd }
      if let first = met.first, let last = met.last, met.count > mostOccurrences {
        let times = fault.isListedWhole ? "\(met.count) times" : "more than \(met.count) times"
        let text =
          "\(fault.name): \(fault.text), \(times) until \(HumanNumber.clock(min(last.end, runEnd)))"
        return [TimelineEntry(at: first.start, kind: .fault, text: text)]
      }
      return met.flatMap { occurrence -> [TimelineEntry] in
        var text = "\(fault.name): \(fault.text)"
        let ends = occurrence.end > occurrence.start && occurrence.end < runEnd
        if ends { text += ", until \(HumanNumber.clock(occurrence.end))" }
        let begin = TimelineEntry(at: occurrence.start, kind: .fault, text: text)
        guard ends else { return [begin] }
        return [
          begin, TimelineEntry(at: occurrence.end, kind: .faultEnd, text: "\(fault.name) is over"),
        ]
      }
    }
  }
}
