import Glibc

/// What the program says when a mistake of ours ends it: one line, and the documented exit code 70
/// (`EX_SOFTWARE`).
///
/// A broken precondition ends a Swift program by a signal, of which a script sees 132 and a person
/// nothing.
enum InternalError {
  /// Listens from now on.
  ///
  /// Who asks for the runtime's own report by `SWIFT_BACKTRACE` gets that instead.
  static func listen() {
    guard Console.environment("SWIFT_BACKTRACE") == nil else { return }
    // A stack that has overflowed has no room for the handler.
    var stack = stack_t()
    stack.ss_size = 64 << 10
    stack.ss_sp = .allocate(byteCount: stack.ss_size, alignment: 16)
    sigaltstack(&stack, nil)
    for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT] {
      var action = sigaction()
      // Only what a signal may interrupt anything with: no allocation, no globals made on first use.
      action.__sigaction_handler.sa_handler = { _ in
        let text: StaticString = """
          foreshock: internal error: this is a mistake of Foreshock; please report it with the \
          scenario

          """
        _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
        _exit(70)
      }
      action.sa_flags = SA_ONSTACK
      sigaction(number, &action, nil)
    }
  }
}
