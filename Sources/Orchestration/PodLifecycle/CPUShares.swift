/// How busy containers share the cores of a node that has too few: by their requests.
///
/// Requests matter only under contention. Who needs less than his share leaves the rest to the
/// others.
///
/// - Source: Kubernetes `MilliCPUToShares` in `pkg/kubelet/cm/helpers_linux.go`; Linux
///   `kernel/sched/fair.c`.
public enum CPUShares {
  /// The weight of a request: 1024 per core, at least 2, at most 262144.
  public static func weight(requestMilli: Int64) -> Int64 {
    min(max(2, min(requestMilli, 1_000_000) * 1024 / 1000), 262_144)
  }

  /// The cores each container gets, in thousandths.
  ///
  /// - Parameters:
  ///   - capacityMilli: the node's cores.
  ///   - containers: the weight of each and the most it could use now (its limit or its threads).
  /// - Returns: a share for each, in the order given; together at most the capacity.
  public static func divide(
    capacityMilli: Int64, among containers: [(weight: Int64, demandMilli: Int64)]
  ) -> [Int64] {
    var shares = [Int64](repeating: 0, count: containers.count)
    var open = containers.indices.filter { containers[$0].demandMilli > 0 }
    var left = max(0, capacityMilli)
    while !open.isEmpty && left > 0 {
      let weights = open.reduce(Int128(0)) { $0 + Int128(max(1, containers[$1].weight)) }
      let offers = open.map { index in
        let share = Int128(left) * Int128(max(1, containers[index].weight)) / weights
        return (index: index, offer: Int64(clamping: share))
      }
      let content = offers.filter { containers[$0.index].demandMilli <= $0.offer }
      if content.isEmpty {
        for (index, offer) in offers { shares[index] = offer }
        break
      }
      for (index, _) in content {
        shares[index] = containers[index].demandMilli
        left -= containers[index].demandMilli
      }
      open = open.filter { index in !content.contains { $0.index == index } }
    }
    return shares
  }
}
