/// A Gateway of Istio or of the Gateway API: where traffic enters, or a waypoint.
struct GatewayManifest {
  var meta: ObjectMeta
  /// Labels of the pods that it configures (Istio); empty for the Gateway API.
  var selector: [Label]
  /// Host names that it takes, possibly with wildcards; empty takes every host.
  var hosts: [String]
  /// Whether it stands before services of an ambient mesh instead of at the edge.
  var isWaypoint: Bool

  /// `namespace/name`, as VirtualServices refer to it.
  var reference: String { "\(meta.namespace)/\(meta.name)" }

  init(istio meta: ObjectMeta, _ spec: ManifestCursor, _ diagnostics: inout DiagnosticList) {
    self.meta = meta
    selector = spec["selector"].labels(&diagnostics)
    hosts = []
    for server in spec["servers"].list(&diagnostics) {
      // A host may be preceded by the namespace of the routes that may use it.
      hosts += server["hosts"].texts(&diagnostics).map {
        String($0.split(separator: "/").last ?? "*").lowercased()
      }
    }
    isWaypoint = false
  }

  init(gatewayAPI meta: ObjectMeta, _ spec: ManifestCursor, _ diagnostics: inout DiagnosticList) {
    self.meta = meta
    selector = []
    hosts = []
    for listener in spec["listeners"].list(&diagnostics) {
      hosts.append(listener["hostname"].text(&diagnostics)?.lowercased() ?? "*")
    }
    isWaypoint = spec["gatewayClassName"].text(&diagnostics) == "istio-waypoint"
  }

  /// Whether requests for a host that routes name may enter.
  func takes(_ host: String) -> Bool {
    hosts.isEmpty || host == "*"
      || hosts.contains { HostPattern.matches($0, host) || HostPattern.matches(host, $0) }
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
