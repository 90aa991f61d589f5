import Foundation
import Reporting
import Scenario
import Testing

@Suite struct ProblemReportTests {
  private func problem(_ line: Int, isError: Bool = true, message: String = "it is wrong")
    -> Problem
  {
    Problem(
      isError: isError, code: "FS104", message: message,
      place: .init(file: "a.yaml", line: line, column: 3), path: "services.shop",
      help: "did you mean 'workers'?")
  }

  private func report(_ problems: [Problem]) -> ProblemReport {
    ProblemReport(problems, scenario: "a.yaml", version: "1.2.3")
  }

  @Test func `annotations stand at the place, errors before warnings`() {
    let text = report([problem(4, isError: false), problem(9), problem(0)]).annotations
    let rest = "title=FS104::it is wrong%0Aat: services.shop%0Ahelp: did you mean 'workers'?"
    #expect(
      text == """
        ::error file=a.yaml,line=9,col=3,\(rest)
        ::error file=a.yaml,\(rest)
        ::warning file=a.yaml,line=4,col=3,\(rest)

        """)
    #expect(report([]).annotations == "")
  }

  @Test func `annotations stop before GitHub does, and hold no line of their own`() {
    let many = (1...40).map { problem($0, message: "1\n::set-env name=x::%") }
    let lines = report(many).annotations.split(separator: "\n")
    #expect(lines.count == 10)
    #expect(lines.allSatisfy { $0.hasPrefix("::error") })
    #expect(lines[0].contains("1%0A::set-env name=x::%25"))
    #expect(lines[9] == "::error::and 31 more, see the log")
  }

  @Test func `JUnit has a case with an error for each`() {
    let hostile = "<b> & \"x\""
    let text = report([problem(4), problem(4, message: hostile), problem(5, isError: false)]).junit
    #expect(XMLCheck.isWellFormed(text))
    #expect(text.contains("tests=\"2\" failures=\"0\" errors=\"2\""))
    #expect(text.components(separatedBy: "<error type=\"FS104\"").count == 3)
    #expect(text.contains("name=\"FS104 a.yaml:4:3\" file=\"a.yaml\" line=\"4\""))
    #expect(text.contains("name=\"FS104 a.yaml:4:3 (2)\""))
    #expect(text.contains("message=\"&lt;b&gt; &amp; &quot;x&quot;\""))
    #expect(text.contains("<system-out>warning FS104 a.yaml:5:3: it is wrong"))
  }

  @Test func `JSON has the errors and warnings apart`() {
    var first = problem(4)
    first.note = ("first written", .init(file: "b.yaml", line: 2, column: 1))
    let text = report([first, problem(0, isError: false)]).json
    #expect(
      text == """
        {
         "errors": [
          {
           "code": "FS104",
           "column": 3,
           "file": "a.yaml",
           "help": "did you mean 'workers'?",
           "line": 4,
           "message": "it is wrong",
           "note": {
            "column": 1,
            "file": "b.yaml",
            "line": 2,
            "message": "first written"
           },
           "path": "services.shop"
          }
         ],
         "formatVersion": 1,
         "version": "1.2.3",
         "warnings": [
          {
           "code": "FS104",
           "column": null,
           "file": "a.yaml",
           "help": "did you mean 'workers'?",
           "line": null,
           "message": "it is wrong",
           "path": "services.shop"
          }
         ]
        }

        """)
  }
}
