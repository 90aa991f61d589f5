import ScenarioFiles
import Testing

/// A scenario of two services, around the lines that follow its traffic.
private func shop(_ rest: String, call: String = "stock GET /count") -> String {
  """
  scenario: test
  duration: 10m
  services:
    shop:
      operations: { GET /items: [ { call: \(call) } ] }
    stock:
      pods: 3
      operations: { GET /count: [ { wait: 1ms } ] }
  traffic:
    - { to: shop GET /items, rate: 10/s }
  \(rest)
  """
}

@Suite struct NameDiagnosticTests {
  @Test(arguments: [
    Mistake(
      code: .unknownService, text: shop("", call: "⟦stok GET /count⟧"),
      message: "there is no service 'stok'", help: "did you mean 'stock'?"),
    Mistake(
      code: .unknownOperation, text: shop("", call: "⟦stock GET /cuont⟧"),
      message: "service 'stock' has no operation 'GET /cuont'", help: "did you mean 'GET /count'?"),
    Mistake(
      code: .cyclicCalls, text: shop("", call: "⟦shop GET /items⟧"),
      message: "this call never ends: shop GET /items → shop GET /items"),
    Mistake(
      code: .unknownPods, text: shop("faults:\n  - { at: 1m, kill: ⟦stock-7⟧ }\n"),
      message: "there is no pod 'stock-7'", help: "its pods are stock-0 to stock-2"),
    Mistake(
      code: .unknownPods, text: shop("faults:\n  - { at: 1m, hang: ⟦sotck⟧ }\n"),
      message: "'sotck' names no pods", help: "did you mean 'stock'?"),
    Mistake(
      code: .unknownPods, text: shop("faults:\n  - { at: 1m, hang: ⟦4 of stock⟧ }\n"),
      message: "'4 of stock' asks for more pods than there are: 3 are there"),
    Mistake(
      code: .unknownPods, text: shop("faults:\n  - { at: 1m, hang: ⟦0 of stock⟧ }\n"),
      message: "'0' is no number or share of pods",
      help: "for instance '2 of content' or '50% of content'"),
    Mistake(
      code: .outsideRun, text: shop("faults:\n  - { at: ⟦20m⟧, kill: stock-0 }\n"),
      message: "the fault begins at 20m, the run ends at 10m"),
    Mistake(
      code: .unknownNode, text: shop("faults:\n  - { at: 1m, kill: ⟦zone b⟧ }\n"),
      message: "'b' is neither a node nor a zone", help: "there is only 'node-1'"),
    Mistake(
      code: .unknownFault,
      text: shop("expect:\n  - recovered: { within: 60s, after: ⟦outage⟧ }\n"),
      message: "there is no fault 'outage'"),
    Mistake(
      code: .outsideRun,
      text: shop(
        "faults: [ { name: slow, at: 1m, slow: { pods: stock, factor: 2 } } ]\n"
          + "expect:\n  - recovered: { within: 60s, after: ⟦slow⟧ }\n"),
      message: "fault 'slow' never ends", help: "give it a 'for'"),
    Mistake(
      code: .endsTooSoon,
      text: shop(
        "faults: [ { name: slow, at: 9m, for: 51s, slow: { pods: stock, factor: 2 } } ]\n"
          + "expect:\n  - recovered: { within: 60s, after: ⟦slow⟧ }\n"),
      message: "the run ends 9s after fault 'slow', and a recovery is seen after 10s",
      help: "let the run last until 11m1s"),
    Mistake(
      code: .endsTooSoon,
      text: shop(
        "faults: [ { name: slow, at: 1m, for: 5s, repeat: { every: 89s }, "
          + "slow: { pods: stock, factor: 2 } } ]\n"
          + "expect:\n  - recovered: { within: 60s, after: ⟦slow⟧ }\n"),
      message: "the run ends 1s after fault 'slow', and a recovery is seen after 10s",
      help: "say how many 'times' it repeats"),
    Mistake(
      code: .unknownKey,
      text: shop("expect:\n  - ⟦recoverd⟧: { within: 60s, after: fault }\n"),
      message: "unknown key 'recoverd'", help: "did you mean 'recovered'?"),
    Mistake(
      code: .unknownSubject,
      text: shop("expect:\n  - ⟦stokc⟧: { maxQueue: { below: 5 } }\n"),
      message: "'stokc' is no traffic, service or workload", help: "did you mean 'stock'?"),
    Mistake(
      code: .metricDoesNotFit,
      text: shop("expect:\n  - shop GET /items: { ⟦maxQueue⟧: { below: 5 } }\n"),
      message: "'maxQueue' is measured of a service or workload"),
    Mistake(
      code: .nameTwice,
      text: shop("").replacing(
        "rate: 10/s }", with: "rate: 10/s }\n  - { to: ⟦shop GET /items⟧, rate: 1/s }"),
      message: "two traffic sources are called 'shop GET /items'",
      help: "give one of them a 'name'"),
  ])
  func `a wrong name is named at its place`(mistake: Mistake) {
    expectDiagnostic(
      mistake.code, in: mistake.text, message: mistake.message, help: mistake.help)
  }

