import TimeAndChance
import TrafficPolicy

/// The properties of one named configuration or instance, read by type.
///
/// A value that Spring cannot convert, or that the library's setter refuses, is an error with which
/// the application does not start; here it then counts as not set. An empty value is not set.
///
/// - Source: Resilience4j `common/*/configuration/*ConfigurationProperties.java` (the setters);
///   Spring Boot's conversion service.
struct SpringBlock {
  /// By the uniform form of its name, what was written for a property; lists have several entries.
  private(set) var values: [String: [SpringProperty]] = [:]
  /// Where the block is mentioned first.
  private(set) var place: SpringProperty?

  /// Takes a property in; a later document replaces an earlier value, and a list as a whole.
  mutating func insert(_ property: SpringProperty, as name: String, index: Int?) {
    if place == nil { place = property }
    if let index, index > 0, values[name] != nil {
      values[name]?.append(property)
    } else {
      values[name] = [property]
    }
  }

  /// Notes that the block exists, although it is empty.
  mutating func touch(_ property: SpringProperty) {
    if place == nil { place = property }
  }

  private func first(_ name: String) -> SpringProperty? {
    values[SpringName.uniform(name)]?.first
  }

  /// Where a property is written, if it has a value.
  func written(_ name: String) -> SpringProperty? {
    first(name).flatMap { $0.value.isEmpty ? nil : $0 }
  }

  private func read<Value>(
    _ name: String, _ issues: inout SpringIssues, _ kind: String, _ convert: (String) -> Value?
  ) -> Value? {
    guard let property = written(name) else { return nil }
    if let value = convert(property.value) { return value }
    issues.add(.error, at: property, "'\(name)' must be \(kind), is '\(property.value)'")
    return nil
  }

  func string(_ name: String) -> String? { written(name)?.value }

  func integer(
    _ name: String, atLeast least: Int? = nil, _ issues: inout SpringIssues
  ) -> Int? {
    let kind = least.map { "an integer of at least \($0)" } ?? "an integer"
    return read(name, &issues, kind) { text in
      guard let value = Int32(text.filter { !$0.isWhitespace }) else { return nil }
      return least.map { Int(value) >= $0 } ?? true ? Int(value) : nil
    }
  }

  /// A percentage: a single-precision number from 1 to 100 (in code the library allows less).
  func percent(_ name: String, _ issues: inout SpringIssues) -> Float? {
    read(name, &issues, "a number in 1...100") { text in
      Float(text).flatMap { $0 >= 1 && $0 <= 100 ? $0 : nil }
    }
  }

  func multiplier(_ issues: inout SpringIssues) -> Double? {
    read("exponential-backoff-multiplier", &issues, "a number over 0") { text in
      Double(text).flatMap { $0 > 0 && $0.isFinite ? $0 : nil }
    }
  }

  func factor(_ issues: inout SpringIssues) -> Double? {
    read("randomized-wait-factor", &issues, "a number from 0 up to but not including 1") { text in
      Double(text).flatMap { $0 >= 0 && $0 < 1 ? $0 : nil }
    }
  }

  func bool(_ name: String, _ issues: inout SpringIssues) -> Bool? {
    read(name, &issues, "true or false") { text in
      switch text.lowercased() {
      case "true", "on", "yes", "1": true
      case "false", "off", "no", "0": false
      default: nil
      }
    }
  }

  func duration(
    _ name: String, atLeast least: SimDuration = .zero, _ issues: inout SpringIssues
  ) -> SimDuration? {
    guard let property = written(name) else { return nil }
    guard let value = SpringDuration.parse(property.value) else {
      issues.add(
        .error, at: property, "'\(name)' must be a duration, is '\(property.value)'",
        help: SpringDuration.repair(property.value) ?? "write it like 500ms, 30s, 1m or PT1.5S")
      return nil
    }
    guard value >= least else {
      issues.add(
        .error, at: property,
        "'\(name)' must be at least \(SpringDuration.text(least)), is '\(property.value)'")
      return nil
    }
    return value
  }

  /// One of several words; Spring compares letters and digits only, in any case.
  func word<Value>(
    _ name: String, _ known: [(String, Value)], _ issues: inout SpringIssues
  ) -> Value? {
    let names = known.map(\.0).joined(separator: ", ")
    return read(name, &issues, "one of \(names)") { text in
      known.first { SpringName.uniform($0.0) == SpringName.uniform(text) }?.1
    }
  }

  /// The class names of a list, also of one with commas; nil when the list is not there at all.
  ///
  /// An empty list is there and replaces an inherited one.
  func classes(_ name: String) -> [(name: String, property: SpringProperty)]? {
    values[SpringName.uniform(name)]?.flatMap { property in
      property.value.split(separator: ",").map { part in
        let trimmed = part.drop(while: \.isWhitespace)
        let length = trimmed.lastIndex { !$0.isWhitespace }
        return (String(length.map { trimmed[...$0] } ?? ""), property)
      }
    }.filter { !$0.0.isEmpty }
  }

  /// The classes of a list with all their subclasses; nil when the list is not there.
  func exceptions(_ name: String, _ hierarchy: ExceptionHierarchy) -> ExceptionSet? {
    classes(name).map { hierarchy.set(matching: $0.compactMap { hierarchy.find($0.name) }) }
  }
}

extension SpringDuration {
  /// A likely repair of a mistaken duration: the letter O for a zero, a space before the unit.
  static func repair(_ text: String) -> String? {
    let fixed = String(
      text.filter { !$0.isWhitespace }.map { $0 == "O" || $0 == "o" ? "0" : $0 })
    return fixed != text && parse(fixed) != nil ? "did you mean '\(fixed)'?" : nil
  }

  /// A short form for messages.
  static func text(_ duration: SimDuration) -> String {
    switch duration.nanoseconds {
    case 0: "0"
    case let count where count % 1_000_000 == 0: "\(count / 1_000_000)ms"
    case let count: "\(count)ns"
    }
  }
}
