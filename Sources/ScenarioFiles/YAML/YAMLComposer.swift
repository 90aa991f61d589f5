import CYaml

/// Turns the events of libYAML (which Yams carries) into ``YAMLNode``s.
///
/// Yams' own composer copies what aliases stand for when it compares keys, knows only the first
/// duplicate key, and has no ends of values; hostile files and carets need all three otherwise.
struct YAMLComposer {
  /// Why a text could not be composed any further; the diagnostic is already added.
  private struct Stop: Error {}

  private let file: String
  private let firstLine: Int
  private let language: String
  private var anchors: [String: YAMLNode] = [:]
  /// Whether any alias was used so far.
  private var hasAliases = false
  private var depth = 0
  /// Values composed so far, aliases not expanded.
  private var count = 0

  /// The values of the documents of `text`, whose first line is line `firstLine` of `file`.
  ///
  /// Empty documents are left out. A mistake ends the reading; what came before it is returned.
  static func compose(
    _ text: Substring, file: String, firstLine: Int, language: String = "YAML",
    diagnostics: inout DiagnosticList
  ) -> [YAMLNode] {
    var composer = YAMLComposer(file: file, firstLine: firstLine, language: language)
    return composer.compose(text, &diagnostics)
  }

  private init(file: String, firstLine: Int, language: String) {
    self.file = file
    self.language = language
    self.firstLine = firstLine
  }

  private mutating func compose(
    _ text: Substring, _ diagnostics: inout DiagnosticList
  ) -> [YAMLNode] {
    var parser = yaml_parser_t()
    guard yaml_parser_initialize(&parser) == 1 else { return [] }
    defer { yaml_parser_delete(&parser) }
    let bytes = Array(text.utf8)
    return bytes.withUnsafeBufferPointer { buffer in
      yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
      yaml_parser_set_input_string(&parser, buffer.baseAddress, buffer.count)
      var documents: [YAMLNode] = []
      do {
        while true {
          var event = try next(&parser, text, &diagnostics)
          defer { yaml_event_delete(&event) }
          switch event.type {
          case YAML_STREAM_END_EVENT: return documents
          case YAML_DOCUMENT_START_EVENT: anchors = [:]
          case YAML_STREAM_START_EVENT, YAML_DOCUMENT_END_EVENT: break
          default:
            let node = try node(from: event, &parser, text, &diagnostics)
            if !node.isNull { documents.append(node) }
          }
        }
      } catch {
        return documents
      }
    }
  }

  private mutating func node(
    from event: yaml_event_t, _ parser: inout yaml_parser_t, _ text: Substring,
    _ diagnostics: inout DiagnosticList
  ) throws(Stop) -> YAMLNode {
    count += 1
    switch event.type {
    case YAML_ALIAS_EVENT: return try alias(event, &diagnostics)
    case YAML_SCALAR_EVENT: return try scalar(event, &diagnostics)
    case YAML_SEQUENCE_START_EVENT, YAML_MAPPING_START_EVENT:
      depth += 1
      defer { depth -= 1 }
      let span = span(event)
      if depth > ReadingLimits.nesting {
        diagnostics.error(
          .tooDeep, at: span, "nesting must be at most \(ReadingLimits.nesting) levels deep")
        throw Stop()
      }
      let isMapping = event.type == YAML_MAPPING_START_EVENT
      let node =
        isMapping
        ? try mapping(span, &parser, text, &diagnostics)
        : try sequence(span, &parser, text, &diagnostics)
      try checkSize(node.size, span, &diagnostics)
      let anchor = isMapping ? event.data.mapping_start.anchor : event.data.sequence_start.anchor
      if let name = Self.string(anchor) { anchors[name] = node }
      return node
    default: throw Stop()
    }
  }

  private func checkSize(
    _ size: Int, _ span: SourceSpan, _ diagnostics: inout DiagnosticList
  ) throws(Stop) {
    guard size > ReadingLimits.nodes else { return }
    let most = ReadingLimits.nodes
    if hasAliases {
      diagnostics.error(
        .tooManyNodes, at: span, "aliases make this more than \(most) values",
        help: "write fewer aliases inside anchors")
    } else {
      diagnostics.error(
        .tooManyNodes, at: span, "this must have at most \(most) keys and values, has more",
        help: "part it into several documents")
    }
    throw Stop()
  }

