public import TrafficPolicy

extension RouteMatch.TextMatch {
  /// Whether a text satisfies the condition; nil is an absent header.
  public func holds(for text: String?) -> Bool {
    guard let text else { return false }
    switch self {
    case .exact(let expected): return text == expected
    case .prefix(let expected): return text.hasPrefix(expected)
    case .regex(let pattern): return LinearPattern(pattern)?.matches(text) ?? false
    case .present: return true
    }
  }
}

extension RouteMatch {
  /// Whether a request satisfies all conditions; `header` gives the value of a header by its name in
  /// lower case.
  public func takes(
    authority: String, method: String, path: String, header: (String) -> String?
  ) -> Bool {
    if !authorities.isEmpty, !authorities.contains(authority) { return false }
    if let condition = self.method, !condition.holds(for: method) { return false }
    if let condition = self.path, !condition.holds(for: path) { return false }
    return headers.allSatisfy { $0.value.holds(for: header($0.name)) != $0.inverted }
  }
}
