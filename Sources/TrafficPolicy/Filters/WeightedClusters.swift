public import TimeAndChance

/// The draw of a route's destination: one per request, kept over its retries.
///
/// - Source: Envoy `source/common/router/weighted_cluster_util.h`, `config_impl.cc`
///   (pickWeightedCluster).
public struct WeightedClusters: Sendable {
  /// Cumulated weights with their clusters; destinations without weight are left out.
  private let entries: ContiguousArray<(upTo: UInt32, cluster: Int)>
  /// The sum of weights.
  public let totalWeight: UInt32

  /// The destinations of a forwarding action.
  public init(_ destinations: [ForwardAction.Destination]) {
    var sum: UInt32 = 0
    var entries: ContiguousArray<(upTo: UInt32, cluster: Int)> = []
    for destination in destinations where destination.weight > 0 {
      let weight = UInt32(clamping: destination.weight)
      sum = sum.addingReportingOverflow(weight).overflow ? .max : sum + weight
      entries.append((sum, destination.cluster))
    }
    self.entries = entries
    totalWeight = sum
  }

  /// The cluster of a request; nil when no destination has weight.
  ///
  /// One draw when there are several destinations.
  public func pick(using random: inout RandomStream) -> Int? {
    guard entries.count > 1 else { return entries.first?.cluster }
    let drawn = random.below(totalWeight)
    return entries.first { drawn < $0.upTo }?.cluster
  }
}

extension ForwardAction.Mirror {
  /// True when the request is copied: one draw, none for 0 and 100 %.
  public func draws(using random: inout RandomStream) -> Bool { fraction.draws(using: &random) }
}
