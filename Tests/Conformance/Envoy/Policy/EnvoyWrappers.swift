import TrafficPolicy

/// Envoy's ways of wrapping a plain value in YAML.
extension VectorBlock {
  /// A `Percent` (`{value: 50}`) or a plain number.
  mutating func percent(_ key: String, in range: ClosedRange<Double> = 0...100) throws -> Double? {
    guard node(key)?.entries != nil else { return try double(key, in: range) }
    return try block(key) { try $0.double("value", in: range) ?? 0 }
  }

  /// A `UInt32Value`: a plain number, or `{value: 3}`.
  mutating func count(_ key: String, in range: ClosedRange<Int> = 0...4_294_967_295) throws -> Int?
  {
    guard node(key)?.entries != nil else { return try int(key, in: range) }
    return try block(key) { try $0.int("value", in: range) ?? 0 }
  }

  /// A `RuntimeDouble` (`{default_value: 1.0, runtime_key: …}`) or a plain number.
  mutating func runtimeDouble(_ key: String, in range: ClosedRange<Double>) throws -> Double? {
    guard node(key)?.entries != nil else { return try double(key, in: range) }
    return try block(key) { wrapped in
      wrapped.ignore("runtime_key")
      return try wrapped.required("default_value", wrapped.double("default_value", in: range))
    }
  }

  /// A `RuntimePercent` (`{default_value: {value: 95}}`).
  mutating func runtimePercent(_ key: String) throws -> Double? {
    try block(key) { wrapped in
      wrapped.ignore("runtime_key")
      return try wrapped.required("default_value", wrapped.percent("default_value"))
    }
  }

  /// A `RuntimeFeatureFlag` (`{default_value: true}`); true when the value is absent.
  mutating func runtimeFlag(_ key: String) throws -> Bool? {
    try block(key) { wrapped in
      wrapped.ignore("runtime_key")
      return try wrapped.bool("default_value") ?? true
    }
  }

  /// A `RuntimeUInt32` (`{default_value: 5}`) or a plain number.
  mutating func runtimeCount(_ key: String, in range: ClosedRange<Int>) throws -> Int? {
    guard node(key)?.entries != nil else { return try int(key, in: range) }
    return try block(key) { wrapped in
      wrapped.ignore("runtime_key")
      return try wrapped.int("default_value", in: range)
    } ?? nil
  }

  /// A `RuntimeFractionalPercent` (`{default_value: {numerator: 50}}`).
  mutating func runtimeFraction(_ key: String) throws -> Fraction? {
    try block(key) { wrapped in
      wrapped.ignore("runtime_key")
      return try wrapped.required("default_value", wrapped.fraction("default_value"))
    }
  }

  /// A `FractionalPercent`: `numerator` over `HUNDRED` (the default), `TEN_THOUSAND` or `MILLION`.
  mutating func fraction(_ key: String) throws -> Fraction? {
    try block(key) { block in
      let denominators: [String: UInt32] = [
        "HUNDRED": 100, "TEN_THOUSAND": 10_000, "MILLION": 1_000_000,
      ]
      let name = try block.text("denominator") ?? "HUNDRED"
      guard let denominator = denominators[name] else {
        throw MalformedVector(line: block.node.line, reason: "unknown denominator '\(name)'")
      }
      let numerator = try block.int("numerator", in: 0...4_294_967_295) ?? 0
      return Fraction(numerator: UInt32(numerator), denominator: denominator)
    }
  }

  /// The status in a `{code: 429}` block.
  mutating func status(_ key: String) throws -> Int? {
    try block(key) { try $0.required("code", $0.int("code", in: 100...599)) }
  }

  /// One of the names in `values`.
  mutating func choice<Value>(_ key: String, _ values: [(String, Value)]) throws -> Value? {
    guard let name = try text(key) else { return nil }
    guard let found = values.first(where: { $0.0 == name }) else {
      let known = values.map(\.0).joined(separator: ", ")
      throw MalformedVector(
        line: node.line, reason: "'\(path).\(key)' must be one of \(known), is '\(name)'")
    }
    return found.1
  }
}
