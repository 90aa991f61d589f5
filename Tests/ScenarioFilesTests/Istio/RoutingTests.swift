import Scenario
import ScenarioFiles
import Testing
import TimeAndChance
import TrafficPolicy

@Suite struct RoutingTests {
  /// A VirtualService of payments in namespace shop.
  private func virtualService(_ http: String, host: String = "payments") -> String {
    """
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: payments, namespace: shop}
    spec:
      hosts: [\(host)]
      http:
    \(http.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n"))

    """
  }

  @Test func `rules keep their order and every match is a route`() throws {
    let loaded = try scenario(
      paymentsScenario([
        ImportSamples.app("payments"),
        virtualService(
          """
          - match:
              - uri: {exact: /charge}
                headers: {x-user: {exact: jason}}
              - method: {exact: POST}
            directResponse: {status: 418}
          - route: [{destination: {host: payments}}]
          """),
      ]))
    let routes = try #require(loaded.outbound("client-v1")).configuration.routes
    #expect(routes.count == 3)
    #expect(routes[0].match.headers == [.init(name: "x-user", value: .exact("jason"))])
    #expect(routes[0].action == .directResponse(status: 418))
    #expect(routes[1].match.method == .exact("POST"))
    #expect(routes[2].match.path == nil)
  }

  @Test func `matches on client and gateway are decided at once`() throws {
    let loaded = try scenario(
      paymentsScenario([
        ImportSamples.app("payments"),
        virtualService(
          """
          - match: [{sourceLabels: {app: someone}}]
            directResponse: {status: 401}
          - match: [{gateways: [edge]}]
            directResponse: {status: 402}
          - match: [{port: 81}]
            directResponse: {status: 403}
          - match: [{sourceLabels: {app: client}, port: 80}]
            route: [{destination: {host: payments}}]
          """),
      ]))
    let routes = try #require(loaded.outbound("client-v1")).configuration.routes
    #expect(routes.count == 1)
    #expect(routes[0].forward != nil)
  }

  @Test func `short hosts are completed with the manifest's namespace, others never`() {
    expectDiagnostic(
      .danglingHost,
      in: paymentsScenario([
        ImportSamples.app("payments"),
        virtualService("- route: [{destination: {host: ⟦payments.shop⟧}}]"),
      ]),
      message: "there is no service 'payments.shop' in the manifests or the scenario",
      help: "Istio does not complete 'payments.shop'; write payments.shop.svc.cluster.local")
    expectDiagnostic(
      .danglingHost,
      in: paymentsScenario([
        ImportSamples.app("payments"),
        virtualService("- route: [{destination: {host: ⟦paymnets⟧}}]"),
      ]),
      message: "there is no service 'paymnets' in the manifests or the scenario",
      help: "did you mean 'payments'?")
  }

  @Test func `subsets that are unknown or empty are found`() {
    let rule = """
      apiVersion: networking.istio.io/v1
      kind: DestinationRule
      metadata: {name: payments, namespace: shop}
      spec:
        host: payments
        subsets:
          - {name: v1, labels: {version: v1}}
          - {name: v9, labels: {version: v9}}

      """
    expectDiagnostic(
      .unknownSubset,
      in: paymentsScenario([
        ImportSamples.app("payments"), rule,
        virtualService("- route: [{destination: {host: payments, subset: ⟦v2⟧}}]"),
      ]),
      message: "no DestinationRule of 'payments' has a subset 'v2'", help: "did you mean 'v1'?")
    expectDiagnostic(
      .subsetWithoutPods,
      in: paymentsScenario([
        ImportSamples.app("payments"),
        virtualService("- route: [{destination: {host: payments, subset: ⟦v9⟧}}]"), rule,
      ]),
      message: "subset 'v9' of 'payments' selects no pods, but gets traffic",
      help: "its pods have version v1; the subset wants version: v9")
  }

  @Test func `a route after one that takes everything is never reached`() {
    expectDiagnostic(
      .unreachableRoute,
      in: paymentsScenario([
        ImportSamples.app("payments"),
        virtualService(
          """
          - route: [{destination: {host: payments}}]
          - ⟦m⟧atch: [{uri: {prefix: /}}]
            route: [{destination: {host: payments}}]
          """),
      ]),
      message: "this route of VirtualService shop/payments is never reached: the first match wins")
  }

