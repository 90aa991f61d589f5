import TimeAndChance
import TrafficPolicy

extension VirtualServiceManifest {
  /// The routes of an HTTPRoute: those for gateways, and those for services that it is attached to.
  ///
  /// Each match is a rule of its own, and rules are ordered as the Gateway API asks: exact paths
  /// before prefixes before expressions, longer before shorter, then by method and by the number of
  /// headers.
  ///
  /// - Source: Istio `pilot/pkg/config/kube/gateway/conversion.go`; for routes of clients,
  ///   gateway-api.sigs.k8s.io, "Gateway routes and mesh: producer and consumer routes".
  static func routes(
    of meta: ObjectMeta, _ spec: ManifestCursor, _ diagnostics: inout DiagnosticList
  ) -> [VirtualServiceManifest] {
    var gateways: [ParentListener] = []
    var services: [(host: HostReference, port: Int?)] = []
    for parent in spec["parentRefs"].list(&diagnostics) {
      guard let name = parent["name"].text(&diagnostics) else {
        parent.missing("name", &diagnostics)
        continue
      }
      let namespace = parent["namespace"].text(&diagnostics) ?? meta.namespace
      let port = parent["port"].integer(1...65535, &diagnostics)
      if parent["kind"].text(&diagnostics) == "Service" {
        let host = HostReference(
          name: "\(name).\(namespace).svc.cluster.local", written: name,
          span: parent["name"].span, path: parent["name"].path)
        services.append((host, port))
      } else {
        let place =
          ["sectionName", "port"].map { parent[$0] }.first(where: \.exists) ?? parent["name"]
        gateways.append(
          ParentListener(
            gateway: "\(namespace)/\(name)",
            section: parent["sectionName"].text(&diagnostics), port: port, span: place.span,
            path: place.path))
      }
    }
    let rules = ordered(
      spec["rules"].list(&diagnostics).flatMap { rulesOf($0, meta, &diagnostics) }, by: \.self)
    var hosts = spec["hostnames"].list(&diagnostics).compactMap {
      HostReference($0, namespace: meta.namespace, &diagnostics)
    }
    if hosts.isEmpty {
      hosts = [
        HostReference(name: "*", written: "*", span: spec.span, path: KeyPathText())
      ]
    }
    var result: [VirtualServiceManifest] = []
    if !gateways.isEmpty {
      result.append(
        VirtualServiceManifest(
          route: meta, hosts: hosts, gateways: gateways.map(\.gateway), parents: gateways,
          rules: rules))
    }
    for (host, port) in services {
      // A route of another namespace than the service's is for the clients of its own alone.
      let isConsumers = !host.name.hasSuffix(".\(meta.namespace).svc.cluster.local")
      result.append(
        VirtualServiceManifest(
          route: meta, hosts: [host], gateways: ["mesh"],
          exportTo: isConsumers ? [meta.namespace] : ["*"],
          rules: port.map { port in rules.map { $0.limited(toPort: port) } } ?? rules))
    }
    return result
  }

  private static func rulesOf(
    _ cursor: ManifestCursor, _ meta: ObjectMeta, _ diagnostics: inout DiagnosticList
  ) -> [HTTPRule] {
    var rule = HTTPRule(matches: [], destinations: [], span: cursor.span)
    for backend in cursor["backendRefs"].list(&diagnostics) {
      guard let destination = destination(backend, meta, &diagnostics) else { continue }
      let weight = backend["weight"].integer(0...1_000_000, &diagnostics) ?? 1
      rule.destinations.append(WeightedDestination(destination: destination, weight: weight))
    }
    readFilters(cursor, meta, &rule, &diagnostics)
    readTimes(cursor, &rule, &diagnostics)
    if rule.answer == nil, !rule.destinations.contains(where: { $0.weight ?? 1 > 0 }) {
      rule.answer = 500
    }
    let matches = cursor["matches"].list(&diagnostics)
    if matches.isEmpty { return [rule] }
    return matches.map { match in
      var own = rule
      own.matches = [HTTPMatch(httpRoute: match, &diagnostics)]
      return own
    }
  }

  private static func destination(
    _ backend: ManifestCursor, _ meta: ObjectMeta, _ diagnostics: inout DiagnosticList
  ) -> DestinationReference? {
    guard let name = backend["name"].text(&diagnostics) else {
      backend.missing("name", &diagnostics)
      return nil
    }
    let namespace = backend["namespace"].text(&diagnostics) ?? meta.namespace
    let isHostname = backend["kind"].text(&diagnostics) == "Hostname"
    let host = HostReference(
      name: isHostname ? name.lowercased() : "\(name).\(namespace).svc.cluster.local",
      written: name, span: backend["name"].span, path: backend["name"].path)
    return DestinationReference(
      host: host, port: backend["port"].integer(1...65535, &diagnostics))
  }

