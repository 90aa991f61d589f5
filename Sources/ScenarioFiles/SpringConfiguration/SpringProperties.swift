import Yams

/// One value of a Spring configuration, with its flattened name and its place in the file.
struct SpringProperty: Hashable {
  /// The elements of the name as written.
  let elements: [String]
  /// The value as text; empty for `null`, `{}` and `[]`.
  let value: String
  let line: Int
  let column: Int

  /// The name as written.
  var path: String {
    elements.enumerated().map { index, element in
      index == 0 || element.hasPrefix("[") ? element : "." + element
    }.joined()
  }
}

/// A Spring `application.yml`, flattened as Spring does: nested maps and dotted keys give the same
/// names, a later document overrides an earlier one, `${…}` placeholders are filled in.
///
/// - Source: Spring Boot `OriginTrackedYamlLoader.java`; reference, "Externalized Configuration".
struct SpringProperties {
  /// The values below one prefix, in the order of the file.
  private(set) var list: [SpringProperty] = []

  private static let maxValues = 100_000
  private static let maxDepth = 64
  private static let maxBytes = 16 << 20

  /// Reads every document whose profile is active.
  ///
  /// - Parameters:
  ///   - yaml: The file's text.
  ///   - prefix: The first element of the names that are wanted; others serve placeholders only.
  ///   - profiles: The active profiles.
  ///   - issues: Receives what is wrong with the file.
  init(yaml: String, prefix: String, profiles: [String], issues: inout SpringIssues) {
    guard yaml.utf8.count <= Self.maxBytes else {
      issues.add(.error, at: nil, "the file is larger than \(Self.maxBytes) bytes")
      return
    }
    guard !Self.nestsTooDeeply(yaml) else {
      issues.add(.error, at: nil, "the file nests too deeply")
      return
    }
    var all: [SpringProperty] = []
    do {
      var documents = try Yams.compose_all(yaml: yaml)
      while let document = documents.next() {
        var values: [SpringProperty] = []
        guard Self.flatten(document, [], depth: 0, into: &values) else {
          issues.add(
            .error, at: values.last,
            "more than \(Self.maxValues) values or \(Self.maxDepth) levels in one document")
          return
        }
        if Self.isActive(values, profiles) { all += values }
      }
      if let error = documents.error { throw error }
    } catch let error as YamlError {
      issues.add(.error, at: Self.place(of: error), "\(error)")
      return
    } catch {
      issues.add(.error, at: nil, "\(error)")
      return
    }
    let resolver = SpringPlaceholders(all)
    list = all.filter { $0.elements.first.map(SpringName.uniform) == prefix }
      .map { property in
        SpringProperty(
          elements: property.elements,
          value: resolver.fill(property.value) { missing in
            issues.add(
              .error, at: property, "cannot resolve the placeholder '\(missing)'",
              help: "give it a default: ${\(missing):value}")
          },
          line: property.line, column: property.column)
      }
  }

  /// Whether the parser, which calls itself at every level, could run out of stack: an estimate
  /// from open brackets and from the indentation and dashes before a line's text.
  private static func nestsTooDeeply(_ yaml: String) -> Bool {
    var brackets = 0
    var margin = 0
    var inMargin = true
    for byte in yaml.utf8 {
      switch byte {
      case UInt8(ascii: "\n"):
        margin = 0
        inMargin = true
      case UInt8(ascii: " "), UInt8(ascii: "-"), UInt8(ascii: "?"):
        if inMargin { margin += 1 }
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        brackets += 1
        inMargin = false
      case UInt8(ascii: "]"), UInt8(ascii: "}"):
        brackets = max(0, brackets - 1)
      default:
        inMargin = false
      }
      if brackets > 500 || margin > 2_000 { return true }
    }
    return false
  }

