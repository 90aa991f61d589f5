import Scenario
import ScenarioFiles
import Testing

/// A scenario that loads: one service, one source.
let smallScenario = """
  scenario: small
  duration: 1m
  services:
    shop:
      pods: 2
      operations:
        GET /items: [ { wait: 10ms } ]
  traffic:
    - { to: shop GET /items, rate: 10/s }

  """

/// What came of reading a scenario from memory.
func load(
  _ scenario: String, files: [String: String] = [:], links: [String: String] = [:],
  overrides: [String] = []
) -> ScenarioLoader.Result {
  var all = files
  all["scenario.yaml"] = scenario
  return ScenarioLoader.load(
    paths: ["scenario.yaml"], overrides: overrides, fileSystem: .memory(all, links: links))
}

/// The scenario of a text that must load without an error.
func scenario(
  _ text: String, files: [String: String] = [:], overrides: [String] = [],
  sourceLocation: Testing.SourceLocation = #_sourceLocation
) throws -> Scenario {
  let result = load(text, files: files, overrides: overrides)
  return try #require(result.scenario, "\(result.diagnostics.text)", sourceLocation: sourceLocation)
}

/// A text in which ⟦ ⟧ mark the place that a diagnostic must point at.
struct MarkedText {
  let text: String
  let line: Int
  let column: Int
  let length: Int

  init(_ marked: String) {
    text = String(marked.filter { $0 != "⟦" && $0 != "⟧" })
    let before = marked.prefix { $0 != "⟦" }
    let inside = marked.dropFirst(before.count + 1).prefix { $0 != "⟧" }
    line = before.count { $0 == "\n" } + 1
    column = before.reversed().prefix { $0 != "\n" }.count + 1
    length = inside.count
  }
}

/// Expects the one diagnostic of that code at the marked place.
func expectDiagnostic(
  _ code: DiagnosticCode, in marked: String, files: [String: String] = [:],
  message: String? = nil, help: String? = nil,
  sourceLocation: Testing.SourceLocation = #_sourceLocation
) {
  let place = MarkedText(marked)
  let result = load(place.text, files: files)
  let found = result.diagnostics.filter { $0.code == code }
  guard let diagnostic = found.first else {
    Issue.record("no \(code.rawValue):\n\(result.diagnostics.text)", sourceLocation: sourceLocation)
    return
  }
  #expect(
    diagnostic.span
      == SourceSpan(
        file: "scenario.yaml", line: place.line, column: place.column, length: place.length),
    "\(diagnostic.text)", sourceLocation: sourceLocation)
  if let message { #expect(diagnostic.message == message, sourceLocation: sourceLocation) }
  if let help { #expect(diagnostic.help == help, sourceLocation: sourceLocation) }
}
