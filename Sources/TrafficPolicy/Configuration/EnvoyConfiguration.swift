public import TimeAndChance

/// The whole traffic policy of one kind of client proxy: what a listener's filters do, where its
/// routes lead, and how each upstream cluster is treated.
///
/// Every reader fills this one value (raw Envoy settings, Istio manifests), and the engine reads
/// nothing else. Fields hold resolved values: a reader applies its own product's defaults, so an
/// absent field never means "default" here. The initialisers' defaults are Envoy's.
///
/// - Source: Envoy 1.40 configuration.
public struct EnvoyConfiguration: Sendable, Equatable {
  /// Worker threads of the proxy: each has its own pools, balancer position and client-throttling
  /// history.
  ///
  /// 1 by default here; Istio's sidecars run 2.
  public var workerThreads: Int
  /// The HTTP filters in front of the router, in the order in which a request passes them.
  public var filters: [HTTPFilter]
  /// `stream_idle_timeout` of the listener; nil turns it off.
  ///
  /// Envoy: 5 minutes, Istio: off.
  public var streamIdleTimeout: SimDuration?
  /// The routes, in order; the first whose match holds takes the request.
  public var routes: [Route]
  /// The upstream clusters; routes name them by index.
  public var clusters: [Cluster]

  /// A configuration of those parts.
  public init(
    workerThreads: Int = 1, filters: [HTTPFilter] = [],
    streamIdleTimeout: SimDuration? = .minutes(5), routes: [Route] = [], clusters: [Cluster] = []
  ) {
    self.workerThreads = workerThreads
    self.filters = filters
    self.streamIdleTimeout = streamIdleTimeout
    self.routes = routes
    self.clusters = clusters
  }
}

/// A filter of the listener's chain, in front of the router.
public enum HTTPFilter: Sendable, Equatable {
  /// `envoy.filters.http.local_ratelimit`.
  case localRateLimit(LocalRateLimitSettings)
  /// `envoy.filters.http.ratelimit`, asking a rate-limit service.
  case globalRateLimit(GlobalRateLimitSettings)
  /// `envoy.filters.http.fault`.
  case fault(FaultInjectionSettings)
  /// `envoy.filters.http.admission_control`.
  case admissionControl(AdmissionControlSettings)
  /// `envoy.filters.http.adaptive_concurrency`.
  case adaptiveConcurrency(AdaptiveConcurrencySettings)
}

/// One route: which requests it takes and what becomes of them.
public struct Route: Sendable, Equatable {
  /// Which requests the route takes.
  public var match: RouteMatch
  /// What becomes of them.
  public var action: RouteAction

  /// A route from its parts.
  public init(match: RouteMatch = RouteMatch(), action: RouteAction) {
    self.match = match
    self.action = action
  }
}

/// The conditions of a route, all of which must hold; without conditions every request matches.
public struct RouteMatch: Sendable, Equatable {
  /// How a text is compared.
  public enum TextMatch: Sendable, Equatable {
    /// Equal to the text.
    case exact(String)
    /// Begins with the text.
    case prefix(String)
    /// Matches the whole regular expression.
    case regex(String)
    /// The header is there, whatever its value.
    case present
  }

  /// A condition on one request header.
  public struct HeaderMatch: Sendable, Equatable {
    /// The header's name in lower case.
    public var name: String
    /// How its value is compared.
    public var value: TextMatch
    /// True when the condition must not hold.
    public var inverted: Bool
    /// A condition on that header.
    public init(name: String, value: TextMatch, inverted: Bool = false) {
      self.name = name
      self.value = value
      self.inverted = inverted
    }
  }

  /// The condition on the path; nil takes every path.
  public var path: TextMatch?
  /// The condition on the method; nil takes every method.
  public var method: TextMatch?
  /// The host names (`Host`, `:authority`) that are taken; empty takes every host.
  public var authorities: [String]
  /// The conditions on headers.
  public var headers: [HeaderMatch]

  /// A match of those conditions.
  public init(
    path: TextMatch? = nil, method: TextMatch? = nil, authorities: [String] = [],
    headers: [HeaderMatch] = []
  ) {
    self.path = path
    self.method = method
    self.authorities = authorities
    self.headers = headers
  }
}