  private static func place(of error: YamlError) -> SpringProperty? {
    switch error {
    case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _):
      SpringProperty(elements: [], value: "", line: mark.line, column: mark.column)
    case .duplicatedKeysInMapping(_, let context):
      SpringProperty(elements: [], value: "", line: context.mark.line, column: context.mark.column)
    default: nil
    }
  }

  /// False when the document is too large.
  private static func flatten(
    _ node: Node, _ prefix: [String], depth: Int, into list: inout [SpringProperty]
  ) -> Bool {
    guard depth < maxDepth, list.count < maxValues else { return false }
    switch node {
    case .mapping(let mapping) where !mapping.isEmpty:
      // Merged keys come first, so that those beside them override.
      for (key, value) in mapping where isMerge(key) {
        for merged in value.sequence.map(Array.init) ?? [value] where merged.mapping != nil {
          guard flatten(merged, prefix, depth: depth + 1, into: &list) else { return false }
        }
      }
      for (key, value) in mapping where !isMerge(key) {
        guard let name = key.scalar?.string else { continue }
        guard flatten(value, prefix + SpringName.elements(name), depth: depth + 1, into: &list)
        else { return false }
      }
    case .sequence(let sequence) where !sequence.isEmpty:
      for (index, value) in sequence.enumerated() {
        guard flatten(value, prefix + ["[\(index)]"], depth: depth + 1, into: &list)
        else { return false }
      }
    case .mapping(let mapping):
      list.append(property(prefix, "", mapping.mark))
    case .sequence(let sequence):
      list.append(property(prefix, "", sequence.mark))
    case .scalar(let scalar):
      list.append(property(prefix, text(scalar, node), scalar.mark))
    case .alias(let alias):
      list.append(property(prefix, "", alias.mark))
    }
    return true
  }

  private static func isMerge(_ key: Node) -> Bool {
    key.scalar?.string == "<<" && (key.scalar?.style == .plain || key.scalar?.style == .any)
  }

  private static func property(_ elements: [String], _ value: String, _ mark: Mark?)
    -> SpringProperty
  {
    SpringProperty(
      elements: elements, value: value, line: mark?.line ?? 0, column: mark?.column ?? 0)
  }

  /// A plain `1_000`, `0x10`, `~` or `yes` means what YAML says, not its letters.
  private static func text(_ scalar: Node.Scalar, _ node: Node) -> String {
    guard scalar.style == .plain || scalar.style == .any else { return scalar.string }
    if node.null != nil { return "" }
    if let number = node.int { return String(number) }
    return scalar.string
  }

  private static func isActive(_ document: [SpringProperty], _ profiles: [String]) -> Bool {
    let names = ["spring.config.activate.onprofile", "spring.profiles"]
    let conditions = document.filter { property in
      let elements = property.elements.filter { SpringName.index($0) == nil }
      return names.contains(elements.map(SpringName.uniform).joined(separator: "."))
    }
    guard !conditions.isEmpty else { return true }
    return conditions.flatMap { $0.value.split(separator: ",") }.contains { condition in
      let name = condition.filter { !$0.isWhitespace }
      return name.hasPrefix("!")
        ? !profiles.contains(String(name.dropFirst())) : profiles.contains(name)
    }
  }
}

/// Fills in `${name:default}` from the file's other properties.
struct SpringPlaceholders {
  private let values: [String: String]

  init(_ properties: [SpringProperty]) {
    values = Dictionary(
      properties.map { ($0.elements.map(SpringName.uniform).joined(separator: "."), $0.value) },
      uniquingKeysWith: { _, later in later })
  }

  func fill(_ text: String, missing: (String) -> Void) -> String {
    fill(text, depth: 0, missing)
  }

  private func fill(_ text: String, depth: Int, _ missing: (String) -> Void) -> String {
    guard depth < 8, text.utf8.count < 4_096, let opening = text.firstRange(of: "${") else {
      return text
    }
    var level = 1
    var index = opening.upperBound
    while index < text.endIndex {
      if text[index...].hasPrefix("${") { level += 1 }
      if text[index] == "}" {
        level -= 1
        if level == 0 { break }
      }
      index = text.index(after: index)
    }
    guard index < text.endIndex else { return text }
    let inner = text[opening.upperBound..<index]
    let name = String(inner.prefix { $0 != ":" })
    let fallback = inner.firstIndex(of: ":").map { String(inner[inner.index(after: $0)...]) }
    let key = SpringName.elements(name).map(SpringName.uniform).joined(separator: ".")
    let value: String
    if let found = values[key] ?? fallback {
      value = fill(found, depth: depth + 1, missing)
    } else {
      missing(name)
      value = ""
    }
    let rest = fill(String(text[text.index(after: index)...]), depth: depth + 1, missing)
    return text[..<opening.lowerBound] + value + rest
  }
}
