import Glibc
import Synchronization

/// Ctrl-C and SIGTERM: the run ends with what there is, and the program says so.
enum Interruption {
  private struct State: ~Copyable {
    /// The signal that came; 0 is none.
    let signal = Atomic<Int32>(0)
    /// The one that came after it; 0 is none.
    let second = Atomic<Int32>(0)
    /// Whether files are being written, which a second signal waits for.
    let isWriting = Atomic<Bool>(false)
  }

  private static let state = State()

  /// Listens from now on; a second signal ends the program at once, or when the files that are
  /// being written are whole.
  ///
  /// Also where a script has started the program behind itself, which makes it deaf to Ctrl-C.
  static func listen() {
    _ = isRequested  // a handler must not be the first to touch a global
    for number in [SIGINT, SIGTERM] {
      Glibc.signal(number) { number in
        guard Interruption.state.signal.exchange(number, ordering: .relaxed) != 0 else { return }
        Interruption.state.second.store(number, ordering: .sequentiallyConsistent)
        let isWriting = Interruption.state.isWriting.load(ordering: .sequentiallyConsistent)
        if !isWriting { _exit(128 + number) }
      }
    }
  }

  /// Writes files that a second signal must not leave half-written: it ends the program before them
  /// or after them.
  static func whileWriting(_ write: () -> Bool) -> Bool {
    // Told before it is asked, as the handler does it the other way round: one of the two sees.
    state.isWriting.store(true, ordering: .sequentiallyConsistent)
    endIfUrgent()
    let isWritten = write()
    state.isWriting.store(false, ordering: .sequentiallyConsistent)
    endIfUrgent()
    return isWritten
  }

  private static func endIfUrgent() {
    let number = state.second.load(ordering: .sequentiallyConsistent)
    if number != 0 { _exit(128 + number) }
  }

  /// Whether a signal has come.
  static var isRequested: Bool { state.signal.load(ordering: .relaxed) != 0 }

  /// The program's exit code for the signal that came.
  static var exitCode: Int32 { 128 + state.signal.load(ordering: .relaxed) }
}
