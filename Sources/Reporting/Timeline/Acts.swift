import Results
import TimeAndChance

/// The stretches of a run between beginnings of faults.
///
/// What comes time and again is one line within one of them: across faults it is not the same story.
struct Acts {
  private let beginnings: [SimTime]

  init(_ run: RunDescription) {
    beginnings = run.faults.flatMap { fault in
      // A fault that comes too often for lines of its own is one beginning.
      fault.occurrences.prefix(
        fault.occurrences.count > Timeline.mostOccurrences ? 1 : Timeline.mostOccurrences
      ).map(\.start)
    }
  }

  /// The stretch of an instant, counted from 0.
  func act(at time: SimTime) -> Int { beginnings.count { $0 <= time } }
}
