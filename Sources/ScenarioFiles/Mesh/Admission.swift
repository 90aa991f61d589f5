/// Which of the routes that name a gateway deployment it runs.
struct Admission {
  /// What selectors of its listeners look at.
  var namespaces: NamespaceLabels

  /// Whether a listener has the routes of a manifest that asks for it.
  func admits(
    _ routes: VirtualServiceManifest, at listener: Listener, of gateway: GatewayManifest
  ) -> Bool {
    // At a Gateway of Istio's own, routes are bound by name alone.
    guard routes.isHTTPRoute, let allowed = listener.allowedRoutes else { return true }
    return allowed.takesHTTPRoutes
      && allowed.takes(
        namespace: routes.meta.namespace, at: gateway.meta.namespace, namespaces)
  }
}

extension GatewayManifest {
  /// Whether services of a namespace may have this waypoint.
  ///
  /// - Source: Istio `pilot/pkg/serviceregistry/kube/controller/ambient/waypoints.go`,
  ///   `makeAllowedRoutes`: the HBONE listener at port 15008 says so, else the namespace is the same.
  func takesServices(of namespace: String, _ labels: NamespaceLabels) -> Bool {
    tunnelRoutes.takes(namespace: namespace, at: meta.namespace, labels)
  }

  /// What the listener of a waypoint admits.
  var tunnelRoutes: AllowedRoutes {
    listeners.first { $0.isTunnel && $0.port == 15008 }?.allowedRoutes ?? AllowedRoutes()
  }
}
