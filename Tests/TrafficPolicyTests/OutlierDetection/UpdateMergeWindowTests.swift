import Testing
import TimeAndChance
import TrafficPolicy

@Suite struct UpdateMergeWindowTests {
  enum Event { case health, members, timer }

  /// What each event leads to: `now`, `timer`, `pending`, or `-` for a timer that is needless.
  func answers(_ window: SimDuration, _ events: [(Int64, Event)]) -> [String] {
    var window = UpdateMergeWindow(window: window)
    return events.map { time, event in
      let now = milliseconds(time)
      let decision: UpdateMergeWindow.Decision
      switch event {
      case .health: decision = window.healthChanged(at: now)
      case .members: decision = window.membershipChanged(at: now)
      case .timer: return window.timerFired(at: now) ? "now" : "-"
      }
      switch decision {
      case .applyNow: return "now"
      case .startTimer(let length): return length == .seconds(1) ? "timer" : "?"
      case .alreadyPending: return "pending"
      }
    }
  }

  @Test func `the first change after a quiet second is applied, the next waits a full window`() {
    let seen = answers(
      .seconds(1),
      [
        (100, .health), (300, .health), (900, .health), (1_300, .timer), (2_300, .health),
        (3_300, .timer), (4_301, .health),
      ])
    #expect(seen == ["now", "timer", "pending", "now", "timer", "now", "now"])
  }

  @Test func `a change of members applies at once and takes waiting changes along`() {
    let seen = answers(
      .seconds(1),
      [(0, .health), (10, .health), (20, .members), (1_010, .timer), (1_015, .health)])
    #expect(seen == ["now", "timer", "now", "-", "timer"])
  }

  @Test func `a change after the window applies at once, though a timer is pending`() {
    let seen = answers(
      .seconds(1),
      [
        (0, .health), (900, .health), (1_500, .health), (1_900, .timer), (2_000, .health),
        (3_000, .timer),
      ])
    #expect(seen == ["now", "timer", "now", "-", "timer", "now"])
  }

  @Test func `without a window every change is applied`() {
    #expect(answers(.zero, [(0, .health), (0, .health), (1, .health)]) == ["now", "now", "now"])
  }

  /// Vector `ejection-time-growth`: ejected, released, ejected again within 100 ms and still in use
  /// for a second, released.
  @Test func `an ejection soon after a release is noticed a second late`() {
    let seen = answers(
      .seconds(1),
      [(100, .health), (1_160, .health), (1_260, .health), (2_260, .timer), (3_360, .health)])
    #expect(seen == ["now", "now", "timer", "now", "now"])
  }
}