  @Test(arguments: ["for: 50s", "for: 5s, repeat: { every: 20s, times: 2 }"])
  func `a run that lasts just long enough to see a recovery is no mistake`(length: String) {
    let result = load(
      shop(
        "faults: [ { name: slow, at: 9m, \(length), slow: { pods: stock, factor: 2 } } ]\n"
          + "expect: [ { recovered: { within: 60s, after: slow } } ]\n"))
    #expect(result.diagnostics.isEmpty, "\(result.diagnostics.text)")
  }

  @Test func `a cycle through three services is shown whole`() {
    let result = load(
      """
      scenario: test
      duration: 1m
      services:
        a: { operations: { GET /: [ { call: b GET / } ] } }
        b: { operations: { GET /: [ { parallel: [ { call: c GET / } ] } ] } }
        c: { operations: { GET /: [ { branch: [ { weight: 1, steps: [ { call: a GET / } ] } ] } ] } }
      traffic: [ { to: a GET /, rate: 1/s } ]

      """)
    #expect(
      result.diagnostics.map(\.message)
        == ["this call never ends: a GET / → b GET / → c GET / → a GET /"])
  }

  @Test(arguments: [
    (1, "there is only 'fault-1'"), (2, "there are 'fault-1' and 'fault-2'"),
    (3, "there are 'fault-1', 'fault-2' and 'fault-3'"),
    (
      15,
      "there are " + (1...12).map { "'fault-\($0)'" }.joined(separator: ", ") + " and 3 more"
    ),
  ])
  func `one name, two and many are listed in words`(count: Int, help: String) {
    let faults = (1...count).map { "{ name: fault-\($0), at: 1m, kill: stock-0 }" }
    let text = shop(
      "faults: [ \(faults.joined(separator: ", ")) ]\n"
        + "expect: [ { recovered: { within: 60s, after: ⟦outage⟧ } } ]\n")
    expectDiagnostic(.unknownFault, in: text, message: "there is no fault 'outage'", help: help)
  }

  @Test(arguments: ["for: -30s, slow: { pods: stock", "for: 30s, slow: { pods: stok"])
  func `an expectation about a broken fault adds no mistake of its own`(fault: String) {
    let result = load(
      shop(
        "faults: [ { name: slow, at: 1m, \(fault), factor: 2 } } ]\n"
          + "expect: [ { recovered: { within: 60s, after: slow } } ]\n"))
    #expect(result.diagnostics.count == 1, "\(result.diagnostics.text)")
  }

  @Test func `a manifest's replicas are not said again`() {
    let deployment = """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: shop}
      spec:
        replicas: 3
        template:
          metadata: {labels: {app: shop}}
          spec: {containers: [{name: app}]}
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: shop}
      spec: {selector: {app: shop}, ports: [{port: 80}]}

      """
    expectDiagnostic(
      .saidTwice, in: smallScenario.replacing("pods: 2", with: "pods: ⟦2⟧") + "---\n" + deployment,
      message: "Deployment default/shop states the number of pods")
  }
}
