import Scenario
import ScenarioFiles
import Testing
import TimeAndChance
import TrafficPolicy

/// Objects by the dozen, which are looked up by name, label and path instead of searched.
@Suite struct ManyObjectsTests {
  private func service(_ name: String, _ selector: String, namespace: String = "shop") -> String {
    """
    apiVersion: v1
    kind: Service
    metadata: {name: \(name), namespace: \(namespace)}
    spec: {selector: {\(selector)}, ports: [{name: http, port: 80}]}

    """
  }

  private func deployment(_ name: String, _ labels: String, namespace: String = "shop") -> String {
    """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: \(name), namespace: \(namespace)}
    spec:
      replicas: 1
      selector: {matchLabels: {\(labels)}}
      template:
        metadata: {labels: {\(labels)}}
        spec: {containers: [{name: app, image: app}]}

    """
  }

  /// A gateway for every host.
  private let edge = """
    apiVersion: networking.istio.io/v1
    kind: Gateway
    metadata: {name: edge, namespace: shop}
    spec:
      selector: {istio: gateway}
      servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]

    """

  private func load(
    _ manifests: [String], service: String = "s1", traffic: String = "{ to: s1 GET /, rate: 1/s }"
  ) throws -> Scenario {
    try scenario(
      """
      scenario: many
      duration: 1m
      manifests: [all.yaml]
      services:
        \(service): { operations: { GET /: [ { wait: 1ms } ], GET /a: [ { wait: 1ms } ] } }
      traffic: [ \(traffic) ]

      """, files: ["all.yaml": manifests.joined(separator: "---\n")])
  }

  @Test func `services of the same and of narrower selectors share their pods`() throws {
    let loaded = try load([
      service("s0", "app: x"), service("s1", "app: x"), service("narrow", "app: x, tier: b"),
      service("elsewhere", "app: x", namespace: "other"), service("b", "tier: b"),
      deployment("d0", "app: x"), deployment("d1", "app: x, tier: b"),
      deployment("d2", "tier: b"), deployment("d3", "app: x", namespace: "other"),
    ])
    func pods(_ name: String) throws -> [String] {
      try #require(loaded.services.first { $0.name == name }).workloads
        .map { loaded.workloads[$0].name }
    }
    #expect(try pods("s0") == ["d0", "d1"])
    #expect(try pods("s1") == ["d0", "d1"])
    #expect(try pods("narrow") == ["d1"])
    #expect(try pods("b") == ["d1", "d2"])
    #expect(try pods("elsewhere") == ["d3"])
    // The service that the scenario describes owns its pods, else the first.
    let owners = loaded.workloads.map { loaded.services[$0.service].name }
    #expect(owners == ["s1", "s1", "b", "elsewhere"])
  }

