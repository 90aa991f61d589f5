/// The column of requests that ended in 429, which only tables have in which some did.
///
/// A 429 is no error, so without it a rate limit that refuses most requests would look like calm.
enum RejectedColumn {
  /// Its title.
  static let title = "429"

  /// A table's columns and rows without it where it tells nothing.
  static func kept(
    _ columns: [String], _ rows: [[String]]
  ) -> (columns: [String], rows: [[String]]) {
    guard let place = columns.firstIndex(of: title) else { return (columns, rows) }
    let none = ["", "–", HumanNumber.share(0)]
    if rows.contains(where: { !none.contains($0[place]) }) { return (columns, rows) }
    func without(_ cells: [String]) -> [String] {
      Array(cells[..<place] + cells[(place + 1)...])
    }
    return (without(columns), rows.map(without))
  }
}
