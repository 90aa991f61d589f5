public import TimeAndChance

/// How a proxy treats one upstream cluster.
///
/// The initialiser's defaults are Envoy's.
public struct Cluster: Sendable, Equatable {
  /// The protocol towards the hosts.
  public enum UpstreamProtocol: Sendable, Equatable {
    /// One request per connection at a time.
    case http1
    /// Many streams per connection.
    case http2
  }

  /// The cluster's name, as in statistics.
  public var name: String
  /// The protocol towards the hosts.
  public var upstreamProtocol: UpstreamProtocol
  /// `connect_timeout`.
  ///
  /// Envoy: 5 s, Istio: 10 s.
  public var connectTimeout: SimDuration
  /// The circuit breaker's limits (default priority class).
  public var thresholds: CircuitBreakerThresholds
  /// `max_requests_per_connection`; nil is unlimited.
  public var maxRequestsPerConnection: Int?
  /// `max_concurrent_streams` of an HTTP/2 connection; Envoy's default is 2^31 - 1, in effect the
  /// peer's setting.
  public var maxConcurrentStreams: Int
  /// The connection idle timeout; nil is off.
  ///
  /// 1 h by default.
  public var idleTimeout: SimDuration?
  /// `per_upstream_preconnect_ratio`, 1.0 to 3.0.
  public var preconnectRatio: Double
  /// How a host is picked.
  public var loadBalancer: LoadBalancerPolicy
  /// `slow_start_config`; nil is off.
  public var slowStart: SlowStartSettings?
  /// `healthy_panic_threshold` in whole percent, 0...100; 50 by default, 0 turns panic off.
  public var panicThreshold: Int
  /// `fail_traffic_on_panic`: in panic no host is picked, 503 UH.
  public var failTrafficOnPanic: Bool
  /// `update_merge_window`: how health changes are batched before balancers see them.
  ///
  /// 1 s; zero applies each at once.
  public var updateMergeWindow: SimDuration
  /// True with `locality_weighted_lb_config`: localities share by ``localityWeights``.
  public var localityWeighted: Bool
  /// The weight of each locality by its name, in configuration order.
  public var localityWeights: [LocalityWeight]
  /// `overprovisioning_factor` in percent; 140 by default.
  public var overprovisioningFactor: Int
  /// Outlier detection; nil is off.
  public var outlierDetection: OutlierDetectionSettings?
  /// Active health checking; nil is off.
  public var healthCheck: HealthCheckSettings?
  /// `hash_balance_factor` of the consistent-hash policies in percent, at least 100; 0 is off.
  ///
  /// A host with more than this share of the mean number of active requests is passed over.
  public var hashBalanceFactor: Int
  /// `zone_aware_lb_config` together with the proxy's own cluster; nil is off.
  public var zoneAware: ZoneAwareSettings?

  /// A locality and its weight.
  public struct LocalityWeight: Sendable, Equatable {
    /// The locality's name (its zone in the vectors).
    public var locality: String
    /// Its weight, at least 0.
    public var weight: Int
    /// A locality of that weight.
    public init(locality: String, weight: Int) {
      self.locality = locality
      self.weight = weight
    }
  }

  /// A cluster with Envoy's defaults in everything not given.
  public init(
    name: String, upstreamProtocol: UpstreamProtocol = .http1,
    connectTimeout: SimDuration = .seconds(5),
    thresholds: CircuitBreakerThresholds = CircuitBreakerThresholds(),
    maxRequestsPerConnection: Int? = nil, maxConcurrentStreams: Int = 0x7fff_ffff,
    idleTimeout: SimDuration? = .minutes(60), preconnectRatio: Double = 1,
    loadBalancer: LoadBalancerPolicy = .roundRobin, slowStart: SlowStartSettings? = nil,
    panicThreshold: Int = 50, failTrafficOnPanic: Bool = false,
    updateMergeWindow: SimDuration = .seconds(1), localityWeighted: Bool = false,
    localityWeights: [LocalityWeight] = [], overprovisioningFactor: Int = 140,
    outlierDetection: OutlierDetectionSettings? = nil, healthCheck: HealthCheckSettings? = nil,
    hashBalanceFactor: Int = 0, zoneAware: ZoneAwareSettings? = nil
  ) {
    self.name = name
    self.upstreamProtocol = upstreamProtocol
    self.connectTimeout = connectTimeout
    self.thresholds = thresholds
    self.maxRequestsPerConnection = maxRequestsPerConnection
    self.maxConcurrentStreams = maxConcurrentStreams
    self.idleTimeout = idleTimeout
    self.preconnectRatio = preconnectRatio
    self.loadBalancer = loadBalancer
    self.slowStart = slowStart
    self.panicThreshold = panicThreshold
    self.failTrafficOnPanic = failTrafficOnPanic
    self.updateMergeWindow = updateMergeWindow
    self.localityWeighted = localityWeighted
    self.localityWeights = localityWeights
    self.overprovisioningFactor = overprovisioningFactor
    self.outlierDetection = outlierDetection
    self.healthCheck = healthCheck
    self.hashBalanceFactor = hashBalanceFactor
    self.zoneAware = zoneAware
  }
}

/// Active HTTP health checking of a cluster's hosts.
///
/// - Source: Envoy `source/common/upstream/health_checker_impl.cc`.
public struct HealthCheckSettings: Sendable, Equatable {
  /// The time between two checks of a host.
  public var interval: SimDuration
  /// How long a check may take.
  public var timeout: SimDuration
  /// Failures in a row that make a healthy host unhealthy.
  public var unhealthyThreshold: Int
  /// Successes in a row that make an unhealthy host healthy (the first check needs one).
  public var healthyThreshold: Int
  /// A check with those settings.
  public init(
    interval: SimDuration, timeout: SimDuration, unhealthyThreshold: Int, healthyThreshold: Int
  ) {
    self.interval = interval
    self.timeout = timeout
    self.unhealthyThreshold = unhealthyThreshold
    self.healthyThreshold = healthyThreshold
  }
}
