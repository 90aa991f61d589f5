/// A value of a YAML document and the place where it is written.
///
/// Aliases are already replaced by what they stand for and merge keys by their entries. What an
/// alias stands for is shared, not copied; ``size`` counts it each time all the same.
struct YAMLNode: Sendable {
  /// What the value is.
  enum Content: Sendable {
    /// A text; plain when it stands without quotes, as numbers and words do.
    case scalar(String, isPlain: Bool)
    /// A list.
    case sequence([YAMLNode])
    /// Entries in the order of the document, keys once each.
    case mapping([Entry])
  }

  /// A key and its value.
  struct Entry: Sendable {
    /// The key.
    var key: String
    /// Where the key is written.
    var keySpan: SourceSpan
    /// The value.
    var value: YAMLNode
  }

  /// What the value is.
  var content: Content
  /// Where it is written.
  var span: SourceSpan
  /// How many values it holds, itself included and aliases each time.
  var size: Int

  /// The entries of a mapping; nil for other values.
  var entries: [Entry]? {
    if case .mapping(let entries) = content { entries } else { nil }
  }

  /// The elements of a list; nil for other values.
  var elements: [YAMLNode]? {
    if case .sequence(let elements) = content { elements } else { nil }
  }

  /// The text of a scalar that is not null; nil for other values.
  var text: String? {
    if case .scalar(let text, _) = content, !isNull { text } else { nil }
  }

  /// Whether nothing is written: an empty value, `~` or `null`.
  var isNull: Bool {
    if case .scalar(let text, isPlain: true) = content {
      return text.isEmpty || text == "~" || text == "null" || text == "Null" || text == "NULL"
    }
    return false
  }

  /// The value of a key of a mapping; nil when it is absent, null, or this is no mapping.
  subscript(_ key: String) -> YAMLNode? {
    guard let value = entries?.first(where: { $0.key == key })?.value, !value.isNull else {
      return nil
    }
    return value
  }

  /// What kind of value it is, as messages say it.
  var kindName: String {
    switch content {
    case .scalar: isNull ? "nothing" : "a text"
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }

  /// A short text, or a list of such, as it stands within brackets; nil for other values.
  var flow: String? {
    if let elements {
      let parts = elements.compactMap(\.text).filter { $0.count <= 60 }
      guard !parts.isEmpty, parts.count == elements.count, parts.count <= 12 else { return nil }
      return "[" + elements.compactMap(\.flow).joined(separator: ", ") + "]"
    }
    guard let text, !text.isEmpty, text.count <= 60 else { return nil }
    let isPlain = text.allSatisfy { $0.isLetter || $0.isNumber || "-_./ %".contains($0) }
    if isPlain { return text }
    return text.contains { "\"\\".contains($0) || $0.isNewline } ? nil : "\"\(text)\""
  }

  /// What was written, as messages quote it.
  var quoted: String {
    if case .scalar(let text, _) = content, !text.isEmpty { return text.quoted }
    return kindName
  }
}
