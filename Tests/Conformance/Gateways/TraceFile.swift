import Foundation

/// A trace of JSON lines: a header object, then one array a row.
struct TraceFile {
  /// A row and where it stands.
  struct Row {
    let line: Int
    let fields: [Any]
  }

  let header: [String: Any]
  let headerLine: Int
  private let text: String

  /// The header of a trace; nil when the first line that is not blank is no JSON object.
  init?(_ text: String) {
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      if line.allSatisfy(\.isWhitespace) { continue }
      guard let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)),
        let header = object as? [String: Any]
      else { return nil }
      self.header = header
      headerLine = index + 1
      self.text = text
      return
    }
    return nil
  }

  /// The rows below the header.
  func rows() throws -> [Row] {
    var rows: [Row] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let number = index + 1
      if number <= headerLine || line.allSatisfy(\.isWhitespace) { continue }
      guard let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)),
        let fields = object as? [Any]
      else { throw MalformedVector(line: number, reason: "a row must be a JSON array") }
      rows.append(Row(line: number, fields: fields))
    }
    if rows.isEmpty { throw MalformedVector(line: headerLine, reason: "the trace has no rows") }
    return rows
  }

  /// A field of the header, of the type that the format demands.
  func field<Value>(_ key: String, as type: Value.Type = Value.self) throws -> Value {
    guard let value = header[key] as? Value else {
      throw MalformedVector(
        line: headerLine, reason: "the header needs '\(key)' as \(Value.self)")
    }
    return value
  }

  /// The mistake in the header, to throw.
  func malformed(_ reason: String) -> MalformedVector {
    MalformedVector(line: headerLine, reason: reason)
  }
}

extension TraceFile.Row {
  /// A field of the row, of the type that the format demands.
  func field<Value>(_ index: Int, _ what: String, as type: Value.Type = Value.self) throws -> Value
  {
    guard index < fields.count, let value = fields[index] as? Value else {
      throw malformed("field \(index + 1) must be \(what)")
    }
    return value
  }

  /// A whole number of the row.
  func number(_ index: Int, _ what: String) throws -> Int64 {
    try TraceFile.wholeNumber(try field(index, what), line: line, what: what)
  }

  /// The mistake in this row, to throw.
  func malformed(_ reason: String) -> MalformedVector {
    MalformedVector(line: line, reason: reason)
  }
}

extension TraceFile {
  /// The largest number that a trace may hold: times of thirty years, far from any overflow.
  static let largest: Int64 = 1_000_000_000_000

  /// A whole number out of JSON; a truth value or a fraction is none.
  static func wholeNumber(_ value: Any, line: Int, what: String) throws -> Int64 {
    guard let number = value as? NSNumber, CFNumberIsBoolean(number) == false,
      let whole = Int64(exactly: number.doubleValue), abs(whole) <= largest
    else { throw MalformedVector(line: line, reason: "\(what) must be a whole number") }
    return whole
  }

  private static func CFNumberIsBoolean(_ number: NSNumber) -> Bool {
    String(cString: number.objCType) == "c"
  }

  /// Milliseconds out of a duration as nginx and HAProxy write it: `300ms`, `2s`, `1m`, `1m30s`; a
  /// number without a unit counts in `unit`.
  static func milliseconds(_ text: some StringProtocol, unit: Int64) -> Int64? {
    var total: Int64 = 0
    var rest = text[...]
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      guard let count = Int64(digits), count <= 1_000_000_000 else { return nil }
      rest = rest.dropFirst(digits.count)
      let letters = rest.prefix { $0.isLetter }
      rest = rest.dropFirst(letters.count)
      let factors: [String: Int64] = [
        "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "": unit,
      ]
      guard let factor = factors[String(letters)] else { return nil }
      total += count * factor
    }
    return total
  }
}
