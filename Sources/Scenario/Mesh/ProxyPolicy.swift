public import TrafficPolicy

/// The policy that proxies of one kind run, resolved from manifests.
///
/// State is per proxy instance: each pod of a workload with a sidecar, each instance of a gateway
/// or waypoint.
public struct ProxyPolicy: Sendable, Equatable {
  /// Where the proxy stands.
  public enum Kind: Sendable, Equatable {
    /// Beside a client pod, for its calls.
    case sidecarOutbound
    /// Beside a server pod, for what reaches it; its one cluster is the pod itself.
    case sidecarInbound
    /// At the edge of the mesh.
    case gateway
    /// Before the pods of ambient services, for all their clients.
    case waypoint
  }

  /// The name in reports: `sidecar of content`, `gateway shop/edge`.
  public var name: String
  /// Where the proxy stands.
  public var kind: Kind
  /// Instances of a gateway or waypoint, at least 1; a sidecar has one for each pod.
  public var instances: Int
  /// The nodes on which a gateway's or waypoint's instances stand in turn; empty for sidecars.
  public var nodes: [Int]
  /// Filters, routes and clusters.
  public var configuration: EnvoyConfiguration
  /// What stands behind each cluster, by the cluster's index.
  public var upstreams: [Upstream]
  /// Filter settings of each route, by the route's index.
  public var routeFilters: [RouteFilters]

  /// A policy from its parts.
  public init(
    name: String, kind: Kind, instances: Int = 1, nodes: [Int] = [],
    configuration: EnvoyConfiguration, upstreams: [Upstream], routeFilters: [RouteFilters]
  ) {
    self.name = name
    self.kind = kind
    self.instances = instances
    self.nodes = nodes
    self.configuration = configuration
    self.upstreams = upstreams
    self.routeFilters = routeFilters
  }
}

/// Settings that a route gives to filters in front of the router (`typed_per_filter_config`).
public struct RouteFilters: Sendable, Equatable {
  /// The `fault` block of a VirtualService's route; nil: none.
  public var fault: FaultInjectionSettings?
  /// A local rate limit of the route, instead of the listener's; nil: none.
  public var localRateLimit: RouteRateLimit?
  /// Settings of a route.
  public init(
    fault: FaultInjectionSettings? = nil, localRateLimit: RouteRateLimit? = nil
  ) {
    self.fault = fault
    self.localRateLimit = localRateLimit
  }
}

/// What stands behind a cluster.
public struct Upstream: Sendable, Equatable {
  /// What the proxy sends on a connection.
  public enum Transport: Sendable, Equatable {
    /// mTLS where the host can, else plaintext (Istio's automatic mTLS).
    case automatic
    /// Always mTLS.
    case mutualTLS
    /// Always plaintext.
    case plaintext
  }

  /// The service, as index in ``Scenario/services``.
  public var service: Int
  /// The subset's name; empty: the whole service.
  public var subset: String
  /// The workloads whose pods are the hosts, as indices in ``Scenario/workloads``.
  public var workloads: [Int]
  /// How hosts near the proxy are preferred.
  public var locality: LocalityPreference
  /// What the proxy sends on a connection.
  public var transport: Transport

  /// The hosts of a cluster.
  public init(
    service: Int, subset: String = "", workloads: [Int], locality: LocalityPreference = .ignored,
    transport: Transport = .automatic
  ) {
    self.service = service
    self.subset = subset
    self.workloads = workloads
    self.locality = locality
    self.transport = transport
  }
}

/// How hosts near a proxy are preferred.
///
/// - Source: Istio `pilot/pkg/networking/core/loadbalancer/loadbalancer.go`.
public enum LocalityPreference: Sendable, Equatable {
  /// Not at all.
  case ignored
  /// Hosts get a priority by how much of region, zone and subzone they share with the proxy: same
  /// zone 0, same region 1, else 2; a region that ``RegionFailover`` names comes before the others.
  /// Empty priorities are closed up.
  case failover([RegionFailover])
  /// Traffic from the proxy's locality is spread by weights over localities.
  case distribute([LocalityDistribution])
}

/// Where traffic of a region goes when the region fails.
public struct RegionFailover: Sendable, Equatable {
  /// The region of the proxy.
  public var from: String
  /// The region that comes next.
  public var to: String
  /// A failover from one region to another.
  public init(from: String, to: String) {
    self.from = from
    self.to = to
  }
}

/// How traffic of a locality is spread.
public struct LocalityDistribution: Sendable, Equatable {
  /// A locality and its share.
  public struct Share: Sendable, Equatable {
    /// `region`, `region/zone` or with `/*`.
    public var locality: String
    /// Percent.
    public var weight: Int
    /// A share of a locality.
    public init(locality: String, weight: Int) {
      self.locality = locality
      self.weight = weight
    }
  }
  /// The locality of the proxy: `region`, `region/zone` or with `/*`.
  public var from: String
  /// Where its traffic goes; the weights sum to 100.
  public var to: [Share]
  /// A spread of a locality's traffic.
  public init(from: String, to: [Share]) {
    self.from = from
    self.to = to
  }
}
