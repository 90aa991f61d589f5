public import Results
import Scenario

/// A run's verdicts for GitHub Actions: annotations at the scenario's lines, and a summary page.
public struct GitHubAnnotations: Sendable {
  private let result: RunResult

  /// GitHub shows ten errors a step; the tenth says how many more there are.
  static let mostErrors = 9
  /// The summary is dropped whole above 1 MiB, so it stops before.
  static let mostSummaryBytes = 900_000

  /// The verdicts of a result.
  public init(_ result: RunResult) { self.result = result }

  /// Workflow commands for standard output, one a line.
  public var annotations: String {
    let failed = result.verdicts.filter { !$0.isMet }
    var lines = failed.prefix(Self.mostErrors).map { verdict -> String in
      let expectation = result.run.expectations[verdict.expectation]
      let place = expectation.location
      return Self.command(
        "error", file: place.file, line: place.line, column: place.column, title: expectation.text,
        VerdictLines.long(verdict, of: result).dropFirst().joined(separator: "\n"))
    }
    if failed.count > Self.mostErrors {
      lines.append(
        "::error::" + Self.message("and \(failed.count - Self.mostErrors) more, see the summary"))
    }
    let doubtful = result.verdicts.filter { $0.isMet && !$0.isCertain }
    for verdict in doubtful.prefix(Self.mostErrors) {
      let expectation = result.run.expectations[verdict.expectation]
      let place = expectation.location
      lines.append(
        Self.command(
          "warning", file: place.file, line: place.line, column: place.column,
          title: expectation.text, VerdictLines.short(verdict, of: result)))
    }
    if result.isPartial {
      for warning in result.warnings {
        guard case .endedEarly = warning else { continue }
        let text = "partial result: " + WarningText.text(warning, result.run)
        lines.insert("::error::" + Self.message(text), at: 0)
      }
    }
    if lines.isEmpty {
      lines = [
        "::notice::" + Self.message("\(result.run.scenario): \(VerdictText.headline(result))")
      ]
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Markdown for the file that `GITHUB_STEP_SUMMARY` names.
  public var summary: String {
    let mark = VerdictText.mark(result)
    var text = "## \(mark.isEmpty ? "✓" : mark) \(Self.markdown(result.run.scenario))\n\n"
    text += "\(Self.markdown(VerdictText.headline(result).capitalisedFirst)). "
    text += result.isPartial ? "**Partial result**: " : ""
    text += "\(VerdictText.basis(result)).\n\n| | expectation | measured | |\n|---|---|---|---|\n"
    for verdict in result.verdicts {
      let expectation = result.run.expectations[verdict.expectation]
      let row =
        "| \(VerdictText.mark(verdict))\(verdict.isCertain ? "" : "?") "
        + "| \(Self.markdown(expectation.text)) "
        + "| \(VerdictText.measured(verdict) ?? "–") "
        + "| \(VerdictText.remark(verdict, of: result) ?? "") |\n"
      if text.utf8.count + row.utf8.count > Self.mostSummaryBytes { break }
      text += row
    }
    let timeline = Timeline(result).most(40).shown
    if !timeline.isEmpty {
      text += "\n**What happened**\n\n"
      for entry in timeline {
        let line = "- `\(HumanNumber.clock(entry.at))` \(Self.markdown(entry.text))\n"
        if text.utf8.count + line.utf8.count > Self.mostSummaryBytes { break }
        text += line
      }
    }
    let command = RepeatCommand.line(result)
    if text.utf8.count + command.utf8.count < Self.mostSummaryBytes {
      text += "\n    \(command)\n"
    }
    return text
  }

  /// A workflow command at a place; line 0 is the file as a whole.
  static func command(
    _ kind: String, file: String, line: Int, column: Int, title: String, _ message: String
  ) -> String {
    let place = line > 0 ? "line=\(line),col=\(column)," : ""
    return "::\(kind) file=\(Self.property(file)),\(place)"
      + "title=\(Self.property(DisplayText.oneLine(title)))::\(Self.message(message))"
  }

  /// A message: percent signs and line ends are escaped; what would steer a terminal goes, since a
  /// log is read on one.
  static func message(_ text: String) -> String {
    escaped(DisplayText.harmless(text), [("%", "%25"), ("\r", "%0D"), ("\n", "%0A")])
  }

  /// A property: colons and commas, too.
  static func property(_ text: String) -> String {
    escaped(message(text), [(":", "%3A"), (",", "%2C")])
  }

  /// By scalars, since a carriage return and a line feed make one character.
  private static func escaped(
    _ text: String, _ substitutes: [(scalar: Unicode.Scalar, text: String)]
  ) -> String {
    text.unicodeScalars.reduce(into: "") { result, scalar in
      if let substitute = substitutes.first(where: { $0.scalar == scalar }) {
        result += substitute.text
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
  }

  /// Text within Markdown and its tables.
  static func markdown(_ text: String) -> String {
    var result = ""
    for character in DisplayText.oneLine(text) {
      if "\\`*_{}[]<>|#~!&".contains(character) { result += "\\" }
      result.append(character)
    }
    return result
  }
}
