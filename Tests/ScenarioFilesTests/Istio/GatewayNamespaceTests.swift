import Scenario
import ScenarioFiles
import Testing
import TimeAndChance
import TrafficPolicy

/// A Gateway and a VirtualService in namespace shop, the gateway's pods in namespace infra.
@Suite struct GatewayNamespaceTests {
  private let gateway = """
    apiVersion: networking.istio.io/v1
    kind: Gateway
    metadata: {name: edge, namespace: shop}
    spec:
      selector: {istio: ingressgateway}
      servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: [pay.test]}]

    """

  private func virtualService(_ rest: String) -> String {
    """
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: pay, namespace: shop}
    spec:
      hosts: [pay.test]
      gateways: [edge]
      \(rest)
      http: [{route: [{destination: {host: payments}}], timeout: 7s}]

    """
  }

  private func pods(in namespace: String) -> String {
    ImportSamples.app("ingress", namespace: namespace, labels: ", istio: ingressgateway")
  }

  private func text(_ manifests: [String]) -> String {
    """
    scenario: test
    duration: 1m
    services:
      payments: { operations: { GET /charge: [ { wait: 10ms } ] } }
    traffic:
      - { rate: 10/s, to: payments GET /charge }

    """ + ([ImportSamples.app("payments"), gateway] + manifests).map { "---\n" + $0 }.joined()
  }

  private func isRun(_ manifests: [String]) throws -> Bool {
    let result = load(text(manifests))
    let loaded = try #require(result.scenario, "\(result.diagnostics.text)")
    let proxy = try #require(loaded.proxies.first { $0.kind == .gateway })
    let isRun = loaded.traffic[0].origin == .gateway(0)
    #expect(proxy.configuration.routes.map(\.forward?.timeout) == (isRun ? [.seconds(7)] : []))
    #expect(
      result.diagnostics.map(\.code) == (isRun ? [] : [.notAdmitted]),
      "\(result.diagnostics.text)")
    return isRun
  }

  @Test(arguments: [
    ("", true), ("exportTo: ['*']", true), ("exportTo: [infra]", true),
    ("exportTo: [stock, infra]", true), ("exportTo: ['.']", false), ("exportTo: [shop]", false),
    ("exportTo: ['~']", false),
  ])
  func `a VirtualService must be exported to the gateway's pods`(
    exportTo: String, isSeen: Bool
  ) throws {
    #expect(try isRun([pods(in: "infra"), virtualService(exportTo)]) == isSeen)
  }

  @Test func `exported to its own namespace, it is seen by pods there`() throws {
    #expect(try isRun([pods(in: "shop"), virtualService("exportTo: ['.']")]))
  }

  @Test func `where the pods are not known, nothing is refused`() throws {
    let own = virtualService("exportTo: [stock]")
    #expect(try isRun([own]))
    #expect(try isRun([pods(in: "infra"), pods(in: "shop"), own]))
  }

  @Test func `what is not exported is pointed out`() {
    expectDiagnostic(
      .notAdmitted,
      in: text([
        pods(in: "infra"),
        virtualService("exportTo: ['.']").replacing("{name: pay,", with: "{name: ⟦pay⟧,"),
      ]),
      message: "VirtualService shop/pay is not exported to namespace 'infra', "
        + "where the pods of gateway 'shop/edge' are",
      help: "add 'infra' to 'exportTo'")
  }

  @Test func `pods beside a Gateway of the Gateway API are in its namespace`() throws {
    let api = """
      apiVersion: gateway.networking.k8s.io/v1
      kind: Gateway
      metadata: {name: front, namespace: infra}
      spec:
        gatewayClassName: istio
        listeners: [{name: web, port: 80, protocol: HTTP}]

      """
    let own = virtualService("exportTo: ['.']")
      .replacing("gateways: [edge]", with: "gateways: [infra/front]")
    let result = load(text([api, own]))
    #expect(result.diagnostics.map(\.code) == [.notAdmitted], "\(result.diagnostics.text)")
  }

  @Test(arguments: [("infra", 3), ("shop", 5)])
  func `DestinationRules are looked for where the gateway's pods are`(
    namespace: String, errors: Int
  ) throws {
    func rule(_ namespace: String, _ errors: Int) -> String {
      """
      apiVersion: networking.istio.io/v1
      kind: DestinationRule
      metadata: {name: pay, namespace: \(namespace)}
      spec:
        host: payments.shop.svc.cluster.local
        trafficPolicy: {outlierDetection: {consecutive5xxErrors: \(errors)}}

      """
    }
    let loaded = try scenario(
      text([pods(in: namespace), virtualService(""), rule("infra", 3), rule("shop", 5)]))
    let proxy = try #require(loaded.proxies.first { $0.kind == .gateway })
    #expect(proxy.configuration.clusters[0].outlierDetection?.consecutive5xx == errors)
  }
}
