import Scenario

/// The page that lists the fields of every kind of manifest, as Markdown.
///
/// Fields with the same parent share a row. What all kinds have in common stands once, at the top.
struct ManifestFieldsPage {
  private static let head = """
    # What is read of manifests

    Field by field: what shapes a run, what has no effect on it, and what is warned about.

    Written by `foreshock schema --manifests`; a run's `summary.json` has the same under `fields`,
    counted over its own manifests.

    - **read**: the field shapes the run.
    - **no effect**: the field is known, and changes nothing of what is simulated.
    - **warned**: the field would change behaviour and is not simulated; each use prints a warning.

    A field that is in none of the lists is warned about as unknown. Of every kind, `apiVersion`, `kind`
    and of `metadata` the `name`, `namespace`, `labels` and `annotations` are read; `status` and the
    rest of `metadata` have no effect.
    """

  /// The page's text.
  static var text: String {
    let sections = ManifestTables.all.map { kind, table in section(kind, table) }
    let kinds = ManifestTables.behavioural.map { "`\($0)`" }.joined(separator: ", ")
    let rest = """
      ## Other kinds

      Warned about, because they change what users see and are not simulated: \(kinds).

      All others (ConfigMaps, roles, accounts, …) have no effect on what is simulated.
      """
    return ([head] + sections + [rest]).joined(separator: "\n\n") + "\n"
  }

  private static func section(_ kind: String, _ table: FieldTable) -> String {
    let leaves = table.leaves().filter {
      !["apiVersion", "kind", "metadata", "status"].contains($0.path.prefix { $0 != "." })
    }
    var lines = ["## \(kind)", "", "| below | read | no effect | warned |", "|---|---|---|---|"]
    var rows: [Row] = []
    for leaf in leaves {
      let (parent, name) = parts(of: leaf.path)
      if let index = rows.firstIndex(where: { $0.parent == parent }) {
        rows[index].add(name, leaf.handling)
      } else {
        var row = Row(parent: parent)
        row.add(name, leaf.handling)
        rows.append(row)
      }
    }
    lines += rows.map(\.text)
    let reasons = leaves.filter { $0.handling == .unmodelled && !$0.reason.isEmpty }
    if !reasons.isEmpty { lines.append("") }
    lines += reasons.map { "- `\($0.path)`: \($0.reason)" }
    return lines.joined(separator: "\n")
  }

  private static func parts(of path: String) -> (parent: String, name: String) {
    guard let dot = path.lastIndex(of: ".") else { return ("", path) }
    return (String(path[..<dot]), String(path[path.index(after: dot)...]))
  }

  /// The fields of one parent.
  private struct Row {
    var parent: String
    var read: [String] = []
    var ignored: [String] = []
    var unmodelled: [String] = []

    mutating func add(_ name: String, _ handling: ManifestField.Handling) {
      switch handling {
      case .read: read.append(name)
      case .ignored: ignored.append(name)
      case .unmodelled, .unknown: unmodelled.append(name)
      }
    }

    var text: String {
      let cells = [read, ignored, unmodelled].map { names in
        names.map { "`\($0 == "*" ? "…" : $0)`" }.joined(separator: " ")
      }
      let place = parent.isEmpty ? "" : "`\(parent.replacing("*", with: "…"))`"
      return "| \(place) | \(cells.joined(separator: " | ")) |"
    }
  }
}
