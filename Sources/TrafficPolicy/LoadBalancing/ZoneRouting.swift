internal import TimeAndChance

/// How picks at level 0 go by zone: all to the own one, or a share of it and the rest by what other
/// zones have left.
///
/// - Source: Envoy `load_balancer_impl.cc` (regenerateLocalityRoutingStructures,
///   tryChooseLocalLocalityHosts).
struct ZoneRouting {
  /// True when every pick goes to the own zone.
  let isDirect: Bool
  /// Of 10 000 picks, those for the own zone.
  let localPercentToRoute: UInt64
  /// What each zone can take beyond its own clients, summed up over the zones so far.
  let residualCapacity: [UInt64]
  /// `routing_enabled` in percent.
  let routingEnabled: UInt32
  /// True when the local cluster panics: picks do not look at zones, or fail.
  let localClusterPanics: Bool

  /// The routing that follows from both clusters' hosts; nil when zones are not looked at.
  init?(
    _ settings: ZoneAwareSettings, _ topology: HostTopology,
    _ health: ContiguousArray<HostHealth>
  ) {
    let zones = topology.localities
    var healthy = [UInt64](repeating: 0, count: zones.count)
    var members = healthy
    for (index, host) in topology.hosts.enumerated() where host.priority == 0 {
      if health[index] != .absent { members[topology.localityOfHost[index]] += 1 }
      if health[index] == .healthy { healthy[topology.localityOfHost[index]] += 1 }
    }
    let hasLocal = members[0] > 0
    let own = settings.localCluster.first { $0.locality == settings.localLocality }
    let force = settings.forceLocalityDirectRouting
    guard members.count(where: { $0 > 0 }) >= 2,
      settings.localCluster.count >= 2 || force,
      let own, own.hosts > 0,
      healthy.reduce(0, +) >= UInt64(max(0, settings.minClusterSize))
    else { return nil }

    routingEnabled = UInt32(clamping: max(0, settings.routingEnabled))
    let localMembers = settings.localCluster.reduce(0) { $0 + $1.hosts }
    let localHealthy = settings.localCluster.reduce(0) { $0 + $1.healthy }
    let percent = 100 * Double(localHealthy) / Double(max(1, localMembers))
    localClusterPanics = percent < Double(min(100, max(0, topology.panicThreshold)))

    let total = healthy.reduce(0, +)
    func upstream(_ zone: Int) -> UInt64 { total > 0 ? 10_000 * healthy[zone] / total : 0 }
    func local(_ zone: Int) -> UInt64 {
      guard healthy[zone] > 0, localHealthy > 0 else { return 0 }
      let here = settings.localCluster.first { $0.locality == zones[zone] }?.healthy ?? 0
      return 10_000 * UInt64(max(0, here)) / UInt64(localHealthy)
    }
    isDirect = hasLocal && (force || (upstream(0) > 0 && upstream(0) >= local(0)))
    localPercentToRoute = hasLocal && local(0) > 0 ? upstream(0) * 10_000 / local(0) : 0
    var sum: UInt64 = 0
    residualCapacity = zones.indices.map { zone in
      if !(zone == 0 && hasLocal), upstream(zone) > local(zone) {
        sum += upstream(zone) - local(zone)
      }
      return sum
    }
  }

  /// The zone of a pick.
  ///
  /// At most two draws.
  func zone(using random: inout RandomStream) -> Int {
    if isDirect { return 0 }
    if random.next() % 10_000 < localPercentToRoute { return 0 }
    guard let capacity = residualCapacity.last, capacity > 0 else {
      return Int(random.next() % UInt64(max(1, residualCapacity.count)))
    }
    let threshold = random.next() % capacity
    return residualCapacity.firstIndex { threshold < $0 } ?? 0
  }
}
