/// The rows of a file of comma-separated values, one after the other.
///
/// Reads bytes: a file of a day has a million rows. Lines end as those of any system do, blank ones
/// are left out, and commas within double quotes part nothing.
struct CSVLines {
  private let bytes: ContiguousArray<UInt8>
  private var place = 0
  /// The number of the line that was read last, from 1.
  private(set) var number = 0

  /// The lines of a text.
  init(_ text: String) {
    bytes = ContiguousArray(text.utf8)
    // What spreadsheets put in front of UTF-8.
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { place = 3 }
  }

  /// The cells of the next line that is not blank; nil after the last.
  mutating func next() -> [CSVCell]? {
    while place < bytes.count {
      number += 1
      let start = place
      var cells: [CSVCell] = []
      var cell = CSVCell(start: start, end: start, column: 1)
      var column = 1
      var isQuoted = false
      while place < bytes.count {
        let byte = bytes[place]
        if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") { break }
        place += 1
        // Bytes that go on with a character take no column.
        if byte & 0xC0 != 0x80 { column += 1 }
        if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
        if byte == UInt8(ascii: ","), !isQuoted {
          cell.end = place - 1
          cells.append(trimmed(cell))
          cell = CSVCell(start: place, end: place, column: column)
        }
      }
      cell.end = place
      cells.append(trimmed(cell))
      skipLineEnd()
      if cells.count > 1 || cells[0].start < cells[0].end { return cells }
    }
    return nil
  }

  private mutating func skipLineEnd() {
    guard place < bytes.count else { return }
    let isReturn = bytes[place] == UInt8(ascii: "\r")
    place += 1
    if isReturn, place < bytes.count, bytes[place] == UInt8(ascii: "\n") { place += 1 }
  }

  /// The cell without blanks and quotes at its ends.
  private func trimmed(_ cell: CSVCell) -> CSVCell {
    func isMargin(_ byte: UInt8) -> Bool {
      byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\"")
    }
    var cell = cell
    while cell.start < cell.end, isMargin(bytes[cell.start]) {
      cell.start += 1
      cell.column += 1
    }
    while cell.start < cell.end, isMargin(bytes[cell.end - 1]) { cell.end -= 1 }
    return cell
  }

  /// What a cell holds.
  func text(_ cell: CSVCell) -> String {
    String(decoding: bytes[cell.start..<cell.end], as: UTF8.self)
  }

  /// The number that a cell holds; nil when it holds none.
  func decimal(_ cell: CSVCell) -> ExactDecimal? {
    var digits: Int64 = 0
    var places = 0
    var sawPoint = false
    // Up to 15 digits fit without any look at overflow; the few other forms are read as elsewhere.
    guard cell.start < cell.end, cell.end - cell.start <= 15 else { return slowDecimal(cell) }
    for index in cell.start..<cell.end {
      let byte = bytes[index]
      if byte == UInt8(ascii: "."), !sawPoint, index > cell.start, index + 1 < cell.end {
        sawPoint = true
        continue
      }
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return slowDecimal(cell) }
      digits = digits * 10 + Int64(byte - UInt8(ascii: "0"))
      if sawPoint { places += 1 }
    }
    return ExactDecimal(digits: Int128(digits), exponent: -places)
  }

  private func slowDecimal(_ cell: CSVCell) -> ExactDecimal? {
    ExactDecimal(text(cell)[...], allowsExponent: true)
  }
}

/// A cell of a line: where it begins and ends in the file's bytes, and the column for people.
struct CSVCell {
  var start: Int
  var end: Int
  /// Its first character in its line, from 1.
  var column: Int
}
