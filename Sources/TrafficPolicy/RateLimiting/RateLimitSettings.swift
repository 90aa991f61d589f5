public import TimeAndChance

/// A token bucket's size and pace.
public struct TokenBucketSettings: Sendable, Equatable {
  /// The most tokens it holds; it starts full.
  ///
  /// At least 1.
  public var maxTokens: Int
  /// Tokens added per ``fillInterval``, spread evenly over it; 1 by default.
  public var tokensPerFill: Int
  /// At least 50 ms.
  public var fillInterval: SimDuration
  /// A bucket of that size and pace.
  public init(maxTokens: Int, tokensPerFill: Int = 1, fillInterval: SimDuration) {
    self.maxTokens = maxTokens
    self.tokensPerFill = tokensPerFill
    self.fillInterval = fillInterval
  }
}

/// The local rate limit filter: a token bucket in each proxy.
///
/// - Source: Envoy `source/extensions/filters/common/local_ratelimit/local_ratelimit_impl.cc`.
public struct LocalRateLimitSettings: Sendable, Equatable {
  /// A bucket for requests whose header has one value.
  public struct Descriptor: Sendable, Equatable {
    /// The conditions on headers that make a request count here.
    public var headers: [RouteMatch.HeaderMatch]
    /// Its bucket.
    public var bucket: TokenBucketSettings
    /// A bucket for those requests.
    public init(headers: [RouteMatch.HeaderMatch], bucket: TokenBucketSettings) {
      self.headers = headers
      self.bucket = bucket
    }
  }
  /// The prefix of its statistics.
  public var statPrefix: String
  /// The bucket for every request.
  public var bucket: TokenBucketSettings
  /// Buckets for some requests.
  public var descriptors: [Descriptor]
  /// `always_consume_default_token_bucket`; true.
  public var alwaysConsumesDefaultBucket: Bool
  /// `filter_enabled`: the share of requests that are looked at; 0 % by default.
  public var enabled: Fraction
  /// `filter_enforced`: the share of refusals that are carried out; 0 % by default.
  public var enforced: Fraction
  /// The status of a refusal; 429.
  public var status: Int
  /// `local_rate_limit_per_downstream_connection`; false.
  public var perDownstreamConnection: Bool
  /// A limit.
  public init(
    statPrefix: String = "http_local_rate_limiter", bucket: TokenBucketSettings,
    descriptors: [Descriptor] = [], alwaysConsumesDefaultBucket: Bool = true,
    enabled: Fraction = .none, enforced: Fraction = .none, status: Int = 429,
    perDownstreamConnection: Bool = false
  ) {
    self.statPrefix = statPrefix
    self.bucket = bucket
    self.descriptors = descriptors
    self.alwaysConsumesDefaultBucket = alwaysConsumesDefaultBucket
    self.enabled = enabled
    self.enforced = enforced
    self.status = status
    self.perDownstreamConnection = perDownstreamConnection
  }
}

/// The global rate limit filter and the service that it asks.
///
/// - Source: Envoy `source/extensions/filters/http/ratelimit/`; `envoyproxy/ratelimit`.
public struct GlobalRateLimitSettings: Sendable, Equatable {
  /// A window of the service.
  public enum Unit: Sendable, Equatable {
    /// One second.
    case second
    /// One minute.
    case minute
    /// One hour.
    case hour
    /// One day.
    case day
  }
  /// How long the filter waits for the service; 20 ms.
  public var timeout: SimDuration
  /// `failure_mode_deny`: a failed call is answered 500 RLSE; else the request passes.
  ///
  /// False.
  public var failureModeDeny: Bool
  /// False while nothing listens where the service should be.
  public var serviceReachable: Bool
  /// The time the service takes to answer.
  public var serviceLatency: SimDuration
  /// Requests allowed per window; nil is unlimited.
  public var requestsPerUnit: Int?
  /// The window.
  public var unit: Unit
  /// True when the route has an action that makes a descriptor; without one nothing is asked.
  public var hasDescriptor: Bool
  /// A limit.
  public init(
    timeout: SimDuration = .milliseconds(20), failureModeDeny: Bool = false,
    serviceReachable: Bool = true, serviceLatency: SimDuration = .milliseconds(1),
    requestsPerUnit: Int? = nil, unit: Unit = .second, hasDescriptor: Bool = true
  ) {
    self.timeout = timeout
    self.failureModeDeny = failureModeDeny
    self.serviceReachable = serviceReachable
    self.serviceLatency = serviceLatency
    self.requestsPerUnit = requestsPerUnit
    self.unit = unit
    self.hasDescriptor = hasDescriptor
  }
}

/// A local rate limit that routes have in the place of the listener's.
///
/// - Source: Envoy `typed_per_filter_config`: the settings of a virtual host are one object, with one
///   set of buckets, for all of its routes; a route's own are for it alone.
public struct RouteRateLimit: Sendable, Equatable {
  /// What it allows.
  public var settings: LocalRateLimitSettings
  /// Routes of a proxy with the same number take from the same buckets.
  public var group: Int
  /// A limit of the routes of a group.
  public init(_ settings: LocalRateLimitSettings, group: Int) {
    self.settings = settings
    self.group = group
  }
}
