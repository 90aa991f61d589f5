import Glibc
import Synchronization

/// Ctrl-C and SIGTERM: the run ends with what there is, and the program says so.
enum Interruption {
  /// The signal that came; 0 is none.
  private static let signal = Atomic<Int32>(0)

  /// Listens from now on; a second signal ends the program at once.
  ///
  /// Also where a script has started the program behind itself, which makes it deaf to Ctrl-C.
  static func listen() {
    _ = isRequested  // a handler must not be the first to touch a global
    for number in [SIGINT, SIGTERM] {
      Glibc.signal(number) { number in
        if Interruption.signal.exchange(number, ordering: .relaxed) != 0 { _exit(128 + number) }
      }
    }
  }

  /// Whether a signal has come.
  static var isRequested: Bool { signal.load(ordering: .relaxed) != 0 }

  /// The program's exit code for the signal that came.
  static var exitCode: Int32 { 128 + signal.load(ordering: .relaxed) }
}
