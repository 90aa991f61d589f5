import TimeAndChance
import TrafficPolicy

/// Routes of a VirtualService, or of an HTTPRoute turned into the same form.
struct VirtualServiceManifest {
  var meta: ObjectMeta
  /// The host names it is for, fully qualified where they were short; with where they stand.
  var hosts: [HostReference]
  /// The gateways by `namespace/name`, and `mesh`.
  var gateways: [String]
  /// Namespaces that see it; `*` for all.
  var exportTo: [String]
  var rules: [HTTPRule]

  init(_ meta: ObjectMeta, _ spec: ManifestCursor, _ diagnostics: inout DiagnosticList) {
    self.meta = meta
    hosts = spec["hosts"].list(&diagnostics).compactMap {
      HostReference($0, namespace: meta.namespace, &diagnostics)
    }
    if hosts.isEmpty, !spec["hosts"].exists { spec.missing("hosts", &diagnostics) }
    let named = spec["gateways"].texts(&diagnostics)
    gateways =
      named.isEmpty
      ? ["mesh"]
      : named.map { $0 == "mesh" || $0.contains("/") ? $0 : "\(meta.namespace)/\($0)" }
    let exported = spec["exportTo"].texts(&diagnostics)
    exportTo = exported.isEmpty ? ["*"] : exported.map { $0 == "." ? meta.namespace : $0 }
    rules = spec["http"].list(&diagnostics).map { HTTPRule($0, meta, &diagnostics) }
  }

  init(
    meta: ObjectMeta, hosts: [HostReference], gateways: [String], rules: [HTTPRule]
  ) {
    self.meta = meta
    self.hosts = hosts
    self.gateways = gateways
    exportTo = ["*"]
    self.rules = rules
  }

  /// Whether clients in a namespace see it.
  func isVisible(from namespace: String) -> Bool {
    exportTo.contains { $0 == "*" || $0 == namespace }
  }
}

/// A host name in a manifest, and where it is written.
struct HostReference {
  /// The fully qualified name, in lower case.
  var name: String
  /// What was written.
  var written: String
  var span: SourceSpan
  var path: KeyPathText

  /// The host at a place; short names are completed with the namespace.
  ///
  /// - Source: Istio `pilot/pkg/model/virtualservice.go` and `ResolveShortnameToFQDN`: only names
  ///   without a dot are completed.
  init?(_ cursor: ManifestCursor, namespace: String, _ diagnostics: inout DiagnosticList) {
    guard let text = cursor.text(&diagnostics), !text.isEmpty else { return nil }
    written = text
    span = cursor.span
    path = cursor.path
    let lower = text.lowercased()
    name =
      lower.contains(".") || lower == "*" ? lower : "\(lower).\(namespace).svc.cluster.local"
  }

  init(name: String, written: String, span: SourceSpan, path: KeyPathText) {
    self.name = name
    self.written = written
    self.span = span
    self.path = path
  }

  /// Whether a concrete host falls under this name, which may begin with a wildcard.
  func matches(_ host: String) -> Bool { HostPattern.matches(name, host) }
}

/// Host names with a leading wildcard.
enum HostPattern {
  /// Whether a concrete host falls under the pattern.
  static func matches(_ pattern: String, _ host: String) -> Bool {
    if pattern == "*" || pattern == host { return true }
    guard pattern.hasPrefix("*") else { return false }
    let suffix = pattern.dropFirst()
    return host.count > suffix.count && host.hasSuffix(suffix)
  }

  /// How narrow a pattern is: concrete names before longer before shorter wildcards.
  static func specificity(_ pattern: String) -> Int {
    pattern.hasPrefix("*") ? pattern.count : Int.max
  }
}

/// One rule of a VirtualService: conditions, of which one must hold, and what then happens.
struct HTTPRule {
  var matches: [HTTPMatch]
  var destinations: [WeightedDestination]
  var timeout: SimDuration?
  var retries: RetryManifest?
  var fault: FaultInjectionSettings?
  var mirrors: [MirrorManifest]
  /// The status that the proxy answers itself; nil when it forwards.
  var answer: Int?
  var span: SourceSpan

  init(_ cursor: ManifestCursor, _ meta: ObjectMeta, _ diagnostics: inout DiagnosticList) {
    span = cursor.span
    matches = cursor["match"].list(&diagnostics).map { HTTPMatch($0, meta, &diagnostics) }
    destinations = cursor["route"].list(&diagnostics).compactMap { route in
      guard let destination = DestinationReference(route["destination"], meta, &diagnostics) else {
        return nil
      }
      return WeightedDestination(
        destination: destination,
        weight: route["weight"].integer(0...1_000_000_000, &diagnostics))
    }
    timeout = cursor["timeout"].duration(atLeast: .milliseconds(1), &diagnostics)
    retries = RetryManifest(cursor["retries"], &diagnostics)
    fault = Self.fault(cursor["fault"], &diagnostics)
    mirrors = Self.mirrors(cursor, meta, &diagnostics)
    answer = nil
    if cursor["redirect"].exists {
      answer = cursor["redirect"]["redirectCode"].integer(300...399, &diagnostics) ?? 301
    } else if cursor["directResponse"].exists {
      answer = cursor["directResponse"]["status"].integer(200...599, &diagnostics) ?? 200
    } else if destinations.isEmpty, !cursor["delegate"].exists {
      cursor.missing("route", &diagnostics)
    }
  }

