import Scenario
import ScenarioFiles
import Testing

/// What reports list of the fields that manifests leave out.
@Suite struct PolicyDefaultsTests {
  /// The defaults of calls to payments as `subject: field = value`, without `calls to payments`.
  private func defaults(_ manifests: [String]) throws -> [String] {
    let loaded = try scenario(paymentsScenario([ImportSamples.app("payments")] + manifests))
    return loaded.provenance.filledDefaults
      .filter { $0.subject.hasPrefix("calls to payments") && $0.origin == "Istio" }
      .map { "\($0.subject.dropFirst(17)): \($0.field) = \($0.value)" }
  }

  private func rule(_ policy: String, subsets: String = "[]") -> String {
    """
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: payments, namespace: shop}
    spec: {host: payments, trafficPolicy: {\(policy)}, subsets: \(subsets)}

    """
  }

  private func routes(_ rules: [String]) -> String {
    """
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: payments, namespace: shop}
    spec: {hosts: [payments], http: [\(rules.joined(separator: ", "))]}

    """
  }

  private let to = "route: [{destination: {host: payments}}]"

  @Test func `outlier detection that is given in part`() throws {
    let found = try defaults([rule("outlierDetection: {consecutive5xxErrors: 5}")])
    #expect(
      found.filter { $0.contains("outlierDetection") } == [
        ": outlierDetection.baseEjectionTime = 30s",
        ": outlierDetection.consecutiveGatewayErrors = off",
        ": outlierDetection.interval = 10s",
        ": outlierDetection.maxEjectionPercent = 10%",
        ": outlierDetection.minHealthPercent = 0%: no panic",
      ])
  }

  @Test func `zero is no statement of the largest share`() throws {
    let found = try defaults([rule("outlierDetection: {maxEjectionPercent: 0, interval: 1s}")])
    #expect(found.contains(": outlierDetection.maxEjectionPercent = 10%"))
    #expect(!found.contains { $0.contains("interval") })
  }

  @Test func `a connection pool that is given in part`() throws {
    let found = try defaults([rule("connectionPool: {http: {http1MaxPendingRequests: 10}}")])
    #expect(
      found.filter { $0.lowercased().contains("connect") && !$0.contains("connect-") } == [
        ": connectTimeout = 10s", ": connectionPool.http2MaxRequests = unlimited (2^32-1)",
        ": connectionPool.idleTimeout = 1h",
        ": connectionPool.maxConnections = unlimited (2^32-1)",
        ": connectionPool.maxRequestsPerConnection = unlimited",
        ": connectionPool.maxRetries = unlimited (2^32-1)",
      ])
  }

  @Test func `a retry budget takes the place of the limit on retries`() throws {
    let found = try defaults([
      rule("connectionPool: {tcp: {maxConnections: 1}}, retryBudget: {percent: 10}")
    ])
    #expect(!found.contains { $0.contains("maxRetries") })
    #expect(found.contains(": retryBudget.minRetryConcurrency = 3"))
    #expect(!found.contains { $0.contains("retryBudget.percent") })
  }

  @Test func `a load balancer without a way to choose`() throws {
    let found = try defaults([rule("loadBalancer: {localityLbSetting: {enabled: false}}")])
    #expect(found.contains(": loadBalancer = LEAST_REQUEST, 2 choices"))
    let stated = try defaults([rule("loadBalancer: {simple: ROUND_ROBIN}")])
    #expect(!stated.contains { $0.contains("loadBalancer") })
  }

  @Test func `retries that are given in part`() throws {
    let found = try defaults([routes(["{\(to), retries: {attempts: 3}}"])])
    #expect(
      found.filter { $0.contains("retries") } == [
        ": retries.backoff = 25ms (max 250ms)",
        ": retries.perTryTimeout = off: the route's timeout",
        ": retries.retryOn = connect-failure, refused-stream, unavailable, cancelled",
      ])
  }

  @Test func `retries without a number are off, and nothing else of them counts`() throws {
    let found = try defaults([routes(["{\(to), retries: {retryOn: 5xx}}"])])
    #expect(found.filter { $0.contains("retries") } == [": retries.attempts = 0: no retries"])
    #expect(
      try defaults([routes(["{\(to), retries: {attempts: 0}}"])])
        .filter { $0.contains("retries") } == [])
  }

  @Test func `a line that is for some routes alone says so`() throws {
    let found = try defaults([
      routes([
        "{match: [{uri: {prefix: /a}}], \(to), timeout: 1s, retries: {attempts: 3, backoff: 1s}}",
        "{\(to), timeout: 2s}",
      ])
    ])
    #expect(
      found.filter { $0.contains("retries =") } == [
        ", routes without own retries: retries = 2 on connect-failure, refused-stream, "
          + "unavailable, cancelled"
      ])
    #expect(!found.contains { $0.contains("timeout =") || $0.contains("backoff") })
  }

  @Test func `a line that is for some subsets alone says so`() throws {
    let subsets = """
      [{name: a, labels: {version: v1}, trafficPolicy: {outlierDetection: {interval: 1s}}}, \
      {name: b, labels: {version: v1}}]
      """
    let two = """
      {route: [{destination: {host: payments, subset: a}, weight: 50}, \
      {destination: {host: payments, subset: b}, weight: 50}]}
      """
    let found = try defaults([rule("tls: {mode: ISTIO_MUTUAL}", subsets: subsets), routes([two])])
    #expect(found.contains(", clusters without own outlierDetection: outlierDetection = none"))
    #expect(found.contains(": outlierDetection.maxEjectionPercent = 10%"))
  }
}
