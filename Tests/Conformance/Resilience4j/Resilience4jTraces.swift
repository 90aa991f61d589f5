/// The header of a trace: its settings, and where they stand.
struct TraceHeader: Sendable {
  let members: [String: TraceJSON]
  let settings: TraceSettings
  let line: Int

  func integer(_ name: String) throws(MalformedVector) -> Int? {
    guard let value = members[name] else { return nil }
    guard let integer = value.integer, integer >= 0, integer < 1 << 40 else {
      throw MalformedVector(line: line, reason: "'\(name)' must be an integer, is \(value)")
    }
    return integer
  }

  func string(_ name: String) throws(MalformedVector) -> String? {
    guard let value = members[name] else { return nil }
    guard let string = value.string else {
      throw MalformedVector(line: line, reason: "'\(name)' must be a string, is \(value)")
    }
    return string
  }
}

/// The recordings of Resilience4j: JSON Lines, a header with its `kind` and then a step a line, or
/// tables with an object a line.
enum Resilience4jTraces: VectorFormat {
  private static let kinds = ["circuitbreaker", "ratelimiter", "bulkhead", "composed", "window"]

  static func cases(in file: VectorFile) throws -> [VectorCase]? {
    let lines = file.text.split(omittingEmptySubsequences: false) { $0.isNewline }
    guard let first = lines.firstIndex(where: { !isBlank($0) }),
      lines[first].first == "{"
    else { return nil }
    guard let members = (try? TraceJSONParser.parse(lines[first]))?.object else {
      // A broken header is still ours when it says so before it breaks.
      let start = lines[first].prefix(64).filter { $0 != " " }
      guard kinds.contains(where: { start.hasPrefix("{\"kind\":\"\($0)\"") }) else { return nil }
      _ = try value(lines[first], line: first + 1)
      return nil
    }
    if let kind = members["kind"]?.string {
      guard kinds.contains(kind) else { return nil }
      let header = TraceHeader(
        members: members, settings: try TraceSettings(members["config"], line: first + 1),
        line: first + 1)
      return [try trace(kind, header, try rows(lines, after: first), in: file)]
    }
    if members["function"] != nil, members["attempt_1_to_20_ms"] != nil {
      return try table(lines) { members, line throws(MalformedVector) in
        let row = try IntervalFunctionRow(members, line: line)
        return VectorCase(name: row.name) { row.replay() }
      }
    }
    if members["config"] != nil, members["calls"] != nil, members["metrics"] != nil {
      return try table(lines) { members, line throws(MalformedVector) in
        let calls = try ScriptedCalls(members, line: line)
        return VectorCase(name: calls.name) { calls.replay() }
      }
    }
    return nil
  }

  private static func trace(
    _ kind: String, _ header: TraceHeader, _ rows: [TraceRow], in file: VectorFile
  ) throws(MalformedVector) -> VectorCase {
    let name = try header.string("name") ?? kind
    switch kind {
    case "circuitbreaker":
      let trace = try CircuitBreakerTrace(header: header, rows: rows)
      return VectorCase(name: name) { trace.replay() }
    case "ratelimiter":
      let trace = try RateLimiterTrace(header: header, rows: rows)
      return VectorCase(name: name) { trace.replay() }
    case "bulkhead":
      let trace = try BulkheadTrace(header: header, rows: rows)
      return VectorCase(name: name) { trace.replay() }
    case "composed":
      let trace = try ComposedTrace(header: header, rows: rows)
      return VectorCase(name: name) { trace.replay() }
    default:
      let trace = try WindowTrace(header: header, rows: rows)
      return VectorCase(name: name) { trace.replay() }
    }
  }

  private static func rows(
    _ lines: [Substring], after first: Int
  ) throws(MalformedVector) -> [TraceRow] {
    var rows: [TraceRow] = []
    for index in lines.indices.dropFirst(first + 1) where !isBlank(lines[index]) {
      guard let cells = try value(lines[index], line: index + 1).array else {
        throw MalformedVector(line: index + 1, reason: "a step must be an array")
      }
      rows.append(TraceRow(line: index + 1, cells: cells))
    }
    guard !rows.isEmpty else {
      throw MalformedVector(line: first + 1, reason: "the trace has no steps")
    }
    return rows
  }

  private static func table(
    _ lines: [Substring],
    _ row: ([String: TraceJSON], Int) throws(MalformedVector) -> VectorCase
  ) throws(MalformedVector) -> [VectorCase] {
    var cases: [VectorCase] = []
    for index in lines.indices where !isBlank(lines[index]) {
      guard let members = try value(lines[index], line: index + 1).object else {
        throw MalformedVector(line: index + 1, reason: "a row of the table must be an object")
      }
      cases.append(try row(members, index + 1))
    }
    return cases
  }

  private static func value(_ text: Substring, line: Int) throws(MalformedVector) -> TraceJSON {
    do {
      return try TraceJSONParser.parse(text)
    } catch {
      throw MalformedVector(line: line, reason: error.reason)
    }
  }

  private static func isBlank(_ line: Substring) -> Bool {
    line.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
  }
}
