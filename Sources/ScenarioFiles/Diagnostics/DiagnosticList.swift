/// Collects what is wrong while files are read, together with the files' lines.
struct DiagnosticList {
  /// What was found, in the order of finding.
  private(set) var diagnostics: [Diagnostic] = []
  /// The text of each file that was read, by its name.
  private var texts: [String: String] = [:]
  /// The lines of those in which something was found.
  private var lines: [String: [Substring]] = [:]
  /// Once so many were found, further ones are only counted.
  private static let limit = 200
  private var dropped = 0

  /// Whether further ones are only counted.
  ///
  /// A hostile file has a mistake on each of its lines; what is costly to say is not worked out then.
  var isFull: Bool { diagnostics.count >= Self.limit }

  /// How many were found.
  var count: Int { diagnostics.count + dropped }

  /// Whether anything keeps the scenario from being run.
  private(set) var hasErrors = false

  /// Whether there is a mistake at exactly these keys.
  func hasError(at path: KeyPathText) -> Bool {
    diagnostics.contains { $0.severity == .error && $0.keyPath == path.text }
  }

  /// Makes a file's lines known, so that places in it can be shown.
  mutating func register(file: String, text: String) {
    texts[file] = text
    lines[file] = nil
  }

  /// Adds a mistake.
  mutating func error(
    _ code: DiagnosticCode, at span: SourceSpan, path: KeyPathText = KeyPathText(),
    _ message: String, help: String? = nil, note: Diagnostic.Note? = nil
  ) {
    hasErrors = true
    add(code, .error, span, path, message, help, note)
  }

  /// Adds something that may not mean what was meant.
  mutating func warning(
    _ code: DiagnosticCode, at span: SourceSpan, path: KeyPathText = KeyPathText(),
    _ message: String, help: String? = nil, note: Diagnostic.Note? = nil
  ) {
    add(code, .warning, span, path, message, help, note)
  }

  private mutating func add(
    _ code: DiagnosticCode, _ severity: Diagnostic.Severity, _ span: SourceSpan,
    _ path: KeyPathText, _ message: String, _ help: String?, _ note: Diagnostic.Note?
  ) {
    guard diagnostics.count < Self.limit else {
      dropped += 1
      return
    }
    let diagnostic = Diagnostic(
      code: code, severity: severity, span: span, keyPath: path.text, message: message, help: help,
      note: note, sourceLine: line(of: span))
    // Shared anchors and repeated uses reach one place several times.
    if !diagnostics.contains(diagnostic) { diagnostics.append(diagnostic) }
  }

  private mutating func line(of span: SourceSpan) -> String {
    guard span.line > 0, let lines = lines(of: span.file), span.line <= lines.count else {
      return ""
    }
    let line = lines[span.line - 1]
    if span.column + span.length > 160 { return "" }
    return line.count > 160 ? line.prefix(160) + "…" : String(line)
  }

  /// The lines of a file; parted only when one is wanted, since most files are right.
  private mutating func lines(of file: String) -> [Substring]? {
    if let known = lines[file] { return known }
    let parts = texts[file]?.yamlLines
    lines[file] = parts
    return parts
  }

  /// Everything found, in the order of files and lines, errors and warnings together.
  func sorted() -> [Diagnostic] {
    var order: [String: Int] = [:]
    for diagnostic in diagnostics where order[diagnostic.span.file] == nil {
      order[diagnostic.span.file] = order.count
    }
    var result = diagnostics.enumerated().sorted { left, right in
      let first = left.element.span
      let second = right.element.span
      let key = (order[first.file] ?? 0, first.line, first.column, left.offset)
      return key < (order[second.file] ?? 0, second.line, second.column, right.offset)
    }.map(\.element)
    if dropped > 0, let last = result.last {
      result.append(
        Diagnostic(
          code: .tooMany, severity: last.severity == .error ? .error : .warning,
          span: SourceSpan(file: last.span.file), keyPath: "",
          message: "\(dropped) further diagnostics are not shown", help: nil, note: nil,
          sourceLine: ""))
    }
    return result
  }
}

/// The keys that lead to a place in a document.
struct KeyPathText: Equatable {
  private(set) var text = ""

  /// The path of a key below this one.
  func key(_ name: String) -> KeyPathText {
    let plain = !name.isEmpty && name.allSatisfy { $0.isLetter || $0.isNumber || "_-".contains($0) }
    let part = plain ? name : "\"\(name.shortened(to: 60))\""
    return KeyPathText(text: text.isEmpty ? part : text + "." + part)
  }

  /// The path of an element of a list.
  func index(_ index: Int) -> KeyPathText { KeyPathText(text: text + "[\(index)]") }

  /// The path of the document itself.
  init() {}
  private init(text: String) { self.text = text }
}

extension String {
  /// The lines as YAML parts them; a carriage return and a line feed are one end.
  ///
  /// Found by bytes: files of megabytes would take a second by characters.
  var yamlLines: [Substring] {
    let bytes = utf8
    var lines: [Substring] = []
    var start = startIndex
    var index = startIndex
    while index < endIndex {
      let length = Self.lengthOfLineEnd(bytes[index...])
      let next = bytes.index(index, offsetBy: max(1, length))
      if length > 0 {
        lines.append(self[start..<index])
        start = next
      }
      index = next
    }
    lines.append(self[start...])
    return lines
  }

  /// How many bytes of the end of a line some bytes begin with; 0 when they do not.
  private static func lengthOfLineEnd(_ bytes: Substring.UTF8View) -> Int {
    switch bytes.first {
    case 0x0A: 1
    case 0x0D: bytes.starts(with: [0x0D, 0x0A]) ? 2 : 1
    case 0xC2: bytes.starts(with: "\u{85}".utf8) ? 2 : 0
    case 0xE2: bytes.starts(with: "\u{2028}".utf8) || bytes.starts(with: "\u{2029}".utf8) ? 3 : 0
    default: 0
    }
  }
}

extension String {
  /// The text itself, or its beginning and an ellipsis; line breaks become blanks.
  func shortened(to length: Int) -> String {
    let flat = count > length ? prefix(length - 1) + "…" : self[...]
    return String(flat.map { $0.isNewline ? " " : $0 })
  }

  /// The text in single quotes, shortened, as messages quote what was written.
  var quoted: String { "'\(shortened(to: 60))'" }
}