  @Test func `two described services of the same pods are a mistake`() {
    let result = ScenarioFilesTests.load(
      """
      scenario: many
      duration: 1m
      manifests: [all.yaml]
      services:
        one: { operations: { GET /: [ { wait: 1ms } ] } }
        two: { operations: { GET /: [ { wait: 1ms } ] } }
      traffic: [ { to: one GET /, rate: 1/s } ]

      """,
      files: [
        "all.yaml": [
          service("two", "app: x, tier: b"), service("one", "app: x"),
          deployment("d", "app: x, tier: b"),
        ].joined(separator: "---\n")
      ])
    let shared = result.diagnostics.filter { $0.code == .sharedWorkload }
    #expect(shared.count == 1)
    #expect(
      shared.first?.message
        == "services 'one' and 'two' select the same pods of Deployment shop/d")
  }

  @Test(arguments: [3, 40])
  func `subsets have the pods of their labels, the first of a name stands`(count: Int) throws {
    let subsets = (0..<count).map { "{name: v\($0), labels: {version: w\($0)}}" }
    let loaded = try load(
      [
        service("s1", "app: x"),
        (0..<count).map { deployment("d\($0)", "app: x, version: w\($0)") }
          .joined(separator: "---\n"),
        """
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: s1, namespace: shop}
        spec:
          host: s1
          subsets: [\(subsets.joined(separator: ", ")), {name: v1, labels: {version: w0}}, {name: all}]

        """,
        edge,
        """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: s1, namespace: shop}
        spec:
          hosts: [shop.example.com]
          gateways: [edge]
          http:
            - match: [{uri: {exact: /a}}]
              route: [{destination: {host: s1, subset: v1}}]
            - route:
                - {destination: {host: s1, subset: v2}, weight: 1}
                - {destination: {host: s1, subset: all}, weight: 1}

        """,
      ], traffic: "{ to: s1 GET /, rate: 1/s }, { to: s1 GET /a, rate: 1/s }")
    let upstreams = try #require(loaded.proxies.first { $0.kind == .gateway }).upstreams
    #expect(upstreams.map(\.subset) == ["v1", "v2", "all"])
    #expect(upstreams[0].workloads.map { loaded.workloads[$0].name } == ["d1"])
    #expect(upstreams[1].workloads.map { loaded.workloads[$0].name } == ["d2"])
    #expect(upstreams[2].workloads.count == count)
  }

  @Test func `a wanted host leads by the VirtualService that has it`() throws {
    func virtualService(_ number: Int, _ host: String, _ path: String) -> String {
      """
      apiVersion: networking.istio.io/v1
      kind: VirtualService
      metadata: {name: v\(number), namespace: shop}
      spec:
        hosts: ["\(host)"]
        gateways: [edge]
        http:
          - match: [{uri: {prefix: \(path)}}]
            timeout: \(number)s
            route: [{destination: {host: s1}}]

      """
    }
    let loaded = try load(
      [
        service("s1", "app: x"), deployment("d", "app: x"),
        edge,
        virtualService(1, "one.example.com", "/other"),
        virtualService(2, "two.example.com", "/"), virtualService(3, "*.example.com", "/"),
        virtualService(4, "two.example.com", "/a"),
      ],
      traffic: """
        { name: first, to: s1 GET /, rate: 1/s },
        { name: second, to: s1 GET /, host: TWO.example.com, rate: 1/s },
        { name: wide, to: s1 GET /a, host: x.example.com, rate: 1/s }
        """)
    #expect(
      loaded.traffic.map(\.mix[0].target.authority) == [
        "two.example.com", "two.example.com", "x.example.com",
      ])
    let policy = try #require(loaded.proxies.first { $0.kind == .gateway })
    let timeouts = policy.configuration.routes.map { route -> SimDuration? in
      if case .forward(let forward) = route.action { forward.timeout } else { nil }
    }
    // What takes every request of a host comes last.
    #expect(timeouts == [.seconds(4), .seconds(2), .seconds(3)])
  }

  @Test func `hosts that only routes know are services, each once`() throws {
    let routed = (0..<3).map { number in
      """
      apiVersion: networking.istio.io/v1
      kind: VirtualService
      metadata: {name: v\(number), namespace: shop}
      spec:
        hosts: [h\(number).example.com]
        http: [{route: [{destination: {host: s1}}]}]

      """
    }
    let loaded = try load(
      [service("s1", "app: x"), deployment("d", "app: x")] + routed,
      traffic: (0..<3).map {
        "{ name: t\($0), to: h\($0).example.com GET /, rate: 1/s }, "
          + "{ name: u\($0), to: h\($0).example.com GET /a, rate: 1/s }"
      }.joined(separator: ", "))
    #expect(
      loaded.services.map(\.name) == [
        "s1", "h0.example.com", "h1.example.com", "h2.example.com",
      ])
    #expect(loaded.traffic.map(\.mix[0].target.service) == [1, 1, 2, 2, 3, 3])
  }

  @Test func `policies of a workload come before those of its namespace and of the mesh`() throws {
    func authentication(_ name: String, _ namespace: String, _ rest: String) -> String {
      """
      apiVersion: security.istio.io/v1
      kind: PeerAuthentication
      metadata: {name: \(name), namespace: \(namespace)}
      spec: {\(rest)}

      """
    }
    let loaded = try load([
      service("s1", "app: x"), deployment("d0", "app: x, tier: a"),
      deployment("d1", "app: x, tier: b"), deployment("d2", "app: x"),
      deployment("d3", "app: x, tier: c"),
      authentication("mesh", "istio-system", "mtls: {mode: DISABLE}"),
      authentication(
        "b", "shop", "selector: {matchLabels: {tier: b, app: x}}, mtls: {mode: STRICT}"),
      authentication("c", "shop", "selector: {matchLabels: {tier: c}}, mtls: {mode: UNSET}"),
      authentication("other", "other", "selector: {matchLabels: {tier: a}}, mtls: {mode: STRICT}"),
    ])
    #expect(loaded.workloads.map(\.mutualTLS) == [.disabled, .strict, .disabled, .disabled])
  }
}