  private static func readFilters(
    _ cursor: ManifestCursor, _ meta: ObjectMeta, _ rule: inout HTTPRule,
    _ diagnostics: inout DiagnosticList
  ) {
    for filter in cursor["filters"].list(&diagnostics) {
      if filter["requestRedirect"].exists {
        rule.answer =
          filter["requestRedirect"]["statusCode"].integer(300...399, &diagnostics) ?? 302
      }
      let mirror = filter["requestMirror"]
      if mirror.exists, let target = destination(mirror["backendRef"], meta, &diagnostics) {
        var fraction = Fraction.all
        if let percent = mirror["percent"].integer(0...100, &diagnostics) {
          fraction = Fraction(numerator: UInt32(percent))
        } else if let numerator = mirror["fraction"]["numerator"].integer(
          0...1_000_000_000, &diagnostics)
        {
          let denominator =
            mirror["fraction"]["denominator"].integer(1...1_000_000_000, &diagnostics) ?? 100
          fraction = Fraction(
            millionths: min(100, 100 * Double(numerator) / Double(denominator)))
        }
        rule.mirrors.append(MirrorManifest(destination: target, fraction: fraction))
      }
    }
  }

  private static func readTimes(
    _ cursor: ManifestCursor, _ rule: inout HTTPRule, _ diagnostics: inout DiagnosticList
  ) {
    let retry = cursor["retry"]
    if retry.exists {
      rule.retries = RetryManifest(
        httpRoute: retry["attempts"].integer(0...1_000, &diagnostics) ?? 2,
        codes: retry["codes"].list(&diagnostics).compactMap { $0.integer(400...599, &diagnostics) },
        backOff: retry["backoff"].duration(atLeast: .milliseconds(1), &diagnostics))
    }
    let timeouts = cursor["timeouts"]
    // Zero turns a limit off, which Istio's default is as well.
    if let request = gatewayDuration(timeouts["request"], &diagnostics), request > .zero {
      rule.timeout = request
    }
    if let backend = gatewayDuration(timeouts["backendRequest"], &diagnostics), backend > .zero {
      if rule.retries == nil {
        rule.timeout = backend
      } else {
        rule.retries?.perTryTimeout = backend
      }
    }
  }

  /// A length of time as the Gateway API writes it: whole numbers of h, m, s and ms.
  private static func gatewayDuration(
    _ cursor: ManifestCursor, _ diagnostics: inout DiagnosticList
  ) -> SimDuration? {
    if let text = cursor.node?.text, text.contains(".") || text.contains("us") {
      cursor.bad("whole numbers of h, m, s and ms", &diagnostics)
      return nil
    }
    return cursor.duration(&diagnostics)
  }

  /// Rules of HTTPRoutes, or things that have one, in the order in which they are asked.
  static func ordered<Entry>(_ entries: [Entry], by rule: (Entry) -> HTTPRule) -> [Entry] {
    func rank(_ rule: HTTPRule) -> [Int] {
      guard let match = rule.matches.first else { return [-2] }
      let path: (Int, Int) =
        switch match.path {
        case .exact(let text): (3, text.count)
        case .prefix(let text): (2, text.count)
        case .regex(let text):
          (match.isPathPrefix ? 2 : 1, text.count - (match.isPathPrefix ? 7 : 0))
        case .present, nil: (-1, 0)
        }
      return [path.0, path.1, match.method == nil ? 0 : 1, match.headers.count]
    }
    let ranked = entries.map { (entry: $0, rank: rank(rule($0))) }
    return ranked.enumerated().sorted { left, right in
      left.element.rank == right.element.rank
        ? left.offset < right.offset
        : right.element.rank.lexicographicallyPrecedes(left.element.rank)
    }.map(\.element.entry)
  }
}

extension HTTPRule {
  /// The rule for requests to one port.
  fileprivate func limited(toPort port: Int) -> HTTPRule {
    var rule = self
    if rule.matches.isEmpty {
      rule.matches = [HTTPMatch(path: nil, method: nil, headers: [], port: port)]
    }
    for index in rule.matches.indices { rule.matches[index].port = port }
    return rule
  }
}

extension HTTPMatch {
  /// Whether the expression stands for a prefix by path elements, `/cart` and all below.
  fileprivate var isPathPrefix: Bool {
    if case .regex(let text) = path { text.hasSuffix("(/.*)?") } else { false }
  }

  /// A match of an HTTPRoute.
  init(httpRoute cursor: ManifestCursor, _ diagnostics: inout DiagnosticList) {
    let path = cursor["path"]
    let value = path["value"].text(&diagnostics) ?? "/"
    var condition: RouteMatch.TextMatch?
    switch path["type"].choice(["Exact", "PathPrefix", "RegularExpression"], &diagnostics)
      ?? "PathPrefix"
    {
    case "Exact": condition = .exact(value)
    case "RegularExpression": condition = Self.expression(value, path["value"], &diagnostics)
    default:
      let prefix = value.hasSuffix("/") ? String(value.dropLast()) : value
      condition = prefix.isEmpty ? .prefix("/") : .regex(Self.literal(prefix) + "(/.*)?")
    }
    let headers = cursor["headers"].list(&diagnostics).compactMap {
      header -> RouteMatch.HeaderMatch? in
      guard let name = header["name"].text(&diagnostics) else { return nil }
      let text = header["value"].text(&diagnostics) ?? ""
      let isExpression =
        header["type"].choice(["Exact", "RegularExpression"], &diagnostics) == "RegularExpression"
      guard isExpression else {
        return RouteMatch.HeaderMatch(name: name.lowercased(), value: .exact(text))
      }
      return Self.expression(text, header["value"], &diagnostics)
        .map { RouteMatch.HeaderMatch(name: name.lowercased(), value: $0) }
    }
    self.init(
      path: condition, method: cursor["method"].text(&diagnostics).map { .exact($0) },
      headers: headers, port: nil)
  }
}
