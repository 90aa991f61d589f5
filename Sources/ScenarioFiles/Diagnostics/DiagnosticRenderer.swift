extension Diagnostic {
  /// The diagnostic as a person reads it, with the source line and a mark under the place.
  ///
  /// Several lines without a closing newline.
  public var text: String {
    var lines = ["\(severity.rawValue)[\(code.rawValue)]: \(message)"]
    if span.line > 0 {
      let keys = keyPath.isEmpty ? "" : "  \(keyPath)"
      lines.append("  --> \(span.file):\(span.line):\(span.column)\(keys)")
    } else {
      lines.append("  --> \(span.file)")
    }
    let number = String(span.line)
    let margin = String(repeating: " ", count: number.count)
    if !sourceLine.isEmpty {
      lines.append("\(margin) |")
      lines.append("\(number) | \(sourceLine)")
      lines.append("\(margin) | \(Self.underline(span, in: sourceLine))")
    }
    if let help { lines.append("\(margin) = help: \(help)") }
    if let note {
      lines.append(
        "\(margin) = note: \(note.message) at \(note.span.file):\(note.span.line):\(note.span.column)"
      )
    }
    return lines.map(Self.harmless).joined(separator: "\n")
  }

  /// The line as it may come onto a terminal: what files hold must not steer it, nor turn its text.
  private static func harmless(_ line: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in line.unicodeScalars {
      result.append(scalar != "\t" && scalar.steersText ? "\u{FFFD}" : scalar)
    }
    return String(result)
  }

  /// Blanks up to the place, then one mark per column of it; wide characters take two columns.
  private static func underline(_ span: SourceSpan, in line: String) -> String {
    var result = ""
    var column = 1
    for scalar in line.unicodeScalars {
      guard column < span.column + span.length else { break }
      let width = isWide(scalar) ? 2 : 1
      let mark = column < span.column ? (scalar == "\t" ? "\t" : " ") : "^"
      result += String(repeating: mark, count: width)
      column += 1
    }
    if !result.hasSuffix("^") {
      result += String(repeating: " ", count: max(0, span.column - column)) + "^"
    }
    return result
  }

  /// Whether a terminal gives the character two columns: Hangul, Han, kana and their full forms.
  private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x20000...0x3FFFD:
      true
    default: false
    }
  }
}

extension Unicode.Scalar {
  /// Whether it is not shown but does something: moves, ends a line, or turns the direction of text.
  var steersText: Bool {
    switch value {
    case 0x00...0x1F, 0x7F...0x9F, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069,
      0xFEFF:
      true
    default: false
    }
  }
}

extension [Diagnostic] {
  /// Whether any of them keeps the scenario from being run.
  public var hasErrors: Bool { contains { $0.severity == .error } }

  /// All of them as a person reads them, with a closing count.
  ///
  /// Ends in a newline unless there is nothing to say.
  public var text: String {
    guard !isEmpty else { return "" }
    let errors = count { $0.severity == .error }
    let warnings = count - errors
    var counts: [String] = []
    if errors > 0 { counts.append(errors == 1 ? "1 error" : "\(errors) errors") }
    if warnings > 0 { counts.append(warnings == 1 ? "1 warning" : "\(warnings) warnings") }
    return map(\.text).joined(separator: "\n\n") + "\n\n" + counts.joined(separator: ", ") + "\n"
  }
}
