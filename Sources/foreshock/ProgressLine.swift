import ArgumentParser
import Glibc
import Reporting
import Simulation
import Synchronization

/// What standard error tells while a run goes on: a line that is rewritten for a person, a line
/// every ten seconds for a log, or nothing.
///
/// It is drawn by the replications themselves, which ask now and then whether they are to stop: no
/// thread of its own, and a replication that takes minutes moves the line as well.
final class ProgressLine: Sendable {
  /// What to show.
  enum Style: String, ExpressibleByArgument, CaseIterable {
    /// The line, if standard error is a terminal.
    case auto
    /// A line every ten seconds.
    case plain
    case never
  }

  /// How a line comes onto standard error.
  private enum Manner { case rewritten, logged, hidden }

  /// What was seen and drawn so far.
  private struct State {
    /// Replications that have ended, and their events.
    var done = 0
    var doneEvents: UInt64 = 0
    /// What the runner said last; it counts events anew in each batch.
    var batchEvents: UInt64 = 0
    /// Replications of the batches that were begun; 0 is not known.
    var planned: Int
    var lastDrawn: ContinuousClock.Instant
    var draws = 0
  }

  /// Events between two questions of the engine.
  private static let eventsPerBeat: UInt64 = 4_096

  private let manner: Manner
  private let start = ContinuousClock.now
  private let beats = Atomic<UInt64>(0)
  private let state: Mutex<State>

  /// A line of that style, for so many replications if that is known.
  init(_ style: Style, replications: Int?) {
    manner =
      switch style {
      case .never: .hidden
      case .plain: .logged
      case .auto: Console.isTerminal(STDERR_FILENO) ? .rewritten : .hidden
      }
    state = Mutex(State(planned: replications ?? 0, lastDrawn: .now))
  }

  /// Tells that a replication has simulated some more events.
  func beat() {
    guard manner != .hidden else { return }
    beats.add(1, ordering: .relaxed)
    // One that draws is enough; nobody waits for it.
    _ = state.withLockIfAvailable { draw(&$0) }
  }

  /// Tells that a replication has ended.
  func show(_ progress: ScenarioRunner.Progress) {
    guard manner != .hidden else { return }
    state.withLock { state in
      let isNewBatch = progress.events < state.batchEvents
      state.doneEvents += progress.events - (isNewBatch ? 0 : state.batchEvents)
      state.batchEvents = progress.events
      state.done = progress.done
      state.planned = progress.planned
      draw(&state)
    }
  }

  /// Takes the line away.
  func clear() {
    guard manner == .rewritten else { return }
    state.withLock { state in
      if state.draws > 0 { Console.mention("\r\u{1B}[K") }
    }
  }

  /// Shows the state, ten times a second at most.
  private func draw(_ state: inout State) {
    let now = ContinuousClock.now
    let pause = manner == .logged ? Duration.seconds(10) : .milliseconds(100)
    guard state.lastDrawn.duration(to: now) >= pause else { return }
    state.lastDrawn = now
    state.draws += 1
    let gauge = ProgressGauge(
      done: state.done, planned: state.planned, doneEvents: state.doneEvents,
      events: max(state.doneEvents, beats.load(ordering: .relaxed) * Self.eventsPerBeat),
      elapsed: Stopwatch.seconds(start.duration(to: now)), draws: state.draws)
    switch manner {
    case .hidden: break
    case .logged: Console.complain(gauge.words)
    case .rewritten:
      Console.mention(
        "\r\u{1B}[K"
          + gauge.line(
            columns: Console.columns(STDERR_FILENO), usesUnicode: Console.usesUnicode))
    }
  }
}
