internal import TimeAndChance

/// The hosts of a cluster and how they are picked, before anyone's view of their health.
///
/// Immutable and shared by all proxies. A host is named by its index; a slot may be absent from
/// the cluster at times. Hosts may be appended in a new topology, never reordered.
public final class HostTopology: Sendable {
  /// What the balancers must know of a host.
  public struct Host: Sendable, Equatable {
    /// `load_balancing_weight`, at least 1.
    public var weight: UInt32
    /// The priority level, 0 first.
    public var priority: Int
    /// The name of the locality; empty is one too.
    public var locality: String
    /// What the consistent-hash balancers hash: `ip:port`, a name, or the `hash_key` metadata.
    public var hashKey: String
    /// A host.
    public init(weight: Int = 1, priority: Int = 0, locality: String = "", hashKey: String = "") {
      self.weight = UInt32(clamping: max(1, weight))
      self.priority = max(0, priority)
      self.locality = locality
      self.hashKey = hashKey
    }
  }

  /// The hosts, by index.
  public let hosts: ContiguousArray<Host>
  /// The number of priority levels, at least 1.
  public let levelCount: Int
  /// The names of the localities, when picks look at them; with zone aware routing the proxy's own
  /// comes first.
  public let localities: [String]
  /// Each host's index in ``localities``; empty when picks do not look at them.
  let localityOfHost: ContiguousArray<Int>
  /// The configured weight of each of ``localities``.
  let localityWeights: ContiguousArray<UInt32>
  /// How a host is picked.
  public let policy: LoadBalancerPolicy
  /// True for the policies whose choice follows a request's key.
  public let isConsistentHash: Bool
  let slowStart: SlowStartSettings?
  let panicThreshold: Int
  let failTrafficOnPanic: Bool
  let overprovisioningFactor: Int
  let localityWeighted: Bool
  let zoneAware: ZoneAwareSettings?
  let hashBalanceFactor: Int

  /// The hosts of `cluster` under its balancing settings.
  public init(_ cluster: Cluster, hosts: some Sequence<Host>) {
    self.hosts = ContiguousArray(hosts)
    levelCount = max(1, (self.hosts.map(\.priority).max() ?? 0) + 1)
    policy = cluster.loadBalancer
    switch cluster.loadBalancer {
    case .ringHash, .maglev: isConsistentHash = true
    case .roundRobin, .leastRequest, .random: isConsistentHash = false
    }
    slowStart = cluster.slowStart.flatMap { $0.window > .zero ? $0 : nil }
    panicThreshold = cluster.panicThreshold
    failTrafficOnPanic = cluster.failTrafficOnPanic
    overprovisioningFactor = cluster.overprovisioningFactor
    localityWeighted = cluster.localityWeighted
    zoneAware = cluster.localityWeighted ? nil : cluster.zoneAware
    hashBalanceFactor = cluster.hashBalanceFactor

    guard localityWeighted || zoneAware != nil else {
      localities = []
      localityOfHost = []
      localityWeights = []
      return
    }
    var names: [String] = []
    func index(of name: String) -> Int {
      if let index = names.firstIndex(of: name) { return index }
      names.append(name)
      return names.count - 1
    }
    if let zoneAware { _ = index(of: zoneAware.localLocality) }
    for weight in cluster.localityWeights { _ = index(of: weight.locality) }
    localityOfHost = ContiguousArray(self.hosts.map { index(of: $0.locality) })
    localities = names
    var weights = ContiguousArray<UInt32>(repeating: 0, count: names.count)
    for weight in cluster.localityWeights {
      weights[index(of: weight.locality)] = UInt32(clamping: max(0, weight.weight))
    }
    localityWeights = weights
  }
}

/// A host's health as a balancer last heard of it.
@frozen public enum HostHealth: UInt8, Sendable, Hashable {
  /// Not a member of the cluster now.
  case absent
  /// In service.
  case healthy
  /// Used when healthy hosts do not suffice.
  case degraded
  /// Ejected, or failed its active health check.
  case unhealthy
}

/// Zone aware routing: a proxy prefers its own zone as far as that zone's share of hosts allows.
///
/// - Source: Envoy `zone_aware_lb_config`; `load_balancer_impl.cc`
///   (regenerateLocalityRoutingStructures).
public struct ZoneAwareSettings: Sendable, Equatable {
  /// The proxies of the local cluster in one locality.
  public struct LocalHosts: Sendable, Equatable {
    /// The locality's name.
    public var locality: String
    /// Members of the local cluster there.
    public var hosts: Int
    /// Those of them that are healthy.
    public var healthy: Int
    /// Members of the local cluster in that locality.
    public init(locality: String, hosts: Int, healthy: Int? = nil) {
      self.locality = locality
      self.hosts = hosts
      self.healthy = healthy ?? hosts
    }
  }
  /// The locality of this proxy.
  public var localLocality: String
  /// The members of the cluster that this proxy belongs to (`local_cluster_name`).
  public var localCluster: [LocalHosts]
  /// `routing_enabled`, percent of picks; 100.
  public var routingEnabled: Int
  /// `min_cluster_size`, healthy upstream hosts; 6.
  public var minClusterSize: Int
  /// `force_locality_direct_routing`; false.
  public var forceLocalityDirectRouting: Bool
  /// Zone aware routing from that locality; the defaults are Envoy's.
  public init(
    localLocality: String, localCluster: [LocalHosts], routingEnabled: Int = 100,
    minClusterSize: Int = 6, forceLocalityDirectRouting: Bool = false
  ) {
    self.localLocality = localLocality
    self.localCluster = localCluster
    self.routingEnabled = routingEnabled
    self.minClusterSize = minClusterSize
    self.forceLocalityDirectRouting = forceLocalityDirectRouting
  }
}
