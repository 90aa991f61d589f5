import ArgumentParser
import Glibc

/// The terminal or pipe that the program talks to: results go to standard output, all else to
/// standard error.
enum Console {
  /// Lets a reader that goes away (`| head -1`) end nothing but the writing to it: the files of a
  /// run and the exit code stay what they would have been.
  private static let outlivesReaders: Void = { signal(SIGPIPE, SIG_IGN) }()

  /// Writes a result.
  static func write(_ text: String) throws {
    guard write(text, to: STDOUT_FILENO) || errno == EPIPE else {
      complain("foreshock: cannot write to standard output: \(reason)")
      throw ExitCode.unreadable
    }
  }

  /// Writes a line that is no result.
  static func complain(_ text: String) {
    _ = write(text.hasSuffix("\n") ? text : text + "\n", to: STDERR_FILENO)
  }

  /// Writes a piece of a line that is no result.
  static func mention(_ text: String) { _ = write(text, to: STDERR_FILENO) }

  /// Why the last system call failed.
  static var reason: String { String(cString: strerror(errno)) }

  /// Whether a person sees an open file, on a terminal that obeys escape sequences.
  static func isTerminal(_ file: Int32) -> Bool {
    isatty(file) == 1 && environment("TERM") != "dumb"
  }

  /// The columns of the terminal that an open file is, 120 at most; 80 when it is none.
  static func columns(_ file: Int32) -> Int {
    var size = winsize()
    guard isatty(file) == 1, ioctl(file, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return 80
    }
    return min(120, Int(size.ws_col))
  }

  /// Whether the output may hold more than ASCII: unless the locale says otherwise.
  static var usesUnicode: Bool {
    guard let locale = environment("LC_ALL") ?? environment("LC_CTYPE") ?? environment("LANG")
    else { return true }
    let name = locale.lowercased()
    return name.contains("utf-8") || name.contains("utf8")
  }

  /// The value of a variable of the environment; nil when it is not set or empty.
  static func environment(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    let text = String(cString: value)
    return text.isEmpty ? nil : text
  }

  /// Writes all of a text to an open file.
  static func write(_ text: String, to file: Int32) -> Bool {
    outlivesReaders
    var text = text
    return text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while !rest.isEmpty {
        let count = Glibc.write(file, rest.baseAddress, rest.count)
        if count < 0 {
          if errno == EINTR { continue }
          return false
        }
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
      }
      return true
    }
  }
}
