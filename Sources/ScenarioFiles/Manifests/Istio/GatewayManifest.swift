/// A Gateway of Istio or of the Gateway API: where traffic enters, or a waypoint.
struct GatewayManifest {
  var meta: ObjectMeta
  /// Labels of the pods that it configures (Istio); empty for the Gateway API.
  var selector: [Label]
  /// Where it takes requests: the servers of Istio, the listeners of the Gateway API.
  var listeners: [Listener]
  /// Whether it stands before services of an ambient mesh instead of at the edge.
  var isWaypoint: Bool
  /// Whether it is one of the Gateway API, for which pods are deployed beside it.
  var isGatewayAPI: Bool

  /// `namespace/name`, as VirtualServices refer to it.
  var reference: String { "\(meta.namespace)/\(meta.name)" }

  init(istio meta: ObjectMeta, _ spec: ManifestCursor, _ diagnostics: inout DiagnosticList) {
    self.meta = meta
    selector = spec["selector"].labels(&diagnostics)
    listeners = spec["servers"].list(&diagnostics).map {
      Listener(server: $0, of: meta, &diagnostics)
    }
    isWaypoint = false
    isGatewayAPI = false
  }

  init(gatewayAPI meta: ObjectMeta, _ spec: ManifestCursor, _ diagnostics: inout DiagnosticList) {
    self.meta = meta
    selector = []
    listeners = spec["listeners"].list(&diagnostics).map { Listener(listener: $0, &diagnostics) }
    isWaypoint = spec["gatewayClassName"].text(&diagnostics) == "istio-waypoint"
    isGatewayAPI = true
  }
}

/// One port of a Gateway with the hosts that it takes there.
struct Listener {
  /// A host pattern, and the namespace whose routes may use it; nil: every namespace.
  struct Host {
    var namespace: String?
    var pattern: String
  }

  /// The name by which an HTTPRoute may ask for it; may be empty.
  var name: String
  var port: Int
  /// Whether users reach it by HTTPS.
  var isSecure: Bool
  /// Whether it reads HTTP: what passes as TLS or TCP sees no HTTP routes.
  var isHTTP: Bool
  /// Whether it takes the tunnels of an ambient mesh, as a waypoint does.
  var isTunnel = false
  /// Empty takes every host.
  var hosts: [Host]
  /// The routes that may be attached to it; nil for a server of Istio's Gateway, which has none.
  var allowedRoutes: AllowedRoutes?
  /// Where it stands.
  var span: SourceSpan

  /// A server of Istio's Gateway.
  init(server: ManifestCursor, of meta: ObjectMeta, _ diagnostics: inout DiagnosticList) {
    let port = server["port"]
    span = server.span
    name = server["name"].text(&diagnostics) ?? ""
    let word = port["protocol"].text(&diagnostics)?.uppercased() ?? "HTTP"
    isSecure = word == "HTTPS"
    self.port = port["number"].integer(1...65535, &diagnostics) ?? (isSecure ? 443 : 80)
    let passes = server["tls"]["mode"].node?.text?.hasSuffix("PASSTHROUGH") ?? false
    isHTTP = ["HTTP", "HTTPS", "HTTP2", "GRPC", "GRPC-WEB"].contains(word) && !passes
    hosts = server["hosts"].texts(&diagnostics).map { text in
      let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
      guard parts.count == 2 else { return Host(pattern: text.lowercased()) }
      let namespace = parts[0] == "." ? meta.namespace : parts[0]
      return Host(
        namespace: namespace == "*" ? nil : namespace, pattern: parts[1].lowercased())
    }
  }

  /// A listener of the Gateway API.
  init(listener: ManifestCursor, _ diagnostics: inout DiagnosticList) {
    span = listener.span
    name = listener["name"].text(&diagnostics) ?? ""
    let word = listener["protocol"].text(&diagnostics)?.uppercased() ?? "HTTP"
    isSecure = word == "HTTPS"
    port = listener["port"].integer(1...65535, &diagnostics) ?? (isSecure ? 443 : 80)
    let passes = listener["tls"]["mode"].node?.text == "Passthrough"
    isHTTP = (word == "HTTP" || word == "HTTPS") && !passes
    isTunnel = word == "HBONE"
    hosts = listener["hostname"].text(&diagnostics).map { [Host(pattern: $0.lowercased())] } ?? []
    allowedRoutes = AllowedRoutes(listener["allowedRoutes"], &diagnostics)
  }

  /// Whether requests for a host that routes of a namespace name may enter.
  func takes(_ host: String, of namespace: String) -> Bool {
    hosts.isEmpty
      || hosts.contains {
        ($0.namespace ?? namespace) == namespace
          && (host == "*" || HostPattern.matches($0.pattern, host)
            || HostPattern.matches(host, $0.pattern))
      }
  }

  /// Whether requests for a concrete host may enter for anybody's routes.
  func takes(_ host: String) -> Bool {
    hosts.isEmpty || hosts.contains { HostPattern.matches($0.pattern, host) }
  }
}

/// A PeerAuthentication: what connections to pods must bring.
struct PeerAuthenticationManifest {
  var meta: ObjectMeta
  /// Labels of the pods that it is for; empty: the whole namespace.
  var selector: [Label]
  /// `UNSET`, `DISABLE`, `PERMISSIVE` or `STRICT`.
  var mode: String

  init(_ meta: ObjectMeta, _ spec: ManifestCursor, _ diagnostics: inout DiagnosticList) {
    self.meta = meta
    selector = spec["selector"]["matchLabels"].labels(&diagnostics)
    mode =
      spec["mtls"]["mode"].choice(["UNSET", "DISABLE", "PERMISSIVE", "STRICT"], &diagnostics)
      ?? "UNSET"
  }
}
