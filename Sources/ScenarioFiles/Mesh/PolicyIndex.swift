/// Policies by the pods that they select, so that thousands of them are not compared with thousands
/// of proxies.
struct PolicyIndex {
  /// Without selector, by namespace.
  private var open: [String: [Int]] = [:]
  /// Under that label of the selector which the fewest others have.
  private var byLabel: [Label: [Int]] = [:]

  /// An index of policies in order.
  init(_ policies: [(namespace: String, selector: [Label])] = []) {
    var counts: [Label: Int] = [:]
    for policy in policies { for label in policy.selector { counts[label, default: 0] += 1 } }
    for (index, policy) in policies.enumerated() {
      let rarest = policy.selector.min { (counts[$0] ?? 0) < (counts[$1] ?? 0) }
      if let rarest {
        byLabel[rarest, default: []].append(index)
      } else {
        open[policy.namespace, default: []].append(index)
      }
    }
  }

  /// Those that may select pods with such labels, in order; each has a selector.
  func selecting(_ labels: [Label]) -> [Int] {
    labels.flatMap { byLabel[$0] ?? [] }.sorted()
  }

  /// Those of a namespace that select all pods, in order.
  func selectingAll(in namespace: String) -> [Int] { open[namespace] ?? [] }
}