  @Test func `a call that no route takes is found`() {
    let result = load(
      paymentsScenario([
        ImportSamples.app("payments"),
        virtualService(
          """
          - match: [{uri: {prefix: /pay}}]
            route: [{destination: {host: payments}}]
          """),
      ]))
    #expect(result.diagnostics.map(\.code) == [.noRoute])
    #expect(
      result.diagnostics[0].message
        == "no route of VirtualService shop/payments takes GET /charge")
  }

  @Test func `traffic enters by the gateway that routes its target`() throws {
    let gateway = """
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
        http: [{route: [{destination: {host: client}}], timeout: 4s}]

      """
    let manifests = [ImportSamples.app("payments"), gateway]
    let loaded = try scenario(paymentsScenario(manifests, traffic: "instances: 3"))
    let source = loaded.traffic[0]
    guard case .gateway(let index) = source.origin else {
      Issue.record("\(source.origin)")
      return
    }
    #expect(source.mix[0].target.authority == "shop.example.com")
    #expect(loaded.proxies[index].instances == 3)
    let route = loaded.proxies[index].configuration.routes[0]
    #expect(route.match.authorities == ["shop.example.com"])
    #expect(route.forward?.timeout == .seconds(4))
    let outside = try scenario(paymentsScenario(manifests))
    #expect(outside.traffic[0].origin == .outside)
  }

  @Test func `an HTTPRoute becomes routes with its own retries`() throws {
    let text = """
      scenario: test
      duration: 1m
      services:
        cart-v1: { operations: { GET /cart: [ { wait: 5ms } ] } }
        cart-v2: { operations: { GET /cart: [ { wait: 5ms } ] } }
      traffic:
        - { to: cart-v1 GET /cart, rate: 10/s }
      ---

      """
    let loaded = try scenario(
      text + ImportSamples.app("cart-v1", port: 8080) + "---\n"
        + ImportSamples.app("cart-v2", port: 8080) + "---\n" + ImportSamples.gatewayAPI)
    let gateway = try #require(loaded.proxies.first { $0.kind == .gateway })
    let route = try #require(gateway.configuration.routes.first)
    #expect(route.match.path == .regex("/cart(/.*)?"))
    let forward = try #require(route.forward)
    #expect(forward.destinations.map(\.weight) == [9, 1])
    #expect(forward.timeout == .seconds(90))
    #expect(forward.retryPolicy?.numRetries == 2)
    #expect(forward.retryPolicy?.perTryTimeout == .milliseconds(500))
    #expect(forward.retryPolicy?.retriableStatusCodes == [500, 503])
    #expect(forward.retryPolicy?.backOff.baseInterval == .milliseconds(100))
    #expect(loaded.traffic[0].mix[0].target.authority == "shop.example.com")
  }

  @Test func `a route to another service needs the operation there`() {
    let result = load(
      """
      scenario: test
      duration: 1m
      services:
        shop: { operations: { GET /: [] } }
        shop-next: { operations: { GET /items: [] } }
        front: { operations: { GET /: [ { call: shop GET / } ] } }
      traffic: [ { to: front GET /, rate: 1/s } ]
      ---
      apiVersion: networking.istio.io/v1
      kind: VirtualService
      metadata: {name: shop}
      spec:
        hosts: [shop]
        http: [{route: [{destination: {host: shop-next}}]}]

      """)
    #expect(
      result.diagnostics.map(\.message)
        == ["a route leads 'GET /' to 'shop-next', which has no such operation"])
  }

  @Test func `an ambient service's policy stands in its waypoint`() throws {
    let ambient = """
      apiVersion: v1
      kind: Namespace
      metadata: {name: shop, labels: {istio.io/dataplane-mode: ambient, istio.io/use-waypoint: wp}}
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: Gateway
      metadata: {name: wp, namespace: shop}
      spec:
        gatewayClassName: istio-waypoint
        listeners: [{name: mesh, port: 15008, protocol: HBONE}]

      """
    let loaded = try scenario(
      paymentsScenario([
        ImportSamples.app("payments"), ambient,
        virtualService("- {route: [{destination: {host: payments}}], timeout: 7s}"),
      ]))
    #expect(loaded.workloads.allSatisfy { $0.dataPlane == .ambient })
    let service = try #require(loaded.services.first { $0.name == "payments" })
    let waypoint = loaded.proxies[try #require(service.waypoint)]
    #expect(waypoint.kind == .waypoint)
    #expect(waypoint.configuration.routes[0].forward?.timeout == .seconds(7))
  }

  @Test func `unknown and unmodelled fields are warned of and counted`() throws {
    let result = load(
      paymentsScenario([
        ImportSamples.app("payments"),
        virtualService(
          """
          - route: [{destination: {host: payments}}]
            timeuot: 3s
            match: [{queryParams: {debug: {exact: "1"}}}]
          """),
      ]))
    #expect(result.scenario != nil)
    #expect(result.diagnostics.map(\.code) == [.unknownField, .unmodelledField])
    #expect(result.diagnostics[0].help == "did you mean 'timeout'?")
    #expect(result.diagnostics[0].keyPath == "spec.http[0].timeuot")
    let fields = try #require(result.scenario).provenance.fields
    #expect(fields.contains { $0.path == "spec.http.timeuot" && $0.handling == .unknown })
    #expect(
      fields.contains { $0.path == "spec.http.route.destination.host" && $0.handling == .read })
  }

  @Test func `kinds are counted, and those that change behaviour warned of`() throws {
    let result = load(paymentsScenario([ImportSamples.kubernetes]))
    let documents = try #require(result.scenario).provenance.documents
    #expect(documents.contains { $0.kind == "ServiceAccount" && $0.count == 1 && !$0.isRead })
    #expect(documents.contains { $0.kind == "Deployment" && $0.count == 2 && $0.isRead })
    #expect(result.diagnostics.map(\.code) == [.skippedKind])
  }
}
