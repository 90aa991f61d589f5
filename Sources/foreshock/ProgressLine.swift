import Simulation
import Synchronization

/// A line on standard error that tells how far a run is; nothing unless a person looks.
final class ProgressLine: Sendable {
  private let isShown: Bool
  private let last = Mutex(0)

  init(isShown: Bool) { self.isShown = isShown }

  /// Tells the state of the run.
  func show(_ progress: ScenarioRunner.Progress) {
    guard isShown else { return }
    last.withLock { last in
      guard progress.done >= last else { return }
      last = progress.done
      let width = 24
      let filled = width * progress.done / max(1, progress.planned)
      let bar =
        String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
      Console.mention(
        "\r\u{1B}[K\(bar) \(progress.done) of \(progress.planned) replications")
    }
  }

  /// Takes the line away.
  func clear() {
    if isShown { Console.mention("\r\u{1B}[K") }
  }
}
