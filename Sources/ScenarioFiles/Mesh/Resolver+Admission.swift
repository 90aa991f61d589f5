import Scenario

extension ScenarioResolver {
  /// Finds routes that no gateway runs although they name it, whether or not a request wants them.
  mutating func checkAdmission() {
    let listening = Dictionary(
      manifests.gateways.filter(\.isGatewayAPI).map { ($0.reference, $0) },
      uniquingKeysWith: { first, _ in first })
    let deployed = Dictionary(
      entrances.enumerated().flatMap { index, entrance in
        entrance.references.map { ($0, index) }
      }, uniquingKeysWith: { first, _ in first })
    for routes in manifests.virtualServices {
      for parent in routes.parents {
        if let gateway = listening[parent.gateway] { check(routes, parent, gateway) }
      }
      for gateway in routes.gateways where !routes.isHTTPRoute {
        if let index = deployed[gateway] { check(routes, entrances[index], gateway) }
      }
    }
  }

  // MARK: VirtualServices

  private mutating func check(
    _ routes: VirtualServiceManifest, _ entrance: Entrance, _ gateway: String
  ) {
    guard let namespace = entrance.admission.podNamespace,
      !entrance.admission.isExported(routes)
    else { return }
    diagnostics.warning(
      .notAdmitted, at: routes.meta.span,
      "\(routes.meta.title) is not exported to namespace \(namespace.quoted), "
        + "where the pods of gateway \(gateway.quoted) are",
      help: "add \(namespace.quoted) to 'exportTo'")
  }

  // MARK: HTTPRoutes

  /// Why no listener has an HTTPRoute.
  private enum Refusal {
    case waypoint
    case noSuchListener
    case noHTTP
    case kinds([AllowedRoutes.Kind])
    case hostnames
    case namespace(AllowedRoutes)
  }

  private mutating func check(
    _ routes: VirtualServiceManifest, _ parent: ParentListener, _ gateway: GatewayManifest
  ) {
    guard let (refusal, listener) = refusal(of: routes, parent, gateway) else { return }
    let (reason, help) = explain(refusal, routes, parent, gateway)
    let place = listener?.span ?? gateway.meta.span
    diagnostics.warning(
      .notAdmitted, at: parent.span, path: parent.path,
      "\(routes.meta.title) is not attached to \(gateway.reference.quoted): \(reason)", help: help,
      note: Diagnostic.Note(
        message: listener == nil ? "the gateway stands" : "the listener stands", span: place))
  }

  /// What keeps a route from all listeners that it asks for, and the first that it keeps it from.
  private func refusal(
    of routes: VirtualServiceManifest, _ parent: ParentListener, _ gateway: GatewayManifest
  ) -> (Refusal, Listener?)? {
    if gateway.isWaypoint { return (.waypoint, nil) }
    let named = gateway.listeners.filter(parent.names)
    guard let first = named.first else { return (.noSuchListener, nil) }
    let reading = named.filter(\.isHTTP)
    guard let second = reading.first else { return (.noHTTP, first) }
    let fitting = reading.filter { $0.allowedRoutes?.takesHTTPRoutes ?? true }
    guard let third = fitting.first else {
      return (.kinds(second.allowedRoutes?.kinds ?? []), second)
    }
    let namespace = routes.meta.namespace
    let taking = fitting.filter { listener in
      routes.hosts.contains { listener.takes($0.name, of: namespace) }
    }
    guard let fourth = taking.first else { return (.hostnames, third) }
    let isAdmitted = taking.contains {
      $0.allowedRoutes?.takes(
        namespace: namespace, at: gateway.meta.namespace, namespaceLabels) ?? true
    }
    return isAdmitted ? nil : (.namespace(fourth.allowedRoutes ?? AllowedRoutes()), fourth)
  }

  private func explain(
    _ refusal: Refusal, _ routes: VirtualServiceManifest, _ parent: ParentListener,
    _ gateway: GatewayManifest
  ) -> (reason: String, help: String?) {
    switch refusal {
    case .waypoint:
      return (
        "a waypoint runs the routes of its services",
        "name the Service as parent: kind: Service, group: \"\""
      )
    case .noSuchListener:
      let name = parent.section.map { " \($0.quoted)" } ?? ""
      let port = parent.port.map { " at port \($0)" } ?? ""
      let named = gateway.listeners.filter { $0.name == parent.section ?? $0.name }
      let help =
        named.isEmpty
        ? parent.section.flatMap { suggestion(for: $0, among: gateway.listeners.map(\.name)) }
        : NameList.possession("port", named.map { "\($0.port)" })
      return ("it has no listener\(name)\(port)", help)
    case .noHTTP:
      return (
        "its listener reads no HTTP",
        "HTTPRoutes need a listener of protocol HTTP, or of HTTPS that is not passed through"
      )
    case .kinds(let kinds):
      let list = NameList.joined(kinds.map { $0.name.shortened(to: 60) }, by: "and")
      return (
        "its listener admits only \(list)", "add {kind: HTTPRoute} to 'allowedRoutes.kinds'"
      )
    case .hostnames:
      let names = NameList.joined(routes.hosts.map(\.written), by: "and", isQuoted: true)
      let taken = gateway.listeners.flatMap(\.hosts).map(\.pattern)
      return (
        "its listener does not take \(names)",
        NameList.possession("hostname", taken, isQuoted: true)
      )
    case .namespace(let allowed):
      let (reason, help) = explain(allowed, routes.meta.namespace, "routes")
      let move = "or move the route to namespace \(gateway.meta.namespace.quoted)"
      return (reason, "\(help), \(move)")
    }
  }

  /// Why a namespace is refused, and the way in.
  private func explain(
    _ allowed: AllowedRoutes, _ namespace: String, _ what: String
  ) -> (reason: String, help: String) {
    let all = "set 'allowedRoutes.namespaces.from' to All"
    guard case .selected(let selector) = allowed.namespaces else {
      return ("its listener admits \(what) of its own namespace alone", all)
    }
    let wanted = selector.text.quoted
    return (
      "its listener admits \(what) of namespaces with \(wanted)",
      namespaceLabels.isStated(namespace)
        ? "label Namespace \(namespace.quoted) so, or \(all)"
        : "add the manifest of Namespace \(namespace.quoted), whose labels are not known, or \(all)"
    )
  }

  // MARK: Waypoints

  /// Says that a service has no waypoint, as the one that it wants does not admit it.
  mutating func warnOfRefusal(of service: ObjectMeta, by waypoint: GatewayManifest) {
    let (reason, help) = explain(waypoint.tunnelRoutes, service.namespace, "services")
    diagnostics.warning(
      .notAdmitted, at: service.span,
      "\(service.title) is without waypoint \(waypoint.reference.quoted): \(reason)", help: help,
      note: Diagnostic.Note(message: "the waypoint stands", span: waypoint.meta.span))
  }
}
