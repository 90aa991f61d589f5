import Results
import TimeAndChance

/// A line of the timeline: when and what, in words.
struct TimelineEntry: Sendable, Equatable {
  /// What kind of line it is; earlier ones matter more when there is little room.
  enum Kind: Int, Sendable, Equatable, Comparable {
    case fault, failure, rejection, latency, retries, ejection, limit, pods, release, other

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
      (left.element.at, left.element.kind.rawValue, left.offset)
        < (right.element.at, right.element.kind.rawValue, right.offset)
    }.map(\.element)
  }

  /// The most important lines, so many at most, in the order of time.
  func most(_ count: Int) -> (shown: [TimelineEntry], leftOut: Int) {
    guard entries.count > count else { return (entries, 0) }
    // Four of each kind in turn, so that many lines of one kind do not hide all others.
    var seen: [TimelineEntry.Kind: Int] = [:]
    let turns = entries.map { entry in
      defer { seen[entry.kind, default: 0] += 1 }
      return seen[entry.kind, default: 0] / 4
    }
    let kept = entries.indices.sorted {
      (turns[$0], entries[$0].kind, $0) < (turns[$1], entries[$1].kind, $1)
    }.prefix(count).sorted()
    return (kept.map { entries[$0] }, entries.count - count)
  }

  /// The faults that a replication met: what was planned for later has not happened.
  private static func faults(
    _ run: RunDescription, upTo replication: ReplicationResult
  ) -> [TimelineEntry] {
    let planned = SimTime.zero + run.duration
    let runEnd = replication.earlyEnd == nil ? planned : min(planned, replication.end)
    return run.faults.flatMap { fault in
      fault.occurrences.flatMap { occurrence -> [TimelineEntry] in
        if replication.earlyEnd != nil, occurrence.start > runEnd { return [] }
        var text = "\(fault.name): \(fault.text)"
        if occurrence.end > occurrence.start, occurrence.end < runEnd {
          text += ", until \(HumanNumber.clock(occurrence.end))"
        }
        let begin = TimelineEntry(at: occurrence.start, kind: .fault, text: text)
        guard occurrence.end > occurrence.start, occurrence.end < runEnd else { return [begin] }
        return [
          begin, TimelineEntry(at: occurrence.end, kind: .fault, text: "\(fault.name) is over"),
        ]
      }
    }
  }
}
