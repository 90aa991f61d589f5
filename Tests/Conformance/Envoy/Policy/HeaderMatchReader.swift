import TrafficPolicy

extension VectorBlock {
  /// A list of Envoy `HeaderMatcher`s.
  mutating func headerMatches(_ key: String) throws -> [RouteMatch.HeaderMatch] {
    try blocks(key) { block in
      let name = try block.required("name", block.text("name")).lowercased()
      let inverted = try block.bool("invert_match") ?? false
      block.ignore("treat_missing_header_as_empty")
      let value = try block.textMatch(in: "string_match") ?? block.oldTextMatch()
      if try block.bool("present_match") == false {
        return RouteMatch.HeaderMatch(name: name, value: .present, inverted: !inverted)
      }
      return RouteMatch.HeaderMatch(name: name, value: value ?? .present, inverted: inverted)
    }
  }

  /// A `StringMatcher` in the field `key`.
  mutating func textMatch(in key: String) throws -> RouteMatch.TextMatch? {
    try block(key) { block in
      if let text = try block.text("exact") { return .exact(text) }
      if let text = try block.text("prefix") { return .prefix(text) }
      let regex = try block.block("safe_regex") { regex in
        regex.ignore("google_re2")
        return try regex.required("regex", regex.text("regex"))
      }
      guard let regex else { throw block.missing("exact") }
      return .regex(regex)
    }
  }

  /// The deprecated fields of a header matcher.
  private mutating func oldTextMatch() throws -> RouteMatch.TextMatch? {
    if let text = try text("exact_match") { return .exact(text) }
    if let text = try text("prefix_match") { return .prefix(text) }
    return nil
  }

  /// The `match` of a route; absent, it takes every request.
  mutating func routeMatch(_ key: String) throws -> RouteMatch {
    try block(key) { block in
      var match = RouteMatch()
      if let prefix = try block.text("prefix") { match.path = .prefix(prefix) }
      if let path = try block.text("path") { match.path = .exact(path) }
      let regex = try block.block("safe_regex") { regex in
        regex.ignore("google_re2")
        return try regex.required("regex", regex.text("regex"))
      }
      if let regex { match.path = .regex(regex) }
      match.headers = try block.headerMatches("headers")
      return match
    } ?? RouteMatch()
  }
}
