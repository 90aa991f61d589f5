import Yams

/// A node of a YAML document: plain values that remember their lines.
///
/// Aliases are resolved and tags dropped; keys keep their order.
struct VectorNode: Sendable, Equatable {
  /// A key of a mapping and its value.
  struct Entry: Sendable, Equatable {
    /// The key's text, whatever it looks like.
    let key: String
    /// The line of the key, counted from 1.
    let line: Int
    /// The value.
    let value: VectorNode
  }

  /// What a node holds.
  enum Content: Sendable, Equatable {
    /// A scalar's text; `isPlain` without quotes, so that it may mean a number.
    case scalar(String, isPlain: Bool)
    /// The items.
    case sequence([VectorNode])
    /// The entries, keys unique.
    case mapping([Entry])
  }

  /// The line, counted from 1.
  let line: Int
  /// What the node holds.
  let content: Content

  /// A node.
  init(line: Int, _ content: Content) {
    self.line = line
    self.content = content
  }

  /// The document of a text, or an empty mapping for an empty text.
  /// - Throws: ``MalformedVector`` with the line of the first mistake.
  init(parsing text: String) throws {
    do {
      guard let root = try Yams.compose(yaml: text) else {
        self.init(line: 1, .mapping([]))
        return
      }
      var budget = 2_000_000
      self = try Self(root, depth: 0, &budget)
    } catch let error as YamlError {
      throw MalformedVector(error)
    }
  }

  /// A copy of a parsed node; aliases may multiply it, so its size and depth are bounded.
  private init(_ node: Node, depth: Int, _ budget: inout Int) throws {
    let line = node.mark?.line ?? 1
    budget -= 1
    guard depth < 100, budget > 0 else {
      throw MalformedVector(line: line, reason: "nested too deeply, or too large")
    }
    switch node {
    case .scalar(let scalar):
      self.init(line: line, .scalar(scalar.string, isPlain: scalar.style == .plain))
    case .sequence(let sequence):
      var items: [VectorNode] = []
      for item in sequence { items.append(try Self(item, depth: depth + 1, &budget)) }
      self.init(line: line, .sequence(items))
    case .mapping(let mapping):
      var entries: [Entry] = []
      for (key, value) in mapping {
        guard case .scalar(let name) = key else {
          throw MalformedVector(line: key.mark?.line ?? line, reason: "a key must be a text")
        }
        let child = try Self(value, depth: depth + 1, &budget)
        entries.append(Entry(key: name.string, line: key.mark?.line ?? line, value: child))
      }
      self.init(line: line, .mapping(entries))
    case .alias:
      throw MalformedVector(line: line, reason: "an alias without an anchor")
    }
  }

  /// The value of a key; nil when there is none or the node is no mapping.
  subscript(key: String) -> VectorNode? {
    guard case .mapping(let entries) = content else { return nil }
    return entries.first { $0.key == key }?.value
  }

  /// The text of a scalar, or nil.
  var text: String? {
    if case .scalar(let text, _) = content { text } else { nil }
  }

  /// The items of a sequence, or nil.
  var items: [VectorNode]? {
    if case .sequence(let items) = content { items } else { nil }
  }

  /// The entries of a mapping, or nil.
  var entries: [Entry]? {
    if case .mapping(let entries) = content { entries } else { nil }
  }

  /// True for an empty value, `~` or `null`.
  var isNull: Bool {
    if case .scalar(let text, isPlain: true) = content {
      ["", "~", "null", "Null", "NULL"].contains(text)
    } else {
      false
    }
  }

  /// This node with `other` laid over it: mappings merge key by key, all else is replaced.
  func overlaid(by other: VectorNode?) -> VectorNode {
    guard let other else { return self }
    guard case .mapping(var merged) = content, case .mapping(let changes) = other.content else {
      return other
    }
    for change in changes {
      if let index = merged.firstIndex(where: { $0.key == change.key }) {
        let value = merged[index].value.overlaid(by: change.value)
        merged[index] = Entry(key: change.key, line: change.line, value: value)
      } else {
        merged.append(change)
      }
    }
    return VectorNode(line: line, .mapping(merged))
  }
}

extension MalformedVector {
  /// A mistake that the YAML parser found.
  init(_ error: YamlError) {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      self.init(line: mark.line, reason: "not YAML: \(problem)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      self.init(
        line: context.mark.line,
        reason:
          "a key is given twice: \(duplicates.map { "\($0)" }.sorted().joined(separator: ", "))")
    default:
      self.init(line: 1, reason: "not YAML: \(error)")
    }
  }
}
