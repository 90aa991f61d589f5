public import TrafficPolicy
public struct EnvoyClusterStatistics: Sendable {
  public var upstreamRqTotal: UInt64 = 0
  public var upstreamRqRetry: UInt64 = 0
  public var upstreamRqRetrySuccess: UInt64 = 0
  public var upstreamRqRetryLimitExceeded: UInt64 = 0
  public var upstreamRqRetryOverflow: UInt64 = 0
  public var upstreamRqRetryBackoffExponential: UInt64 = 0
  public var upstreamRqRetryBackoffRatelimited: UInt64 = 0
  public var upstreamRqTimeout: UInt64 = 0
  public var upstreamRqPerTryTimeout: UInt64 = 0
  public var upstreamRqPendingOverflow: UInt64 = 0
  public var upstreamRqActiveOverflow: UInt64 = 0
  public var upstreamCxTotal: UInt64 = 0
  public var upstreamCxConnectFail: UInt64 = 0
  public var upstreamCxConnectTimeout: UInt64 = 0
  public var upstreamCxMaxRequests: UInt64 = 0
  public var upstreamCxNoneHealthy: UInt64 = 0
  public var upstreamCxOverflow: UInt64 = 0
  public var lbHealthyPanic: UInt64 = 0
  public var outlier = OutlierStatistics()
}
struct ActiveHealthCheck {
  var isHealthy: Bool
  init(isHealthy: Bool) { self.isHealthy = isHealthy }
  mutating func record(passed: Bool, _ s: HealthCheckSettings) -> Bool { isHealthy = passed; return true }
}
extension RouteMatch {
  func takes(_ a: EdgeModel.Attributes) -> Bool { true }
}
extension RouteMatch.TextMatch { func matches(_ s: String) -> Bool { true } }
