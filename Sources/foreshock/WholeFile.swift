import ArgumentParser
import Glibc

/// A file that appears whole or not at all.
enum WholeFile {
  /// Writes a text beside its place and moves it there.
  static func write(_ text: String, to path: String) throws {
    let draft = "\(path).\(getpid()).part"
    let file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    var isWritten = false
    if file >= 0 {
      isWritten = Console.write(text, to: file)
      isWritten = close(file) == 0 && isWritten
    }
    guard isWritten, rename(draft, path) == 0 else {
      Console.complain("foreshock: cannot write \(path): \(Console.reason)")
      unlink(draft)
      throw ExitCode.unreadable
    }
  }

  /// Adds a text to the end of a file, which is made if it is not there.
  static func append(_ text: String, to path: String) throws {
    let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    guard file >= 0, Console.write(text, to: file), close(file) == 0 else {
      Console.complain("foreshock: cannot write \(path): \(Console.reason)")
      throw ExitCode.unreadable
    }
  }
}
