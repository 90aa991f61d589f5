/// Which of the routes that name a gateway deployment it runs.
struct Admission {
  /// The namespace of its pods; nil when the manifests do not tell.
  var podNamespace: String?
  /// What selectors of its listeners look at.
  var namespaces: NamespaceLabels

  /// Whether a listener has the routes of a manifest that asks for it.
  func admits(
    _ routes: VirtualServiceManifest, at listener: Listener, of gateway: GatewayManifest
  ) -> Bool {
    guard routes.isHTTPRoute else { return isExported(routes) }
    // An HTTPRoute at a Gateway of Istio's own is bound by name alone.
    guard let allowed = listener.allowedRoutes else { return true }
    return allowed.takesHTTPRoutes
      && allowed.takes(
        namespace: routes.meta.namespace, at: gateway.meta.namespace, namespaces)
  }

  /// Whether the pods see a VirtualService; taken for granted where it is not known where they are.
  ///
  /// - Source: Istio `pilot/pkg/model/push_context.go`, `VirtualServicesForGateway`: `exportTo` is
  ///   held against the proxy's namespace, not against the Gateway's.
  func isExported(_ routes: VirtualServiceManifest) -> Bool {
    podNamespace.map(routes.isVisible) ?? true
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
