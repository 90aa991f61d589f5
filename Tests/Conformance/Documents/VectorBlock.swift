import TimeAndChance

/// A mapping that is read field by field; fields that nobody asked for are mistakes.
///
/// So a setting is never passed over in silence: what a reader does not know, it reports.
struct VectorBlock {
  /// The mapping.
  let node: VectorNode
  /// Where it stands, for messages, for instance `cluster.outlier_detection`.
  let path: String
  private var known: Set<String> = []

  private init(_ node: VectorNode, _ path: String) throws {
    guard node.entries != nil || node.isNull else {
      throw MalformedVector(line: node.line, reason: "'\(path)' must be a mapping")
    }
    self.node = node
    self.path = path
  }

  /// Reads the mapping `node` with `body` and then checks that no field is left over.
  /// - Throws: ``MalformedVector``.
  static func read<Value>(
    _ node: VectorNode, _ path: String, _ body: (inout VectorBlock) throws -> Value
  ) throws -> Value {
    var block = try VectorBlock(node, path)
    let value = try body(&block)
    if let stray = node.entries?.first(where: { !block.known.contains($0.key) }) {
      throw MalformedVector(line: stray.line, reason: "unknown field '\(path).\(stray.key)'")
    }
    return value
  }

  /// Accepts fields that have no effect on what is modelled.
  mutating func ignore(_ keys: String...) { known.formUnion(keys) }

  /// The node of a field; nil when it is absent or null.
  mutating func node(_ key: String) -> VectorNode? {
    known.insert(key)
    guard let value = node[key], !value.isNull else { return nil }
    return value
  }

  /// The value that `body` makes of the mapping in a field; nil when the field is absent.
  ///
  /// An empty field counts as an empty mapping.
  mutating func block<Value>(
    _ key: String, _ body: (inout VectorBlock) throws -> Value
  ) throws -> Value? {
    known.insert(key)
    guard let value = node[key] else { return nil }
    return try VectorBlock.read(value, "\(path).\(key)", body)
  }

  /// The values that `body` makes of the mappings in a list; empty when the field is absent.
  mutating func blocks<Value>(
    _ key: String, _ body: (inout VectorBlock) throws -> Value
  ) throws -> [Value] {
    var values: [Value] = []
    for (index, item) in try items(key).enumerated() {
      values.append(try VectorBlock.read(item, "\(path).\(key)[\(index)]", body))
    }
    return values
  }

  /// The items of a list; empty when the field is absent.
  mutating func items(_ key: String) throws -> [VectorNode] {
    guard let value = node(key) else { return [] }
    guard let items = value.items else { throw wrong(key, value, "a list") }
    return items
  }

  /// A text.
  mutating func text(_ key: String) throws -> String? {
    guard let value = node(key) else { return nil }
    guard let text = value.text else { throw wrong(key, value, "a text") }
    return text
  }

  /// A whole number within `range`.
  mutating func int(_ key: String, in range: ClosedRange<Int> = 0...1_000_000_000_000) throws
    -> Int?
  {
    guard let value = node(key) else { return nil }
    guard let number = value.number, let whole = Int(exactly: number), range.contains(whole) else {
      throw wrong(key, value, "a whole number \(range.lowerBound)...\(range.upperBound)")
    }
    return whole
  }

  /// A number within `range`.
  mutating func double(_ key: String, in range: ClosedRange<Double> = 0...1e15) throws -> Double? {
    guard let value = node(key) else { return nil }
    guard let number = value.number, range.contains(number) else {
      throw wrong(key, value, "a number \(range.lowerBound)...\(range.upperBound)")
    }
    return number
  }

  /// `true` or `false`.
  mutating func bool(_ key: String) throws -> Bool? {
    guard let value = node(key) else { return nil }
    guard let text = value.text, ["true", "false"].contains(text) else {
      throw wrong(key, value, "true or false")
    }
    return text == "true"
  }

  /// A length of time with its unit, for instance `0.25s`, `40ms`, `2m`.
  mutating func duration(_ key: String) throws -> SimDuration? {
    guard let value = node(key) else { return nil }
    guard let duration = value.duration else { throw wrong(key, value, "a time such as 0.25s") }
    return duration
  }

  /// A number of seconds, or of whatever `unit` says, as a length of time.
  mutating func time(_ key: String, unit: SimDuration = .seconds(1)) throws -> SimDuration? {
    guard let number = try double(key, in: 0...1e9) else { return nil }
    return SimDuration(seconds: number * unit.inSeconds)
  }

  /// What is wrong with the value of a field.
  func wrong(_ key: String, _ value: VectorNode, _ expected: String) -> MalformedVector {
    let got = value.text.map { "'\($0)'" } ?? "a list or mapping"
    return MalformedVector(
      line: value.line, reason: "'\(path).\(key)' must be \(expected), is \(got)")
  }

  /// A field that must be there and is not.
  func missing(_ key: String) -> MalformedVector {
    MalformedVector(line: node.line, reason: "'\(path)' needs '\(key)'")
  }

  /// A value that must be there.
  func required<Value>(_ key: String, _ value: Value?) throws -> Value {
    guard let value else { throw missing(key) }
    return value
  }
}

extension VectorNode {
  /// The number that an unquoted scalar writes; nil for texts, infinities and NaN.
  var number: Double? {
    guard case .scalar(let text, isPlain: true) = content, let first = text.unicodeScalars.first,
      "0"..."9" ~= first || "+-.".unicodeScalars.contains(first), let number = Double(text),
      number.isFinite
    else { return nil }
    return number
  }

  /// The length of time that a scalar writes with its unit, at most two years; nil otherwise.
  var duration: SimDuration? {
    let units: [(String, Double)] = [
      ("ns", 1e-9), ("us", 1e-6), ("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400),
    ]
    guard let text, let (ending, seconds) = units.first(where: { text.hasSuffix($0.0) }) else {
      return nil
    }
    let plain = VectorNode(line: line, .scalar(String(text.dropLast(ending.count)), isPlain: true))
    guard let number = plain.number, number >= 0, number * seconds <= 63_072_000 else { return nil }
    return SimDuration(seconds: number * seconds)
  }
}
