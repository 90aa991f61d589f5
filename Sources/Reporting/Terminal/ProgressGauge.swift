/// How far a run is, in words and as a bar.
public struct ProgressGauge: Sendable {
  /// Replications that have ended.
  public var done: Int
  /// Replications that are to be run; 0 is not known yet.
  public var planned: Int
  /// Events of the replications that have ended.
  public var doneEvents: UInt64
  /// Events of all, those under way included.
  public var events: UInt64
  /// Seconds since the start.
  public var elapsed: Double
  /// How often it was drawn, which moves the bar when there is no share to show.
  public var draws: Int

  /// A state of a run.
  public init(
    done: Int, planned: Int, doneEvents: UInt64, events: UInt64, elapsed: Double, draws: Int
  ) {
    self.done = done
    self.planned = planned
    self.doneEvents = doneEvents
    self.events = events
    self.elapsed = elapsed
    self.draws = draws
  }

  /// The share of the work that is done, taking replications for equally long; nil before the first
  /// has ended.
  var share: Double? {
    guard done > 0, planned > 0, doneEvents > 0 else { return nil }
    let all = Double(doneEvents) / Double(done) * Double(planned)
    return min(1, max(Double(done) / Double(planned), min(0.99, Double(events) / all)))
  }

  /// The state without a bar, for a log: `3 of 5 replications, 1.2M events, 4 s left`.
  public var words: String {
    let replications =
      planned > 0 ? "\(done) of \(HumanNumber.things(planned, "replication"))" : "simulating"
    let time =
      if let share {
        wholeSeconds(elapsed * (1 - share) / share) + " left"
      } else {
        wholeSeconds(elapsed)
      }
    return "\(replications), \(HumanNumber.count(Double(events))) events, \(time)"
  }

  /// A bar and the words, in one line of a terminal; where there is little room, words alone.
  public func line(columns: Int, usesUnicode: Bool) -> String {
    let words = words
    // The last column stays free: a full line would wrap.
    let room = max(0, columns - 1)
    let width = min(24, room - words.count - 2)
    guard width >= 6 else { return String(words.prefix(room)) }
    return bar(width: width, usesUnicode: usesUnicode) + "  " + words
  }

  private func bar(width: Int, usesUnicode: Bool) -> String {
    let full: Character = usesUnicode ? "█" : "#"
    let empty: Character = usesUnicode ? "░" : "-"
    func part(_ character: Character, _ count: Int) -> String {
      String(repeating: character, count: count)
    }
    if let share {
      let filled = Int(Double(width) * share)
      return part(full, filled) + part(empty, width - filled)
    }
    // To and fro: something goes on, and nobody knows how long.
    let block = 3
    let way = width - block
    let step = draws % (2 * way)
    let place = step < way ? step : 2 * way - step
    return part(empty, place) + part(full, block) + part(empty, way - place)
  }

  private func wholeSeconds(_ seconds: Double) -> String {
    HumanNumber.duration(max(1, seconds.rounded(.up)))
  }
}
