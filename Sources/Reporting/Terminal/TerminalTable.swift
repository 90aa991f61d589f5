/// A table of names on the left and numbers on the right that fits the terminal.
struct TerminalTable {
  private let columns: [String]
  private let style: TerminalStyle
  private var rows: [[String]] = []

  init(columns: [String], style: TerminalStyle) {
    self.columns = columns
    self.style = style
  }

  /// Adds a row; a name may begin with spaces.
  mutating func add(_ cells: [String]) {
    rows.append(
      cells.map { cell in
        String(repeating: " ", count: cell.prefix { $0 == " " }.count) + style.plain(cell)
      })
  }

  /// The least room for names before columns move together.
  private static let leastRoom = 16

  /// The lines; names are cut so that numbers never are, and broken over lines where a cut would
  /// make two of them alike.
  var lines: [String] {
    let (columns, rows) = RejectedColumn.kept(columns, rows)
    let header = columns.map(style.plain)
    let widths = header.indices.map { column in
      ([header] + rows).map { DisplayText.width($0[column]) }.max() ?? 0
    }
    let numbers = widths.dropFirst().reduce(0, +)
    let isTight = style.columns - 2 - numbers - 2 * (widths.count - 1) < Self.leastRoom
    let gap = isTight ? " " : "  "
    let room = max(8, style.columns - 2 - numbers - gap.count * (widths.count - 1))
    let names = min(room, max(widths[0], min(room, 26)))
    func line(_ cells: [String]) -> String {
      var text = "  " + DisplayText.padded(cells[0], to: names)
      for (cell, width) in zip(cells, widths).dropFirst() {
        text += gap + DisplayText.rightAligned(cell, to: width)
      }
      while text.last == " " { text.removeLast() }
      return cut(text, to: style.columns)
    }
    let shown = Dictionary(grouping: Set(rows.map { $0[0] })) { cut($0, to: names) }
    return [style.tinted(line(header), .quiet)]
      + rows.flatMap { cells -> [String] in
        let short = cut(cells[0], to: names)
        let isAlone = shown[short]?.count == 1
        let parts = isAlone ? [short] : broken(cells[0], to: names)
        return [line([parts[0]] + cells.dropFirst())] + parts.dropFirst().map { "  " + $0 }
      }
  }

  private func cut(_ text: String, to columns: Int) -> String {
    DisplayText.cut(text, to: columns, ellipsis: style.usesUnicode ? "…" : "...")
  }

  /// A name over several lines, the later ones further in.
  private func broken(_ name: String, to columns: Int) -> [String] {
    let indent = name.prefix { $0 == " " }.count
    let lines = DisplayText.wrapped(name, to: columns - indent - 2)
    return lines.enumerated().map { number, line in
      String(repeating: " ", count: indent + (number == 0 ? 0 : 2)) + line
    }
  }
}
