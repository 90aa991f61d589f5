/// One value of a scenario, replaced from the command line: `--set services.content.workers=50`.
///
/// The path is made of keys joined by dots, with keys that hold dots or blanks in double quotes,
/// and of list indices from 0 in brackets. The value is read as YAML.
struct Override {
  private enum Part {
    case key(String)
    case index(Int)
  }

  private let text: String
  private let span: SourceSpan
  private let parts: [Part]
  private let value: YAMLNode

  /// The override that `text` writes; nil with a diagnostic when it writes none.
  init?(_ text: String, number: Int, _ diagnostics: inout DiagnosticList) {
    let name = "--set"
    let file = number == 0 ? name : "\(name) (\(number + 1))"
    diagnostics.register(file: file, text: text)
    span = SourceSpan(file: file, line: 1, column: 1, length: max(1, text.prefix(80).count))
    guard let (parts, rest) = Self.path(text), !parts.isEmpty else {
      diagnostics.error(
        .badOverride, at: span, "\(text.quoted) is not of the form path=value",
        help: "for instance --set services.content.workers=50")
      return nil
    }
    guard parts.count <= ReadingLimits.nesting else {
      diagnostics.error(
        .badOverride, at: span,
        "a path must be at most \(ReadingLimits.nesting) levels deep, is \(parts.count)")
      return nil
    }
    let column = text.count - rest.count
    let padding = String(repeating: " ", count: column)
    let values = YAMLComposer.compose(
      Substring(padding + rest), file: file, firstLine: 1, diagnostics: &diagnostics)
    if values.isEmpty, diagnostics.hasErrors { return nil }
    self.text = text
    self.parts = parts
    value =
      values.first
      ?? YAMLNode(content: .scalar("", isPlain: true), span: span, size: 1)
  }

  /// The document with the value in its place; mappings on the way are made when absent.
  func applied(to document: YAMLNode, _ diagnostics: inout DiagnosticList) -> YAMLNode {
    replace(in: document, parts[...], &diagnostics)
  }

  private func replace(
    in node: YAMLNode?, _ rest: ArraySlice<Part>, _ diagnostics: inout DiagnosticList
  ) -> YAMLNode {
    guard let part = rest.first else { return value }
    let deeper = rest.dropFirst()
    switch (part, node?.content) {
    case (.key(let key), .mapping(var entries)):
      if let index = entries.firstIndex(where: { $0.key == key }) {
        entries[index].value = replace(in: entries[index].value, deeper, &diagnostics)
      } else {
        // A new service is as good as a new setting, but a near miss is more likely.
        if !deeper.isEmpty, let near = Spelling.nearest(to: key, among: entries.map(\.key)) {
          diagnostics.warning(
            .badOverride, at: span, "\(text.quoted) adds \(key.quoted), which was not there",
            help: "did you mean \(near.quoted)?")
        }
        entries.append(
          YAMLNode.Entry(key: key, keySpan: span, value: replace(in: nil, deeper, &diagnostics)))
      }
      return YAMLNode(content: .mapping(entries), span: node?.span ?? span, size: node?.size ?? 1)
    case (.key(let key), let content) where content == nil || node?.isNull == true:
      let entry = YAMLNode.Entry(
        key: key, keySpan: span, value: replace(in: nil, deeper, &diagnostics))
      return YAMLNode(content: .mapping([entry]), span: span, size: 1)
    case (.index(let index), .sequence(var elements)) where elements.indices.contains(index):
      elements[index] = replace(in: elements[index], deeper, &diagnostics)
      return YAMLNode(
        content: .sequence(elements), span: node?.span ?? span, size: node?.size ?? 1)
    case (.index(let index), .sequence(let elements)):
      diagnostics.error(
        .badOverride, at: span,
        "\(text.quoted) asks for element \(index) of a list of \(elements.count)",
        help: elements.count == 1
          ? "its only element is [0]"
          : elements.isEmpty ? nil : "its elements are [0] to [\(elements.count - 1)]")
    case (.index, _):
      diagnostics.error(.badOverride, at: span, "\(text.quoted) takes an index of what is no list")
    case (.key(let key), _):
      diagnostics.error(
        .badOverride, at: span,
        "\(text.quoted) takes key \(key.quoted) of \(node?.kindName ?? "nothing")",
        help: node?.elements.map { $0.isEmpty ? nil : "name an element: [0].\(key)" } ?? nil)
    }
    return node ?? value
  }

  /// The parts before the first `=` outside quotes, and what comes after it.
  private static func path(_ text: String) -> (parts: [Part], rest: Substring)? {
    var parts: [Part] = []
    var rest = Substring(text)
    while true {
      if rest.first == "\"" {
        rest = rest.dropFirst()
        guard let end = rest.firstIndex(of: "\"") else { return nil }
        parts.append(.key(String(rest[..<end])))
        rest = rest[rest.index(after: end)...]
      } else if rest.first == "[" {
        guard let end = rest.firstIndex(of: "]"), let index = Int(rest[..<end].dropFirst()) else {
          return nil
        }
        guard index >= 0 else { return nil }
        parts.append(.index(index))
        rest = rest[rest.index(after: end)...]
      } else {
        let end = rest.firstIndex { ".=[".contains($0) } ?? rest.endIndex
        guard end > rest.startIndex else { return nil }
        parts.append(.key(String(rest[..<end])))
        rest = rest[end...]
      }
      switch rest.first {
      case "=": return (parts, rest.dropFirst())
      case ".": rest = rest.dropFirst()
      case "[": continue
      default: return nil
      }
    }
  }
}