  private mutating func alias(
    _ event: yaml_event_t, _ diagnostics: inout DiagnosticList
  ) throws(Stop) -> YAMLNode {
    let name = Self.string(event.data.alias.anchor) ?? ""
    if let node = anchors[name] {
      hasAliases = true
      return node
    }
    diagnostics.error(
      .syntax, at: span(event), "alias '*\(name.shortened(to: 60))' has no anchor before it",
      help: Spelling.help(for: name, among: anchors.keys.sorted()))
    throw Stop()
  }

  private mutating func scalar(
    _ event: yaml_event_t, _ diagnostics: inout DiagnosticList
  ) throws(Stop) -> YAMLNode {
    let scalar = event.data.scalar
    let span = span(event)
    if scalar.length > ReadingLimits.scalarBytes {
      diagnostics.error(
        .textTooLong, at: span,
        "a text must be at most \(ReadingLimits.scalarBytes) bytes, is \(scalar.length)")
      throw Stop()
    }
    let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
    let isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE && Self.string(scalar.tag) == nil
    let node = YAMLNode(
      content: .scalar(String(decoding: bytes, as: UTF8.self), isPlain: isPlain), span: span,
      size: 1)
    if let name = Self.string(scalar.anchor) { anchors[name] = node }
    return node
  }

  private mutating func sequence(
    _ span: SourceSpan, _ parser: inout yaml_parser_t, _ text: Substring,
    _ diagnostics: inout DiagnosticList
  ) throws(Stop) -> YAMLNode {
    var elements: [YAMLNode] = []
    var size = 1
    while true {
      var event = try next(&parser, text, &diagnostics)
      defer { yaml_event_delete(&event) }
      if event.type == YAML_SEQUENCE_END_EVENT { break }
      let element = try node(from: event, &parser, text, &diagnostics)
      size += element.size
      elements.append(element)
      try checkSize(size, span, &diagnostics)
    }
    return YAMLNode(content: .sequence(elements), span: span, size: size)
  }

  private mutating func mapping(
    _ span: SourceSpan, _ parser: inout yaml_parser_t, _ text: Substring,
    _ diagnostics: inout DiagnosticList
  ) throws(Stop) -> YAMLNode {
    var builder = MappingBuilder()
    while true {
      var event = try next(&parser, text, &diagnostics)
      defer { yaml_event_delete(&event) }
      if event.type == YAML_MAPPING_END_EVENT { break }
      let key = try node(from: event, &parser, text, &diagnostics)
      var valueEvent = try next(&parser, text, &diagnostics)
      defer { yaml_event_delete(&valueEvent) }
      let value = try node(from: valueEvent, &parser, text, &diagnostics)
      builder.add(key: key, value: value, source: text, &diagnostics)
      try checkSize(builder.size, span, &diagnostics)
    }
    return builder.node(at: span, &diagnostics)
  }

  private func next(
    _ parser: inout yaml_parser_t, _ text: Substring, _ diagnostics: inout DiagnosticList
  ) throws(Stop) -> yaml_event_t {
    var event = yaml_event_t()
    if yaml_parser_parse(&parser, &event) == 1 { return event }
    report(parser, text, &diagnostics)
    throw Stop()
  }

