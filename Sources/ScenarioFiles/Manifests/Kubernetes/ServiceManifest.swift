import Scenario

/// A Service: a name, ports and the pods behind it.
struct ServiceManifest {
  var meta: ObjectMeta
  /// The labels that select pods; empty selects none.
  var selector: [Label]
  var ports: [Service.Port]
  /// Whether hosts near the caller are preferred (`trafficDistribution`).
  var prefersClose: Bool

  init(_ meta: ObjectMeta, _ spec: ManifestCursor, _ diagnostics: inout DiagnosticList) {
    self.meta = meta
    selector = spec["selector"].labels(&diagnostics)
    ports = spec["ports"].list(&diagnostics).compactMap { cursor in
      guard let number = cursor["port"].integer(1...65535, &diagnostics) else { return nil }
      let name = cursor["name"].text(&diagnostics) ?? ""
      let appProtocol = cursor["appProtocol"].text(&diagnostics) ?? ""
      return Service.Port(
        name: name, number: number, isHTTP: Self.isHTTP(name: name, appProtocol: appProtocol))
    }
    let distribution = spec["trafficDistribution"].text(&diagnostics) ?? ""
    prefersClose = distribution.hasPrefix("Prefer")
  }

  /// The fully qualified host name.
  var host: String { "\(meta.name).\(meta.namespace).svc.cluster.local" }

  /// Whether the mesh treats a port as HTTP: by its declared protocol, else by sniffing.
  ///
  /// - Source: Istio `pkg/config/protocol/instance.go`, `pkg/config/kube/conversion.go`.
  static func isHTTP(name: String, appProtocol: String) -> Bool {
    let declared = appProtocol.isEmpty ? name : appProtocol
    let word = declared.lowercased().split(separator: "-").first.map(String.init) ?? ""
    let other = ["tcp", "tls", "https", "mongo", "mysql", "redis", "udp", "kafka", "amqp"]
    return !other.contains(word)
  }
}

/// Hosts outside the mesh.
struct ServiceEntryManifest {
  var meta: ObjectMeta
  var hosts: [String]
  var ports: [Service.Port]
  /// The number of endpoints; 1 when none are written.
  var endpoints: Int

  init(_ meta: ObjectMeta, _ spec: ManifestCursor, _ diagnostics: inout DiagnosticList) {
    self.meta = meta
    hosts = spec["hosts"].texts(&diagnostics)
    if hosts.isEmpty { spec.missing("hosts", &diagnostics) }
    ports = spec["ports"].list(&diagnostics).compactMap { cursor in
      guard let number = cursor["number"].integer(1...65535, &diagnostics) else { return nil }
      let name = cursor["name"].text(&diagnostics) ?? ""
      let proto = cursor["protocol"].text(&diagnostics)?.lowercased() ?? "http"
      return Service.Port(
        name: name, number: number,
        isHTTP: ServiceManifest.isHTTP(name: name, appProtocol: proto))
    }
    endpoints = max(1, min(spec["endpoints"].list(&diagnostics).count, ReadingLimits.replicas))
  }
}
