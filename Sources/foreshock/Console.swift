import ArgumentParser
import Glibc

/// The terminal or pipe that the program talks to: results go to standard output, all else to
/// standard error.
enum Console {
  /// Writes a result.
  static func write(_ text: String) throws {
    guard write(text, to: STDOUT_FILENO) else {
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

  /// Whether a person sees standard error.
  static var showsProgress: Bool { isatty(STDERR_FILENO) == 1 }

  /// Whether a person sees standard output.
  static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  /// The columns of the terminal; 80 when there is none.
  static var columns: Int {
    var size = winsize()
    guard isTerminal, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return 80
    }
    return min(120, Int(size.ws_col))
  }

  /// The value of a variable of the environment; nil when it is not set or empty.
  static func environment(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    let text = String(cString: value)
    return text.isEmpty ? nil : text
  }

  /// Writes all of a text to an open file.
  static func write(_ text: String, to file: Int32) -> Bool {
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
