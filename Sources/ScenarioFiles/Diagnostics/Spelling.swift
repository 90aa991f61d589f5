/// Finds the name that was probably meant.
public enum Spelling {
  /// So many names are compared at most: a hostile file has thousands, and as many mistakes.
  private static let mostCandidates = 2_000

  /// The nearest of `candidates`, or nil when none is near.
  ///
  /// Of those as near as each other the one that begins most like it, then the first: who writes
  /// `rat` means `rate` and not `at`.
  public static func nearest(to written: String, among candidates: some Sequence<String>) -> String?
  {
    guard written.count <= 64 else { return nil }
    let folded = Array(written.lowercased())
    var best: (name: String, distance: Int, start: Int)?
    for candidate in candidates.prefix(mostCandidates) where candidate.utf8.count <= 256 {
      let other = Array(candidate.lowercased())
      let allowed = max(1, min(folded.count, other.count) / 3)
      guard other.count <= 64, abs(other.count - folded.count) <= allowed else { continue }
      let distance = distance(folded, other)
      guard distance <= allowed else { continue }
      let start = zip(folded, other).prefix { $0 == $1 }.count
      if let best, (distance, -start) >= (best.distance, -best.start) { continue }
      best = (candidate, distance, start)
    }
    return best?.name
  }

  /// The help that offers the nearest candidate, else the given one.
  static func help(
    for written: String, among candidates: [String], otherwise: String? = nil
  ) -> String? {
    if let near = nearest(to: written, among: candidates) { return "did you mean '\(near)'?" }
    return otherwise
  }

  /// Insertions, deletions, replacements and swaps of neighbours that turn one word into another.
  private static func distance(_ left: [Character], _ right: [Character]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for i in 0..<left.count {
      var row = [i + 1]
      for j in 0..<right.count {
        let cost = left[i] == right[j] ? 0 : 1
        var best = min(row[j] + 1, last[j + 1] + 1, last[j] + cost)
        if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
          best = min(best, beforeLast[j - 1] + 1)
        }
        row.append(best)
      }
      beforeLast = last
      last = row
    }
    return last[right.count]
  }
}
