import Scenario
import ScenarioFiles
import Testing
import TrafficPolicy

@Suite struct MeshMembershipTests {
  private func virtualService(_ name: String, _ spec: String, namespace: String = "shop") -> String
  {
    """
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: \(name), namespace: \(namespace)}
    spec: {hosts: [payments.shop.svc.cluster.local], \(spec)}

    """
  }

  private func routes(_ manifests: [String]) throws -> [Route] {
    try #require(try scenario(paymentsScenario(manifests)).outbound("client-v1"))
      .configuration.routes
  }

  @Test(arguments: [false, true])
  func `what is exported to the client alone comes first`(isSwapped: Bool) throws {
    let everybody = virtualService("all", "http: [{directResponse: {status: 501}}]")
    let own = virtualService("own", "exportTo: ['.'], http: [{directResponse: {status: 418}}]")
    let found = try routes(
      [ImportSamples.app("payments")] + (isSwapped ? [own, everybody] : [everybody, own]))
    #expect(found.map(\.action) == [.directResponse(status: 418)])
  }

  @Test func `an HTTPRoute of another namespace is for its own clients`() throws {
    let route = """
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: {name: theirs, namespace: other}
      spec:
        parentRefs: [{kind: Service, group: "", name: payments, namespace: shop}]
        rules: [{filters: [{type: RequestRedirect, requestRedirect: {statusCode: 301}}]}]

      """
    let found = try routes([ImportSamples.app("payments"), route])
    #expect(found.first?.forward != nil)
  }

  @Test func `a port of a parent Service limits the route to it`() throws {
    let route = """
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: {name: admin, namespace: shop}
      spec:
        parentRefs: [{kind: Service, group: "", name: payments, port: 81}]
        rules: [{filters: [{type: RequestRedirect, requestRedirect: {statusCode: 301}}]}]

      """
    let found = try routes([ImportSamples.app("payments"), route])
    #expect(found.count == 1)
    #expect(found.first?.forward != nil)
  }

  @Test func `codes of an HTTPRoute come beside Istio's usual retries`() throws {
    let route = """
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: {name: retried, namespace: shop}
      spec:
        parentRefs: [{kind: Service, group: "", name: payments}]
        rules:
          - retry: {attempts: 3, codes: [500]}
            backendRefs: [{name: payments, port: 80}]

      """
    let policy = try #require(
      try routes([ImportSamples.app("payments"), route]).first?.forward?.retryPolicy)
    #expect(
      policy.retryOn
        == [.connectFailure, .refusedStream, .unavailable, .cancelled, .retriableStatusCodes])
    #expect(policy.retriableStatusCodes == [500])
  }

  @Test func `a DestinationRule that selects the client is used alone`() throws {
    let rules = """
      apiVersion: networking.istio.io/v1
      kind: DestinationRule
      metadata: {name: own, namespace: shop}
      spec: {host: payments, workloadSelector: {matchLabels: {app: client}}}
      ---
      apiVersion: networking.istio.io/v1
      kind: DestinationRule
      metadata: {name: all, namespace: shop}
      spec: {host: payments, trafficPolicy: {outlierDetection: {consecutive5xxErrors: 2}}}

      """
    let loaded = try scenario(paymentsScenario([ImportSamples.app("payments"), rules]))
    let cluster = try #require(loaded.outbound("client-v1")?.configuration.clusters.first)
    #expect(cluster.outlierDetection == nil)
  }

  @Test(arguments: [
    ("disabled", "true", false), ("enabled", "false", false), ("enabled", "", true),
    ("", "true", true),
  ])
  func `a label that disables sidecars wins`(
    namespace: String, pod: String, isInside: Bool
  ) throws {
    var client = ImportSamples.app("client")
    if !pod.isEmpty {
      client = client.replacing(
        "labels: {app: client", with: "labels: {sidecar.istio.io/inject: \"\(pod)\", app: client")
    }
    let label = namespace.isEmpty ? "" : "istio-injection: \(namespace)"
    let space = """
      apiVersion: v1
      kind: Namespace
      metadata: {name: shop, labels: {\(label)}}

      """
    let text = paymentsScenario([ImportSamples.app("payments"), space])
      .replacing(ImportSamples.app("client"), with: client)
    #expect(client.contains("inject") == !pod.isEmpty)
    #expect((try scenario(text).outbound("client-v1") != nil) == isInside)
  }

  @Test func `a namespace without label is outside where others have one`() throws {
    let spaces = """
      apiVersion: v1
      kind: Namespace
      metadata: {name: shop}
      ---
      apiVersion: v1
      kind: Namespace
      metadata: {name: other, labels: {istio-injection: enabled}}

      """
    let loaded = try scenario(
      paymentsScenario([
        ImportSamples.app("payments"), spaces,
        virtualService("v", "http: [{directResponse: {status: 501}}]"),
      ]))
    #expect(loaded.outbound("client-v1") == nil)
  }

  @Test func `policies that nobody on the way runs are named`() throws {
    let ambient = paymentsScenario([
      ImportSamples.app("payments"),
      virtualService("v", "http: [{directResponse: {status: 501}}]"),
    ]).replacing("duration: 1m\n", with: "duration: 1m\nmesh: { dataPlane: ambient }\n")
    let found = load(ambient).diagnostics.filter { $0.code == .policyWithoutProxy }
    #expect(found.map(\.message) == ["no proxy runs VirtualService shop/v"])
  }

  @Test func `a VirtualService to which another delegates needs no hosts`() throws {
    let delegate = """
      apiVersion: networking.istio.io/v1
      kind: VirtualService
      metadata: {name: part, namespace: shop}
      spec: {http: [{route: [{destination: {host: payments}}]}]}

      """
    let root = virtualService(
      "root",
      "http: [{match: [{uri: {prefix: /x}}], delegate: {name: part}}, "
        + "{route: [{destination: {host: payments}}]}]")
    #expect(
      load(paymentsScenario([ImportSamples.app("payments"), root, delegate])).scenario != nil)
    let alone = load(paymentsScenario([ImportSamples.app("payments"), delegate]))
    #expect(alone.scenario == nil)
    #expect(alone.diagnostics.contains { $0.code == .missingField })
  }
}
