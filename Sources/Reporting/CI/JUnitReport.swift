public import Results
import Scenario
import TimeAndChance

/// A run's verdicts as JUnit XML: a suite for the scenario, a case for each expectation.
public struct JUnitReport: Sendable {
  private let result: RunResult

  /// The verdicts of a result.
  public init(_ result: RunResult) { self.result = result }

  /// The whole file.
  public var text: String {
    let skipped = result.verdicts.count { $0.grounds == .noTraffic }
    let failed = result.verdicts.count { !$0.isMet } - skipped
    let undecided = result.isPartial ? result.verdicts.count { $0.isMet } : 0
    let name = HTMLText.escaped(result.run.scenario)
    let counts =
      "tests=\"\(result.verdicts.count)\" failures=\"\(failed)\" errors=\"\(undecided)\" "
      + "skipped=\"\(skipped)\" time=\"0\""
    var text = """
      <?xml version="1.0" encoding="UTF-8"?>
      <testsuites name="foreshock" \(counts)>
        <testsuite name="\(name)" \(counts)>
          <properties>
            <property name="seed" value="\(result.run.seed)"/>
            <property name="replications" value="\(result.replications)"/>

      """
    if result.isPartial {
      text += "      <property name=\"partial\" value=\"\(HTMLText.escaped(partial))\"/>\n"
    }
    for input in result.run.provenance.inputs {
      text +=
        "      <property name=\"sha256 \(HTMLText.escaped(input.path))\" "
        + "value=\"\(HTMLText.escaped(input.sha256))\"/>\n"
    }
    text += "    </properties>\n"
    for verdict in result.verdicts { text += testCase(verdict) }
    text += "    <system-out>\(HTMLText.escaped(RepeatCommand.line(result)))</system-out>\n"
    return text + "  </testsuite>\n</testsuites>\n"
  }

  /// How far the run came and why no further.
  private var partial: String {
    let reasons = result.warnings.compactMap { warning -> String? in
      guard case .endedEarly = warning else { return nil }
      return WarningText.text(warning, result.run)
    }
    return ([VerdictText.basis(result)] + reasons).joined(separator: "; ")
  }

  private func testCase(_ verdict: Verdict) -> String {
    let expectation = result.run.expectations[verdict.expectation]
    // Case names must be unique: readers drop doubles.
    let earlier = result.run.expectations[..<verdict.expectation]
      .count { $0.text == expectation.text }
    let name = expectation.text + (earlier > 0 ? " (\(earlier + 1))" : "")
    let head =
      "    <testcase classname=\"foreshock.\(HTMLText.escaped(result.run.scenario))\" "
      + "name=\"\(HTMLText.escaped(name))\" file=\"\(HTMLText.escaped(expectation.location.file))\" "
      + "line=\"\(expectation.location.line)\" time=\"0\""
    if verdict.grounds == .noTraffic {
      return head + ">\n      <skipped message=\"no traffic reached it\"/>\n    </testcase>\n"
    }
    if verdict.isMet, result.isPartial {
      return head + ">\n      <error type=\"partial\" message=\"holds so far, in a partial run: "
        + "\(HTMLText.escaped(partial))\"/>\n    </testcase>\n"
    }
    if verdict.isMet { return head + "/>\n" }
    let short = VerdictLines.short(verdict, of: result)
    let long = VerdictLines.long(verdict, of: result).map(HTMLText.escaped)
      .joined(separator: "\n")
    return head + ">\n      <failure type=\"expectation\" message=\"\(HTMLText.escaped(short))\">"
      + long + "</failure>\n    </testcase>\n"
  }
}

/// A verdict in lines of text, for formats that show text only.
enum VerdictLines {
  /// What was measured and what else must be known, on one line.
  static func short(_ verdict: Verdict, of result: RunResult) -> String {
    var parts: [String] = []
    if let measured = VerdictText.measured(verdict) { parts.append("measured " + measured) }
    if let remark = VerdictText.remark(verdict, of: result) { parts.append(remark) }
    if let since = verdict.firstMissed { parts.append("since " + HumanNumber.clock(since)) }
    return parts.joined(separator: "; ")
  }

  /// The whole explanation, with what happened and how to see it again.
  static func long(_ verdict: Verdict, of result: RunResult) -> [String] {
    let expectation = result.run.expectations[verdict.expectation]
    var lines = [expectation.text, short(verdict, of: result), VerdictText.basis(result)]
    let timeline = Timeline(result).most(8).shown
    if !timeline.isEmpty { lines.append("what happened:") }
    for entry in timeline { lines.append("  \(HumanNumber.clock(entry.at)) \(entry.text)") }
    lines.append("again: " + RepeatCommand.line(result))
    return lines
  }
}
