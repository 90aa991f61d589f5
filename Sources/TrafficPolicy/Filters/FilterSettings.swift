public import TimeAndChance

/// The fault filter: delays and aborts before routing.
///
/// - Source: Envoy `source/extensions/filters/http/fault/fault_filter.cc`.
public struct FaultInjectionSettings: Sendable, Equatable {
  /// The fixed delay; nil injects none.
  public var delay: SimDuration?
  /// The share of requests that are delayed.
  public var delayFraction: Fraction
  /// The status of an abort; nil injects none.
  public var abortStatus: Int?
  /// The share of requests that are aborted, drawn independently of the delay.
  public var abortFraction: Fraction
  /// `max_active_faults`; nil is unlimited.
  public var maxActiveFaults: Int?
  /// The conditions on request headers; without them every request may be hit.
  public var headers: [RouteMatch.HeaderMatch]
  /// A fault.
  public init(
    delay: SimDuration? = nil, delayFraction: Fraction = .none, abortStatus: Int? = nil,
    abortFraction: Fraction = .none, maxActiveFaults: Int? = nil,
    headers: [RouteMatch.HeaderMatch] = []
  ) {
    self.delay = delay
    self.delayFraction = delayFraction
    self.abortStatus = abortStatus
    self.abortFraction = abortFraction
    self.maxActiveFaults = maxActiveFaults
    self.headers = headers
  }
}

/// Client-side throttling by recent success.
///
/// - Source: Envoy `source/extensions/filters/http/admission_control/`
public struct AdmissionControlSettings: Sendable, Equatable {
  /// The window of history; 30 s.
  public var samplingWindow: SimDuration
  /// The success rate in 0...1 below which requests are refused; 0.95.
  public var successRateThreshold: Double
  /// At least 1; 1 by default.
  public var aggression: Double
  /// The largest chance of refusal in 0...1; 0.80.
  public var maxRejectionProbability: Double
  /// Requests per second below which nothing is refused; 0.
  public var rpsThreshold: Double
  /// The statuses that count as success, half-open ranges; 100..<500.
  public var successStatuses: [Range<Int>]
  /// A throttle; the defaults are Envoy's.
  public init(
    samplingWindow: SimDuration = .seconds(30), successRateThreshold: Double = 0.95,
    aggression: Double = 1, maxRejectionProbability: Double = 0.8, rpsThreshold: Double = 0,
    successStatuses: [Range<Int>] = [100..<500]
  ) {
    self.samplingWindow = samplingWindow
    self.successRateThreshold = successRateThreshold
    self.aggression = aggression
    self.maxRejectionProbability = maxRejectionProbability
    self.rpsThreshold = rpsThreshold
    self.successStatuses = successStatuses
  }
}

/// A concurrency limit that follows the latency gradient.
///
/// - Source: Envoy `source/extensions/filters/http/adaptive_concurrency/controller/gradient_controller.cc`.
public struct AdaptiveConcurrencySettings: Sendable, Equatable {
  /// The percentile of samples that is compared, 0...100; 50.
  public var samplePercentile: Double
  /// The largest limit; 1000.
  public var maxConcurrencyLimit: Int
  /// The time between updates of the limit.
  public var concurrencyUpdateInterval: SimDuration
  /// The time between measurements of the minimal round trip.
  public var minRTTInterval: SimDuration
  /// Samples per measurement; 50.
  public var minRTTRequestCount: Int
  /// The limit during a measurement, and the smallest at all; 3.
  public var minConcurrency: Int
  /// Extra time before a measurement, percent of its interval; 15.
  public var jitterPercent: Double
  /// Head room above the minimal round trip, percent; 25.
  public var bufferPercent: Double
  /// The status of a refusal; 503.
  public var status: Int
  /// A limit.
  public init(
    samplePercentile: Double = 50, maxConcurrencyLimit: Int = 1000,
    concurrencyUpdateInterval: SimDuration, minRTTInterval: SimDuration,
    minRTTRequestCount: Int = 50, minConcurrency: Int = 3, jitterPercent: Double = 15,
    bufferPercent: Double = 25, status: Int = 503
  ) {
    self.samplePercentile = samplePercentile
    self.maxConcurrencyLimit = maxConcurrencyLimit
    self.concurrencyUpdateInterval = concurrencyUpdateInterval
    self.minRTTInterval = minRTTInterval
    self.minRTTRequestCount = minRTTRequestCount
    self.minConcurrency = minConcurrency
    self.jitterPercent = jitterPercent
    self.bufferPercent = bufferPercent
    self.status = status
  }
}
