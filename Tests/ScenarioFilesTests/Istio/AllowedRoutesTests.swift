import Scenario
import ScenarioFiles
import Testing
import TimeAndChance
import TrafficPolicy

/// A gateway of the Gateway API in namespace infra, and a route to payments in namespace shop.
@Suite struct AllowedRoutesTests {
  private func gateway(_ listeners: [String], className: String = "istio") -> String {
    """
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: edge, namespace: infra}
    spec:
      gatewayClassName: \(className)
      listeners:
    \(listeners.map { "    - {\($0)}" }.joined(separator: "\n"))

    """
  }

  private func web(_ allowed: String) -> String {
    "name: web, port: 80, protocol: HTTP" + (allowed.isEmpty ? "" : ", allowedRoutes: {\(allowed)}")
  }

  private func route(
    parents: String = "{name: edge, namespace: infra}", namespace: String = "shop"
  ) -> String {
    """
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: pay, namespace: \(namespace)}
    spec:
      parentRefs: [\(parents)]
      hostnames: [pay.test]
      rules:
        - timeouts: {request: 7s}
          backendRefs: [{name: payments, namespace: shop, port: 80}]

    """
  }

  private func namespace(_ labels: String) -> String {
    """
    apiVersion: v1
    kind: Namespace
    metadata: {name: shop, labels: {\(labels)}}

    """
  }

  private func text(_ manifests: [String], from: String = "") -> String {
    """
    scenario: test
    duration: 1m
    services:
      payments: { operations: { GET /charge: [ { wait: 10ms } ] } }
    traffic:
      - { rate: 10/s, to: payments GET /charge\(from) }

    """ + ([ImportSamples.app("payments")] + manifests).map { "---\n" + $0 }.joined()
  }

  /// Whether users come to payments by the gateway, and all that was found to say.
  private func enter(_ manifests: [String]) throws -> (byGateway: Bool, messages: [String]) {
    let result = load(text(manifests))
    let loaded = try #require(result.scenario, "\(result.diagnostics.text)")
    let gateway = try #require(loaded.proxies.first { $0.kind == .gateway })
    guard case .gateway = loaded.traffic[0].origin else {
      #expect(gateway.configuration.routes.isEmpty)
      #expect(result.diagnostics.allSatisfy { $0.code == .notAdmitted })
      return (false, result.diagnostics.map(\.message))
    }
    #expect(gateway.configuration.routes.map(\.forward?.timeout) == [.seconds(7)])
    return (true, result.diagnostics.map(\.message))
  }

