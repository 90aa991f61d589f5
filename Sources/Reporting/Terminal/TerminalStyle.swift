/// How a terminal report looks: colour or none, Unicode or ASCII, and how wide.
public struct TerminalStyle: Sendable, Equatable {
  /// Whether marks and headings have colours (ANSI escape sequences).
  public var usesColor: Bool
  /// Whether the output may hold more than ASCII.
  public var usesUnicode: Bool
  /// The columns of a line; at least 60, 80 by default.
  public var columns: Int

  /// A look; by default that of a CI log.
  public init(usesColor: Bool = false, usesUnicode: Bool = true, columns: Int = 80) {
    self.usesColor = usesColor
    self.usesUnicode = usesUnicode
    self.columns = max(60, columns)
  }

  /// What a piece of text means.
  enum Tone: String {
    case good = "32"
    case bad = "31"
    case doubtful = "33"
    case heading = "1"
    case quiet = "2"
  }

  /// The text in the tone's colour, if there are colours.
  func tinted(_ text: String, _ tone: Tone) -> String {
    usesColor ? "\u{1B}[\(tone.rawValue)m\(text)\u{1B}[0m" : text
  }

  /// The text without control characters, and in ASCII if that is asked for.
  func plain(_ text: String) -> String {
    let line = DisplayText.oneLine(text)
    guard !usesUnicode, !line.utf8.allSatisfy({ $0 < 0x80 }) else { return line }
    return line.map { character in
      if character.isASCII { return String(character) }
      return Self.substitutes[character] ?? "?"
    }.joined()
  }

  /// What stands for our own signs in ASCII; others become question marks.
  private static let substitutes: [Character: String] = [
    "✓": "+", "✗": "x", "·": "-", "…": "...", "→": "->", "←": "<-", "×": "x", "–": "-", "—": "-",
    "±": "+/-", "µ": "u", "≥": ">=", "≤": "<=", "∞": "inf", "÷": "/", "’": "'",
  ]
}
