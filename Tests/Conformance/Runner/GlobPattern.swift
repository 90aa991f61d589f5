/// A text in which `*` stands for any characters and `?` for one.
///
/// Brackets are plain characters: case names hold lists of numbers.
struct GlobPattern: Sendable {
  /// The pattern as written.
  let text: String

  /// True when the whole of `candidate` matches.
  func matches(_ candidate: String) -> Bool {
    let pattern = Array(text)
    let characters = Array(candidate)
    var p = 0
    var c = 0
    var lastStar: (pattern: Int, character: Int)?
    while c < characters.count {
      if p < pattern.count, pattern[p] == "*" {
        lastStar = (p, c)
        p += 1
      } else if p < pattern.count, pattern[p] == "?" || pattern[p] == characters[c] {
        p += 1
        c += 1
      } else if let star = lastStar {
        lastStar = (star.pattern, star.character + 1)
        p = star.pattern + 1
        c = star.character + 1
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == "*" }
  }
}
