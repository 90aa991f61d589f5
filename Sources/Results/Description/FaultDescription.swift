public import TimeAndChance

/// A fault as reports speak of it.
public struct FaultDescription: Sendable, Equatable {
  /// Its name.
  public var name: String
  /// What happens, as a phrase: `timeline-2 is killed`.
  public var text: String
  /// When it acts, repetitions apart, in the order of time; cut at the end of the run.
  public var occurrences: [Occurrence]
  /// False when it goes on to act after the last of ``occurrences``.
  public var isListedWhole: Bool

  /// A stretch of time in which a fault acts.
  public struct Occurrence: Sendable, Equatable {
    /// Its start.
    public var start: SimTime
    /// Its end; that of the run if nothing ends it earlier, its start for a mere blow.
    public var end: SimTime
    /// From one instant to another.
    public init(start: SimTime, end: SimTime) {
      self.start = start
      self.end = end
    }
  }

  /// A fault from its parts.
  public init(
    name: String, text: String, occurrences: [Occurrence], isListedWhole: Bool = true
  ) {
    self.name = name
    self.text = text
    self.occurrences = occurrences
    self.isListedWhole = isListedWhole
  }
}
