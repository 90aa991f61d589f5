public import TimeAndChance
public import TrafficPolicy

/// A kind of client proxy and where its instances stand.
public struct ProxyModel: Sendable {
  /// Which instance a call goes through.
  public enum Placement: Sendable, Equatable {
    /// Each pod of the calling service has its own, for its calls: a sidecar.
    ///
    /// Requests of a source are spread over them at random.
    case besideEachCaller(service: Int)
    /// Each pod of that service has its own, through which every request to the pod passes.
    ///
    /// The one cluster of its configuration is the pod itself, so ``ProxyModel/endpoints`` has one
    /// empty entry.
    case inFrontOfEachPod(service: Int)
    /// So many instances; each call of a source or pod takes one at random: gateways, waypoints.
    case shared(instances: Int)
  }

  /// A host of a cluster.
  public struct Endpoint: Sendable, Equatable {
    /// The pod.
    public var pod: PodReference
    /// Its weight, at least 1.
    public var weight: Int
    /// Its priority level, from 0.
    public var priority: Int
    /// Its locality's name; empty when localities do not matter.
    public var locality: String
    /// What consistent hashing hashes for it: `ip:port` or its name.
    public var hashKey: String
    /// False when it is not a member at the start.
    public var isMember: Bool
    /// An endpoint.
    public init(
      pod: PodReference, weight: Int = 1, priority: Int = 0, locality: String = "",
      hashKey: String = "", isMember: Bool = true
    ) {
      self.pod = pod
      self.weight = weight
      self.priority = priority
      self.locality = locality
      self.hashKey = hashKey
      self.isMember = isMember
    }
  }

  /// How long ways to and from the instances take, where they stand in a ``NetworkModel``.
  public struct Ways: Sendable {
    /// Where a proxy's instances stand.
    public enum Site: Sendable, Equatable {
      /// By themselves, each at one place: gateways, waypoints.
      case places([Int])
      /// With whoever calls, which ``EdgeModel/caller`` says: sidecars, and stand-ins for callers
      /// without a proxy.
      case caller
    }
    /// Where the instances stand.
    public var site: Site
    /// What the proxy adds between the caller and itself.
    public var hop: HopModel
    /// What is added on the caller's side between the proxy and a host (ztunnel).
    public var hostHop: HopModel
    /// Ways from that site.
    public init(site: Site, hop: HopModel = HopModel(), hostHop: HopModel = HopModel()) {
      self.site = site
      self.hop = hop
      self.hostHop = hostHop
    }
  }

  /// How instances of one locality see the hosts: they prefer those near them.
  public struct Home: Sendable, Equatable {
    /// The priority level of each endpoint, by cluster.
    public var priorities: [[Int]]
    /// The weights of localities, by cluster; nil shares nothing out.
    public var localityWeights: [[Cluster.LocalityWeight]?]
    /// A view of the hosts.
    public init(priorities: [[Int]], localityWeights: [[Cluster.LocalityWeight]?]) {
      self.priorities = priorities
      self.localityWeights = localityWeights
    }
  }

  /// The name, as in reports.
  public var name: String
  /// What the proxy is told.
  public var configuration: EnvoyConfiguration
  /// The hosts of each cluster of the configuration, in configuration order.
  public var endpoints: [[Endpoint]]
  /// Which instance a call goes through.
  public var placement: Placement
  /// The time from the caller to the proxy, one way, without ``ways``.
  public var fromCaller: SimDuration
  /// The time from the proxy to a host, one way, without ``ways``.
  public var toHost: SimDuration
  /// The time to open a connection; nil does not model connections.
  ///
  /// They are then free and unlimited, and of the circuit breaker only the limits on requests and
  /// retries act. With ``ways`` any value stands for a round trip between the instance and the host.
  public var connect: SimDuration?
  /// When outlier sweeps run: at whole multiples of the interval after this instant.
  ///
  /// Nil draws a phase for each instance, so that sweeps of many proxies do not tick together.
  public var sweepOffset: SimDuration?
  /// How long the instances have been up when the run begins; slow start and merge windows see it.
  public var upFor: SimDuration
  /// The ways to callers and hosts; nil takes ``fromCaller`` and ``toHost`` for all.
  public var ways: Ways?
  /// Views of the hosts that differ between instances; empty lets all see ``endpoints``.
  public var homes: [Home]
  /// Each instance's index in ``homes``.
  public var homeOfInstance: [Int]
  /// The local rate limit of each route that has its own, instead of the listener's, by route.
  public var routeRateLimits: [RouteRateLimit?]

