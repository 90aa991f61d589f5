import Scenario
import ScenarioFiles
import Testing
import TrafficPolicy

@Suite struct PortTests {
  private func loaded(port: String, _ further: [String] = []) throws -> Scenario {
    let app = ImportSamples.app("payments")
    let own = app.replacing("ports: [{name: http, port: 80}]", with: "ports: [\(port)]")
    #expect(own != app)
    let pool = """
      apiVersion: networking.istio.io/v1
      kind: DestinationRule
      metadata: {name: payments, namespace: shop}
      spec:
        host: payments
        trafficPolicy:
          connectionPool: {http: {http2MaxRequests: 9}}
          outlierDetection: {consecutive5xxErrors: 3}

      """
    return try scenario(paymentsScenario([own, pool] + further))
  }

  @Test(arguments: [
    "{name: grpc, port: 80}", "{name: grpc-api, port: 80}", "{name: http2, port: 80}",
    "{name: api, port: 80, appProtocol: grpc}",
    "{name: api, port: 80, appProtocol: kubernetes.io/h2c}",
    "{name: grpc-web, port: 80}",
  ])
  func `streams share connections on both sides of an HTTP/2 port`(port: String) throws {
    let loaded = try loaded(port: port)
    #expect(loaded.outbound("client-v1")?.configuration.clusters[0].upstreamProtocol == .http2)
    let inbound = try #require(loaded.workloads.first { $0.name.hasPrefix("payments") }?.inbound)
    #expect(loaded.proxies[inbound].configuration.clusters[0].upstreamProtocol == .http2)
  }

  @Test(arguments: [
    "{name: http-web, port: 80}", "{name: api, port: 80, appProtocol: kubernetes.io/ws}",
  ])
  func `other HTTP ports have a connection for each request`(port: String) throws {
    let loaded = try loaded(port: port)
    #expect(loaded.outbound("client-v1")?.configuration.clusters[0].upstreamProtocol == .http1)
  }

  @Test func `on a TCP port proxies see connections alone`() throws {
    let route = """
      apiVersion: networking.istio.io/v1
      kind: VirtualService
      metadata: {name: payments, namespace: shop}
      spec: {hosts: [payments], http: [{directResponse: {status: 418}}]}

      """
    let loaded = try loaded(port: "{name: tcp-db, port: 80}", [route])
    let proxy = try #require(loaded.outbound("client-v1"))
    #expect(proxy.configuration.routes.count == 1)
    let forward = try #require(proxy.configuration.routes[0].forward)
    #expect(forward.retryPolicy == nil)
    let cluster = proxy.configuration.clusters[0]
    #expect(cluster.thresholds.maxRequests == CircuitBreakerThresholds.unlimited)
    let outlier = try #require(cluster.outlierDetection)
    #expect(outlier.enforcingConsecutive5xx == 0)
    #expect(outlier.splitExternalLocalOriginErrors && outlier.consecutiveLocalOriginFailure == 3)
  }

  @Test(arguments: ["SIMPLE", "MUTUAL"])
  func `TLS of another kind does not pass a strict server`(mode: String) throws {
    let strict = """
      apiVersion: security.istio.io/v1
      kind: PeerAuthentication
      metadata: {name: strict, namespace: shop}
      spec: {mtls: {mode: STRICT}}
      ---
      apiVersion: networking.istio.io/v1
      kind: DestinationRule
      metadata: {name: payments, namespace: shop}
      spec: {host: payments, trafficPolicy: {tls: {mode: \(mode)}}}

      """
    let loaded = try scenario(paymentsScenario([ImportSamples.app("payments"), strict]))
    #expect(loaded.outbound("client-v1")?.upstreams[0].transport == .plaintext)
  }

  @Test func `pods are throttled by the limit of the container that serves`() throws {
    let containers = """
      spec:
            containers:
              - {name: app, image: x, resources: {limits: {cpu: 100m}}}
              - {name: log, image: y}

      """
    func limit(_ annotation: String) throws -> Int? {
      let deployment = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: payments-v1, namespace: shop}
        spec:
          replicas: 1
          selector: {matchLabels: {app: payments}}
          template:
            metadata: {labels: {app: payments}, annotations: {\(annotation)}}
            \(containers)
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: payments, namespace: shop}
        spec: {selector: {app: payments}, ports: [{name: http, port: 80}]}

        """
      let loaded = try scenario(paymentsScenario([deployment]))
      return loaded.workloads.first { $0.name == "payments-v1" }?.cpu.limitMillicores
    }
    #expect(try limit("") == 100)
    #expect(try limit("kubectl.kubernetes.io/default-container: log") == nil)
  }

  @Test(arguments: [
    ("token_bucket: {max_tokens: 5, tokens_per_fill: 5, fill_interval: 1s}", true),
    ("tokenBucket: {maxTokens: 5, tokensPerFill: 5, fillInterval: 1s}", true),
  ])
  func `a rate limit may be written in camel case`(bucket: String, isRead: Bool) throws {
    let limit = ImportSamples.rateLimit(
      applyTo: "HTTP_FILTER", context: "SIDECAR_INBOUND", match: "", selector: "{app: payments}",
      bucket: bucket)
    let loaded = try scenario(paymentsScenario([ImportSamples.app("payments"), limit]))
    let inbound = try #require(loaded.workloads.first { $0.name.hasPrefix("payments") }?.inbound)
    #expect(loaded.proxies[inbound].configuration.filters.count == 1)
  }

  @Test func `a limit for a port without traffic is run by nobody`() throws {
    let limit = ImportSamples.rateLimit(
      applyTo: "HTTP_FILTER", context: "SIDECAR_INBOUND", match: "listener: {portNumber: 9999}",
      selector: "{app: payments}")
    let result = load(paymentsScenario([ImportSamples.app("payments"), limit]))
    let loaded = try #require(result.scenario)
    let inbound = try #require(loaded.workloads.first { $0.name.hasPrefix("payments") }?.inbound)
    #expect(loaded.proxies[inbound].configuration.filters.isEmpty)
    #expect(result.diagnostics.contains { $0.code == .policyWithoutProxy })
  }

  @Test func `the status of a limit may be Envoy's name of it`() throws {
    let limit = ImportSamples.rateLimit(
      applyTo: "HTTP_FILTER", context: "SIDECAR_INBOUND", match: "", selector: "{app: payments}",
      bucket: "token_bucket: {max_tokens: 5, fill_interval: 1s}, status: {code: ServiceUnavailable}"
    )
    let loaded = try scenario(paymentsScenario([ImportSamples.app("payments"), limit]))
    let inbound = try #require(loaded.workloads.first { $0.name.hasPrefix("payments") }?.inbound)
    guard case .localRateLimit(let settings) = loaded.proxies[inbound].configuration.filters.first
    else {
      Issue.record("no limit")
      return
    }
    #expect(settings.status == 503)
  }
}
