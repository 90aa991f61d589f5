import ScenarioFiles
import Testing

/// A scenario with further lines at its end.
private func shop(_ lines: String) -> String {
  """
  scenario: test
  duration: 1m
  services:
    shop: { pods: 2, operations: { get: [], GET /: [] } }
    front: { operations: { GET /: [ { call: shop get } ] } }
  traffic:
    - { to: front GET /, rate: 1/s }
  \(lines)

  """
}

private func expect(_ line: String) -> String { shop("expect: [ \(line) ]") }

private func fault(_ line: String) -> String { shop("faults: [ { at: 5s, for: 1s, \(line) } ]") }

private let mistakes = [
  Mistake(
    code: .missingKey, text: expect("{ shop GET /: ⟦{⟧} }"),
    message: "'shop GET /' must hold at least one metric", help: "for instance p99: {below: 300ms}"),
  Mistake(
    code: .wrongKind,
    text: expect("⟦{⟧ shop: { p99: { below: 1s } }, front: { p99: { below: 1s } } }"),
    message: "'expect' must be a mapping with one key, has 2",
    help: "for instance - content POST /posts: { p99: { below: 300ms } }"),
  Mistake(
    code: .wrongKind,
    text: shop(
      "faults: [ { name: f, at: 5s, for: 1s, kill: shop } ]\n"
        + "expect: [ { recovered: { within: 9s, after: f, of: ⟦front GET /⟧ } } ]"),
    message: "'of' must be a list, is 'front GET /'", help: "write [front GET /]"),
  Mistake(
    code: .wrongKind, text: fault("kill: ⟦{⟧ pods: shop }"),
    message: "'kill' must be a name or a list of names, is a mapping", help: "write kill: shop"),
  Mistake(
    code: .wrongKind, text: fault("hang: ⟦{⟧ pods: [shop-0, front-0] }"),
    message: "'hang' must be a name or a list of names, is a mapping",
    help: "write hang: [shop-0, front-0]"),
  Mistake(
    code: .unknownService, text: shop("  - { to: ⟦shop.get⟧, rate: 1/s }"),
    message: "there is no service 'shop.get'", help: "write 'shop get'"),
  Mistake(
    code: .unknownService, text: shop("  - { to: ⟦shop/get⟧, rate: 1/s }"),
    message: "there is no service 'shop/get'", help: "write 'shop get'"),
  Mistake(
    code: .unknownSubject, text: expect("{ ⟦shop.get⟧: { p99: { below: 1s } } }"),
    message: "'shop.get' is no traffic, service or workload", help: "write 'shop get'"),
  Mistake(
    code: .metricDoesNotFit, text: expect("{ shop: { ⟦trafficShare⟧: { below: 50% } } }"),
    message: "'trafficShare' is measured of a workload", help: "write 'workload shop'"),
  Mistake(
    code: .metricDoesNotFit, text: expect("{ shop get: { ⟦maxQueue⟧: { below: 5 } } }"),
    message: "'maxQueue' is measured of a service or workload", help: "write 'shop'"),
  Mistake(
    code: .notANumber, text: shop("warmup: ⟦\"1:30\"⟧"),
    message: "'warmup' must be a length of time, is '1:30'", help: "write 1m30s"),
  Mistake(
    code: .notANumber, text: shop("warmup: ⟦soon⟧"),
    message: "'warmup' must be a length of time, is 'soon'",
    help: "for instance 250ms, 90s or 1m30s"),
  Mistake(
    code: .badField,
    text: shop("---\napiVersion: v1\nkind: Service\nmetadata: {name: ⟦\"{{ .Values.x }}\"⟧}"),
    message:
      "'name' of Service must be a name of at most 253 letters, digits, '-' and '.', is "
      + "'{{ .Values.x }}'",
    help: "render it first: helm template CHART | foreshock run SCENARIO -"),
]

@Suite struct HelpfulMessageTests {
  @Test(arguments: mistakes)
  func `a message says what to write`(mistake: Mistake) {
    expectDiagnostic(
      mistake.code, in: mistake.text, message: mistake.message, help: mistake.help)
    let place = MarkedText(mistake.text)
    let found = load(place.text).diagnostics.filter { $0.severity == .error }
    #expect(found.count == 1, "\(found.text)")
  }

  @Test(arguments: ["explode: shop", "boom: { pods: shop }"])
  func `an effect that is not known is one mistake`(effect: String) {
    let result = load(fault(effect))
    #expect(result.diagnostics.map(\.code) == [.unknownKey])
    #expect(load(fault("name: f")).diagnostics.map(\.code) == [.missingKey])
  }

  @Test func `a share of traffic is that of a workload, and those that there are are named`() throws
  {
    let result = load(
      paymentsScenario([
        ImportSamples.app("payments"),
        ImportSamples.app("payments", version: "v2").replacing(
          "kind: Service\nmetadata: {name: payments", with: "kind: Service\nmetadata: {name: twin"),
      ]).replacing(
        "traffic:", with: "expect: [ { payments: { trafficShare: { below: 5% } } } ]\ntraffic:"))
    let found = try #require(result.diagnostics.first { $0.code == .metricDoesNotFit })
    #expect(found.help == "write 'payments-v1' or 'payments-v2'")
  }

  @Test func `a document of too many values is told apart from aliases`() {
    let many = (0..<260_000).map { "k\($0): 1\n" }.joined()
    let plain = load(many).diagnostics.first { $0.code == .tooManyNodes }
    #expect(plain?.message == "this must have at most 500000 keys and values, has more")
    #expect(plain?.help == "part it into several documents")
    let anchors = (1...8).map { level in
      "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ","))]\n"
    }
    let bomb = load("a0: &a0 [1,1,1,1,1,1,1,1,1]\n" + anchors.joined())
    let shared = bomb.diagnostics.first { $0.code == .tooManyNodes }
    #expect(shared?.message == "aliases make this more than 500000 values")
  }
}
