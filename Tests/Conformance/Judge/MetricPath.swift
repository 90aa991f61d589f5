/// A dotted path to metrics, as a check entry writes it.
///
/// Keys may hold dots and blanks themselves, so a part is a whole key, found by trying every cut;
/// `*` stands for any text inside one key. In a list, parts are positions and `count`.
///
/// - Source: `vectors/envoy/README.md`, "metric"; `validate.py`, `resolve`.
struct MetricPath: Sendable {
  /// A value and the keys that lead to it.
  struct Match: Sendable {
    /// The keys from the root.
    let keys: [String]
    /// The value.
    let value: MetricValue
  }

  /// The path as written.
  let text: String
  /// Keys that `*` passes over.
  let exceptions: [String]

  /// Everything that the path names below `root`, in the order of the keys.
  func matches(in root: MetricValue) -> [Match] { Self.find(text[...], root, [], exceptions) }

  /// The keys when nothing is found: the path may name a counter that stayed at 0.
  var plainKeys: [String] {
    guard let dot = text.firstIndex(of: ".") else { return [text] }
    return [String(text[..<dot]), String(text[text.index(after: dot)...])]
  }

  private static func find(
    _ path: Substring, _ value: MetricValue, _ keys: [String], _ exceptions: [String]
  ) -> [Match] {
    if path.isEmpty { return [Match(keys: keys, value: value)] }
    guard let children = value.children else { return [] }
    let dots = path.indices.filter { path[$0] == "." }
    var found: [Match] = []
    for child in children {
      for cut in dots + [path.endIndex] {
        guard takes(path[..<cut], child.key, exceptions) else { continue }
        let rest = cut == path.endIndex ? "" : path[path.index(after: cut)...]
        let deeper = find(rest, child.value, keys + [child.key], exceptions)
        found += deeper
        if !deeper.isEmpty { break }
      }
    }
    return found
  }

  private static func takes(_ part: Substring, _ key: String, _ exceptions: [String]) -> Bool {
    if part == key { return true }
    guard part.contains("*"), key != "count", !exceptions.contains(key) else { return false }
    return GlobPattern(text: String(part)).matches(key)
  }
}
