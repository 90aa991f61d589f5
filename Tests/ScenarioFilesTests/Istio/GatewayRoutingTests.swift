import Scenario
import ScenarioFiles
import Testing
import TimeAndChance
import TrafficPolicy

@Suite struct GatewayRoutingTests {
  private func gateway(_ servers: [String]) -> String {
    """
    apiVersion: networking.istio.io/v1
    kind: Gateway
    metadata: {name: edge, namespace: shop}
    spec:
      selector: {istio: ingressgateway}
      servers:
    \(servers.map { "    - \($0)" }.joined(separator: "\n"))

    """
  }
  private let plain = "{port: {number: 80, name: http, protocol: HTTP}, hosts: [shop.test]}"
  private let secure =
    "{port: {number: 443, name: https, protocol: HTTPS}, tls: {mode: SIMPLE}, hosts: [shop.test]}"

  private func virtualService(_ name: String, _ http: String) -> String {
    """
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: \(name), namespace: shop}
    spec:
      hosts: [shop.test]
      gateways: [edge]
      http: \(http)

    """
  }

  private let listeners = """
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: edge, namespace: shop}
    spec:
      gatewayClassName: istio
      listeners:
        - {name: web, port: 80, protocol: HTTP}
        - {name: websecure, port: 443, protocol: HTTPS, tls: {mode: Terminate}}

    """

  private func httpRoute(_ name: String, parent: String, _ rules: String) -> String {
    """
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: \(name), namespace: shop}
    spec:
      parentRefs: [\(parent)]
      hostnames: [shop.test]
      rules: \(rules)

    """
  }

  /// Traffic to `payments GET /charge`, and manifests.
  private func scenarioText(
    _ manifests: [String], traffic: String = "to: payments GET /charge, from: gateway"
  ) -> String {
    """
    scenario: test
    duration: 1m
    services:
      payments: { operations: { GET /charge: [ { wait: 10ms } ] } }
    traffic:
      - { rate: 10/s, \(traffic) }

    """ + ([ImportSamples.app("payments")] + manifests).map { "---\n" + $0 }.joined()
  }

  /// The actions that requests for `GET /charge` at the gateway find, in order.
  private func routes(
    _ manifests: [String], traffic: String = "to: payments GET /charge, from: gateway"
  ) throws -> [RouteAction] {
    let loaded = try scenario(scenarioText(manifests, traffic: traffic))
    guard case .gateway(let proxy) = loaded.traffic[0].origin else { return [] }
    let target = loaded.traffic[0].mix[0].target
    let all = loaded.proxies[proxy].configuration.routes
    let found = all.filter { route in
      route.match.takes(
        authority: target.authority, method: "GET", path: "/charge", header: { _ in nil })
    }
    return found.map(\.action)
  }

  private func isForward(_ action: RouteAction?) -> Bool {
    if case .forward = action { true } else { false }
  }

  @Test(arguments: [false, true])
  func `what takes every request comes last, whichever file it is in`(isSwapped: Bool) throws {
    let all = virtualService("all", "[{directResponse: {status: 404}}]")
    let one = virtualService(
      "one", "[{match: [{uri: {prefix: /charge}}], route: [{destination: {host: payments}}]}]")
    let found = try routes([gateway([plain])] + (isSwapped ? [one, all] : [all, one]))
    #expect(found.count == 2)
    #expect(isForward(found.first))
    #expect(found.last == .directResponse(status: 404))
  }

  @Test(arguments: [false, true])
  func `rules of several HTTPRoutes are ordered as those of one`(isSwapped: Bool) throws {
    let redirect = "[{filters: [{type: RequestRedirect, requestRedirect: {statusCode: 302}}]}]"
    let all = httpRoute("all", parent: "{name: edge}", redirect)
    let one = httpRoute(
      "one", parent: "{name: edge}",
      "[{matches: [{path: {value: /charge}}], backendRefs: [{name: payments, port: 80}]}]")
    let found = try routes([listeners] + (isSwapped ? [one, all] : [all, one]))
    #expect(isForward(found.first))
    #expect(found.last == .directResponse(status: 302))
  }

