extension Format {
  /// A list of values; broken elements are left out after their diagnostics.
  static func list<Element>(
    of element: Format<Element>, minimum: Int = 0, allowsNothing: Bool = false
  ) -> Format where Value == [Element] {
    Format(schema: .list(element.schema, minimum: minimum, orNull: allowsNothing)) {
      node, reading in
      if node.isNull, allowsNothing { return [] }
      guard let elements = node.elements else {
        reading.wrongKind(
          node, expected: "a list",
          help: element.schema.takesText ? node.flow.map { "write [\($0)]" } : nil)
        return nil
      }
      if elements.count < minimum {
        reading.error(.outOfRange, at: node.span, "'\(reading.key)' must have an element")
      }
      if elements.count > ReadingLimits.listLength {
        reading.error(
          .tooLong, at: node.span,
          "'\(reading.key)' must have at most \(ReadingLimits.listLength) elements, "
            + "has \(elements.count)")
        return nil
      }
      return elements.enumerated().compactMap { index, node in
        reading.inside(index) { element.read(node, &$0) }
      }
    }
  }

  /// A mapping with free names as keys, in the order of the document.
  static func map<Element>(
    of element: Format<Element>, names: String = "name"
  ) -> Format where Value == [Named<Element>] {
    Format(schema: .map(element.schema)) { node, reading in
      guard let entries = node.entries else {
        reading.wrongKind(node, expected: "a mapping by \(names)")
        return nil
      }
      if entries.count > ReadingLimits.mapLength {
        reading.error(
          .tooLong, at: node.span,
          "'\(reading.key)' must have at most \(ReadingLimits.mapLength) entries, "
            + "has \(entries.count)")
        return nil
      }
      return entries.compactMap { entry in
        reading.inside(entry.key) { reading in
          guard reading.isName(entry.key, at: entry.keySpan) else { return nil }
          return element.read(entry.value, &reading).map {
            Named(name: entry.key, span: entry.keySpan, path: reading.path, value: $0)
          }
        }
      }
    }
  }

  /// A mapping with exactly one key, which says what the value is.
  static func oneKey(_ alternatives: [Alternative<Value>]) -> Format {
    let fields = alternatives.map {
      Schema.Field(
        name: $0.key, schema: $0.format.schema, documentation: $0.documentation, isRequired: false)
    }
    let known = alternatives.map(\.key)
    return Format(schema: .object(Schema.Object(fields: fields, rules: [.exactlyOne(known)]))) {
      node, reading in
      guard let entries = node.entries, let entry = entries.first else {
        reading.wrongKind(
          node, expected: "a mapping with one key", instead: node.entries == nil ? nil : "has none",
          help: "the key is \(NameList.joined(known, by: "or"))")
        return nil
      }
      for entry in entries where !known.contains(entry.key) {
        reading.unknownKey(entry, known: known)
      }
      if entries.count > 1, known.contains(entries[0].key), known.contains(entries[1].key) {
        reading.error(
          .keysDisagree, at: entries[1].keySpan,
          "'\(entries[0].key)' and '\(entries[1].key)' cannot stand together",
          help: "write each as an element of its own")
      }
      guard let chosen = alternatives.first(where: { $0.key == entry.key }) else { return nil }
      return reading.inside(entry.key) { chosen.format.read(entry.value, &$0) }
    }
  }

  /// Values that are written in different kinds of YAML: a text here, a mapping there.
  static func byKind(
    scalar: Format? = nil, list: Format? = nil, mapping: Format? = nil, expected: String,
    help: @escaping (_ node: YAMLNode, _ key: String) -> String? = { _, _ in nil }
  ) -> Format {
    let formats = [scalar, list, mapping].compactMap { $0 }
    return Format(schema: .anyOf(formats.map(\.schema))) { node, reading in
      let format: Format? =
        switch node.content {
        case .scalar: node.isNull ? nil : scalar
        case .sequence: list
        case .mapping: mapping
        }
      guard let format else {
        reading.wrongKind(node, expected: expected, help: help(node, reading.key))
        return nil
      }
      return format.read(node, &reading)
    }
  }
}

/// A key of ``Format/oneKey(_:)`` and what stands behind it.
struct Alternative<Value> {
  let key: String
  let format: Format<Value>
  let documentation: String

  init(_ key: String, _ format: Format<Value>, _ documentation: String) {
    self.key = key
    self.format = format
    self.documentation = documentation
  }
}

/// A value and the key it stands under.
struct Named<Value> {
  /// The key.
  var name: String
  /// Where the key is written.
  var span: SourceSpan
  /// The keys that lead there.
  var path: KeyPathText
  /// The value.
  var value: Value
}

extension Reading {
  /// Whether a name is short and has no characters that break lines or reports.
  mutating func isName(_ name: String, at span: SourceSpan) -> Bool {
    if name.isEmpty {
      error(.badText, at: span, "a name must not be empty")
      return false
    }
    if name.utf8.count > ReadingLimits.nameLength {
      error(
        .badText, at: span,
        "a name must be at most \(ReadingLimits.nameLength) bytes, is \(name.utf8.count)")
      return false
    }
    if name.unicodeScalars.contains(where: \.steersText) {
      error(.badText, at: span, "name \(name.quoted) holds a control character")
      return false
    }
    return true
  }
}
