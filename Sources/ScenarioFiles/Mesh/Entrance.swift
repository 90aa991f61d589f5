import Scenario
import TrafficPolicy

/// A gateway deployment: the Gateway manifests that configure the same pods.
struct Entrance {
  var name: String
  var manifests: [GatewayManifest]
  /// Its index in ``Scenario/proxies``.
  var proxy: Int
  var admission: Admission

  /// `namespace/name` of its manifests, as VirtualServices refer to them.
  var references: [String] { manifests.map(\.reference) }

  /// Whether a user may mean it by that name.
  func isNamed(_ name: String) -> Bool {
    manifests.contains { $0.meta.name == name || $0.reference == name }
  }

  /// The ports at which it reads HTTP: those for HTTPS first, as users come there when they can.
  var ports: [EntrancePort] {
    var result: [EntrancePort] = []
    for gateway in manifests {
      for listener in gateway.listeners where listener.isHTTP {
        if let index = result.firstIndex(where: { $0.number == listener.port }) {
          result[index].listeners.append((gateway, listener))
        } else {
          result.append(
            EntrancePort(
              number: listener.port, listeners: [(gateway, listener)], admission: admission))
        }
      }
    }
    return result.filter(\.isSecure) + result.filter { !$0.isSecure }
  }

  /// Whether it runs routes that name it, whatever their hosts.
  func admits(_ routes: VirtualServiceManifest) -> Bool {
    guard routes.isHTTPRoute else { return admission.isExported(routes) }
    return manifests.contains { gateway in
      gateway.listeners.contains {
        routes.isBound(to: $0, of: gateway.reference)
          && admission.admits(routes, at: $0, of: gateway)
      }
    }
  }

  /// The port by which requests for an authority come: the one it names, else the first that takes
  /// the host.
  func port(of authority: String) -> EntrancePort? {
    let (host, number) = Authority.parts(authority)
    return ports.first { port in
      number.map { $0 == port.number } ?? port.listeners.contains { $0.listener.takes(host) }
    }
  }
}

/// A port of a gateway deployment, with all that its Gateways say of it.
struct EntrancePort {
  var number: Int
  var listeners: [(gateway: GatewayManifest, listener: Listener)]
  /// That of its deployment.
  var admission: Admission

  var isSecure: Bool { listeners.contains(where: \.listener.isSecure) }
  var gateways: [String] { listeners.map(\.gateway.reference) }

  /// Whether a VirtualService or HTTPRoute has the requests for a host that come here.
  func runs(_ routes: VirtualServiceManifest, for host: String) -> Bool {
    listeners.contains { gateway, listener in
      routes.isBound(to: listener, of: gateway.reference)
        && listener.takes(host, of: routes.meta.namespace)
        && admission.admits(routes, at: listener, of: gateway)
    }
  }
}

/// What a request names: a host, and a port where it is not the usual one.
enum Authority {
  static func parts(_ authority: String) -> (host: String, port: Int?) {
    guard let colon = authority.lastIndex(of: ":") else { return (authority, nil) }
    return (String(authority[..<colon]), Int(authority[authority.index(after: colon)...]))
  }
}

extension ScenarioResolver {
  /// Finds the gateways, and gives each its place among the proxies.
  mutating func prepareEntrances() {
    namespaceLabels = NamespaceLabels(manifests.namespaces)
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
      let admission = Admission(
        podNamespace: podNamespace(of: manifest), namespaces: namespaceLabels)
      entrances.append(
        Entrance(
          name: name, manifests: [manifest], proxy: scenario.proxies.count, admission: admission))
      scenario.proxies.append(
        ProxyPolicy(
          name: name, kind: .gateway, nodes: allNodes,
          configuration: EnvoyConfiguration(), upstreams: [], routeFilters: []))
    }
  }

  /// Where the pods of a gateway are: beside a Gateway of the Gateway API, else where the Deployment
  /// is that Istio's Gateway selects; nil when there is none, or there are some in several places.
  ///
  /// - Source: Istio `pilot/pkg/config/kube/gateway/deploymentcontroller.go` deploys in the Gateway's
  ///   namespace; `selector` of the `Gateway` reference looks into all of them.
  private func podNamespace(of gateway: GatewayManifest) -> String? {
    if gateway.isGatewayAPI { return gateway.meta.namespace }
    let pods = manifests.workloads.filter { $0.labels.isSelected(by: gateway.selector) }
    guard let first = pods.first?.meta.namespace else { return nil }
    return pods.allSatisfy { $0.meta.namespace == first } ? first : nil
  }

  /// The authority by which a gateway's routes lead requests to a target; nil when none do.
  func authority(
    for target: CallTarget, at entrance: Entrance, _ wanted: String?
  ) -> String? {
    let service = scenario.services[target.service]
    let operation = service.operations[target.operation]
    let wanted = wanted.map { Authority.parts($0.lowercased()) }
    let numbers = index.virtualServices(leadingTo: service.host, under: wanted?.host)
    for port in entrance.ports where wanted?.port == nil || wanted?.port == port.number {
      for number in numbers {
        let virtualService = manifests.virtualServices[number]
        let isOwnHost = virtualService.hosts.contains { $0.name == service.host }
        let leads = index.rules[number].reachable(
          by: operation, gateways: port.gateways, port: port.number
        ).contains { rule in
          (service.kind == .routedOnly && isOwnHost)
            || rule.destinations.contains { $0.destination.host.name == service.host }
        }
        guard leads, let host = publicHost(virtualService, port, wanted?.host, service) else {
          continue
        }
        let isUsual = wanted?.port == nil && entrance.port(of: host)?.number == port.number
        return isUsual ? host : "\(host):\(port.number)"
      }
    }
    return nil
  }

  /// A concrete host name that routes and gateway both take.
  private func publicHost(
    _ virtualService: VirtualServiceManifest, _ port: EntrancePort, _ wanted: String?,
    _ service: Service
  ) -> String? {
    let names = virtualService.hosts.map(\.name)
    if let wanted {
      let isTaken =
        names.contains { HostPattern.matches($0, wanted) } && port.runs(virtualService, for: wanted)
      return isTaken ? wanted : nil
    }
    let taken = names.filter { port.runs(virtualService, for: $0) }
    if let concrete = taken.first(where: { !$0.hasPrefix("*") }) { return concrete }
    guard let pattern = taken.first else { return nil }
    let offered = port.listeners.flatMap(\.listener.hosts).map(\.pattern).first {
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

  /// Whether method and path alone decide, where gateway and port are right.
  var isDecidedByOperation: Bool {
    headers.isEmpty && sourceLabels.isEmpty && sourceNamespace.isEmpty && authority == nil
  }
}
