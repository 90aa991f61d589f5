import Scenario
import TrafficPolicy

/// One set of conditions of a rule, all of which must hold.
struct HTTPMatch {
  var path: RouteMatch.TextMatch?
  var method: RouteMatch.TextMatch?
  var authority: RouteMatch.TextMatch?
  var headers: [RouteMatch.HeaderMatch]
  /// The port of the request; nil: every port.
  var port: Int?
  /// Labels that the client must have.
  var sourceLabels: [Label]
  /// The client's namespace; empty: every one.
  var sourceNamespace: String
  /// Gateways by `namespace/name`, and `mesh`; empty: those of the VirtualService.
  var gateways: [String]

  init(_ cursor: ManifestCursor, _ meta: ObjectMeta, _ diagnostics: inout DiagnosticList) {
    path = Self.text(cursor["uri"], &diagnostics)
    if cursor["ignoreUriCase"].boolean(&diagnostics) == true, let match = path {
      path = Self.withoutCase(match)
    }
    method = Self.text(cursor["method"], &diagnostics)
    authority = Self.text(cursor["authority"], &diagnostics)
    headers = []
    for (name, value) in cursor["headers"].entries(&diagnostics) {
      headers.append(
        RouteMatch.HeaderMatch(
          name: name.lowercased(), value: Self.text(value, &diagnostics) ?? .present))
    }
    for (name, value) in cursor["withoutHeaders"].entries(&diagnostics) {
      headers.append(
        RouteMatch.HeaderMatch(
          name: name.lowercased(), value: Self.text(value, &diagnostics) ?? .present,
          inverted: true))
    }
    port = cursor["port"].integer(1...65535, &diagnostics)
    sourceLabels = cursor["sourceLabels"].labels(&diagnostics)
    sourceNamespace = cursor["sourceNamespace"].text(&diagnostics) ?? ""
    gateways = cursor["gateways"].texts(&diagnostics).map {
      VirtualServiceManifest.gateway($0, in: meta.namespace)
    }
  }

  init(
    path: RouteMatch.TextMatch?, method: RouteMatch.TextMatch?,
    headers: [RouteMatch.HeaderMatch], port: Int?
  ) {
    self.path = path
    self.method = method
    self.headers = headers
    self.port = port
    sourceLabels = []
    sourceNamespace = ""
    gateways = []
  }

  /// Whether it takes every request of the proxies that see it.
  var isEverything: Bool {
    path == nil && method == nil && authority == nil && headers.isEmpty && port == nil
      && sourceLabels.isEmpty && sourceNamespace.isEmpty && gateways.isEmpty
  }

  /// A `StringMatch`; nil when it is absent or empty, which matches everything.
  private static func text(
    _ cursor: ManifestCursor, _ diagnostics: inout DiagnosticList
  ) -> RouteMatch.TextMatch? {
    guard cursor.exists else { return nil }
    if let exact = cursor["exact"].text(&diagnostics) { return .exact(exact) }
    if let prefix = cursor["prefix"].text(&diagnostics) { return .prefix(prefix) }
    if let regex = cursor["regex"].text(&diagnostics) {
      return expression(regex, cursor["regex"], &diagnostics)
    }
    return nil
  }

  /// A regular expression, or a diagnostic.
  static func expression(
    _ text: String, _ cursor: ManifestCursor, _ diagnostics: inout DiagnosticList
  ) -> RouteMatch.TextMatch? {
    if LinearPattern(text) != nil { return .regex(text) }
    cursor.bad(
      "a regular expression as Envoy reads it (RE2), of at most 1000 bytes", &diagnostics)
    return nil
  }

  /// An expression that matches a text as it is.
  static func literal(_ text: String) -> String {
    text.map { "\\^$.|?*+()[]{}".contains($0) ? "\\\($0)" : String($0) }.joined()
  }

  private static func withoutCase(_ match: RouteMatch.TextMatch) -> RouteMatch.TextMatch {
    func pattern(_ text: String) -> String {
      text.map { character in
        guard character.isLetter else { return literal(String(character)) }
        return "[\(character.lowercased())\(character.uppercased())]"
      }.joined()
    }
    switch match {
    case .exact(let text): return .regex(pattern(text))
    case .prefix(let text): return .regex(pattern(text) + ".*")
    case .regex, .present: return match
    }
  }
}