  init(matches: [HTTPMatch], destinations: [WeightedDestination], span: SourceSpan) {
    self.matches = matches
    self.destinations = destinations
    self.span = span
    mirrors = []
  }

  /// The faults that a rule injects; without a percentage nobody is hit.
  ///
  /// - Source: Istio `pilot/pkg/networking/core/route/route.go`, `TranslateFault`.
  private static func fault(
    _ cursor: ManifestCursor, _ diagnostics: inout DiagnosticList
  ) -> FaultInjectionSettings? {
    guard cursor.exists else { return nil }
    let delay = cursor["delay"]
    let abort = cursor["abort"]
    let result = FaultInjectionSettings(
      delay: delay["fixedDelay"].duration(atLeast: .milliseconds(1), &diagnostics),
      delayFraction: fraction(delay, &diagnostics),
      abortStatus: abort["httpStatus"].integer(200...599, &diagnostics),
      abortFraction: fraction(abort, &diagnostics))
    return result.delay == nil && result.abortStatus == nil ? nil : result
  }

  private static func fraction(
    _ cursor: ManifestCursor, _ diagnostics: inout DiagnosticList
  ) -> Fraction {
    guard cursor.exists else { return .none }
    if let percent = cursor["percent"].integer(0...100, &diagnostics) {
      return Fraction(numerator: UInt32(percent))
    }
    let percentage = cursor["percentage"]["value"]
    guard let value = percentage.number(0...100, &diagnostics) else {
      if percentage.exists { return .none }
      diagnostics.warning(
        .faultWithoutPercentage, at: cursor.span, path: cursor.path,
        "a fault without percentage hits no request",
        help: "add percentage: {value: 100}")
      return .none
    }
    return Fraction(millionths: value)
  }

  private static func mirrors(
    _ cursor: ManifestCursor, _ meta: ObjectMeta, _ diagnostics: inout DiagnosticList
  ) -> [MirrorManifest] {
    var mirrors: [MirrorManifest] = []
    if cursor["mirror"].exists,
      let target = DestinationReference(cursor["mirror"], meta, &diagnostics)
    {
      let percent =
        cursor["mirrorPercentage"]["value"].number(0...100, &diagnostics)
        ?? cursor["mirrorPercent"].number(0...100, &diagnostics)
        ?? cursor["mirror_percent"].number(0...100, &diagnostics) ?? 100
      mirrors.append(MirrorManifest(destination: target, fraction: Fraction(millionths: percent)))
    }
    for mirror in cursor["mirrors"].list(&diagnostics) {
      guard let target = DestinationReference(mirror["destination"], meta, &diagnostics) else {
        continue
      }
      let percent = mirror["percentage"]["value"].number(0...100, &diagnostics) ?? 100
      mirrors.append(MirrorManifest(destination: target, fraction: Fraction(millionths: percent)))
    }
    return mirrors
  }
}

extension Fraction {
  /// A percentage in the finest form that Envoy has.
  init(millionths percent: Double) {
    self.init(numerator: UInt32((percent * 10_000).rounded()), denominator: 1_000_000)
  }
}

/// A destination of a rule and its weight; nil stands for 1 on its own and 0 among others.
struct WeightedDestination {
  var destination: DestinationReference
  var weight: Int?
}

/// Where copies of requests go.
struct MirrorManifest {
  var destination: DestinationReference
  var fraction: Fraction
}

/// A service, a subset of it and a port, as a rule names them.
struct DestinationReference {
  var host: HostReference
  var subset: String
  var subsetSpan: SourceSpan
  /// The port's number; nil: the port of the request, or the service's only one.
  var port: Int?

  init?(_ cursor: ManifestCursor, _ meta: ObjectMeta, _ diagnostics: inout DiagnosticList) {
    guard let host = HostReference(cursor["host"], namespace: meta.namespace, &diagnostics) else {
      if !cursor["host"].exists { cursor.missing("host", &diagnostics) }
      return nil
    }
    self.host = host
    subset = cursor["subset"].text(&diagnostics) ?? ""
    subsetSpan = cursor["subset"].span
    port = cursor["port"]["number"].integer(1...65535, &diagnostics)
  }

  init(host: HostReference, port: Int?) {
    self.host = host
    subset = ""
    subsetSpan = host.span
    self.port = port
  }
}
