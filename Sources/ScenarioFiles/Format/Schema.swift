/// What a value may look like, as JSON Schema says it.
indirect enum Schema {
  /// A key of an object.
  struct Field {
    var name: String
    var schema: Schema
    var documentation: String
    var isRequired: Bool
  }
  /// A mapping with known keys.
  struct Object {
    var fields: [Field]
    var rules: [KeyRule]
    /// Further keys, by the pattern that they match, and what they hold; nil: there are none.
    var others: (pattern: String, schema: Schema)?
    /// How many keys there must be.
    var minimum = 0
  }

  case text(pattern: String?, examples: [String], orZero: Bool = false, atMost: Int? = nil)
  case choice([String])
  /// A whole number of 64 bits.
  case unsigned
  case integer(ClosedRange<Int>)
  case number(ClosedRange<Double>, isExclusiveBelow: Bool)
  case boolean
  case list(Schema, minimum: Int, orNull: Bool)
  case map(Schema)
  case object(Object)
  /// Known keys, and free ones that hold something else; exactly one key in all.
  case oneEntry(known: [Field], others: Schema)
  case anyOf([Schema])
  case described(String, Schema)
  /// A schema with a name, made when it is first needed.
  case definition(String, () -> Schema)

  /// Whether a text, a word or a number can be meant.
  var takesText: Bool {
    switch self {
    case .text, .choice, .unsigned, .integer, .number, .boolean: true
    case .list, .map, .object, .oneEntry: false
    case .anyOf(let schemas): schemas.contains(where: \.takesText)
    case .described(_, let inner): inner.takesText
    case .definition(_, let make): make().takesText
    }
  }
}

/// Writes ``Schema`` as JSON Schema, draft 2020-12.
struct SchemaWriter {
  private var definitions: [(name: String, value: JSONText)] = []
  private var names: Set<String> = []

  /// The whole document for a root schema.
  ///
  /// Documents with `apiVersion` and `kind` are manifests, which stand in the same files and have
  /// schemas of their own.
  static func document(_ root: Schema, title: String, description: String) -> String {
    var writer = SchemaWriter()
    let reference = writer.json(.definition("Scenario", { root }))
    let definitions = writer.definitions.sorted { $0.name < $1.name }.map { ($0.name, $0.value) }
    let isManifest = JSONText.list([.text("apiVersion"), .text("kind")])
    return JSONText.object([
      ("$schema", .text("https://json-schema.org/draft/2020-12/schema")), ("title", .text(title)),
      ("description", .text(description)), ("if", .object([("required", isManifest)])),
      ("then", .literal("true")), ("else", reference), ("$defs", .object(definitions)),
    ]).written(indent: 0) + "\n"
  }

  private mutating func json(_ schema: Schema) -> JSONText {
    switch schema {
    case .text(let pattern, let examples, let orZero, let limit):
      var members: [(String, JSONText)] = [("type", .text("string"))]
      if let limit { members.append(("maxLength", .literal("\(limit)"))) }
      if let pattern { members.append(("pattern", .text(pattern))) }
      if !examples.isEmpty { members.append(("examples", .list(examples.map(JSONText.text)))) }
      guard orZero else { return .object(members) }
      return .object([("anyOf", .list([.object(members), .object([("const", .literal("0"))])]))])
    case .choice(let words): return .object([("enum", .list(words.map(JSONText.text)))])
    case .unsigned:
      return .object([
        ("type", .text("integer")), ("minimum", .literal("0")),
        ("maximum", .literal("\(UInt64.max)")),
      ])
    case .integer(let range):
      return .object([
        ("type", .text("integer")), ("minimum", .literal("\(range.lowerBound)")),
        ("maximum", .literal("\(range.upperBound)")),
      ])
    case .number(let range, let isExclusive):
      return .object([
        ("type", .text("number")),
        (isExclusive ? "exclusiveMinimum" : "minimum", .literal(range.lowerBound.short)),
        ("maximum", .literal(range.upperBound.short)),
      ])
    case .boolean: return .object([("type", .text("boolean"))])
    case .list(let element, let minimum, let orNull):
      var members: [(String, JSONText)] = [
        ("type", orNull ? .list([.text("array"), .text("null")]) : .text("array")),
        ("items", json(element)),
      ]
      if minimum > 0 { members.append(("minItems", .literal("\(minimum)"))) }
      return .object(members)
    case .map(let value):
      return .object([("type", .text("object")), ("additionalProperties", json(value))])
    case .object(let object): return self.object(object)
    case .oneEntry(let known, let others):
      return .object([
        ("type", .text("object")), ("properties", properties(known)),
        ("additionalProperties", json(others)), ("minProperties", .literal("1")),
        ("maxProperties", .literal("1")),
      ])
    case .anyOf(let schemas): return .object([("anyOf", .list(schemas.map { json($0) }))])
    case .described(let text, let inner):
      return .object([("description", .text(text))] + json(inner).members)
    case .definition(let name, let make):
      if names.insert(name).inserted {
        let value = json(make())
        definitions.append((name, value))
      }
      return .object([("$ref", .text("#/$defs/\(name)"))])
    }
  }

  private mutating func properties(_ fields: [Schema.Field]) -> JSONText {
    .object(
      fields.map { field in
        let inner = json(field.schema).members
        return (field.name, .object([("description", .text(field.documentation))] + inner))
      })
  }

  private mutating func object(_ object: Schema.Object) -> JSONText {
    var members: [(String, JSONText)] = [
      ("type", .text("object")), ("properties", properties(object.fields)),
    ]
    if let (pattern, schema) = object.others {
      members.append(("patternProperties", .object([(pattern, json(schema))])))
    }
    members.append(("additionalProperties", .literal("false")))
    if object.minimum > 0 { members.append(("minProperties", .literal("\(object.minimum)"))) }
    let required = object.fields.filter(\.isRequired).map(\.name)
    if !required.isEmpty { members.append(("required", .list(required.map(JSONText.text)))) }
    var conditions: [JSONText] = []
    for rule in object.rules {
      switch rule {
      case .exactlyOne(let names):
        conditions.append(.object([("oneOf", .list(names.map(Self.requires)))]))
      case .atMostOne(let names):
        for (index, name) in names.enumerated() {
          for other in names[(index + 1)...] {
            let both = JSONText.object([("required", .list([.text(name), .text(other)]))])
            conditions.append(.object([("not", both)]))
          }
        }
      case .needs(let name, let others):
        conditions.append(
          .object([
            ("if", Self.requires(name)),
            ("then", .object([("anyOf", .list(others.map(Self.requires)))])),
          ]))
      }
    }
    if !conditions.isEmpty { members.append(("allOf", .list(conditions))) }
    return .object(members)
  }

  private static func requires(_ name: String) -> JSONText {
    .object([("required", .list([.text(name)]))])
  }
}