  private func report(
    _ parser: yaml_parser_t, _ text: Substring, _ diagnostics: inout DiagnosticList
  ) {
    let place =
      parser.error == YAML_READER_ERROR
      ? place(ofByte: Int(parser.problem_offset), in: text)
      : place(
        line: Int(parser.problem_mark.line), column: Int(parser.problem_mark.column), in: text)
    if let template = HelmTemplate.line(in: text) {
      HelmTemplate.report(file: file, line: firstLine + template, &diagnostics)
      return
    }
    var problem = parser.problem.map { String(cString: $0) } ?? "not readable"
    if let context = parser.context.map({ String(cString: $0) }) { problem += " \(context)" }
    if problem.contains("max_nest_level") {
      diagnostics.error(
        .tooDeep, at: place, "nesting must be at most \(ReadingLimits.nesting) levels deep")
      return
    }
    var help: String?
    if language == "JSON" {
      help = "compare the brackets, commas and quotes around this place"
    } else if problem.contains("tab") {
      help = "indent with blanks, not with tabs"
    } else if problem.contains("mapping values") {
      help = "put a text that holds ': ' in quotes, and check the indentation"
    }
    diagnostics.error(.syntax, at: place, "not \(language): \(problem)", help: help)
  }

  /// A place counted from 0; one behind the end of the text is the end of its last line.
  private func place(line: Int, column: Int, in text: Substring) -> SourceSpan {
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    let last = lines.lastIndex { !$0.allSatisfy(\.isWhitespace) } ?? 0
    if line > last, !lines.isEmpty {
      return SourceSpan(file: file, line: firstLine + last, column: lines[last].count + 1)
    }
    return SourceSpan(file: file, line: firstLine + line, column: column + 1)
  }

  /// The place of a byte of the text.
  private func place(ofByte offset: Int, in text: Substring) -> SourceSpan {
    let before = String(decoding: text.utf8.prefix(offset), as: UTF8.self)
    let lines = before.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    return SourceSpan(
      file: file, line: firstLine + max(0, lines.count - 1), column: (lines.last?.count ?? 0) + 1)
  }

  private func span(_ event: yaml_event_t) -> SourceSpan {
    let start = event.start_mark
    let end = event.end_mark
    let sameLine = end.line == start.line && end.column > start.column
    return SourceSpan(
      file: file, line: firstLine + Int(start.line), column: Int(start.column) + 1,
      length: sameLine ? Int(end.column - start.column) : 1)
  }

  private static func string(_ pointer: UnsafeMutablePointer<UInt8>?) -> String? {
    pointer.map { String(cString: $0) }
  }
}

/// Collects a mapping's entries: keys are texts, each once, and `<<` brings in other mappings'.
private struct MappingBuilder {
  private var entries: [YAMLNode.Entry] = []
  private var places: [String: Int] = [:]
  private var merged: [YAMLNode] = []
  /// How many values it holds so far, those to be merged included.
  private(set) var size = 1

  mutating func add(
    key: YAMLNode, value: YAMLNode, source: Substring, _ diagnostics: inout DiagnosticList
  ) {
    guard case .scalar(let name, let isPlain) = key.content else {
      let line = key.span.line
      if HelmTemplate.line(in: source) != nil {
        HelmTemplate.report(file: key.span.file, line: line, &diagnostics)
      } else {
        diagnostics.error(.keyNotText, at: key.span, "a key must be a text, is \(key.kindName)")
      }
      return
    }
    if isPlain, name == "<<" {
      merged.append(value)
      size += value.size
      return
    }
    if let place = places[name] {
      diagnostics.error(
        .duplicateKey, at: key.span, "key \(name.quoted) is written twice",
        note: Diagnostic.Note(message: "first written", span: entries[place].keySpan))
      return
    }
    size += 1 + value.size
    places[name] = entries.count
    entries.append(YAMLNode.Entry(key: name, keySpan: key.span, value: value))
  }

  /// The mapping; its own entries win over merged ones, earlier merges over later ones.
  func node(at span: SourceSpan, _ diagnostics: inout DiagnosticList) -> YAMLNode {
    var entries = entries
    var places = places
    for source in merged.flatMap({ $0.elements ?? [$0] }) {
      guard let inherited = source.entries else {
        diagnostics.error(
          .mergeKey, at: source.span,
          "'<<' must hold a mapping or a list of mappings, is \(source.kindName)")
        continue
      }
      for entry in inherited where places[entry.key] == nil {
        places[entry.key] = entries.count
        entries.append(entry)
      }
    }
    return YAMLNode(content: .mapping(entries), span: span, size: size)
  }
}
