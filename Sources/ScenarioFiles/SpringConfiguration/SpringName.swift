/// A property name as Spring's relaxed binding reads it: elements between dots, brackets kept whole.
///
/// `slidingWindowSize`, `sliding-window-size` and `SLIDING_WINDOW_SIZE` are one property, and
/// `a.b: 1` is the same as `a: {b: 1}`.
///
/// - Source: Spring Boot reference, "Relaxed Binding"; `ConfigurationPropertyName.java`.
enum SpringName {
  /// The elements of a key: `a.b[0]` gives `a`, `b` and `[0]`.
  static func elements(_ key: String) -> [String] {
    var elements: [String] = []
    var current = ""
    var inBrackets = false
    for character in key {
      switch character {
      case "[" where !inBrackets:
        if !current.isEmpty { elements.append(current) }
        current = "["
        inBrackets = true
      case "]" where inBrackets:
        elements.append(current + "]")
        current = ""
        inBrackets = false
      case "." where !inBrackets:
        if !current.isEmpty { elements.append(current) }
        current = ""
      default:
        current.append(character)
      }
    }
    if !current.isEmpty { elements.append(current) }
    return elements
  }

  /// The form in which spellings are compared: lower case, without dashes and underscores.
  static func uniform(_ element: String) -> String {
    element.lowercased().filter { $0 != "-" && $0 != "_" }
  }

  /// An element that names an entry of a map, such as an instance: brackets protect every
  /// character, without them all but letters, digits, dashes and underscores are dropped.
  static func mapKey(_ element: String) -> String {
    if element.hasPrefix("["), element.hasSuffix("]") {
      return String(element.dropFirst().dropLast())
    }
    return element.filter { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "-" || $0 == "_" }
  }

  /// The position in a list, for an element such as `[3]`.
  static func index(_ element: String) -> Int? {
    guard element.hasPrefix("["), element.hasSuffix("]") else { return nil }
    return Int(element.dropFirst().dropLast())
  }

  /// The known spelling that is nearest to a word, if one is near enough to be meant.
  static func nearest(to word: String, among known: [String]) -> String? {
    let wanted = Array(uniform(word).unicodeScalars.prefix(80))
    guard !wanted.isEmpty else { return nil }
    var best: (distance: Int, name: String)?
    for name in known {
      let distance = distance(wanted, Array(uniform(name).unicodeScalars))
      if distance < best?.distance ?? .max { best = (distance, name) }
    }
    guard let best, best.distance <= max(2, wanted.count / 3) else { return nil }
    return best.name
  }

  /// How many letters must be changed, left out, added or swapped with a neighbour.
  private static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for (row, letter) in left.enumerated() {
      var current = [row + 1]
      for (column, other) in right.enumerated() {
        var cost = min(
          last[column] + (letter == other ? 0 : 1), last[column + 1] + 1, current[column] + 1)
        if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
          cost = min(cost, beforeLast[column - 1] + 1)
        }
        current.append(cost)
      }
      beforeLast = last
      last = current
    }
    return last[right.count]
  }
}
