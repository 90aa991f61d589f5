/// The documents of a file.
enum YAMLDocuments {
  /// The values of a file's documents, empty ones left out.
  ///
  /// Documents are cut at lines that begin with `---`, so that a mistake in one leaves the others
  /// readable.
  ///
  /// `language` is what the file is meant to be: JSON is YAML, but mistakes in it are JSON's.
  static func read(
    _ text: String, file: String, language: String = "YAML", diagnostics: inout DiagnosticList
  ) -> [YAMLNode] {
    diagnostics.register(file: file, text: text)
    var documents: [YAMLNode] = []
    let parts = parts(of: text)
    if parts.count > ReadingLimits.documents {
      diagnostics.error(
        .fileTooLarge, at: SourceSpan(file: file),
        "a file must have at most \(ReadingLimits.documents) documents, has \(parts.count)")
      return []
    }
    for part in parts {
      let before = diagnostics.count
      let found = YAMLComposer.compose(
        part.text, file: file, firstLine: part.firstLine, language: language,
        diagnostics: &diagnostics)
      // What is left of a template means nothing.
      if diagnostics.count > before, HelmTemplate.line(in: part.text) != nil { continue }
      documents += found
    }
    return documents
  }

  private struct Part {
    var text: Substring
    var firstLine: Int
  }

  private static func parts(of text: String) -> [Part] {
    var parts: [Part] = []
    let utf8 = text.utf8
    var start = utf8.startIndex
    var firstLine = 1
    var line = 1
    var lineStart = utf8.startIndex
    var hasContent = false
    while lineStart < utf8.endIndex {
      let lineEnd = utf8[lineStart...].firstIndex(of: UInt8(ascii: "\n")) ?? utf8.endIndex
      let current = utf8[lineStart..<lineEnd]
      if isSeparator(current), hasContent {
        parts.append(Part(text: text[start..<lineStart], firstLine: firstLine))
        start = lineStart
        firstLine = line
        hasContent = false
      } else if !isDirectiveOrBlank(current) {
        hasContent = true
      }
      lineStart = lineEnd < utf8.endIndex ? utf8.index(after: lineEnd) : utf8.endIndex
      line += 1
    }
    // A separator or comments alone hold no document, and directives alone would be a mistake.
    if hasContent { parts.append(Part(text: text[start...], firstLine: firstLine)) }
    return parts
  }

  private static func isSeparator(_ line: Substring.UTF8View) -> Bool {
    guard line.starts(with: "---".utf8) else { return false }
    guard let next = line.dropFirst(3).first else { return true }
    return next == UInt8(ascii: " ") || next == UInt8(ascii: "\t") || next == UInt8(ascii: "\r")
  }

  private static func isDirectiveOrBlank(_ line: Substring.UTF8View) -> Bool {
    if line.first == UInt8(ascii: "%") { return true }
    if isSeparator(line) {
      return isDirectiveOrBlank(line.dropFirst(3))
    }
    let first = line.first { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\r") }
    return first == nil || first == UInt8(ascii: "#")
  }
}

/// Recognises templates that were not rendered.
enum HelmTemplate {
  /// The first line of `text`, from 0, that holds a template expression; nil when there is none.
  static func line(in text: Substring) -> Int? {
    guard text.contains("{{") else { return nil }
    return text.split(separator: "\n", omittingEmptySubsequences: false)
      .firstIndex { $0.contains("{{") }
  }

  static func report(file: String, line: Int, _ diagnostics: inout DiagnosticList) {
    diagnostics.error(
      .helmTemplate, at: SourceSpan(file: file, line: line),
      "this is a Helm template, not yet a manifest", help: help)
  }

  /// What to do with a template.
  static let help = "render it first: helm template CHART | foreshock run SCENARIO -"
}
