import TimeAndChance

/// How one kind of value is written in a scenario: the reader and the JSON Schema in one.
struct Format<Value> {
  /// What editors and `check-jsonschema` are told.
  let schema: Schema
  /// The value that a node writes; nil when a diagnostic was added instead.
  let read: (YAMLNode, inout Reading) -> Value?

  /// The same text, with the value turned into another.
  func map<Other>(_ transform: @escaping (Value) -> Other) -> Format<Other> {
    Format<Other>(schema: schema) { node, reading in read(node, &reading).map(transform) }
  }

  /// The value together with its place.
  var located: Format<Located<Value>> {
    Format<Located<Value>>(schema: schema) { node, reading in
      read(node, &reading).map { Located(value: $0, span: node.span, path: reading.path) }
    }
  }

  /// The same format under a name of its own in the schema.
  func named(_ name: String) -> Format {
    let inner = schema
    return Format(schema: .definition(name, { inner }), read: read)
  }

  /// The same format with a sentence for editors.
  func described(_ text: String) -> Format {
    Format(schema: .described(text, schema), read: read)
  }

  /// A format that may hold itself; `make` is called when it is needed.
  static func recursive(_ name: String, _ make: @escaping () -> Format) -> Format {
    Format(schema: .definition(name, { make().schema })) { node, reading in
      make().read(node, &reading)
    }
  }
}

/// A value and where it is written.
struct Located<Value> {
  /// The value.
  var value: Value
  /// Where it is written.
  var span: SourceSpan
  /// The keys that lead there.
  var path: KeyPathText
}

extension Located: Equatable where Value: Equatable {}

/// What is carried along while a document is read.
struct Reading {
  /// What was found wrong so far.
  var diagnostics: DiagnosticList
  /// The keys that lead to the value being read.
  var path = KeyPathText()
  /// The last of those keys, as messages name the value.
  var key = ""

  init(diagnostics: DiagnosticList) { self.diagnostics = diagnostics }

  /// Adds a mistake at a value.
  mutating func error(
    _ code: DiagnosticCode, at span: SourceSpan, _ message: String, help: String? = nil,
    note: Diagnostic.Note? = nil
  ) {
    diagnostics.error(code, at: span, path: path, message, help: help, note: note)
  }

  /// Says that a value is not of the kind that its key needs.
  ///
  /// `instead` says what is there when the kind alone does not.
  mutating func wrongKind(
    _ node: YAMLNode, expected: String, instead: String? = nil, help: String? = nil
  ) {
    let name = key.isEmpty ? "this" : key.quoted
    let what = instead ?? (node.isNull ? "has no value" : "is \(node.quoted)")
    error(.wrongKind, at: node.span, "\(name) must be \(expected), \(what)", help: help)
  }

  /// Runs a body one key deeper.
  mutating func inside<Result>(_ name: String, _ body: (inout Reading) -> Result) -> Result {
    let outer = (path, key)
    path = path.key(name)
    key = name
    defer { (path, key) = outer }
    return body(&self)
  }

  /// Runs a body one element deeper.
  mutating func inside<Result>(_ index: Int, _ body: (inout Reading) -> Result) -> Result {
    let outer = path
    path = path.index(index)
    defer { path = outer }
    return body(&self)
  }
}

extension Format {
  /// The same text, checked further; `check` adds a diagnostic when it has no value.
  func checked<Other>(
    _ check: @escaping (Value, YAMLNode, inout Reading) -> Other?
  ) -> Format<Other> {
    Format<Other>(schema: schema) { node, reading in
      read(node, &reading).flatMap { check($0, node, &reading) }
    }
  }

  /// A word that stands for a value, or the format.
  func or(_ word: String, _ value: Value) -> Format {
    Format(schema: .anyOf([.choice([word]), schema])) { node, reading in
      node.text == word ? value : read(node, &reading)
    }
  }
}

extension Format where Value == Located<String> {
  /// A name with its place.
  static var locatedName: Format { Format<String>.name.located }
}

extension Format where Value == Located<SimDuration> {
  /// A length of time with its place.
  static func locatedDuration(
    _ range: ClosedRange<SimDuration> = .zero ... .longestInFiles
  ) -> Format { Format<SimDuration>.duration(range).located }
}

extension Format where Value == Located<Int> {
  /// A whole number with its place.
  static func locatedInteger(_ range: ClosedRange<Int>) -> Format {
    Format<Int>.integer(range).located
  }
}
