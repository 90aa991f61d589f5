import Scenario

/// Which fields a kind of manifest has, and what becomes of each.
///
/// Written as an outline, one field a line, deeper fields indented by two blanks; lists are left out
/// of paths. A field without mark is read. `-` means that it has no effect on what is simulated,
/// `!` that it would change behaviour and is not modelled (what follows says how), both with all
/// below. `*` stands for free names, and a read field without fields below is taken as a whole.
struct FieldTable {
  /// A field of the table.
  ///
  /// A type of its own, as Swift 6 finds a tuple that holds the table itself a circular reference in
  /// some orders of compiling.
  private struct Field {
    var name: String
    var table: FieldTable
  }

  private var children: [Field] = []
  private var handling = ManifestField.Handling.read
  private var reason = ""

  /// The table that an outline writes.
  init(_ outline: String) {
    var stack: [(indent: Int, names: [String])] = [(-1, [])]
    for line in outline.split(separator: "\n") {
      let indent = line.prefix { $0 == " " }.count
      let words = line.split(separator: " ", maxSplits: 2).map(String.init)
      guard let name = words.first else { continue }
      while stack.count > 1, (stack.last?.indent ?? -1) >= indent { stack.removeLast() }
      let path = (stack.last?.names ?? []) + [name]
      stack.append((indent, path))
      var table = FieldTable()
      if words.count > 1, words[1] == "-" { table.handling = .ignored }
      if words.count > 1, words[1] == "!" {
        table.handling = .unmodelled
        table.reason = words.count > 2 ? words[2] : ""
      }
      add(table, at: path[...])
    }
  }

  private init() {}

  private mutating func add(_ table: FieldTable, at path: ArraySlice<String>) {
    guard let first = path.first else { return }
    let rest = path.dropFirst()
    if let index = children.firstIndex(where: { $0.name == first }) {
      children[index].table.add(table, at: rest)
    } else {
      children.append(Field(name: first, table: table))
    }
  }

  /// Goes through a document: counts its fields and warns of those that have no effect here.
  func check(
    _ document: YAMLNode, kind: String, _ fields: inout FieldCounts,
    _ diagnostics: inout DiagnosticList
  ) {
    var walk = Walk(kind: kind, fields: fields, diagnostics: diagnostics)
    walk.check(document, self, KeyPathText(), "")
    fields = walk.fields
    diagnostics = walk.diagnostics
  }

  /// A walk through one document; places have indices, the paths of statistics have none.
  private struct Walk {
    let kind: String
    var fields: FieldCounts
    var diagnostics: DiagnosticList

    mutating func check(
      _ node: YAMLNode, _ table: FieldTable, _ path: KeyPathText, _ field: String
    ) {
      for (index, element) in (node.elements ?? []).enumerated() {
        check(element, table, path.index(index), field)
      }
      for entry in node.entries ?? [] { check(entry, table, path.key(entry.key), field) }
    }

    private mutating func check(
      _ entry: YAMLNode.Entry, _ table: FieldTable, _ path: KeyPathText, _ field: String
    ) {
      let prefix = field.isEmpty ? "" : field + "."
      guard let known = table.child(entry.key) else {
        fields.add(kind, prefix + entry.key.shortened(to: 60), .unknown)
        diagnostics.warning(
          .unknownField, at: entry.keySpan, path: path,
          "unknown field \(entry.key.quoted) of \(kind)",
          help: diagnostics.isFull
            ? nil : Spelling.help(for: entry.key, among: table.children.map(\.name)))
        return
      }
      let (name, child) = (known.name, known.table)
      fields.add(kind, prefix + name, child.handling)
      switch child.handling {
      case .unmodelled:
        let reason = child.reason.isEmpty ? "it changes behaviour" : child.reason
        diagnostics.warning(
          .unmodelledField, at: entry.keySpan, path: path,
          "'\(entry.key)' of \(kind) is not simulated: \(reason)")
      case .read where !child.children.isEmpty:
        check(entry.value, child, path, prefix + name)
      case .read, .ignored, .unknown: break
      }
    }
  }

  /// A field without fields below it, what becomes of it, and why it is not simulated.
  struct Leaf {
    var path: String
    var handling: ManifestField.Handling
    var reason: String
  }

  /// Every field with what becomes of it, depth first.
  func leaves(below path: String = "") -> [Leaf] {
    children.flatMap { field in
      let child = field.table
      let own = path.isEmpty ? field.name : "\(path).\(field.name)"
      let isLeaf = child.children.isEmpty || child.handling != .read
      return isLeaf
        ? [Leaf(path: own, handling: child.handling, reason: child.reason)]
        : child.leaves(below: own)
    }
  }

  private func child(_ name: String) -> Field? {
    children.first { $0.name == name } ?? children.first { $0.name == "*" }
  }
}

/// How often each field occurred.
struct FieldCounts {
  private struct Key: Hashable {
    var kind: String
    var path: String
    var handling: ManifestField.Handling
  }
  private var counts: [Key: Int] = [:]

  mutating func add(_ kind: String, _ path: String, _ handling: ManifestField.Handling) {
    counts[Key(kind: kind, path: path, handling: handling), default: 0] += 1
  }

  /// The fields by kind and path.
  var fields: [ManifestField] {
    counts.map { key, count in
      ManifestField(kind: key.kind, path: key.path, handling: key.handling, count: count)
    }.sorted { ($0.kind, $0.path) < ($1.kind, $1.path) }
  }
}
