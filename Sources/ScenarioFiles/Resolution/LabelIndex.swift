/// Workloads by their labels, so that thousands of subsets are not compared with thousands of
/// workloads.
struct LabelIndex {
  private var workloads: [Label: [Int]] = [:]
  private let labels: [[Label]]

  /// An index of the labels of all workloads, in order.
  init(_ labels: [[Label]] = []) {
    self.labels = labels
    for (workload, own) in labels.enumerated() {
      for label in own where workloads[label]?.last != workload {
        workloads[label, default: []].append(workload)
      }
    }
  }

  /// Those of some workloads, which are in ascending order, that have all labels of a selector; all
  /// of them when it has none.
  func members(of selector: [Label], among candidates: [Int]) -> [Int] {
    guard let rarest = selector.min(by: { count($0) < count($1) }) else { return candidates }
    let having = workloads[rarest] ?? []
    if having.count < candidates.count / 8 {
      return having.filter {
        candidates.contains(sorted: $0) && labels[$0].isSelected(by: selector)
      }
    }
    return candidates.filter { labels[$0].isSelected(by: selector) }
  }

  private func count(_ label: Label) -> Int { workloads[label]?.count ?? 0 }
}

extension [Int] {
  /// Whether a number is in a list that is in ascending order.
  func contains(sorted number: Int) -> Bool {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < number { low = middle + 1 } else { high = middle }
    }
    return low < count && self[low] == number
  }
}
