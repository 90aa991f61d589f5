extension RouteMatch.TextMatch {
  /// Whether a text satisfies the condition; ``present`` holds for every text.
  ///
  /// A pattern that is not a regular expression matches nothing; readers refuse such patterns.
  public func matches(_ text: String) -> Bool {
    switch self {
    case .exact(let wanted): return text == wanted
    case .prefix(let wanted): return text.hasPrefix(wanted)
    case .regex(let pattern): return CompiledPatterns.shared.matches(pattern, text)
    case .present: return true
    }
  }
}

extension RouteMatch.HeaderMatch {
  /// Whether the condition holds for a header's value, nil when the request has no such header.
  public func holds(for value: String?) -> Bool {
    (value.map { self.value.matches($0) } ?? false) != inverted
  }
}

extension RouteMatch {
  /// Whether the route takes a request; header names are asked for in lower case.
  public func takes(
    path: String, method: String, authority: String, header: (String) -> String?
  ) -> Bool {
    if let match = self.path, !match.matches(path) { return false }
    if let match = self.method, !match.matches(method) { return false }
    if !authorities.isEmpty, !authorities.contains(where: { Self.covers($0, authority) }) {
      return false
    }
    return headers.allSatisfy { $0.holds(for: header($0.name)) }
  }

  /// Whether a host name or wildcard (`*`, `*.example.com`, `example.*`) covers a host.
  private static func covers(_ pattern: String, _ host: String) -> Bool {
    if pattern == "*" || pattern == host { return true }
    if pattern.hasPrefix("*") { return host.hasSuffix(pattern.dropFirst()) }
    if pattern.hasSuffix("*") { return host.hasPrefix(pattern.dropLast()) }
    return false
  }
}
