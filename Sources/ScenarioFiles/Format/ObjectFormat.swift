/// A key of a mapping: its name, what it holds, where the value goes, and the sentence about it.
struct FieldFormat<Draft> {
  let name: String
  let documentation: String
  let isRequired: Bool
  let schema: Schema
  let assign: (YAMLNode, inout Draft, inout Reading) -> Void

  /// A key that must be there.
  static func required<Value>(
    _ name: String, _ format: Format<Value>, _ property: WritableKeyPath<Draft, Value>,
    _ documentation: String
  ) -> FieldFormat {
    field(name, format, documentation, isRequired: true) { $0[keyPath: property] = $1 }
  }

  /// A key that must be there, into a property that has no value before.
  static func required<Value>(
    _ name: String, _ format: Format<Value>, _ property: WritableKeyPath<Draft, Value?>,
    _ documentation: String
  ) -> FieldFormat {
    field(name, format, documentation, isRequired: true) { $0[keyPath: property] = $1 }
  }

  /// A key that may be left out; the draft then keeps its value.
  static func optional<Value>(
    _ name: String, _ format: Format<Value>, _ property: WritableKeyPath<Draft, Value>,
    _ documentation: String
  ) -> FieldFormat {
    field(name, format, documentation, isRequired: false) { $0[keyPath: property] = $1 }
  }

  /// A key that may be left out; the draft then keeps no value.
  static func optional<Value>(
    _ name: String, _ format: Format<Value>, _ property: WritableKeyPath<Draft, Value?>,
    _ documentation: String
  ) -> FieldFormat {
    field(name, format, documentation, isRequired: false) { $0[keyPath: property] = $1 }
  }

  private static func field<Value>(
    _ name: String, _ format: Format<Value>, _ documentation: String, isRequired: Bool,
    _ store: @escaping (inout Draft, Value) -> Void
  ) -> FieldFormat {
    FieldFormat(
      name: name, documentation: documentation, isRequired: isRequired, schema: format.schema
    ) { node, draft, reading in
      if let value = format.read(node, &reading) { store(&draft, value) }
    }
  }
}

/// A rule about which keys of a mapping go together.
enum KeyRule {
  /// One of them, and no other of them.
  case exactlyOne([String])
  /// At most one of them.
  case atMostOne([String])
  /// The first only together with one of the others.
  case needs(String, oneOf: [String])
}

extension Format {
  /// A mapping with known keys.
  static func object(
    _ make: @escaping () -> Value, rules: [KeyRule] = [], _ fields: [FieldFormat<Value>]
  ) -> Format {
    let schema = Schema.object(
      Schema.Object(
        fields: fields.map {
          Schema.Field(
            name: $0.name, schema: $0.schema, documentation: $0.documentation,
            isRequired: $0.isRequired)
        }, rules: rules))
    return Format(schema: schema) { node, reading in
      guard let entries = node.entries else {
        let keys = NameList.possession("key", fields.map(\.name))
        reading.wrongKind(node, expected: "a mapping", help: keys)
        return nil
      }
      var draft = make()
      // A key that is written wrongly is not missing as well.
      var found = entries.map(\.key)
      var hasStranger = false
      for entry in entries {
        guard let field = fields.first(where: { $0.name == entry.key }) else {
          let meant = reading.unknownKey(entry, known: fields.map(\.name))
          if let meant { found.append(meant) } else { hasStranger = true }
          continue
        }
        reading.inside(entry.key) { field.assign(entry.value, &draft, &$0) }
      }
      for field in fields where field.isRequired && !found.contains(field.name) {
        reading.error(
          .missingKey, at: node.span, "key '\(field.name)' is missing", help: field.documentation)
      }
      for rule in rules {
        // A key that is not known was probably meant to be the one.
        if hasStranger, case .exactlyOne(let names) = rule,
          !names.contains(where: found.contains)
        {
          continue
        }
        reading.check(rule, entries, found: found, of: node)
      }
      return draft
    }
  }
}

extension Reading {
  /// Whether something is wrong with a key of a mapping, or right behind it.
  func hasErrors(inKeysOf node: YAMLNode) -> Bool {
    node.entries?.contains { diagnostics.hasError(at: path.key($0.key)) } ?? false
  }

  /// Says that a key is not known here, and which was probably meant; that one, if any is near.
  @discardableResult
  mutating func unknownKey(_ entry: YAMLNode.Entry, known: [String]) -> String? {
    if diagnostics.isFull {
      diagnostics.error(.unknownKey, at: entry.keySpan, "unknown key")
      return nil
    }
    let meant = Spelling.nearest(to: entry.key, among: known)
    diagnostics.error(
      .unknownKey, at: entry.keySpan, path: path.key(entry.key),
      "unknown key \(entry.key.quoted)",
      help: meant.map { "did you mean '\($0)'?" }
        ?? NameList.possession("key", known, owner: "the"))
    return meant
  }

  /// Checks which keys stand together; `found` are those and what was meant by others.
  mutating func check(
    _ rule: KeyRule, _ entries: [YAMLNode.Entry], found: [String], of node: YAMLNode
  ) {
    switch rule {
    case .exactlyOne(let names), .atMostOne(let names):
      let present = entries.filter { names.contains($0.key) }
      if present.count > 1 {
        diagnostics.error(
          .keysDisagree, at: present[1].keySpan, path: path,
          "'\(present[0].key)' and '\(present[1].key)' cannot stand together",
          note: Diagnostic.Note(message: "'\(present[0].key)' stands", span: present[0].keySpan))
      }
      if case .exactlyOne = rule, !names.contains(where: found.contains) {
        error(.missingKey, at: node.span, "\(NameList.choice(names)) is missing")
      }
    case .needs(let name, let others):
      guard let entry = entries.first(where: { $0.key == name }),
        !entries.contains(where: { others.contains($0.key) })
      else { return }
      diagnostics.error(
        .keysDisagree, at: entry.keySpan, path: path,
        "'\(name)' has a meaning only with "
          + NameList.choice(others))
    }
  }
}