  @Test(arguments: ["", "namespaces: {from: Same}", "kinds: [{kind: HTTPRoute}]"])
  func `a listener admits its own namespace alone unless it says otherwise`(
    allowed: String
  ) throws {
    let edge = gateway([web(allowed)])
    let foreign = try enter([edge, route()])
    #expect(!foreign.byGateway)
    #expect(
      foreign.messages == [
        "HTTPRoute shop/pay is not attached to 'infra/edge': "
          + "its listener admits routes of its own namespace alone"
      ])
    #expect(try enter([edge, route(namespace: "infra")]) == (true, []))
  }

  @Test func `a listener admits all namespaces where it says so`() throws {
    #expect(try enter([gateway([web("namespaces: {from: All}")]), route()]) == (true, []))
  }

  @Test func `traffic that is meant to come by the gateway finds no route`() {
    let result = load(text([gateway([web("")]), route()], from: ", from: gateway"))
    #expect(result.scenario == nil)
    #expect(result.diagnostics.map(\.code) == [.noRoute, .notAdmitted])
  }

  @Test(arguments: [
    ("matchLabels: {team: pay}", true),
    ("matchLabels: {team: pay, tier: web}", false),
    ("matchLabels: {kubernetes.io/metadata.name: shop}", true),
    ("matchLabels: {kubernetes.io/metadata.name: stock}", false),
    ("matchExpressions: [{key: team, operator: In, values: [stock, pay]}]", true),
    ("matchExpressions: [{key: team, operator: In, values: [stock]}]", false),
    ("matchExpressions: [{key: team, operator: NotIn, values: [stock]}]", true),
    ("matchExpressions: [{key: tier, operator: NotIn, values: [web]}]", true),
    ("matchExpressions: [{key: team, operator: NotIn, values: [stock, pay]}]", false),
    ("matchExpressions: [{key: team, operator: Exists}]", true),
    ("matchExpressions: [{key: tier, operator: Exists}]", false),
    ("matchExpressions: [{key: tier, operator: DoesNotExist}]", true),
    ("matchExpressions: [{key: team, operator: DoesNotExist}]", false),
    ("matchLabels: {team: pay}, matchExpressions: [{key: tier, operator: Exists}]", false),
    ("", true),
  ])
  func `a selector looks at the labels of the route's namespace`(
    selector: String, isAdmitted: Bool
  ) throws {
    let edge = gateway([web("namespaces: {from: Selector, selector: {\(selector)}}")])
    // The name label is what it is, whatever the manifest says.
    let shop = namespace("team: pay, kubernetes.io/metadata.name: stock")
    let found = try enter([edge, shop, route()])
    #expect(found.byGateway == isAdmitted, "\(found.messages)")
  }

  @Test func `a namespace without manifest has its name for a label`() throws {
    func edge(_ label: String) -> String {
      gateway([web("namespaces: {from: Selector, selector: {matchLabels: {\(label)}}}")])
    }
    #expect(try enter([edge("kubernetes.io/metadata.name: shop"), route()]) == (true, []))
    #expect(try !enter([edge("team: pay"), route()]).byGateway)
  }

  @Test(arguments: [
    ("[{kind: HTTPRoute}]", true),
    ("[{group: gateway.networking.k8s.io, kind: HTTPRoute}]", true),
    ("[{kind: GRPCRoute}, {kind: HTTPRoute}]", true),
    ("[]", true),
    ("[{kind: GRPCRoute}]", false),
    ("[{group: example.com, kind: HTTPRoute}]", false),
  ])
  func `a list of kinds without HTTPRoute refuses it`(kinds: String, isAdmitted: Bool) throws {
    let edge = gateway([web("namespaces: {from: All}, kinds: \(kinds)")])
    #expect(try enter([edge, route()]).byGateway == isAdmitted)
  }

  @Test func `users come by the listener that admits the route`() throws {
    let secure = "name: secure, port: 443, protocol: HTTPS, tls: {mode: Terminate}"
    let loaded = try scenario(
      text([gateway([secure, web("namespaces: {from: All}")]), route()]))
    #expect(loaded.traffic[0].mix[0].target.authority == "pay.test:80")
  }

  @Test func `a refused parent leaves the others`() throws {
    let other = gateway([web("namespaces: {from: All}")]).replacing("edge", with: "open")
    let parents =
      "{name: edge, namespace: infra}, {name: open, namespace: infra}, "
      + "{kind: Service, group: \"\", name: payments}"
    let result = load(text([gateway([web("")]), other, route(parents: parents)]))
    #expect(result.diagnostics.map(\.code) == [.notAdmitted])
    let loaded = try #require(result.scenario)
    guard case .gateway(let proxy) = loaded.traffic[0].origin else {
      Issue.record("not by a gateway")
      return
    }
    #expect(loaded.proxies[proxy].name == "gateway infra/open")
  }

  @Test func `a route of a service needs nobody's leave`() throws {
    let result = load(
      text([
        ImportSamples.app("client"), route(parents: "{kind: Service, group: \"\", name: payments}"),
      ]).replacing(
        "services:\n",
        with: "services:\n  client: { operations: { GET /: [ { call: payments GET /charge } ] } }\n"
      ))
    #expect(result.diagnostics.isEmpty, "\(result.diagnostics.text)")
    let loaded = try #require(result.scenario)
    let sidecar = try #require(loaded.proxies.first { $0.name == "sidecar of client-v1" })
    #expect(sidecar.configuration.routes.first?.forward?.timeout == .seconds(7))
  }

  // MARK: What is said

  private func refused(_ listener: String, _ parent: String, _ others: [String] = []) -> String {
    text([gateway([listener])] + others + [route(parents: parent)])
  }
  private let all = "namespaces: {from: All}"
  private let parent = "{name: ⟦edge⟧, namespace: infra}"

  @Test func `a refused namespace is pointed out at the parent`() {
    expectDiagnostic(
      .notAdmitted, in: refused(web(""), parent),
      message: "HTTPRoute shop/pay is not attached to 'infra/edge': "
        + "its listener admits routes of its own namespace alone",
      help: "set 'allowedRoutes.namespaces.from' to All, "
        + "or move the route to namespace 'infra'")
  }

  @Test func `a selector is written as kubectl takes it`() {
    let expressions =
      "{key: env, operator: In, values: [a, b]}, {key: old, operator: DoesNotExist}, "
      + "{key: x, operator: Exists}, {key: y, operator: NotIn, values: [z]}"
    let selector = "{matchLabels: {team: pay}, matchExpressions: [\(expressions)]}"
    let listener = web("namespaces: {from: Selector, selector: \(selector)}")
    let message =
      "HTTPRoute shop/pay is not attached to 'infra/edge': its listener admits routes of "
      + "namespaces with 'team=pay,env in (a,b),!old,x,y notin (z)'"
    expectDiagnostic(
      .notAdmitted, in: refused(listener, parent, [namespace("team: stock")]), message: message,
      help: "label Namespace 'shop' so, or set 'allowedRoutes.namespaces.from' to All, "
        + "or move the route to namespace 'infra'")
    expectDiagnostic(
      .notAdmitted, in: refused(listener, parent), message: message,
      help: "add the manifest of Namespace 'shop', whose labels are not known, "
        + "or set 'allowedRoutes.namespaces.from' to All, "
        + "or move the route to namespace 'infra'")
  }

  @Test(arguments: [
    (
      "name: web, port: 80, protocol: HTTP", "{name: edge, namespace: infra, sectionName: ⟦wbe⟧}",
      "it has no listener 'wbe'", "did you mean 'web'?"
    ),
    (
      "name: web, port: 80, protocol: HTTP", "{name: edge, namespace: infra, port: ⟦8080⟧}",
      "it has no listener at port 8080", "its only port is 80"
    ),
    (
      "name: web, port: 80, protocol: HTTP",
      "{name: edge, namespace: infra, port: 8080, sectionName: ⟦web⟧}",
      "it has no listener 'web' at port 8080", "its only port is 80"
    ),
    (
      "name: tls, port: 443, protocol: TLS, tls: {mode: Passthrough}",
      "{name: ⟦edge⟧, namespace: infra}", "its listener reads no HTTP",
      "HTTPRoutes need a listener of protocol HTTP, or of HTTPS that is not passed through"
    ),
    (
      "name: web, port: 80, protocol: HTTP, allowedRoutes: {kinds: [{kind: GRPCRoute}]}",
      "{name: ⟦edge⟧, namespace: infra}", "its listener admits only GRPCRoute",
      "add {kind: HTTPRoute} to 'allowedRoutes.kinds'"
    ),
    (
      "name: web, port: 80, protocol: HTTP, hostname: other.test",
      "{name: ⟦edge⟧, namespace: infra}", "its listener does not take 'pay.test'",
      "its only hostname is 'other.test'"
    ),
  ])
  func `the reason for a refusal is told`(
    listener: String, parent: String, reason: String, help: String
  ) {
    expectDiagnostic(
      .notAdmitted, in: refused(listener, parent),
      message: "HTTPRoute shop/pay is not attached to 'infra/edge': \(reason)", help: help)
  }

  @Test(arguments: [
    ("namespaces: {from: ⟦all⟧}", "must be All, Selector or Same, is 'all'", "did you mean 'All'?"),
    // The word is for 'allowedListeners'; the API server refuses it here.
    ("namespaces: {from: ⟦None⟧}", "must be All, Selector or Same, is 'None'", nil),
    (
      "namespaces: {from: Selector, selector: "
        + "{matchExpressions: [{key: a, operator: ⟦NotInn⟧, values: [b]}]}}",
      "must be In, NotIn, Exists or DoesNotExist, is 'NotInn'", "did you mean 'NotIn'?"
    ),
    (
      "namespaces: {from: Selector, selector: "
        + "{matchExpressions: [{key: a, operator: Exists, values: [⟦b⟧]}]}}",
      "must be left out beside 'operator: Exists', is a list", nil
    ),
  ])
  func `a wrong value is one mistake`(allowed: String, message: String, help: String?) {
    let marked = refused(web(allowed), "{name: edge, namespace: infra}")
    let result = load(MarkedText(marked).text)
    #expect(result.diagnostics.map(\.code) == [.badField], "\(result.diagnostics.text)")
    #expect(result.diagnostics.first?.message.hasSuffix(message) == true)
    #expect(result.diagnostics.first?.help == help)
  }

  @Test(arguments: [
    ("namespaces: {from: Selector}", "namespaces.selector"),
    (
      "namespaces: {from: Selector, selector: {matchExpressions: [{key: a}]}}",
      "namespaces.selector.matchExpressions[0].operator"
    ),
    (
      "namespaces: {from: Selector, selector: {matchExpressions: [{operator: Exists}]}}",
      "namespaces.selector.matchExpressions[0].key"
    ),
    (
      "namespaces: {from: Selector, selector: {matchExpressions: [{key: a, operator: In}]}}",
      "namespaces.selector.matchExpressions[0].values"
    ),
    ("kinds: [{group: gateway.networking.k8s.io}]", "kinds[0].kind"),
  ])
  func `a missing value is one mistake`(allowed: String, path: String) {
    let result = load(refused(web(allowed), "{name: edge, namespace: infra}"))
    let errors = result.diagnostics.filter { $0.severity == .error }
    #expect(
      errors.map(\.message)
        == ["Gateway infra/edge has no 'spec.listeners[0].allowedRoutes.\(path)'"])
  }

  // MARK: Waypoints

  private func ambient(_ allowed: String) -> [String] {
    let tunnel = "name: mesh, port: 15008, protocol: HBONE"
    return [
      namespace(
        "istio.io/dataplane-mode: ambient, istio.io/use-waypoint: edge, "
          + "istio.io/use-waypoint-namespace: infra, team: pay"),
      gateway(
        [tunnel + (allowed.isEmpty ? "" : ", allowedRoutes: {\(allowed)}")],
        className: "istio-waypoint"),
    ]
  }

  @Test(arguments: [
    ("", false), ("namespaces: {from: Same}", false), ("namespaces: {from: All}", true),
    ("namespaces: {from: Selector, selector: {matchLabels: {team: pay}}}", true),
    ("namespaces: {from: Selector, selector: {matchLabels: {team: stock}}}", false),
  ])
  func `a waypoint serves the namespaces that its listener admits`(
    allowed: String, isAdmitted: Bool
  ) throws {
    let result = load(text(ambient(allowed)))
    let service = try #require(result.scenario?.services.first { $0.name == "payments" })
    #expect((service.waypoint != nil) == isAdmitted)
    #expect(result.diagnostics.map(\.code) == (isAdmitted ? [] : [.notAdmitted]))
  }

  @Test func `a service that its waypoint refuses is pointed out`() {
    expectDiagnostic(
      .notAdmitted,
      in: text(ambient("")).replacing(
        "kind: Service\nmetadata: {name: payments",
        with: "kind: Service\nmetadata: {name: ⟦payments⟧"),
      message: "Service shop/payments is without waypoint 'infra/edge': "
        + "its listener admits services of its own namespace alone",
      help: "set 'allowedRoutes.namespaces.from' to All")
  }

  @Test func `a waypoint runs no routes that name it`() {
    expectDiagnostic(
      .notAdmitted,
      in: text(ambient(all) + [route(parents: parent)]),
      message: "HTTPRoute shop/pay is not attached to 'infra/edge': "
        + "a waypoint runs the routes of its services",
      help: "name the Service as parent: kind: Service, group: \"\"")
  }
}