  @Test(arguments: [false, true])
  func `an HTTPRoute is bound to the listener that it names`(isSwapped: Bool) throws {
    let redirect = httpRoute(
      "redirect", parent: "{name: edge, sectionName: web}",
      "[{filters: [{type: RequestRedirect, requestRedirect: {statusCode: 301}}]}]")
    let real = httpRoute(
      "real", parent: "{name: edge, port: 443}",
      "[{backendRefs: [{name: payments, port: 80}]}]")
    let found = try routes([listeners] + (isSwapped ? [real, redirect] : [redirect, real]))
    #expect(found.count == 1)
    #expect(isForward(found.first))
  }

  @Test func `users come by HTTPS unless they name the port`() throws {
    let destination = "route: [{destination: {host: payments}}]"
    let manifests = [
      gateway([plain, secure]),
      virtualService(
        "shop",
        "[{match: [{port: 80}], timeout: 1s, \(destination)}, {timeout: 2s, \(destination)}]"),
    ]
    func timeouts(_ traffic: String) throws -> [SimDuration?] {
      try routes(manifests, traffic: "to: payments GET /charge, from: gateway\(traffic)").map {
        if case .forward(let forward) = $0 { forward.timeout } else { nil }
      }
    }
    #expect(try timeouts("") == [.seconds(2)])
    #expect(try timeouts(", host: 'shop.test:80'") == [.seconds(1), .seconds(2)])
  }

  @Test func `a port that passes TLS through sees no HTTP routes`() throws {
    let passing = secure.replacing("SIMPLE", with: "PASSTHROUGH")
    let found = try routes([
      gateway([plain, passing]),
      virtualService(
        "shop",
        "[{match: [{port: 443}], directResponse: {status: 418}}, "
          + "{route: [{destination: {host: payments}}]}]"),
    ])
    #expect(found.count == 1 && isForward(found.first))
  }

  @Test func `a server's host may be for the routes of one namespace`() throws {
    let foreign = plain.replacing("[shop.test]", with: "[prod/shop.test]")
    let shop = virtualService("shop", "[{route: [{destination: {host: payments}}]}]")
    let refused = load(scenarioText([gateway([foreign]), shop]))
    #expect(refused.diagnostics.map(\.code) == [.noRoute])
    let own = plain.replacing("[shop.test]", with: "[./shop.test]")
    #expect(try routes([gateway([own]), shop]).count == 1)
  }

  @Test(arguments: ["./edge", "shop/edge", "edge.shop.svc.cluster.local"])
  func `all forms of a gateway's name are known`(name: String) throws {
    let shop = virtualService("shop", "[{route: [{destination: {host: payments}}]}]")
      .replacing("gateways: [edge]", with: "gateways: [\(name), mesh]")
    #expect(try routes([gateway([plain]), shop]).count == 1)
  }

  @Test func `a limit of a virtual host is for that host alone`() throws {
    let shop = virtualService(
      "shop",
      "[{match: [{uri: {prefix: /c}}], timeout: 1s, route: [{destination: {host: payments}}]}, "
        + "{route: [{destination: {host: payments}}]}]"
    )
    .replacing("hosts: [shop.test]", with: "hosts: [shop.test, other.test]")
    let limit = ImportSamples.rateLimit(
      applyTo: "VIRTUAL_HOST", context: "GATEWAY",
      match: "routeConfiguration: {vhost: {name: 'other.test:80', route: {action: ANY}}}",
      selector: "{istio: ingressgateway}")
    let text = """
      scenario: test
      duration: 1m
      services:
        payments: { operations: { GET /charge: [ { wait: 10ms } ] } }
      traffic:
        - { name: a, rate: 10/s, to: payments GET /charge, from: gateway, host: shop.test }
        - { name: b, rate: 10/s, to: payments GET /charge, from: gateway, host: other.test }

      """
      + [
        ImportSamples.app("payments"),
        gateway([plain.replacing("[shop.test]", with: "[shop.test, other.test]")]), shop, limit,
      ].map { "---\n" + $0 }.joined()
    let loaded = try scenario(text)
    let proxy = try #require(loaded.proxies.first { $0.kind == .gateway })
    let limited = zip(proxy.configuration.routes, proxy.routeFilters)
      .filter { $0.1.localRateLimit != nil }.map(\.0.match.authorities)
    #expect(limited == [["other.test"], ["other.test"]])
    // The virtual host has one set of buckets.
    #expect(Set(proxy.routeFilters.compactMap(\.localRateLimit?.group)).count == 1)
  }
}
