import Scenario
import ScenarioFiles
import Testing
import TimeAndChance
import TrafficPolicy

/// A client that calls `payments GET /charge` in namespace shop, with these manifests.
func paymentsScenario(_ manifests: [String], traffic: String = "from: outside") -> String {
  """
  scenario: test
  duration: 1m
  services:
    client:
      operations: { GET /: [ { call: payments GET /charge } ] }
    payments:
      operations: { GET /charge: [ { wait: 10ms } ] }
  traffic:
    - { to: client GET /, rate: 10/s, \(traffic) }

  """ + ([ImportSamples.app("client")] + manifests).map { "---\n" + $0 }.joined()
}

extension Scenario {
  /// The outbound policy of a workload's sidecar.
  func outbound(_ workload: String) -> ProxyPolicy? {
    guard let found = workloads.first(where: { $0.name == workload }),
      case .sidecar(let index) = found.dataPlane
    else { return nil }
    return proxies[index]
  }
}

extension Route {
  /// What is forwarded; nil for answers of the proxy itself.
  var forward: ForwardAction? {
    if case .forward(let action) = action { action } else { nil }
  }
}

@Suite struct IstioImportTests {
  @Test func `the sample's route, retries and fault are read`() throws {
    let manifests = [
      ImportSamples.kubernetes, ImportSamples.app("payments2", version: "v2"),
      ImportSamples.istio.replacing("labels: {version: v2}", with: "labels: {version: v1}"),
    ]
    let loaded = try scenario(paymentsScenario(manifests))
    let proxy = try #require(loaded.outbound("client-v1"))
    let route = try #require(proxy.configuration.routes.first)
    #expect(route.match.path == .prefix("/charge"))
    #expect(route.match.authorities == ["payments.shop.svc.cluster.local"])
    let forward = try #require(route.forward)
    #expect(forward.timeout == .seconds(2))
    #expect(forward.destinations.map(\.weight) == [90, 10])
    let retry = try #require(forward.retryPolicy)
    #expect(retry.numRetries == 3)
    #expect(retry.perTryTimeout == .milliseconds(600))
    #expect(
      retry.retryOn == [.connectFailure, .refusedStream, .gatewayError, .retriableStatusCodes])
    #expect(retry.retriableStatusCodes == [503])
    #expect(retry.backOff.baseInterval == .milliseconds(50))
    #expect(retry.backOff.maxInterval == .milliseconds(500))
    #expect(retry.avoidsPreviousHosts && retry.hostSelectionMaxAttempts == 5)
    let fault = try #require(proxy.routeFilters.first?.fault)
    #expect(fault.delay == .seconds(1) && fault.abortStatus == 503)
    #expect(fault.delayFraction == Fraction(numerator: 5_000, denominator: 1_000_000))
    #expect(fault.abortFraction == Fraction(numerator: 1_000, denominator: 1_000_000))
    #expect(proxy.upstreams.map(\.subset) == ["v1", "v2"])
  }

  @Test func `the sample's pool, detector, mode and limit are read`() throws {
    let manifests = [
      ImportSamples.kubernetes,
      ImportSamples.istio.replacing("labels: {version: v2}", with: "labels: {version: v1}"),
    ]
    let loaded = try scenario(paymentsScenario(manifests))
    let cluster = try #require(loaded.outbound("client-v1")?.configuration.clusters.first)
    #expect(cluster.name == "outbound|80|v1|payments.shop.svc.cluster.local")
    #expect(
      cluster.thresholds
        == CircuitBreakerThresholds(
          maxConnections: 100, maxPendingRequests: 64, maxRequests: 256, maxRetries: 5))
    #expect(cluster.connectTimeout == .milliseconds(500))
    #expect(cluster.maxRequestsPerConnection == nil)
    #expect(cluster.idleTimeout == .minutes(90))
    #expect(cluster.panicThreshold == 0)
    let detector = try #require(cluster.outlierDetection)
    #expect(detector.maxEjectionPercent == 50)
    #expect(detector.enforcingConsecutiveGatewayFailure == 100)
    #expect(detector.enforcingSuccessRate == 0)
    let server = try #require(loaded.workloads.first { $0.name == "payments" })
    #expect(server.replicas == 3 && server.mutualTLS == .strict)
    #expect(server.cpu == CPUResources(requestMillicores: 250, limitMillicores: 1000))
    let inbound = loaded.proxies[try #require(server.inbound)]
    guard case .localRateLimit(let limit) = inbound.configuration.filters.first else {
      Issue.record("no rate limit before payments")
      return
    }
    #expect(
      limit.bucket
        == TokenBucketSettings(maxTokens: 200, tokensPerFill: 100, fillInterval: .seconds(1)))
    #expect(limit.enforced == .all)
    #expect(loaded.nodes.map(\.zone) == ["eu-1a"])
    #expect(loaded.nodes[0].allocatableMillicores == 7910)
  }

  @Test func `Istio's defaults stand where nothing is written`() throws {
    let manifests = [
      ImportSamples.app("payments"),
      """
      apiVersion: networking.istio.io/v1
      kind: DestinationRule
      metadata: {name: other, namespace: shop}
      spec: {host: client}

      """,
    ]
    let loaded = try scenario(paymentsScenario(manifests))
    let proxy = try #require(loaded.outbound("client-v1"))
    let forward = try #require(proxy.configuration.routes.first?.forward)
    #expect(forward.timeout == nil)
    let retry = try #require(forward.retryPolicy)
    #expect(retry.numRetries == 2 && retry.perTryTimeout == nil)
    #expect(
      retry.retryOn
        == [.connectFailure, .refusedStream, .unavailable, .cancelled, .retriableStatusCodes])
    #expect(retry.retriableStatusCodes == [])
    let cluster = proxy.configuration.clusters[0]
    #expect(cluster.thresholds == .none)
    #expect(cluster.connectTimeout == .seconds(10))
    #expect(cluster.loadBalancer == .leastRequest())
    #expect(cluster.outlierDetection == nil && cluster.panicThreshold == 50)
    #expect(proxy.configuration.streamIdleTimeout == nil)
    #expect(proxy.configuration.workerThreads == 2)
    let filled = loaded.provenance.filledDefaults.filter { $0.subject == "calls to payments" }
    #expect(filled.contains { $0.field == "retries" && $0.origin == "Istio" })
    let server = try #require(loaded.workloads.first { $0.name == "payments-v1" })
    let inbound = loaded.proxies[try #require(server.inbound)]
    #expect(
      inbound.configuration.routes[0].forward?.retryPolicy?.retryOn == .resetBeforeRequest)
  }

  /// A VirtualService and the retry policy that comes of its `retries` line.
  private func retries(_ line: String) throws -> RetryPolicy? {
    let loaded = try scenario(
      paymentsScenario([
        ImportSamples.app("payments"),
        """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: payments, namespace: shop}
        spec:
          hosts: [payments]
          http:
            - route: [{destination: {host: payments}}]
              \(line)

        """,
      ]))
    return loaded.outbound("client-v1")?.configuration.routes.first?.forward?.retryPolicy
  }

  @Test func `a retries section replaces the default, and zero attempts turn retries off`() throws {
    #expect(try retries("timeout: 3s")?.numRetries == 2)
    #expect(try retries("retries: {attempts: 0}") == nil)
    #expect(try retries("retries: {perTryTimeout: 1s}") == nil)
    let own = try #require(try retries("retries: {attempts: 4, retryOn: '5xx'}"))
    #expect(own.numRetries == 4 && own.retryOn == .fiveXX)
    let kept = try #require(try retries("retries: {attempts: 4}"))
    #expect(kept.retryOn.contains(.connectFailure) && !kept.retryOn.contains(.fiveXX))
    let codes = try #require(try retries("retries: {attempts: 1, retryOn: '409,503'}"))
    #expect(codes.retryOn == .retriableStatusCodes && codes.retriableStatusCodes == [409, 503])
    let far = try #require(try retries("retries: {attempts: 1, retryRemoteLocalities: true}"))
    #expect(far.previousPrioritiesUpdateFrequency == 2)
    let same = try #require(try retries("retries: {attempts: 1, retryIgnorePreviousHosts: false}"))
    #expect(!same.avoidsPreviousHosts)
  }

  /// The cluster that comes of a DestinationRule's spec.
  private func cluster(_ spec: String, extra: [String] = []) throws -> (Cluster, Upstream) {
    let rule = """
      apiVersion: networking.istio.io/v1
      kind: DestinationRule
      metadata: {name: payments, namespace: shop}
      spec:
        host: payments
      \(spec.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n"))

      """
    let loaded = try scenario(paymentsScenario([ImportSamples.app("payments"), rule] + extra))
    let proxy = try #require(loaded.outbound("client-v1"))
    return (proxy.configuration.clusters[0], proxy.upstreams[0])
  }

  @Test func `zero limits mean that none is set`() throws {
    let (cluster, _) = try cluster(
      "trafficPolicy: {connectionPool: {tcp: {maxConnections: 0}, http: {maxRetries: 0, http1MaxPendingRequests: 0}}}"
    )
    #expect(cluster.thresholds == .none)
  }

  @Test func `port-level settings replace, they do not merge`() throws {
    let spec = """
      trafficPolicy:
        connectionPool: {tcp: {maxConnections: 7}}
        outlierDetection: {consecutive5xxErrors: 3}
        portLevelSettings:
          - port: {number: 80}
            connectionPool: {http: {http1MaxPendingRequests: 9}}
      """
    let (cluster, _) = try cluster(spec)
    #expect(cluster.thresholds.maxPendingRequests == 9)
    #expect(cluster.thresholds.maxConnections == CircuitBreakerThresholds.unlimited)
    #expect(cluster.outlierDetection == nil)
    let other = try self.cluster(spec.replacing("number: 80", with: "number: 81"))
    #expect(other.0.thresholds.maxConnections == 7)
  }

  @Test func `a subset's policy replaces the rule's part by part`() throws {
    let (cluster, upstream) = try cluster(
      """
      trafficPolicy:
        connectionPool: {tcp: {maxConnections: 7}}
        outlierDetection: {consecutive5xxErrors: 3}
        loadBalancer: {simple: ROUND_ROBIN}
      subsets:
        - name: v1
          labels: {version: v1}
          trafficPolicy:
            outlierDetection: {interval: 5s}
      """,
      extra: [
        """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: payments, namespace: shop}
        spec:
          hosts: [payments]
          http: [{route: [{destination: {host: payments, subset: v1}}]}]

        """
      ])
    #expect(upstream.subset == "v1")
    #expect(cluster.loadBalancer == .roundRobin)
    #expect(cluster.thresholds.maxConnections == 7)
    #expect(cluster.outlierDetection?.interval == .seconds(5))
    #expect(cluster.outlierDetection?.consecutive5xx == 5)
  }

  @Test func `an empty detector is Envoy's with panic off`() throws {
    let (cluster, _) = try cluster("trafficPolicy: {outlierDetection: {}}")
    let detector = try #require(cluster.outlierDetection)
    #expect(detector.consecutive5xx == 5 && detector.maxEjectionPercent == 10)
    #expect(detector.enforcingConsecutiveGatewayFailure == 0)
    #expect(cluster.panicThreshold == 0)
    let off = try self.cluster("trafficPolicy: {outlierDetection: {consecutive5xxErrors: 0}}")
    #expect(off.0.outlierDetection?.enforcingConsecutive5xx == 0)
  }

  @Test func `locality failover comes with outlier detection where zones are known`() throws {
    let node = """
      apiVersion: v1
      kind: Node
      metadata: {name: n1, labels: {topology.kubernetes.io/zone: a, topology.kubernetes.io/region: r}}

      """
    let on = try cluster("trafficPolicy: {outlierDetection: {}}", extra: [node])
    #expect(on.1.locality == .failover([]))
    let without = try cluster("trafficPolicy: {loadBalancer: {simple: RANDOM}}", extra: [node])
    #expect(without.1.locality == .ignored)
    let off = try cluster(
      "trafficPolicy: {outlierDetection: {}, loadBalancer: {localityLbSetting: {enabled: false}}}",
      extra: [node])
    #expect(off.1.locality == .ignored)
  }

  @Test func `consistent hashing hashes what it is told and keeps previous hosts`() throws {
    let loaded = try scenario(
      paymentsScenario([
        ImportSamples.app("payments"),
        """
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: payments, namespace: shop}
        spec:
          host: payments
          trafficPolicy: {loadBalancer: {consistentHash: {httpHeaderName: X-User, maglev: {}}}}

        """,
      ]))
    let proxy = try #require(loaded.outbound("client-v1"))
    let forward = try #require(proxy.configuration.routes[0].forward)
    #expect(proxy.configuration.clusters[0].loadBalancer == .maglev())
    #expect(forward.hashPolicy == [.header("x-user")])
    #expect(forward.retryPolicy?.avoidsPreviousHosts == false)
  }

  @Test func `a retry budget has Envoy's defaults`() throws {
    let (cluster, _) = try cluster("trafficPolicy: {retryBudget: {}}")
    #expect(
      cluster.thresholds.retryBudget == RetryBudget(budgetPercent: 20, minRetryConcurrency: 3))
  }
}
