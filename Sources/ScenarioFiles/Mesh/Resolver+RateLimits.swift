import Scenario
import TrafficPolicy

// The local rate limits that EnvoyFilters give to proxies.
extension ScenarioResolver {
  /// The limits of a proxy's listeners, of which `ports` are those with traffic.
  mutating func rateLimits(for client: MeshClient, ports: Set<Int>) -> [HTTPFilter] {
    var result: [HTTPFilter] = []
    for filter in filters(for: client) {
      for limit in filter.limits
      where limit.scope == .listener && limit.context.includes(client.kind) {
        let limited = ports.filter { limit.place.includes(port: $0) }
        if limited.isEmpty { continue }
        if limited.count < ports.count {
          diagnostics.warning(
            .unmodelledField, at: limit.span,
            "a limit of one port of \(client.name) among several is not simulated",
            help: "patch the VIRTUAL_HOST of the port with typed_per_filter_config")
          continue
        }
        placements.add(filter.meta.title, proxy: client.name)
        result.append(.localRateLimit(limit.settings))
      }
    }
    return result
  }

  /// The limits of the routes for a host and port, which act in place of the listener's.
  ///
  /// The last patch wins. `first` is the first route's number in the proxy.
  mutating func routeLimits(
    of client: MeshClient, host: String, port: Int, first: Int, count: Int
  ) -> [RouteRateLimit?] {
    var result: [RouteRateLimit?] = Array(repeating: nil, count: count)
    for filter in filters(for: client) {
      for limit in filter.limits
      where limit.scope != .listener && limit.context.includes(client.kind)
        && limit.place.includes(host: host, port: port, isInbound: client.kind == .sidecarInbound)
      {
        placements.add(filter.meta.title, proxy: client.name)
        for route in 0..<count {
          let group =
            switch limit.scope {
            case .listener, .routes: -1
            case .virtualHost: first
            case .route: first + route
            }
          result[route] = RouteRateLimit(limit.settings, group: group)
        }
      }
    }
    return result
  }

  /// The EnvoyFilters for a proxy's pods, in order.
  private func filters(for client: MeshClient) -> [EnvoyFilterManifest] {
    let open = Set([rootNamespace, client.namespace]).flatMap(filterIndex.selectingAll)
    return (filterIndex.selecting(client.labels) + open).sorted()
      .map { manifests.envoyFilters[$0] }.filter { isSelected(client, by: $0) }
  }

  private func isSelected(_ client: MeshClient, by filter: EnvoyFilterManifest) -> Bool {
    if filter.selector.isEmpty {
      return filter.meta.namespace == rootNamespace || filter.meta.namespace == client.namespace
    }
    guard client.labels.isSelected(by: filter.selector) else { return false }
    return client.kind == .gateway || filter.meta.namespace == client.namespace
      || filter.meta.namespace == rootNamespace
  }
}

extension EnvoyFilterManifest.Context {
  /// Whether a patch of this context applies to a proxy.
  fileprivate func includes(_ kind: ProxyPolicy.Kind) -> Bool {
    switch self {
    case .any: true
    case .inbound: kind == .sidecarInbound
    case .outbound: kind == .sidecarOutbound
    case .gateway: kind == .gateway
    }
  }
}

extension EnvoyFilterManifest.Place {
  fileprivate func includes(port: Int) -> Bool { (self.port ?? port) == port }

  /// Whether it is the virtual host of a host and port.
  ///
  /// - Source: Istio names virtual hosts `host:port`, inbound ones `inbound|http|port`; a patch's
  ///   `vhost.name` is that name (`EnvoyFilter` reference, `RouteConfigurationMatch`).
  fileprivate func includes(host: String, port: Int, isInbound: Bool) -> Bool {
    guard includes(port: port) else { return false }
    guard let name = virtualHost else { return true }
    if isInbound { return name == "inbound|http|\(port)" }
    let (named, number) = Authority.parts(name)
    return (number ?? port) == port && HostPattern.matches(named.lowercased(), host)
  }
}