/// What becomes of a request that a route took.
public enum RouteAction: Sendable, Equatable {
  /// Forwarded to a cluster.
  case forward(ForwardAction)
  /// Answered by the proxy itself with that status.
  case directResponse(status: Int)
  /// Sent to a cluster that the proxy does not know: 503 NC.
  case unknownCluster
}

/// How a route forwards: where to, how long, how often.
public struct ForwardAction: Sendable, Equatable {
  /// A destination and its share.
  public struct Destination: Sendable, Equatable {
    /// The index in ``EnvoyConfiguration/clusters``.
    public var cluster: Int
    /// The share relative to the sum over all destinations, at least 0.
    public var weight: Int
    /// A destination with that weight.
    public init(cluster: Int, weight: Int = 1) {
      self.cluster = cluster
      self.weight = weight
    }
  }

  /// A copy of requests to another cluster, whose answers are ignored.
  public struct Mirror: Sendable, Equatable {
    /// The index in ``EnvoyConfiguration/clusters``.
    public var cluster: Int
    /// The share of requests that are copied.
    public var fraction: Fraction
    /// A mirror of that share of requests.
    public init(cluster: Int, fraction: Fraction = .all) {
      self.cluster = cluster
      self.fraction = fraction
    }
  }

  /// The weighted destinations; one is drawn for each request and kept over its retries.
  public var destinations: [Destination]
  /// `timeout`: nil is off.
  ///
  /// Envoy: 15 s, Istio: off.
  public var timeout: SimDuration?
  /// `idle_timeout` of the route, overriding ``EnvoyConfiguration/streamIdleTimeout``; nil keeps it.
  public var idleTimeout: SimDuration?
  /// `max_stream_duration`; nil is off.
  public var maxStreamDuration: SimDuration?
  /// The retry policy; nil never retries.
  public var retryPolicy: RetryPolicy?
  /// `hedge_on_per_try_timeout`: the try whose timer fired goes on beside the next one.
  public var hedgeOnPerTryTimeout: Bool
  /// Copies of the request.
  public var mirrors: [Mirror]
  /// What the consistent-hash balancers hash, in order; empty picks at random.
  public var hashPolicy: [HashPolicy]

  /// A forwarding action; the defaults are Envoy's.
  public init(
    destinations: [Destination], timeout: SimDuration? = .seconds(15),
    idleTimeout: SimDuration? = nil, maxStreamDuration: SimDuration? = nil,
    retryPolicy: RetryPolicy? = nil, hedgeOnPerTryTimeout: Bool = false, mirrors: [Mirror] = [],
    hashPolicy: [HashPolicy] = []
  ) {
    self.destinations = destinations
    self.timeout = timeout
    self.idleTimeout = idleTimeout
    self.maxStreamDuration = maxStreamDuration
    self.retryPolicy = retryPolicy
    self.hedgeOnPerTryTimeout = hedgeOnPerTryTimeout
    self.mirrors = mirrors
    self.hashPolicy = hashPolicy
  }
}

/// One source of the consistent-hash key.
public enum HashPolicy: Sendable, Equatable {
  /// The value of a request header, name in lower case.
  case header(String)
  /// The value of a cookie.
  case cookie(String)
  /// The value of a query parameter.
  case queryParameter(String)
  /// The client's address.
  case sourceAddress
}

/// A share of requests, as a whole numerator over 100, 10 000 or 1 000 000.
public struct Fraction: Sendable, Equatable {
  /// How many of ``denominator``.
  public var numerator: UInt32
  /// 100, 10 000 or 1 000 000.
  public var denominator: UInt32
  /// Every request.
  public static let all = Fraction(numerator: 100, denominator: 100)
  /// None.
  public static let none = Fraction(numerator: 0, denominator: 100)
  /// `numerator` of `denominator`.
  public init(numerator: UInt32, denominator: UInt32 = 100) {
    self.numerator = numerator
    self.denominator = denominator
  }
  /// The share as a probability in 0...1.
  public var probability: Double { min(1, Double(numerator) / Double(denominator)) }
}
