/// The results as JUnit XML: one test suite a file, one test case a case.
///
/// No times and no host, so that the same results give the same bytes.
struct JUnitFile {
  /// The XML text.
  let text: String

  /// The file of those results, which come grouped by file.
  init(_ results: [CaseResult]) {
    var suites: [(name: String, cases: [CaseResult])] = []
    for result in results {
      if suites.last?.name == result.file.name {
        suites[suites.count - 1].cases.append(result)
      } else {
        suites.append((result.file.name, [result]))
      }
    }
    var lines = ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>"]
    lines.append("<testsuites name=\"conformance\" \(Self.counts(results))>")
    for suite in suites {
      lines.append("  <testsuite name=\"\(Self.escaped(suite.name))\" \(Self.counts(suite.cases))>")
      lines += suite.cases.flatMap(Self.element)
      lines.append("  </testsuite>")
    }
    lines.append("</testsuites>")
    text = lines.joined(separator: "\n") + "\n"
  }

  private static func counts(_ results: [CaseResult]) -> String {
    let failures = results.count { $0.isFailure }
    let skipped = results.count { $0.isSkipped }
    return "tests=\"\(results.count)\" failures=\"\(failures)\" errors=\"0\" skipped=\"\(skipped)\""
  }

  private static func element(of result: CaseResult) -> [String] {
    let name = escaped(result.caseName ?? "file")
    let head = "    <testcase classname=\"\(escaped(result.file.name))\" name=\"\(name)\""
    if case .skipped(let reason) = result.outcome {
      return ["\(head)>", "      <skipped message=\"\(escaped(reason))\"/>", "    </testcase>"]
    }
    let complaints = result.complaints
    guard let first = complaints.first else { return ["\(head)/>"] }
    let body = complaints.map(escaped).joined(separator: "\n")
    return [
      "\(head)>", "      <failure message=\"\(escaped(first))\">\(body)</failure>",
      "    </testcase>",
    ]
  }

  /// The text with XML's own characters written as entities; control characters become U+FFFD.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\n": result += "&#10;"
      case "\t": result += "&#9;"
      case "\r": result += "&#13;"
      case "\0"..<" ", "\u{FFFE}", "\u{FFFF}": result.unicodeScalars.append("\u{FFFD}")
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
