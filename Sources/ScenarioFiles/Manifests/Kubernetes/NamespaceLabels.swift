/// The labels of namespaces: of those that have a manifest, and what is known of all others.
struct NamespaceLabels {
  /// The label that the API server gives every namespace: its name.
  ///
  /// - Source: Kubernetes, "Well-Known Labels": stable since 1.22, and not to be changed.
  private static let nameLabel = "kubernetes.io/metadata.name"

  private let stated: [String: [Label]]

  /// The labels that Namespace manifests state; the first of a name stands.
  init(_ namespaces: [ObjectMeta] = []) {
    stated = Dictionary(
      namespaces.map { ($0.name, $0.labels) }, uniquingKeysWith: { first, _ in first })
  }

  /// Whether a namespace has a manifest.
  func isStated(_ name: String) -> Bool { stated[name] != nil }

  /// Whether the manifest of any namespace has one of these labels.
  func haveAny(of names: [String]) -> Bool {
    stated.values.contains { labels in names.contains { labels[$0] != nil } }
  }

  /// The labels that a namespace's manifest states; none when there is no manifest.
  subscript(_ name: String) -> [Label] { stated[name] ?? [] }

  /// The labels by which selectors find a namespace.
  func selectable(_ name: String) -> [Label] {
    [Label(name: Self.nameLabel, value: name)] + self[name]
  }
}
