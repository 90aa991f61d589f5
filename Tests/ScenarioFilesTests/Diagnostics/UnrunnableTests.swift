import Scenario
import ScenarioFiles
import Testing

/// A scenario of two services, with a step of the first and lines that follow its traffic.
private func shop(step: String = "call: stock GET /count", _ rest: String = "") -> String {
  """
  scenario: test
  duration: 10m
  services:
    shop:
      operations: { GET /items: [ { \(step) } ] }
    stock:
      pods: 3
      operations: { GET /count: [ { wait: 1ms } ] }
  traffic:
    - { to: shop GET /items, rate: 10/s }
  \(rest)
  """
}

/// What is well written and could not be run, or would say nothing, is found before the run.
@Suite struct UnrunnableTests {
  @Test(arguments: [
    (
      "loop: { times: ⟦1000000⟧, steps: [ { wait: 0ms } ] }",
      "shop GET /items does 1000001 steps"
    ),
    // The loop that makes it too much, not those inside.
    (
      """
      loop: { times: ⟦300⟧, steps: [ { loop: { times: 300, steps: [ \
      { loop: { times: 300, steps: [ { wait: 1us } ] } } ] } } ] }
      """,
      "shop GET /items does 27090301 steps"
    ),
    (
      """
      parallel: [ { wait: 1ms }, { loop: { again: ⟦99%⟧, steps: [ { loop: { times: 9999, \
      steps: [ { wait: 1us } ] } } ] } } ]
      """,
      "shop GET /items does 2000003 steps"
    ),
  ])
  func `more steps than a run can do are found at their loop`(step: String, message: String) {
    expectDiagnostic(
      .tooManySteps, in: shop(step: step), message: message,
      help: "at most 100000, each pass of a loop counted")
  }

  @Test func `as many steps as a run can do are allowed`() {
    let result = load(shop(step: "loop: { times: 99999, steps: [ { wait: 1us } ] }"))
    #expect(result.diagnostics.isEmpty, "\(result.diagnostics.text)")
  }

  @Test(arguments: [
    ("call: stock GET /count", "there is only 'shop -> stock'"),
    ("wait: 1ms", "no service calls another"),
  ])
  func `an expectation on calls that nobody makes is found`(step: String, help: String) {
    expectDiagnostic(
      .unknownEdge,
      in: shop(step: step, "expect:\n  - ⟦stock -> shop⟧: { errorRate: { below: 1% } }\n"),
      message: "'stock' never calls 'shop'", help: help)
  }

  @Test(arguments: ["shop -> stok", "stok -> shop"])
  func `of calls a side that is no service is named`(edge: String) {
    expectDiagnostic(
      .unknownService,
      in: shop(
        step: "call: stock GET /count", "expect:\n  - ⟦\(edge)⟧: { errorRate: { below: 1% } }\n"),
      message: "there is no service 'stok'", help: "did you mean 'stock'?")
  }

  @Test(arguments: [
    "call: stock GET /count", "parallel: [ { call: stock GET /count } ]",
    "loop: { times: 2, steps: [ { call: stock GET /count } ] }",
    "branch: [ { weight: 1, steps: [ { call: stock GET /count } ] } ]",
  ])
  func `an expectation on calls that are made is read`(step: String) throws {
    let loaded = try scenario(
      shop(step: step, "expect:\n  - shop -> stock: { errorRate: { below: 1% } }\n"))
    #expect(loaded.expectations.map(\.statement).count == 1)
  }

  @Test(arguments: [
    ("at: 1m, kill: stock-0, repeat: { every: 50s, times: 3 }", [String]()),
    (
      "at: 1m, kill: stock-0, repeat: { every: 10s }",
      ["a kill that repeats every 10s comes before the pods are back: they take 10s to start"]
    ),
    (
      "at: 1m, hang: stock-0, repeat: { every: 50s }",
      ["a fault that repeats every 50s needs a 'for' shorter than that"]
    ),
    (
      "at: 1m, for: 50s, kill: stock-0, repeat: { every: 50s }",
      ["a fault that repeats every 50s needs a shorter 'for'"]
    ),
    ("at: 1m, for: 49s, kill: stock-0, repeat: { every: 50s }", []),
    ("at: 1m, kill: stok-0, repeat: { every: 50s }", ["'stok-0' names no pods"]),
  ])
  func `a fault ends before it comes again`(fault: String, messages: [String]) {
    let result = load(shop("faults: [ { \(fault) } ]\n"))
    #expect(result.diagnostics.map(\.message) == messages)
  }

  @Test func `processors of nodes have no effect, which is said once`() {
    let text = shop("nodes: { n1: { cpu: ⟦100m⟧ }, n2: { cpu: 2 }, n3: { zone: a } }\n")
    expectDiagnostic(
      .unmodelledKey, in: text,
      message: "pods do not compete for the processors of a node: 'cpu' of nodes has no effect yet")
    let result = load(MarkedText(text).text)
    #expect(result.diagnostics.count == 1)
    #expect(result.scenario?.nodes.first?.allocatableMillicores == 100)
  }
}
