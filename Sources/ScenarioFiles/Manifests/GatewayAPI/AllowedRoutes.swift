/// The routes that a listener of the Gateway API admits, by their namespace and by their kind.
///
/// - Source: gateway-api `apis/v1/gateway_types.go` (`AllowedRoutes`, `RouteNamespaces`); Istio
///   `pilot/pkg/config/kube/gateway/conversion.go` (`namespacesFromSelector`) and `conditions.go`
///   (`generateSupportedKinds`).
struct AllowedRoutes {
  /// Where routes may be.
  enum Namespaces {
    /// In the gateway's own namespace.
    case same
    case all
    case selected(LabelSelector)
  }

  /// A kind of route.
  struct Kind: Equatable {
    var group: String
    var name: String

    static let httpRoute = Kind(group: "gateway.networking.k8s.io", name: "HTTPRoute")
  }

  /// By default ``Namespaces/same``.
  var namespaces = Namespaces.same
  /// Empty: every kind that the listener's protocol can carry.
  var kinds: [Kind] = []

  /// What a listener without the field admits.
  init() {}

  /// The field of a listener; where it is wrong it admits everything, so that one mistake is not
  /// reported twice.
  init(_ cursor: ManifestCursor, _ diagnostics: inout DiagnosticList) {
    let namespaces = cursor["namespaces"]
    let from = namespaces["from"]
    // The API has the word None for listeners that others add, and refuses it here.
    let word = from.choice(["All", "Selector", "Same"], &diagnostics)
    let selector = namespaces["selector"]
    switch word ?? (from.exists ? "All" : "Same") {
    case "All": self.namespaces = .all
    case "Selector":
      if !selector.exists { namespaces.missing("selector", &diagnostics) }
      let read = selector.exists ? LabelSelector(selector, &diagnostics) : nil
      self.namespaces = read.map { .selected($0) } ?? .all
    default: self.namespaces = .same
    }
    kinds = cursor["kinds"].list(&diagnostics).compactMap { kind in
      guard let name = kind["kind"].text(&diagnostics) else {
        if !kind["kind"].exists { kind.missing("kind", &diagnostics) }
        return nil
      }
      return Kind(group: kind["group"].text(&diagnostics) ?? Kind.httpRoute.group, name: name)
    }
  }

  /// Whether HTTPRoutes are among the kinds.
  var takesHTTPRoutes: Bool { kinds.isEmpty || kinds.contains(.httpRoute) }

  /// Whether what is in a namespace may be attached to a gateway in `home`.
  func takes(namespace: String, at home: String, _ labels: NamespaceLabels) -> Bool {
    switch namespaces {
    case .same: namespace == home
    case .all: true
    case .selected(let selector): selector.selects(labels.selectable(namespace))
    }
  }
}
