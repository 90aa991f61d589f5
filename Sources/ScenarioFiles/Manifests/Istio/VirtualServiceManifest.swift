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
  /// The listeners that an HTTPRoute asks for; empty for a VirtualService, which takes all.
  var parents: [ParentListener] = []
  /// Whether it was an HTTPRoute.
  var isHTTPRoute = false

  init(_ meta: ObjectMeta, _ spec: ManifestCursor, _ diagnostics: inout DiagnosticList) {
    self.meta = meta
    hosts = spec["hosts"].list(&diagnostics).compactMap {
      HostReference($0, namespace: meta.namespace, &diagnostics)
    }
    // Without hosts others may delegate to it; that the other's routes are missing is said there.
    let named = spec["gateways"].texts(&diagnostics)
    gateways = named.isEmpty ? ["mesh"] : named.map { Self.gateway($0, in: meta.namespace) }
    let exported = spec["exportTo"].texts(&diagnostics)
    exportTo = exported.isEmpty ? ["*"] : exported.map { $0 == "." ? meta.namespace : $0 }
    rules = spec["http"].list(&diagnostics).map { HTTPRule($0, meta, &diagnostics) }
  }

  /// An HTTPRoute in the same form.
  init(
    route meta: ObjectMeta, hosts: [HostReference], gateways: [String],
    parents: [ParentListener] = [], exportTo: [String] = ["*"], rules: [HTTPRule]
  ) {
    self.meta = meta
    self.hosts = hosts
    self.gateways = gateways
    self.exportTo = exportTo
    self.rules = rules
    self.parents = parents
    isHTTPRoute = true
  }

  /// The full name of a gateway: `mesh`, or `namespace/name`.
  ///
  /// - Source: Istio `pilot/pkg/model/virtualservice.go`, `resolveGatewayName`: also `./name`, and
  ///   `name.namespace.svc.cluster.local` of old.
  static func gateway(_ written: String, in namespace: String) -> String {
    if written == "mesh" { return written }
    if let slash = written.firstIndex(of: "/") {
      return written[..<slash] == "." ? namespace + written[slash...] : written
    }
    let parts = written.split(separator: ".")
    return parts.count > 1 ? "\(parts[1])/\(parts[0])" : "\(namespace)/\(written)"
  }

  /// Whether requests at a gateway's listener are its.
  func isBound(to listener: Listener, of gateway: String) -> Bool {
    guard gateways.contains(gateway) else { return false }
    let wanted = parents.filter { $0.gateway == gateway }
    return wanted.isEmpty || wanted.contains { $0.names(listener) }
  }

  /// How near it is to clients of a namespace that see it: its own for them alone comes before
  /// what is exported to them, and that before what is for everybody.
  ///
  /// - Source: Istio `pilot/pkg/model/push_context.go`, `VirtualServicesForGateway`.
  func remoteness(from namespace: String) -> Int {
    if exportTo.contains("*") { return 2 }
    return meta.namespace == namespace ? 0 : 1
  }

  /// Whether clients in a namespace see it.
  func isVisible(from namespace: String) -> Bool {
    exportTo.contains { $0 == "*" || $0 == namespace }
  }
}

/// A parent of an HTTPRoute: a gateway, or a listener of it.
struct ParentListener {
  /// `namespace/name`.
  var gateway: String
  /// The listener's name; nil: every one.
  var section: String?
  /// The listener's port; nil: every one.
  var port: Int?
  /// Where it is written: the listener's name or port, else the gateway's name.
  var span: SourceSpan
  var path: KeyPathText

  /// Whether it asks for a listener of the gateway.
  func names(_ listener: Listener) -> Bool {
    (section ?? listener.name) == listener.name && (port ?? listener.port) == listener.port
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
  /// The VirtualService that has the routes, `namespace/name`; nil: they are here.
  var delegate: String?
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
    delegate = cursor["delegate"]["name"].text(&diagnostics).map {
      "\(cursor["delegate"]["namespace"].node?.text ?? meta.namespace)/\($0)"
    }
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
      delayFraction: fraction(delay, old: delay["percent"], &diagnostics),
      abortStatus: abort["httpStatus"].integer(200...599, &diagnostics),
      abortFraction: fraction(abort, old: nil, &diagnostics))
    return result.delay == nil && result.abortStatus == nil ? nil : result
  }

  /// The share of requests that a fault hits: `percentage`, else `percent`, which only delays have.
  private static func fraction(
    _ cursor: ManifestCursor, old: ManifestCursor?, _ diagnostics: inout DiagnosticList
  ) -> Fraction {
    guard cursor.exists else { return .none }
    let percentage = cursor["percentage"]["value"]
    guard let value = percentage.number(0...100, &diagnostics) else {
      if percentage.exists { return .none }
      if let percent = old?.integer(0...100, &diagnostics) {
        return Fraction(numerator: UInt32(percent))
      }
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
