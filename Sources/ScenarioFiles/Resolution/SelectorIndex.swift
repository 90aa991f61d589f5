/// Services by the pods that they select.
///
/// Services of the same selector are one group, so that thousands of them on the same pods cost as
/// much as one.
struct SelectorIndex {
  /// Services of one namespace that select the same pods.
  struct Group {
    let selector: [Label]
    /// In ascending order, at least one.
    var services: [Int]
    /// Those that the scenario describes, in ascending order.
    var described: [Int] = []
    /// What they select, in ascending order.
    var workloads: [Int] = []
  }

  private struct Key: Hashable {
    var namespace: String
    var selector: [Label]
  }

  private struct LabelKey: Hashable {
    var namespace: String
    var label: Label
  }

  /// In the order of their first services.
  var groups: [Group] = []
  private var byLabel: [LabelKey: [Int]] = [:]

  /// An index of those services that have a selector.
  init(_ services: [ScenarioResolver.ServiceKnowledge]) {
    var known: [Key: Int] = [:]
    var namespaces: [String] = []
    for (index, service) in services.enumerated() {
      guard let manifest = service.manifest, !manifest.selector.isEmpty else { continue }
      let key = Key(namespace: manifest.meta.namespace, selector: manifest.selector)
      let group = known[key] ?? groups.count
      if group == groups.count {
        known[key] = group
        groups.append(Group(selector: manifest.selector, services: []))
        namespaces.append(manifest.meta.namespace)
      }
      groups[group].services.append(index)
      if service.draft != nil { groups[group].described.append(index) }
    }
    // A group stands under that label of its selector which the fewest others have.
    var counts: [LabelKey: Int] = [:]
    func keys(_ group: Int) -> [LabelKey] {
      groups[group].selector.map { LabelKey(namespace: namespaces[group], label: $0) }
    }
    for group in groups.indices { for key in keys(group) { counts[key, default: 0] += 1 } }
    for group in groups.indices {
      let rarest = keys(group).min { (counts[$0] ?? 0) < (counts[$1] ?? 0) }
      if let rarest { byLabel[rarest, default: []].append(group) }
    }
  }

  /// The groups that select pods of a namespace with those labels.
  func selecting(_ labels: [Label], in namespace: String) -> [Int] {
    labels.flatMap { byLabel[LabelKey(namespace: namespace, label: $0)] ?? [] }
      .filter { labels.isSelected(by: groups[$0].selector) }.sorted()
  }
}
