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
        name: name, number: number,
        layer: Self.layer(of: appProtocol.isEmpty ? name : appProtocol))
    }
    let distribution = spec["trafficDistribution"].text(&diagnostics) ?? ""
    prefersClose = distribution.hasPrefix("Prefer")
  }

  /// The fully qualified host name.
  var host: String { "\(meta.name).\(meta.namespace).svc.cluster.local" }

  /// What the mesh takes a port for: its declared protocol, else what it sniffs, which is HTTP.
  ///
  /// - Source: Istio `pkg/config/protocol/instance.go` (`Parse`, `IsHTTP2`),
  ///   `pkg/config/kube/conversion.go` (`ConvertProtocol`).
  static func layer(of declared: String) -> Service.Port.Layer {
    let word = declared.lowercased()
    if word == "kubernetes.io/h2c" { return .http2 }
    if word.hasPrefix("kubernetes.io/") { return .http1 }
    if word == "grpc-web" || word.hasPrefix("grpc-web-") { return .http2 }
    switch word.split(separator: "-").first ?? "" {
    case "grpc", "http2": return .http2
    case "tcp", "tls", "https", "mongo", "mysql", "redis", "udp", "kafka", "amqp": return .tcp
    default: return .http1
    }
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
      let declared = cursor["protocol"].text(&diagnostics) ?? "http"
      return Service.Port(
        name: name, number: number, layer: ServiceManifest.layer(of: declared))
    }
    endpoints = max(1, min(spec["endpoints"].list(&diagnostics).count, ReadingLimits.replicas))
  }
}
