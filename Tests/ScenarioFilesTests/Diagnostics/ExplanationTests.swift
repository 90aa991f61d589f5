import ScenarioFiles
import Testing

@Suite struct ExplanationTests {
  @Test(arguments: DiagnosticCode.allCases)
  func `every page fits a terminal of 80 columns`(code: DiagnosticCode) {
    let page = code.explanation
    #expect(page.hasPrefix("\(code.rawValue): \(code.title)\n\n") && page.hasSuffix("\n"))
    #expect("\(code.rawValue)  \(code.title)".count <= 80)
    for line in page.split(separator: "\n") {
      #expect(line.count <= 80 && !line.contains("\t"), "\(line)")
    }
  }

  @Test func `paragraphs are filled, examples are left as they are`() {
    let page = DiagnosticCode.helmTemplate.explanation
    #expect(
      page == """
        FS005: a Helm template is not rendered

        Templates hold {{ … }}, which is not YAML. Render them first and pass the result
        on:

            helm template my-chart -f values.yaml | foreshock run scenario.yaml -

        """)
    #expect(DiagnosticCode.explain("fs005") == page && DiagnosticCode.explain("FS999") == nil)
  }
}
