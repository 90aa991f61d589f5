import Scenario

/// Which fields a kind of manifest has, and what becomes of each.
///
/// Written as an outline, one field a line, deeper fields indented by two blanks; lists are left out
/// of paths. A field without mark is read. `-` means that it has no effect on what is simulated,
/// `!` that it would change behaviour and is not modelled (what follows says how), both with all
/// below. `*` stands for free names, and a read field without fields below is taken as a whole.
struct FieldTable {
  private var children: [(name: String, table: FieldTable)] = []
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
      children.append((first, table))
    }
  }

  /// Goes through a document: counts its fields and warns of those that have no effect here.
  func check(
    _ node: YAMLNode, kind: String, _ path: KeyPathText, _ fields: inout FieldCounts,
    _ diagnostics: inout DiagnosticList
  ) {
    for element in node.elements ?? [] {
      check(element, kind: kind, path, &fields, &diagnostics)
    }
    for entry in node.entries ?? [] {
      let entryPath = path.key(entry.key)
      guard let (name, table) = child(entry.key) else {
        fields.add(kind, path.field(entry.key), .unknown)
        diagnostics.warning(
          .unknownField, at: entry.keySpan, path: entryPath,
          "unknown field \(entry.key.quoted) of \(kind)",
          help: Spelling.help(for: entry.key, among: children.map(\.name)))
        continue
      }
      fields.add(kind, path.field(name), table.handling)
      switch table.handling {
      case .unmodelled:
        let reason = table.reason.isEmpty ? "it changes behaviour" : table.reason
        diagnostics.warning(
          .unmodelledField, at: entry.keySpan, path: entryPath,
          "'\(entry.key)' of \(kind) is not simulated: \(reason)")
      case .read where !table.children.isEmpty:
        let next = name == "*" ? path.key("*") : entryPath
        table.check(entry.value, kind: kind, next, &fields, &diagnostics)
      case .read, .ignored, .unknown: break
      }
    }
  }

  private func child(_ name: String) -> (String, FieldTable)? {
    children.first { $0.name == name } ?? children.first { $0.name == "*" }
  }
}

extension KeyPathText {
  /// The path of a field as statistics name it.
  fileprivate func field(_ name: String) -> String { text.isEmpty ? name : text + "." + name }
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
