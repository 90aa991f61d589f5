/// Text as a terminal shows it: how wide it is, cut and wrapped to a width.
///
/// Names come from users: control characters, escape sequences and marks that turn the direction
/// of writing are taken out before anything is shown.
enum DisplayText {
  /// One line without control characters; each becomes a space, runs of spaces become one.
  static func oneLine(_ text: String) -> String {
    if isPlain(text) { return text }
    var result = String.UnicodeScalarView()
    var afterSpace = true
    for scalar in text.unicodeScalars {
      let isSpace = scalar.properties.isWhitespace || isControl(scalar)
      if isSpace {
        if !afterSpace { result.append(" ") }
      } else {
        result.append(scalar)
      }
      afterSpace = isSpace
    }
    if result.last == " " { result.removeLast() }
    return String(result)
  }

  /// Text of several lines without control characters but those that end lines; each becomes a
  /// space.
  static func harmless(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      let endsLine = scalar == "\n" || scalar == "\r"
      result.append(!endsLine && isControl(scalar) ? " " : scalar)
    }
    return String(result)
  }

  /// Whether a text is printable ASCII with single spaces within, as nearly all are.
  private static func isPlain(_ text: String) -> Bool {
    let space = UInt8(ascii: " ")
    var last = space
    for byte in text.utf8 {
      guard byte >= space, byte < 0x7F, byte != space || last != space else { return false }
      last = byte
    }
    return last != space || text.isEmpty
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
      return true
    case .format:
      // The joiners hold emoji together; the rest hides or turns text.
      return scalar.value != 0x200D && scalar.value != 0x200C
    default: return false
    }
  }

  /// The number of columns of a terminal.
  static func width(_ text: String) -> Int {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
    return text.reduce(0) { $0 + width($1) }
  }

  /// The columns of a character: 2 for emoji and East Asian wide ones, 0 for lone marks.
  private static func width(_ character: Character) -> Int {
    var width = 0
    for scalar in character.unicodeScalars {
      let value = scalar.value
      switch scalar.properties.generalCategory {
      case .nonspacingMark, .enclosingMark, .format, .control:
        if value == 0xFE0F { width = 2 }  // shown as emoji
        continue
      default: break
      }
      let isWide =
        scalar.properties.isEmojiPresentation || (0x1100...0x115F).contains(value)
        || (0x2E80...0x303E).contains(value) || (0x3041...0x33FF).contains(value)
        || (0x3400...0x4DBF).contains(value) || (0x4E00...0x9FFF).contains(value)
        || (0xA000...0xA4CF).contains(value) || (0xAC00...0xD7A3).contains(value)
        || (0xF900...0xFAFF).contains(value) || (0xFE30...0xFE6F).contains(value)
        || (0xFF00...0xFF60).contains(value) || (0xFFE0...0xFFE6).contains(value)
        || (0x1F300...0x1FAFF).contains(value) || (0x20000...0x3FFFD).contains(value)
      width = max(width, isWide ? 2 : 1)
    }
    return width
  }

  /// The text in so many columns at most; what is cut off becomes an ellipsis.
  static func cut(_ text: String, to columns: Int, ellipsis: String = "…") -> String {
    guard width(text) > columns else { return text }
    var room = columns - width(ellipsis)
    if room < 0 { return String(ellipsis.prefix(max(0, columns))) }
    var result = ""
    for character in text {
      room -= width(character)
      if room < 0 { break }
      result.append(character)
    }
    return result + ellipsis
  }

  /// The text filled up with spaces on the right to so many columns.
  static func padded(_ text: String, to columns: Int) -> String {
    text + String(repeating: " ", count: max(0, columns - width(text)))
  }

  /// The text filled up with spaces on the left to so many columns.
  static func rightAligned(_ text: String, to columns: Int) -> String {
    String(repeating: " ", count: max(0, columns - width(text))) + text
  }

  /// Lines of so many columns at most, broken at spaces where there are some.
  static func wrapped(_ text: String, to columns: Int) -> [String] {
    let columns = max(2, columns)  // the widest character
    var lines: [String] = []
    var line = ""
    var used = 0
    for word in text.split(separator: " ").map(String.init) {
      let length = width(word)
      if used > 0, used + 1 + length <= columns {
        line += " " + word
        used += 1 + length
        continue
      }
      if used > 0 { lines.append(line) }
      line = ""
      used = 0
      for character in word {
        let one = width(character)
        if used + one > columns {
          lines.append(line)
          line = ""
          used = 0
        }
        line.append(character)
        used += one
      }
    }
    if !line.isEmpty { lines.append(line) }
    return lines
  }
}
