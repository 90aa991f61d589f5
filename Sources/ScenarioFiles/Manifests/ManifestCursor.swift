import TimeAndChance

/// A place in a manifest, from which values are read by dialect.
struct ManifestCursor {
  /// The manifest, as diagnostics name it: `VirtualService shop/payments`.
  let manifest: String
  /// The value at this place; nil when it is absent.
  let node: YAMLNode?
  /// Where the value or, when it is absent, the nearest mapping around it stands.
  let span: SourceSpan
  /// The keys that lead here.
  let path: KeyPathText
  /// The last of them.
  private let key: String

  init(manifest: String, node: YAMLNode) {
    self.init(manifest: manifest, node: node, span: node.span, path: KeyPathText(), key: "")
  }

  private init(
    manifest: String, node: YAMLNode?, span: SourceSpan, path: KeyPathText, key: String
  ) {
    self.manifest = manifest
    self.node = node
    self.span = span
    self.path = path
    self.key = key
  }

  /// Whether there is a value.
  var exists: Bool { node != nil }

  /// The place of a key below.
  subscript(_ key: String) -> ManifestCursor {
    let value = node?[key]
    return ManifestCursor(
      manifest: manifest, node: value, span: value?.span ?? span, path: path.key(key), key: key)
  }

  /// The elements of a list; none when it is absent.
  func list(_ diagnostics: inout DiagnosticList) -> [ManifestCursor] {
    guard let node else { return [] }
    guard let elements = node.elements else {
      bad("a list", &diagnostics)
      return []
    }
    return elements.enumerated().map { index, element in
      ManifestCursor(
        manifest: manifest, node: element, span: element.span, path: path.index(index), key: key)
    }
  }

  /// The entries of a mapping with free names; none when it is absent.
  func entries(_ diagnostics: inout DiagnosticList) -> [(name: String, value: ManifestCursor)] {
    guard let node else { return [] }
    guard let entries = node.entries else {
      bad("a mapping", &diagnostics)
      return []
    }
    return entries.map { entry in
      let cursor = ManifestCursor(
        manifest: manifest, node: entry.value, span: entry.value.span, path: path.key(entry.key),
        key: entry.key)
      return (entry.key, cursor)
    }
  }

  /// A text; nil when it is absent or something else.
  func text(_ diagnostics: inout DiagnosticList) -> String? {
    guard let node else { return nil }
    guard let text = node.text else {
      bad("a text", &diagnostics)
      return nil
    }
    return text
  }

  /// The texts of a list.
  func texts(_ diagnostics: inout DiagnosticList) -> [String] {
    list(&diagnostics).compactMap { $0.text(&diagnostics) }
  }

  /// Labels: names and texts, sorted by name.
  func labels(_ diagnostics: inout DiagnosticList) -> [Label] {
    entries(&diagnostics).compactMap { name, value in
      value.text(&diagnostics).map { Label(name: name, value: $0) }
    }.sorted { $0.name < $1.name }
  }

  /// A whole number in a range; nil when it is absent or something else.
  func integer(_ range: ClosedRange<Int>, _ diagnostics: inout DiagnosticList) -> Int? {
    guard let node else { return nil }
    guard case .scalar(let text, isPlain: true) = node.content,
      let value = ExactDecimal(text[...])?.times(1)
    else {
      bad("a whole number", &diagnostics)
      return nil
    }
    guard range.contains(Int(value)) else {
      bad("\(range.lowerBound)...\(range.upperBound)", &diagnostics)
      return nil
    }
    return Int(value)
  }

  /// A number in a range; nil when it is absent or something else.
  func number(_ range: ClosedRange<Double>, _ diagnostics: inout DiagnosticList) -> Double? {
    guard let node else { return nil }
    guard let text = node.text, let value = ExactDecimal(text[...], allowsExponent: true)?.double
    else {
      bad("a number", &diagnostics)
      return nil
    }
    guard range.contains(value) else {
      bad("\(range.lowerBound.short)...\(range.upperBound.short)", &diagnostics)
      return nil
    }
    return value
  }

  /// A truth value by YAML 1.1, as Kubernetes reads it; nil when it is absent or something else.
  func boolean(_ diagnostics: inout DiagnosticList) -> Bool? {
    guard let node else { return nil }
    if case .scalar(let text, isPlain: true) = node.content {
      switch text.lowercased() {
      case "true", "yes", "on", "y": return true
      case "false", "no", "off", "n": return false
      default: break
      }
    }
    bad("true or false", &diagnostics)
    return nil
  }

  /// A length of time with units; nil when it is absent or something else.
  func duration(
    atLeast minimum: SimDuration = .zero, _ diagnostics: inout DiagnosticList
  ) -> SimDuration? {
    guard let node else { return nil }
    guard let text = node.text else {
      bad("a length of time", &diagnostics)
      return nil
    }
    // Protobuf writes only seconds, Go all units; a bare 0 is neither.
    let bareNumber = ExactDecimal(text[...]) != nil
    let value: SimDuration
    do throws(DurationMistake) {
      if bareNumber { throw .noUnit }
      value = try SimDuration.parse(text)
    } catch {
      switch error {
      case .negative: bad("at least \(minimum.written)", &diagnostics)
      case .tooLong: bad("at most \(SimDuration.longestInFiles.inDays)", &diagnostics)
      case .noUnit:
        let isNegative = text.hasPrefix("-")
        bad("a length of time like 2s", help: isNegative ? nil : "write \(text)s", &diagnostics)
      case .form, .tooFine: bad("a length of time like 2s", &diagnostics)
      }
      return nil
    }
    guard value >= minimum else {
      bad("at least \(minimum.written)", &diagnostics)
      return nil
    }
    return value
  }

  /// One of some words; nil when it is absent or something else.
  func choice(_ words: [String], _ diagnostics: inout DiagnosticList) -> String? {
    guard let node else { return nil }
    guard let text = node.text, words.contains(text) else {
      let help = node.text.flatMap { Spelling.help(for: $0, among: words) }
      bad(NameList.joined(words, by: "or"), help: help, &diagnostics)
      return nil
    }
    return text
  }

  /// Adds a mistake about the value here.
  func bad(_ expected: String, help: String? = nil, _ diagnostics: inout DiagnosticList) {
    let written = node.map { $0.isNull ? "nothing" : $0.quoted } ?? "nothing"
    // In quotes a template is YAML, and a field like any other.
    let help = node?.text?.contains("{{") == true ? HelmTemplate.help : help
    diagnostics.error(
      .badField, at: span, path: path, "'\(key)' of \(manifest) must be \(expected), is \(written)",
      help: help)
  }

  /// Says that a field is missing that the manifest cannot do without.
  func missing(_ field: String, _ diagnostics: inout DiagnosticList) {
    diagnostics.error(
      .missingField, at: span, path: path, "\(manifest) has no '\(path.key(field).text)'")
  }
}

/// A label of an object.
struct Label: Hashable {
  var name: String
  var value: String
}

extension [Label] {
  /// The value of a label; nil when it is absent.
  subscript(_ name: String) -> String? { first { $0.name == name }?.value }

  /// Whether all of the selector's labels are among these; an empty selector matches nothing.
  func isSelected(by selector: [Label]) -> Bool {
    !selector.isEmpty && selector.allSatisfy { self[$0.name] == $0.value }
  }
}
