import Statistics

/// Which replication stands for all: the one nearest the median.
enum Representative {
  /// The place of the replication nearest the median; of equals the first.
  ///
  /// Compared are error rate, p99 and tries per request of every source, each as its distance from
  /// the median in units of the median distance.
  static func place(among results: [ReplicationResult]) -> Int {
    var distance = [Double](repeating: 0, count: results.count)
    let sources = results.map(\.sources.count).min() ?? 0
    for source in 0..<sources {
      let flows = results.map { $0.sources[source] }
      add(flows.map { ratio($0.errors, $0.completed) }, to: &distance)
      add(flows.map { $0.latency.quantile(0.99) ?? 0 }, to: &distance)
      add(flows.map { ratio($0.attempts, $0.offered) }, to: &distance)
    }
    var best = 0
    for index in results.indices where distance[index] < distance[best] { best = index }
    return best
  }

  private static func add(_ values: [Double], to distance: inout [Double]) {
    let middle = median(values)
    let offsets = values.map { ($0 - middle).magnitude }
    // When most replications agree exactly, the mean distance takes the scale instead.
    let typical = median(offsets)
    let scale = typical > 0 ? typical : offsets.reduce(0, +) / Double(offsets.count)
    guard scale > 0 else { return }
    for index in values.indices { distance[index] += offsets[index] / scale }
  }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  private static func ratio(_ part: UInt64, _ whole: UInt64) -> Double {
    whole > 0 ? Double(part) / Double(whole) : 0
  }
}
