import Yams

extension AutoscalerVectors {
  /// A mapping of a vector file that knows its line and which of its keys were read.
  ///
  /// A class so that readers share what was read; it lives only while a file is read.
  final class Fields {
    let line: Int
    let entries: [(key: Node, value: Node)]
    private let what: String
    private let byKey: [String: Node]
    private var readKeys: Set<String> = []
    private var children: [(key: String, fields: [Fields])] = []

    init(_ node: Node, _ what: String) throws {
      line = node.mark?.line ?? 1
      self.what = what
      guard case .mapping(let mapping) = node else {
        throw MalformedVector(line: line, reason: "\(what) must be a mapping")
      }
      entries = mapping.map { ($0.key, $0.value) }
      var byKey: [String: Node] = [:]
      for (key, value) in entries { byKey[try Self.key(key)] = value }
      self.byKey = byKey
    }

    static func key(_ node: Node) throws -> String {
      guard let key = node.scalar?.string else {
        throw MalformedVector(line: node.mark?.line ?? 1, reason: "a key must be a word")
      }
      return key
    }

    /// Keys that nobody asked for, here and below, in the order of the file.
    var unread: [String] {
      entries.compactMap { $0.key.scalar?.string }.filter { !readKeys.contains($0) }
        + children.flatMap(\.fields).flatMap(\.unread)
    }

    /// The node of a key; nil when it is absent or null.
    func node(_ key: String) -> Node? {
      readKeys.insert(key)
      guard let node = byKey[key], node.null == nil else { return nil }
      return node
    }

    /// True when the key is there, even as null.
    func has(_ key: String) -> Bool { byKey[key] != nil }

    func required(_ key: String) throws -> Node {
      guard let node = node(key) else {
        throw MalformedVector(line: line, reason: "\(what) lacks '\(key)'")
      }
      return node
    }

    func fail(_ key: String, _ reason: String) -> MalformedVector {
      MalformedVector(line: byKey[key]?.mark?.line ?? line, reason: "'\(key)' \(reason)")
    }

    // MARK: Mappings and lists

    /// The mapping of a key; the same object each time, so that several readers may share it.
    func fields(_ key: String) throws -> Fields {
      if let known = children.first(where: { $0.key == key })?.fields.first { return known }
      let child = try Fields(required(key), "'\(key)'")
      children.append((key, [child]))
      return child
    }

    func optionalFields(_ key: String) throws -> Fields? {
      node(key) == nil ? nil : try fields(key)
    }

    func list(_ key: String) throws -> [Node] {
      guard case .sequence(let sequence) = try required(key) else {
        throw fail(key, "must be a list")
      }
      return Array(sequence)
    }

    func optionalList(_ key: String) throws -> [Node]? { node(key) == nil ? nil : try list(key) }

    func fieldsList(_ key: String) throws -> [Fields]? {
      guard let nodes = try optionalList(key) else { return nil }
      let list = try nodes.map { try Fields($0, "an entry of '\(key)'") }
      children.append((key, list))
      return list
    }

    // MARK: Scalars

    func optionalString(_ key: String) throws -> String? {
      guard let node = node(key) else { return nil }
      guard let string = node.scalar?.string else { throw fail(key, "must be a word") }
      return string
    }

    func string(_ key: String) throws -> String {
      _ = try required(key)
      return try optionalString(key) ?? ""
    }

    func bool(_ key: String, default fallback: Bool) throws -> Bool {
      guard let node = node(key) else { return fallback }
      guard let bool = node.bool else { throw fail(key, "must be true or false") }
      return bool
    }

    /// A whole number in a range that no arithmetic of ours can overflow.
    func optionalInt(
      _ key: String, in range: ClosedRange<Int64> = 0...1_000_000_000_000_000
    ) throws -> Int64? {
      guard let node = node(key) else { return nil }
      return try Self.int(node, key, in: range)
    }

    static func int(
      _ node: Node, _ what: String, in range: ClosedRange<Int64> = 0...1_000_000_000_000_000
    ) throws -> Int64 {
      guard let string = node.scalar?.string, let number = Int64(string), range.contains(number)
      else {
        throw MalformedVector(
          line: node.mark?.line ?? 1,
          reason: "'\(what)' must be a whole number in \(range.lowerBound)...\(range.upperBound)")
      }
      return number
    }

    func int(
      _ key: String, in range: ClosedRange<Int64> = 0...1_000_000_000_000_000
    ) throws -> Int64 {
      try Self.int(required(key), key, in: range)
    }

    func replicas(_ key: String) throws -> Int32 {
      Int32(try int(key, in: Int64(Int32.min)...Int64(Int32.max)))
    }

    func optionalDouble(_ key: String) throws -> Double? {
      guard let node = node(key) else { return nil }
      guard let string = node.scalar?.string, let number = Double(string), abs(number) <= 1e9 else {
        throw fail(key, "must be a number of at most 1e9")
      }
      return number
    }
  }
}