  /// A kind of proxy.
  public init(
    name: String, configuration: EnvoyConfiguration, endpoints: [[Endpoint]], placement: Placement,
    fromCaller: SimDuration = .zero, toHost: SimDuration = .zero, connect: SimDuration? = nil,
    sweepOffset: SimDuration? = nil, upFor: SimDuration = .zero, ways: Ways? = nil,
    homes: [Home] = [], homeOfInstance: [Int] = [],
    routeRateLimits: [RouteRateLimit?] = []
  ) {
    self.name = name
    self.configuration = configuration
    self.endpoints = endpoints
    self.placement = placement
    self.fromCaller = fromCaller
    self.toHost = toHost
    self.connect = connect
    self.sweepOffset = sweepOffset
    self.upFor = upFor
    self.ways = ways
    self.homes = homes
    self.homeOfInstance = homeOfInstance
    self.routeRateLimits = routeRateLimits
  }
}

/// A way that calls take: who carries them, and what is asked at the end.
public struct EdgeModel: Sendable {
  /// Who carries the call.
  public enum Carrier: Sendable, Equatable {
    /// A proxy of that kind, on the route that the request's attributes select.
    case proxy(Int)
    /// No proxy: the caller picks a pod of that service evenly at random and connects to it.
    case direct(service: Int, latency: SimDuration)
  }

  /// Who calls.
  public enum Caller: Sendable, Equatable {
    /// Somebody outside.
    case outside
    /// The pods of that service; requests of a source begin at one of them drawn at random.
    case pods(service: Int)
  }

  /// What the routes of the proxy match on.
  public struct Attributes: Sendable, Equatable {
    /// The header by which filters know the route that a request will take.
    ///
    /// No request of a user can carry it: HTTP allows no such name.
    static let routeHeader = ":route"

    /// The path.
    public var path: String
    /// The method.
    public var method: String
    /// The host that is asked for.
    public var authority: String
    /// The headers, names in lower case.
    public var headers: [HostScript.Header]
    /// A request.
    public init(
      path: String = "/", method: String = "GET", authority: String = "",
      headers: [HostScript.Header] = []
    ) {
      self.path = path
      self.method = method
      self.authority = authority
      self.headers = headers
    }
  }

  /// The name, as in reports, for instance `content → member GET /me`.
  public var name: String
  /// Who carries the call.
  public var carrier: Carrier
  /// What routes match on.
  public var attributes: Attributes
  /// The index of the operation that is asked of whichever service the host belongs to.
  public var operation: Int
  /// What the caller itself does about failures, without a mesh.
  public var client: ClientBehaviour?
  /// The status of the caller's own answer when this call fails.
  public var statusOnFailure: Int
  /// The flow in ``SimulationModel/flows`` that its calls are counted with; nil counts them by
  /// their source, or not at all.
  public var flow: Int?
  /// Who calls: it says where the way begins.
  public var caller: Caller

  /// An edge.
  public init(
    name: String, carrier: Carrier, attributes: Attributes = Attributes(), operation: Int = 0,
    client: ClientBehaviour? = nil, statusOnFailure: Int = 503, flow: Int? = nil,
    caller: Caller = .outside
  ) {
    self.name = name
    self.carrier = carrier
    self.attributes = attributes
    self.operation = operation
    self.client = client
    self.statusOnFailure = statusOnFailure
    self.flow = flow
    self.caller = caller
  }
}
