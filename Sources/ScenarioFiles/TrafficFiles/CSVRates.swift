import Scenario
import TimeAndChance

/// Reads counts per interval: a header row, then one row an interval.
///
/// Columns: `count` (requests in the interval) and either `seconds` (the interval's start, from the
/// start of the source) or none, when the scenario states the interval's length. Other columns are
/// left alone.
enum CSVRates {
  private struct Row {
    var start: SimDuration
    var count: Double
    var line: Int
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
    for (index, row) in rows.enumerated() {
      let usual = index > 0 ? row.start - rows[index - 1].start : SimDuration.seconds(1)
      let next = index + 1 < rows.count ? rows[index + 1].start : last.start + (interval ?? usual)
      let length = next - row.start
      guard length > .zero else {
        diagnostics.error(
          .badCSV, at: SourceSpan(file: file.value, line: row.line + 1),
          "rows must be in order of time")
        return nil
      }
      let from = start + row.start
      guard from < end else { break }
      let rate = row.count / length.inSeconds
      let piece = RateCurve.Piece(
        start: from, end: min(end, from + length), startRate: rate, endRate: rate)
      pieces.append(piece)
    }
    return RateCurve(pieces: pieces)
  }

  private static func rows(
    _ text: String, file: String, interval: SimDuration?, _ diagnostics: inout DiagnosticList
  ) -> [Row]? {
    func bad(_ line: Int, _ message: String, help: String? = nil) {
      diagnostics.error(
        .badCSV, at: SourceSpan(file: file, line: line), message, help: help)
    }
    var header: [String] = []
    var rows: [Row] = []
    var number = 0
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      number += 1
      let line = line.last == "\r" ? line.dropLast() : line
      if line.allSatisfy({ $0 == " " }) { continue }
      let cells = line.split(separator: ",", omittingEmptySubsequences: false)
        .map { $0.filter { $0 != "\"" }.trimmed }
      if header.isEmpty {
        header = cells.map { $0.lowercased() }
        if !header.contains("count") || (!header.contains("seconds") && interval == nil) {
          bad(
            number, "the header must name 'count', and 'seconds' unless 'interval' is stated",
            help: "for instance: seconds,count")
          return nil
        }
        continue
      }
      guard let column = header.firstIndex(of: "count"), column < cells.count,
        let count = ExactDecimal(cells[column][...], allowsExponent: true)?.double,
        (0...1e12).contains(count)
      else {
        bad(number, "'count' must be a number of 0...1000000000000")
        return nil
      }
      var start = (interval ?? .zero) * Int64(rows.count)
      if interval == nil, let column = header.firstIndex(of: "seconds") {
        guard column < cells.count,
          let time = ExactDecimal(cells[column][...])?.times(1_000_000_000),
          (0...SimDuration.longestInFiles.nanoseconds).contains(time)
        else {
          bad(number, "'seconds' must be a time in seconds")
          return nil
        }
        start = SimDuration(nanoseconds: time)
      }
      guard rows.count < 1_000_000, start <= .longestInFiles else {
        bad(number, "a file must have at most 1000000 rows")
        return nil
      }
      rows.append(Row(start: start, count: count, line: number))
    }
    return rows
  }
}

extension String {
  /// The text without blanks at its ends.
  fileprivate var trimmed: String { self[...].trimmingBlanks }
}
