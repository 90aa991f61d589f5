import Results

/// The command that repeats a run.
enum RepeatCommand {
  /// Its words, with seed and number of replications.
  static func words(_ result: RunResult) -> [String] {
    result.run.command + [
      "--seed", "\(result.run.seed)", "--replications", "\(result.replications)",
    ]
  }

  /// The command on one line, quoted for a shell.
  static func line(_ result: RunResult) -> String {
    words(result).map(quoted).joined(separator: " ")
  }

  /// The command on lines of so many columns at most; a shell takes them together as one.
  static func lines(_ result: RunResult, columns: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    var used = 0
    for word in words(result).map(quoted) {
      let length = DisplayText.width(word)
      if used > 0, used + 1 + length + 2 > columns {
        lines.append(line + " \\")
        line = ""
        used = 0
      }
      line += (used > 0 ? " " : "") + word
      used += (used > 0 ? 1 : 0) + length
    }
    return lines + [line]
  }

  /// A word as a shell must be given it; control characters by their code.
  static func quoted(_ word: String) -> String {
    let isPlain = word.unicodeScalars.allSatisfy { scalar in
      scalar.isASCII
        && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil
          || "-_./=:,@%+".unicodeScalars.contains(scalar))
    }
    if isPlain, !word.isEmpty { return word }
    let isPrintable = DisplayText.oneLine(word) == word
    if isPrintable { return "'" + word.replacing("'", with: "'\\''") + "'" }
    var text = "$'"
    for byte in word.utf8 {
      switch byte {
      case UInt8(ascii: "'"), UInt8(ascii: "\\"): text += "\\" + String(UnicodeScalar(byte))
      case 0x20..<0x7F: text += String(UnicodeScalar(byte))
      default: text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
    }
    return text + "'"
  }
}
