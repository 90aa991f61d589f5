import Scenario
import ScenarioFiles
import Testing
import TimeAndChance
import TrafficPolicy

@Suite struct LoaderTests {
  @Test func `manifests are found by patterns inside the folder`() throws {
    let files = [
      "demo/run.yaml": smallScenario.replacing("    pods: 2\n", with: "")
        + "manifests: [\"manifests/**/*.yaml\"]\n",
      "demo/manifests/a/shop.yaml": ImportSamples.app("shop", namespace: "x"),
      "demo/manifests/readme.txt": "no YAML: {",
      "demo/other.yaml": "not: [read",
    ]
    let result = ScenarioLoader.load(paths: ["demo/run.yaml"], fileSystem: .memory(files))
    let loaded = try #require(result.scenario, "\(result.diagnostics.text)")
    #expect(
      loaded.provenance.inputs.map(\.path) == ["demo/run.yaml", "demo/manifests/a/shop.yaml"])
    #expect(loaded.workloads.map(\.name) == ["shop-v1"])
  }

  @Test func `a pattern without a match is a mistake`() {
    expectDiagnostic(
      .noMatch, in: smallScenario + "manifests: [⟦manifest/*.yaml⟧]\n",
      message: "'manifest/*.yaml' matches no file in the current folder")
  }

  @Test func `standard input and several files make one scenario`() throws {
    let files = ["-": ImportSamples.app("stock"), "a.yaml": smallScenario]
    let result = ScenarioLoader.load(paths: ["a.yaml", "-"], fileSystem: .memory(files))
    let loaded = try #require(result.scenario, "\(result.diagnostics.text)")
    #expect(loaded.services.map(\.name) == ["shop", "stock"])
    #expect(loaded.provenance.inputs.map(\.path) == ["a.yaml", "<stdin>"])
  }

  @Test func `there is one scenario, not none and not two`() {
    let files = ["a.yaml": smallScenario, "b.yaml": ImportSamples.app("x")]
    let none = ScenarioLoader.load(paths: ["b.yaml"], fileSystem: .memory(files))
    #expect(none.diagnostics.map(\.code) == [.noScenario])
    let two = ScenarioLoader.load(paths: ["a.yaml", "a.yaml"], fileSystem: .memory(files))
    #expect(two.diagnostics.map(\.code) == [.twoScenarios])
    let missing = ScenarioLoader.load(paths: ["c.yaml"], fileSystem: .memory(files))
    #expect(missing.diagnostics.map(\.code) == [.unreadableFile])
  }

  @Test func `a pipe with a name is refused in favour of standard input`() {
    // A device stands for what a shell makes of <(helm template …).
    let result = ScenarioLoader.load(paths: ["/dev/null"])
    #expect(result.diagnostics.map(\.code) == [.unreadableFile])
    #expect(
      result.diagnostics.first?.message == "cannot read '/dev/null': it is not a regular file")
    #expect(
      result.diagnostics.first?.help
        == "standard input is read as '-': helm template CHART | foreshock run SCENARIO -")
  }

  @Test func `overrides replace values before they are checked`() throws {
    let loaded = try scenario(
      smallScenario,
      overrides: [
        "duration=5m", "services.shop.workers=7",
        #"services.shop.operations."GET /items"[0].wait=3ms"#,
        "traffic[0].rate=[{at: 0s, rps: 5}]", "network.proxyHop=1ms",
      ])
    #expect(loaded.duration == .minutes(5))
    #expect(loaded.workloads[0].workers == 7)
    #expect(loaded.network.proxyHop == (try Distribution(.constant(0.001))))
    guard case .wait(let law) = loaded.workloads[0].steps[0][0] else {
      Issue.record("no wait")
      return
    }
    #expect(law == (try Distribution(.constant(0.003))))
  }

  @Test(arguments: [
    ("duration", "'duration' is not of the form path=value"),
    ("traffic[3].rate=1/s", "'traffic[3].rate=1/s' asks for element 3 of a list of 1"),
    ("seed.x=1", ""), ("services.shop.workrs=1", "unknown key 'workrs'"),
    ("duration=5", "'duration' needs a unit of time, is '5'"),
    ("=1", "'=1' is not of the form path=value"),
  ])
  func `a wrong override is a mistake at the override`(text: String, message: String) {
    let result = load(smallScenario, overrides: [text])
    if message.isEmpty {
      #expect(result.diagnostics.hasErrors)
    } else {
      #expect(result.diagnostics.map(\.message) == [message])
      #expect(result.diagnostics.first?.span.file.hasPrefix("--set") == true)
    }
  }

  @Test func `merge keys and anchors are applied`() throws {
    let loaded = try scenario(
      """
      scenario: test
      duration: 1m
      services:
        a: &base
          workers: 3
          operations: { GET /: [ { wait: &time 4ms } ] }
        b:
          <<: *base
          workers: 5
        c:
          operations: { GET /: [ { wait: *time } ] }
      traffic: [ { to: a GET /, rate: 1/s } ]

      """)
    #expect(loaded.workloads.map(\.workers) == [3, 5, 200])
    #expect(loaded.workloads[1].steps == loaded.workloads[0].steps)
    #expect(loaded.workloads[2].steps == loaded.workloads[0].steps)
  }

  @Test func `a service that only manifests name has the stated default behaviour`() throws {
    let text = smallScenario.replacing("wait: 10ms", with: "call: stock GET /count")
    let loaded = try scenario(text + "---\n" + ImportSamples.app("stock"))
    let stock = try #require(loaded.services.first { $0.name == "stock" })
    #expect(!stock.isDescribed)
    #expect(stock.operations.map(\.name) == ["GET /count"])
    #expect(
      loaded.provenance.filledDefaults.contains {
        $0.subject == "services.stock" && $0.field == "operations"
      })
  }

  @Test func `faults name pods by pod, share, number, place`() throws {
    let loaded = try scenario(
      smallScenario.replacing("pods: 2", with: "pods: 5").replacing(
        "services:", with: "nodes: { n1: { zone: a }, n2: { zone: b } }\nservices:")
          + """
          faults:
            - { at: 10s, for: 5s, kill: shop-3 }
            - { at: 10s, for: 5s, hang: 50% of shop }
            - { at: 10s, for: 5s, slow: { pods: 2 of shop, factor: 3 } }
            - { at: 10s, for: 5s, fail: { pods: zone b, status: 500, share: 30%, answer: afterService } }
            - { at: 10s, for: 5s, kill: [shop-0, shop] }
            - { at: 10s, for: 5s, partition: { from: outside, to: node n1 } }

          """)
    let sets: [[Int]?] = loaded.faults.map { fault in
      switch fault.effect {
      case .kill(let pods), .hang(let pods), .slow(let pods, _), .error(let pods, _, _, _):
        pods.members[0].ordinals
      case .network(let network): network.to.pods.members[0].ordinals
      default: nil
      }
    }
    #expect(sets == [[3], [0, 1, 2], [0, 1], [1, 3], nil, [0, 2, 4]])
    #expect(loaded.faults.map(\.name).prefix(2) == ["kill shop-3", "hang 50% of shop"])
  }

  @Test func `expectations keep their window, their text and their place`() throws {
    let loaded = try scenario(
      smallScenario + """
        faults: [ { name: dip, at: 10s, for: 5s, kill: shop-0 } ]
        expect:
          - shop GET /items: { p99.9: { below: 300ms, during: dip }, errorRate: { atMost: 0.1% } }
          - service shop: { maxQueue: { below: 5, from: 20s, to: 30s, runs: { atLeast: 90% } } }
          - recovered: { within: 30s, after: fault }
          - recovered: { within: 30s, after: fault, of: [shop GET /items] }

        """)
    #expect(
      loaded.expectations.map(\.text) == [
        "shop GET /items: p99.9 below 300ms during dip", "shop GET /items: errorRate at most 0.1%",
        "service shop: maxQueue below 5 from 20s to 30s in at least 90% of runs",
        "recovered within 30s after dip", "shop GET /items: recovered within 30s after dip",
      ])
    guard case .bound(let bound) = loaded.expectations[0].statement else { return }
    #expect(bound.metric == .latencyQuantile(0.999))
    #expect(bound.comparison == .below(0.3))
    #expect(bound.window == .during(fault: 0))
    #expect(loaded.expectations[1].location.line == 12)
  }

  @Test func `the list of manifest fields tells what becomes of each`() {
    let fields = ScenarioLoader.manifestFields
    func handling(_ kind: String, _ path: String) -> ManifestField.Handling? {
      fields.first { $0.kind == kind && $0.path == path }?.handling
    }
    #expect(handling("VirtualService", "spec.http.retries.attempts") == .read)
    #expect(handling("VirtualService", "spec.tcp") == .unmodelled)
    #expect(handling("VirtualService", "spec.http.corsPolicy") == .ignored)
    #expect(handling("DestinationRule", "spec.subsets.trafficPolicy.tls.mode") == .read)
  }

  @Test func `a recorded twin is a scenario`() throws {
    // `retry-storm-budget` of the recorded runs: three retries, a budget, work that is finished.
    let loaded = try scenario(
      """
      scenario: twin
      duration: 60s
      warmup: 5s
      mesh: { serverSidecars: false, workerThreads: 1, endpointDelay: off }
      network: { proxyHop: 0.4ms }
      services:
        api:
          pods: 2
          workers: 32
          operations:
            GET /:
              - wait: { lognormal: { p50: 10ms, p99: 30ms } }
              - parallel: [ { call: leaf GET / }, { call: leaf GET / } ]
        leaf:
          pods: 2
          workers: 16
          queue: 20
          operations: { GET /: [ { wait: { lognormal: { p50: 10ms, p99: 40ms } } } ] }
      traffic:
        - to: api GET /
          rate: { steps: [ { at: 0s, rps: 30 }, { at: 20s, rps: 90 } ] }
          instances: 3
      faults:
        - { at: 20s, for: 15s, slow: { pods: leaf, factor: 10 } }
        - { at: 20s, for: 15s, fail: { pods: leaf-0, status: 500, share: 30%, answer: afterService } }
        - { at: 20s, for: 15s, hang: leaf-1 }
        - { at: 20s, for: 15s, kill: api-0 }
      ---
      apiVersion: networking.istio.io/v1
      kind: Gateway
      metadata: {name: ingress}
      spec: {selector: {istio: ingress}, servers: [{port: {number: 80}, hosts: ["*"]}]}
      ---
      apiVersion: networking.istio.io/v1
      kind: VirtualService
      metadata: {name: ingress}
      spec:
        hosts: ["*"]
        gateways: [ingress]
        http: [{route: [{destination: {host: api}}], timeout: 5s, retries: {attempts: 2, retryOn: 5xx}}]
      ---
      apiVersion: networking.istio.io/v1
      kind: VirtualService
      metadata: {name: leaf}
      spec:
        hosts: [leaf]
        http: [{route: [{destination: {host: leaf}}], timeout: 2s, retries: {attempts: 2, retryOn: 5xx}}]
      ---
      apiVersion: networking.istio.io/v1alpha3
      kind: EnvoyFilter
      metadata: {name: limit}
      spec:
        workloadSelector: {labels: {istio: ingress}}
        configPatches:
          - applyTo: HTTP_FILTER
            match: {context: GATEWAY}
            patch:
              operation: INSERT_BEFORE
              value:
                name: envoy.filters.http.local_ratelimit
                typed_config:
                  stat_prefix: x
                  token_bucket: {max_tokens: 80, tokens_per_fill: 80, fill_interval: 1s}
                  filter_enabled: {default_value: {numerator: 100}}
                  filter_enforced: {default_value: {numerator: 100}}

      """)
    let gateway = try #require(loaded.proxies.first { $0.kind == .gateway })
    #expect(gateway.instances == 3)
    #expect(gateway.configuration.filters.count == 1)
    #expect(loaded.network.endpointDelay == nil)
    #expect(loaded.workloads.allSatisfy { $0.inbound == nil })
    #expect(loaded.faults.count == 4)
  }
}
