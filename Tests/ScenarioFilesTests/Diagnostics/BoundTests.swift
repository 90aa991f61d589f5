import ScenarioFiles
import Testing

/// A scenario with an expectation.
private func expect(_ line: String) -> String {
  """
  scenario: test
  duration: 1m
  services:
    shop: { operations: { get: [] } }
  traffic:
    - { to: shop get, rate: 1/s }
  expect:
    - \(line)

  """
}

private let mistakes = [
  Mistake(
    code: .keysDisagree, text: expect("{ shop: { p99: { below: 300ms, above: ⟦400ms⟧ } } }"),
    message: "'p99' can never be above 400ms and below 300ms"),
  Mistake(
    code: .keysDisagree, text: expect("{ shop: { errorRate: { above: 1%, atMost: ⟦1%⟧ } } }"),
    message: "'errorRate' can never be above 1% and at most 1%"),
  Mistake(
    code: .keysDisagree, text: expect("{ shop: { goodput: { equals: 5/s, atLeast: ⟦6/s⟧ } } }"),
    message: "'goodput' can never be at least 6/s and equal to 5/s"),
  Mistake(
    code: .outOfRange, text: expect("{ shop: { errorRate: { below: ⟦0%⟧ } } }"),
    message: "'below' must be more than 0: no figure is negative",
    help: "for none at all write atMost: 0%"),
]

/// Bounds of one metric, together.
@Suite struct BoundTests {
  @Test(arguments: mistakes)
  func `bounds that no figure keeps are refused`(mistake: Mistake) {
    expectDiagnostic(mistake.code, in: mistake.text, message: mistake.message, help: mistake.help)
    let found = load(MarkedText(mistake.text).text).diagnostics
    #expect(found.count == 1, "\(found.text)")
  }

  @Test(arguments: [
    "{ shop: { p99: { below: 300ms, above: 200ms } } }",
    "{ shop: { p99: { atMost: 300ms, atLeast: 300ms } } }",
    "{ shop: { errorRate: { atMost: 0% } } }",
    // Half of the replications may keep each.
    "{ shop: { p99: { below: 300ms, above: 400ms, runs: { atLeast: 40% } } } }",
  ])
  func `bounds that some figure keeps are fine`(line: String) throws {
    _ = try scenario(expect(line))
  }
}
