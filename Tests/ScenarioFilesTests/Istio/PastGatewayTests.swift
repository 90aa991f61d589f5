import ScenarioFiles
import Testing

/// Traffic for services in a mesh with one gateway, whose only route leads to one of them.
@Suite struct PastGatewayTests {
  private func shop(traffic: String, uri: String) -> String {
    """
    scenario: test
    duration: 1m
    services:
      client: { operations: { GET /: [], GET /api: [] } }
      other: { operations: { GET /: [] } }
    traffic:
      - \(traffic)
    ---
    \(ImportSamples.app("client"))---
    \(ImportSamples.app("other"))---
    apiVersion: networking.istio.io/v1
    kind: Gateway
    metadata: {name: edge, namespace: shop}
    spec:
      selector: {istio: ingressgateway}
      servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: [shop.example.com]}]
    ---
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: public, namespace: shop}
    spec:
      hosts: [shop.example.com]
      gateways: [edge]
      http: [{match: [{uri: {prefix: \(uri)}}], route: [{destination: {host: client}}]}]

    """
  }

  @Test(arguments: [
    "{ to: ⟦client GET /⟧, rate: 1/s }",
    "{ name: users, mix: [ { to: client GET /api }, { to: ⟦client GET /⟧ } ], rate: 1/s }",
  ])
  func `traffic that no route of its service's gateway takes is pointed out`(traffic: String) {
    expectDiagnostic(
      .pastGateway, in: shop(traffic: traffic, uri: "/api"),
      message: "GET / passes 'gateway shop/edge' by: it leads to 'client', "
        + "but none of its routes takes this",
      help: "write from: outside where that is meant, "
        + "or name an operation by a path that the routes take")
  }

  @Test(arguments: [
    ("{ to: client GET /, rate: 1/s, from: outside }", "/api"),
    ("{ to: client GET /, rate: 1/s }", "/"),
    ("{ to: client GET /api, rate: 1/s }", "/api"),
    // No route leads to the service at all.
    ("{ to: other GET /, rate: 1/s }", "/api"),
  ])
  func `traffic that is meant to enter where it does is not`(traffic: String, uri: String) {
    let result = load(shop(traffic: traffic, uri: uri))
    #expect(result.diagnostics.isEmpty, "\(result.diagnostics.text)")
  }
}
