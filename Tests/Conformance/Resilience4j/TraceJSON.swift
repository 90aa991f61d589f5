/// A JSON value of a trace.
///
/// Numbers keep their text, so that a single-precision figure is read once and not through a
/// double.
enum TraceJSON: Sendable, Equatable {
  case null
  case bool(Bool)
  case number(String)
  case string(String)
  case array([TraceJSON])
  case object([String: TraceJSON])

  var integer: Int? {
    guard case .number(let text) = self else { return nil }
    return Int(text)
  }
  var double: Double? {
    guard case .number(let text) = self else { return nil }
    return Double(text)
  }
  var float: Float? {
    guard case .number(let text) = self else { return nil }
    return Float(text)
  }
  var string: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }
  var bool: Bool? {
    guard case .bool(let value) = self else { return nil }
    return value
  }
  var array: [TraceJSON]? {
    guard case .array(let values) = self else { return nil }
    return values
  }
  var object: [String: TraceJSON]? {
    guard case .object(let members) = self else { return nil }
    return members
  }
}

/// Reads one line of JSON.
struct TraceJSONParser {
  struct Failure: Error { let reason: String }

  private let bytes: [UInt8]
  private var position = 0
  private var depth = 0

  private init(_ text: Substring) { bytes = Array(text.utf8) }

  static func parse(_ text: Substring) throws(Failure) -> TraceJSON {
    var parser = TraceJSONParser(text)
    let value = try parser.value()
    parser.skipSpace()
    guard parser.position == parser.bytes.count else {
      throw Failure(reason: "text after the end of the JSON value")
    }
    return value
  }

  private mutating func skipSpace() {
    while position < bytes.count, bytes[position] <= 0x20 { position += 1 }
  }

  private mutating func next() throws(Failure) -> UInt8 {
    skipSpace()
    guard position < bytes.count else { throw Failure(reason: "the JSON value ends early") }
    return bytes[position]
  }

  private mutating func value() throws(Failure) -> TraceJSON {
    depth += 1
    defer { depth -= 1 }
    guard depth < 64 else { throw Failure(reason: "the JSON value is nested too deeply") }
    switch try next() {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func word(_ text: String, _ value: TraceJSON) throws(Failure) -> TraceJSON {
    guard bytes[position...].starts(with: text.utf8) else {
      throw Failure(reason: "expected \(text)")
    }
    position += text.utf8.count
    return value
  }

  private mutating func number() throws(Failure) -> TraceJSON {
    let start = position
    while position < bytes.count, "+-.0123456789eE".utf8.contains(bytes[position]) {
      position += 1
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard Double(text) != nil else { throw Failure(reason: "expected a JSON value") }
    return .number(text)
  }

  private mutating func string() throws(Failure) -> String {
    position += 1
    var text: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard position < bytes.count else { throw Failure(reason: "the string does not end") }
        let escaped = bytes[position]
        position += 1
        switch escaped {
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "u"):
          guard position + 4 <= bytes.count,
            let code = UInt32(
              String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16),
            let scalar = Unicode.Scalar(code)
          else { throw Failure(reason: "a \\u escape without a character") }
          text.append(contentsOf: String(Character(scalar)).utf8)
          position += 4
        default: text.append(escaped)
        }
      default:
        text.append(byte)
      }
    }
    throw Failure(reason: "the string does not end")
  }

  private mutating func array() throws(Failure) -> TraceJSON {
    position += 1
    var values: [TraceJSON] = []
    if try next() == UInt8(ascii: "]") {
      position += 1
      return .array(values)
    }
    while true {
      values.append(try value())
      let separator = try next()
      position += 1
      if separator == UInt8(ascii: "]") { return .array(values) }
      guard separator == UInt8(ascii: ",") else { throw Failure(reason: "expected , or ]") }
    }
  }

  private mutating func object() throws(Failure) -> TraceJSON {
    position += 1
    var members: [String: TraceJSON] = [:]
    if try next() == UInt8(ascii: "}") {
      position += 1
      return .object(members)
    }
    while true {
      guard try next() == UInt8(ascii: "\"") else { throw Failure(reason: "expected a key") }
      let key = try string()
      guard try next() == UInt8(ascii: ":") else { throw Failure(reason: "expected :") }
      position += 1
      members[key] = try value()
      let separator = try next()
      position += 1
      if separator == UInt8(ascii: "}") { return .object(members) }
      guard separator == UInt8(ascii: ",") else { throw Failure(reason: "expected , or }") }
    }
  }
}
