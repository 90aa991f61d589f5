import Scenario
import TrafficPolicy

/// A gateway deployment: the Gateway manifests that configure the same pods.
struct Entrance {
  var name: String
  var manifests: [GatewayManifest]
  /// Its index in ``Scenario/proxies``.
  var proxy: Int

  /// `namespace/name` of its manifests, as VirtualServices refer to them.
  var references: [String] { manifests.map(\.reference) }

  /// Whether a user may mean it by that name.
  func isNamed(_ name: String) -> Bool {
    manifests.contains { $0.meta.name == name || $0.reference == name }
  }
}

extension ScenarioResolver {
  /// Finds the gateways, and gives each its place among the proxies.
  mutating func prepareEntrances() {
    for manifest in manifests.gateways where !manifest.isWaypoint {
      if !manifest.selector.isEmpty,
        let index = entrances.firstIndex(where: {
          $0.manifests[0].selector == manifest.selector
        })
      {
        entrances[index].manifests.append(manifest)
        continue
      }
      let name = "gateway \(manifest.reference)"
      entrances.append(
        Entrance(name: name, manifests: [manifest], proxy: scenario.proxies.count))
      scenario.proxies.append(
        ProxyPolicy(
          name: name, kind: .gateway, nodes: allNodes,
          configuration: EnvoyConfiguration(), upstreams: [], routeFilters: []))
    }
  }

  /// The host by which a gateway's routes lead requests to a target; nil when none do.
  func host(for target: CallTarget, at entrance: Entrance, _ wanted: String?) -> String? {
    let service = scenario.services[target.service]
    let operation = service.operations[target.operation]
    let references = entrance.references
    let wanted = wanted?.lowercased()
    for number in index.virtualServices(leadingTo: service.host, under: wanted) {
      let virtualService = manifests.virtualServices[number]
      let bound = virtualService.gateways.filter { references.contains($0) }
      guard !bound.isEmpty else { continue }
      let isOwnHost = virtualService.hosts.contains { $0.name == service.host }
      let leads = index.rules[number].reachable(by: operation, gateways: bound).contains { rule in
        (service.kind == .routedOnly && isOwnHost)
          || rule.destinations.contains { $0.destination.host.name == service.host }
      }
      guard leads else { continue }
      let gateways = entrance.manifests.filter { bound.contains($0.reference) }
      if let host = publicHost(virtualService, gateways, wanted, service) { return host }
    }
    return nil
  }

  /// A concrete host name that routes and gateway both take.
  private func publicHost(
    _ virtualService: VirtualServiceManifest, _ gateways: [GatewayManifest], _ wanted: String?,
    _ service: Service
  ) -> String? {
    let names = virtualService.hosts.map(\.name)
    if let wanted {
      let isTaken =
        names.contains { HostPattern.matches($0, wanted) }
        && gateways.contains { $0.takes(wanted) }
      return isTaken ? wanted : nil
    }
    let taken = names.filter { name in gateways.contains { $0.takes(name) } }
    if let concrete = taken.first(where: { !$0.hasPrefix("*") }) { return concrete }
    guard let pattern = taken.first else { return nil }
    let offered = gateways.flatMap(\.hosts).first {
      !$0.hasPrefix("*") && HostPattern.matches(pattern, $0)
    }
    if let offered { return offered }
    return pattern == "*" ? service.host : "www" + pattern.dropFirst()
  }
}

extension HTTPMatch {
  /// Whether a request for the operation can satisfy it, given the right headers and client.
  func mayTake(_ operation: Operation) -> Bool {
    (path?.holds(for: operation.path) ?? true) && (method?.holds(for: operation.method) ?? true)
  }

  /// Whether method and path alone decide.
  var isDecidedByOperation: Bool {
    headers.isEmpty && sourceLabels.isEmpty && sourceNamespace.isEmpty && authority == nil
      && port == nil
  }
}
