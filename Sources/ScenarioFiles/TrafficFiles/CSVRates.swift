import Scenario
import TimeAndChance

/// Reads counts per interval: a header row, then one row an interval.
///
/// Columns: `count` (requests in the interval) and either `seconds` (the interval's start, from the
/// start of the source) or none, when the scenario states the interval's length. Other columns are
/// left alone.
enum CSVRates {
  /// The most rows of a file.
  private static let mostRows = 1_000_000
  /// The most requests per second, as of any rate in a scenario.
  private static let mostPerSecond = 1e9

  private struct Row {
    var start: SimDuration
    var count: Double
    /// Where the count stands.
    var line: Int
    var cell: CSVCell
  }

  /// The rate over time; nil with a diagnostic when the file has none.
  static func curve(
    _ text: String, file: Located<String>, interval: SimDuration?, from start: SimTime,
    to end: SimTime, _ diagnostics: inout DiagnosticList
  ) -> RateCurve? {
    diagnostics.register(file: file.value, text: text)
    guard let rows = rows(text, file: file.value, interval: interval, &diagnostics) else {
      return nil
    }
    guard let last = rows.last else {
      diagnostics.error(
        .badCSV, at: SourceSpan(file: file.value, line: 1), "this file has no rows of counts")
      return nil
    }
    var pieces: [RateCurve.Piece] = []
    pieces.reserveCapacity(rows.count)
    var isSound = true
    for (index, row) in rows.enumerated() {
      let usual = index > 0 ? row.start - rows[index - 1].start : SimDuration.seconds(1)
      let next = index + 1 < rows.count ? rows[index + 1].start : last.start + (interval ?? usual)
      let length = next - row.start
      let rate = row.count / length.inSeconds
      guard rate <= mostPerSecond else {
        diagnostics.error(
          .badCSV, at: row.cell.span(file.value, row.line),
          "a rate must be at most 1000000000/s, and this count is one of \(rate.short)/s",
          help: "this row lasts \(length.written)")
        isSound = false
        continue
      }
      let from = start + row.start
      guard from < end else { break }
      pieces.append(
        RateCurve.Piece(
          start: from, end: min(end, from + length), startRate: rate, endRate: rate))
    }
    return isSound ? RateCurve(pieces: pieces) : nil
  }

  /// The rows; nil with diagnostics, one for each cell that is wrong.
  private static func rows(
    _ text: String, file: String, interval: SimDuration?, _ diagnostics: inout DiagnosticList
  ) -> [Row]? {
    var lines = CSVLines(text)
    guard let header = lines.next() else { return [] }
    guard let columns = columns(header.map(lines.text), interval) else {
      diagnostics.error(
        .badCSV, at: SourceSpan(file: file, line: lines.number),
        "the header must name 'count', and 'seconds' unless 'interval' is stated",
        help: "for instance: seconds,count")
      return nil
    }
    var rows: [Row] = []
    var before: SimDuration?
    var isSound = true
    while let cells = lines.next() {
      func bad(_ cell: CSVCell?, _ message: String) {
        let span =
          cell.map { $0.span(file, lines.number) } ?? SourceSpan(file: file, line: lines.number)
        diagnostics.error(.badCSV, at: span, message)
        isSound = false
      }
      let counted = columns.count < cells.count ? cells[columns.count] : nil
      let count = counted.flatMap { lines.decimal($0) }?.double
      if count.map((0...1e12).contains) != true {
        bad(counted, "'count' must be a number of 0...1000000000000")
      }
      var start = (interval ?? .zero) * Int64(rows.count)
      if interval == nil {
        let cell = columns.seconds < cells.count ? cells[columns.seconds] : nil
        let time = cell.flatMap { lines.decimal($0) }?.times(1_000_000_000)
        guard let time, (0...SimDuration.longestInFiles.nanoseconds).contains(time) else {
          bad(
            cell,
            "'seconds' must be a time in seconds, at most \(SimDuration.longestInFiles.inDays)")
          continue
        }
        start = SimDuration(nanoseconds: time)
        if let before, start <= before { bad(cell, "rows must be in order of time") }
        before = start
      }
      guard rows.count < mostRows, start <= .longestInFiles else {
        bad(
          nil,
          rows.count < mostRows
            ? "this row begins after \(SimDuration.longestInFiles.inDays)"
            : "a file must have at most \(mostRows) rows")
        return nil
      }
      if let count, let counted {
        rows.append(Row(start: start, count: count, line: lines.number, cell: counted))
      }
    }
    return isSound ? rows : nil
  }

  /// The places of the columns that are read; nil when the header lacks one.
  private static func columns(
    _ header: [String], _ interval: SimDuration?
  ) -> (count: Int, seconds: Int)? {
    let names = header.map { $0.lowercased() }
    guard let count = names.firstIndex(of: "count") else { return nil }
    if interval != nil { return (count, count) }
    return names.firstIndex(of: "seconds").map { (count, $0) }
  }
}

extension CSVCell {
  /// The place of the cell in its file.
  fileprivate func span(_ file: String, _ line: Int) -> SourceSpan {
    SourceSpan(file: file, line: line, column: column, length: max(1, end - start))
  }
}
