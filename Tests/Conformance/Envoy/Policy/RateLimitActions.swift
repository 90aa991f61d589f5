import TrafficPolicy

/// One `rate_limits` entry of a route: the actions that make one descriptor of a request.
struct RateLimitActions {
  /// What one action adds to the descriptor.
  enum Entry {
    /// Always the same key and value.
    case always(key: String, value: String?)
    /// The value of a request header, when it is there.
    case header(key: String, name: String)
    /// A key and value when conditions on headers hold.
    case conditional(key: String, value: String, headers: [RouteMatch.HeaderMatch])
  }

  /// The entries, in order.
  let entries: [Entry]

  /// True when every request makes the descriptor.
  var isUnconditional: Bool {
    entries.allSatisfy { if case .always = $0 { true } else { false } }
  }

  /// The conditions under which the descriptor has those keys and values; nil when it never has.
  func conditions(
    for descriptor: [(key: String, value: String?)]
  ) -> [RouteMatch.HeaderMatch]? {
    guard descriptor.count == entries.count else { return nil }
    var conditions: [RouteMatch.HeaderMatch] = []
    for (wanted, entry) in zip(descriptor, entries) {
      switch entry {
      case .always(let key, let value):
        guard key == wanted.key, wanted.value == nil || wanted.value == value else { return nil }
      case .header(let key, let name):
        guard key == wanted.key else { return nil }
        let value = wanted.value.map { RouteMatch.TextMatch.exact($0) } ?? .present
        conditions.append(RouteMatch.HeaderMatch(name: name, value: value))
      case .conditional(let key, let value, let headers):
        guard key == wanted.key, wanted.value == nil || wanted.value == value else { return nil }
        conditions += headers
      }
    }
    return conditions
  }
}

extension VectorBlock {
  /// The `rate_limits` of a route or virtual host.
  mutating func rateLimitActions(_ key: String) throws -> [RateLimitActions] {
    try blocks(key) { limit in
      limit.ignore("stage", "disable_key")
      return RateLimitActions(entries: try limit.blocks("actions") { try Self.entry(&$0) })
    }
  }

  private static func entry(_ action: inout VectorBlock) throws -> RateLimitActions.Entry {
    let generic = try action.block("generic_key") { block in
      RateLimitActions.Entry.always(
        key: try block.text("descriptor_key") ?? "generic_key",
        value: try block.required("descriptor_value", block.text("descriptor_value")))
    }
    if let generic { return generic }
    let header = try action.block("request_headers") { block in
      block.ignore("skip_if_absent")
      return RateLimitActions.Entry.header(
        key: try block.required("descriptor_key", block.text("descriptor_key")),
        name: try block.required("header_name", block.text("header_name")).lowercased())
    }
    if let header { return header }
    let match = try action.block("header_value_match") { block in
      RateLimitActions.Entry.conditional(
        key: try block.text("descriptor_key") ?? "header_match",
        value: try block.required("descriptor_value", block.text("descriptor_value")),
        headers: try block.headerMatches("headers"))
    }
    if let match { return match }
    if try action.block("remote_address", { _ in true }) == true {
      return .always(key: "remote_address", value: nil)
    }
    throw action.missing("generic_key")
  }
}
