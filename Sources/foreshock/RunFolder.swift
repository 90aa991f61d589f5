import ArgumentParser
import Glibc

/// The folder that a run leaves behind; its files appear whole or not at all.
struct RunFolder {
  /// Its path.
  let path: String

  /// The folder for a scenario: as asked for, else `results/runs/<name>` here.
  init(_ path: String?, scenario: String) {
    self.path = path ?? "results/runs/" + Self.fileName(for: scenario)
  }

  /// A name that is safe as one folder: letters, digits, `-`, `_` and `.`, others become `-`.
  static func fileName(for name: String) -> String {
    let safe = name.unicodeScalars.prefix(100).map { scalar -> Character in
      let isPlain =
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
        || ("0"..."9").contains(scalar) || scalar == "-" || scalar == "_" || scalar == "."
      return isPlain ? Character(scalar) : "-"
    }
    let text = String(safe)
    return text.allSatisfy({ $0 == "." || $0 == "-" }) ? "run" : text
  }

  /// Makes the folder and those above it.
  func create() throws {
    var made = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      made += (made.isEmpty || made.hasSuffix("/") ? "" : "/") + part
      if mkdir(made, 0o777) != 0, errno != EEXIST { throw failure("make the folder", made) }
    }
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw failure("make the folder", path)
    }
  }

  /// The path of a file in it.
  func file(_ name: String) -> String { path.hasSuffix("/") ? path + name : path + "/" + name }

  /// Writes a file beside its place and moves it there.
  func write(_ text: String, as name: String) throws {
    let place = file(name)
    let draft = place + ".\(getpid()).part"
    let opened = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard opened >= 0 else { throw failure("write", place) }
    let isWritten = Console.write(text, to: opened)
    let isClosed = close(opened) == 0
    guard isWritten, isClosed, rename(draft, place) == 0 else {
      let error = failure("write", place)
      unlink(draft)
      throw error
    }
  }

  private func failure(_ verb: String, _ path: String) -> ExitCode {
    Console.complain("foreshock: cannot \(verb) \(path): \(Console.reason)")
    return .unreadable
  }
}
