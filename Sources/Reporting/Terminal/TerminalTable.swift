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

  /// The lines; names are cut so that numbers never are.
  var lines: [String] {
    let header = columns.map(style.plain)
    let widths = header.indices.map { column in
      ([header] + rows).map { DisplayText.width($0[column]) }.max() ?? 0
    }
    let numbers = widths.dropFirst().reduce(0) { $0 + 2 + $1 }
    let room = max(8, style.columns - 2 - numbers)
    let names = min(room, max(widths[0], min(room, 26)))
    func line(_ cells: [String]) -> String {
      let ellipsis = style.usesUnicode ? "…" : "..."
      var text = "  "
      text += DisplayText.padded(
        DisplayText.cut(cells[0], to: names, ellipsis: ellipsis), to: names)
      for (cell, width) in zip(cells, widths).dropFirst() {
        text += "  " + DisplayText.rightAligned(cell, to: width)
      }
      while text.last == " " { text.removeLast() }
      return DisplayText.cut(text, to: style.columns, ellipsis: ellipsis)
    }
    return [style.tinted(line(header), .quiet)] + rows.map(line)
  }
}
