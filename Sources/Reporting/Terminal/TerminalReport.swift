public import Results
import Scenario
import TimeAndChance

/// A run's result for a terminal or a CI log: the verdict, what happened, a table per service.
public struct TerminalReport: Sendable {
  private let result: RunResult
  private let style: TerminalStyle
  private let reportPath: String?

  /// The most lines of the timeline, or half as many more where most are faults; the report has more.
  static let mostTimelineLines = 16
  /// The most services with a table of their own; the rest is in `summary.json`.
  static let mostServices = 40

  /// A report.
  ///
  /// - Parameters:
  ///   - result: what to report.
  ///   - style: how it looks.
  ///   - reportPath: where `report.html` is, if it was written.
  public init(
    _ result: RunResult, style: TerminalStyle = TerminalStyle(), reportPath: String? = nil
  ) {
    self.result = result
    self.style = style
    self.reportPath = reportPath
  }

  /// The whole text; each line ends with a newline.
  public var text: String {
    var lines = heading + verdicts
    lines += warnings
    lines += timeline
    lines += sources
    lines += services
    lines += footer
    return lines.joined(separator: "\n") + "\n"
  }

  private var heading: [String] {
    var lines = wrap(result.run.scenario.isEmpty ? "run" : result.run.scenario).map {
      style.tinted($0, .heading)
    }
    if !result.run.about.isEmpty { lines += wrap(result.run.about) }
    lines += wrap(VerdictText.basis(result) + (result.isPartial ? " · PARTIAL RESULT" : ""))
      .map { style.tinted($0, .quiet) }
    return lines
  }

  private var verdicts: [String] {
    let mark = VerdictText.mark(result)
    let tone: TerminalStyle.Tone =
      result.isBroken ? .bad : result.isPartial ? .doubtful : mark.isEmpty ? .quiet : .good
    let headline = (mark.isEmpty ? "" : mark + " ") + VerdictText.headline(result)
    var lines = [""] + wrap(headline).map { style.tinted($0, tone) } + [""]
    for verdict in result.verdicts {
      let expectation = result.run.expectations[verdict.expectation]
      let tone: TerminalStyle.Tone =
        !verdict.isMet ? .bad : verdict.isCertain ? .good : .doubtful
      let mark = style.plain(VerdictText.mark(verdict))
      let doubt = verdict.isCertain ? " " : "?"
      let text = wrap(expectation.text, indent: 5)
      lines.append("  " + style.tinted(mark + doubt, tone) + " " + text[0].dropFirst(5))
      lines += text.dropFirst()
      var details: [String] = []
      if let measured = VerdictText.measured(verdict) {
        var line = measured
        if !verdict.isMet, let since = verdict.firstMissed {
          line += " · since \(HumanNumber.clock(since))"
        }
        details += wrap(line, indent: 7)
      }
      if let remark = VerdictText.remark(verdict, of: result) {
        details += wrap(remark, indent: 7)
      }
      if !verdict.isMet { details += command(label: "again: ", indent: 7) }
      lines += details
    }
    return lines
  }

  private var warnings: [String] {
    guard !result.warnings.isEmpty else { return [] }
    return [""]
      + result.warnings.flatMap { warning in
        wrap("warning: " + WarningText.text(warning, result.run), indent: 2).map {
          style.tinted($0, .doubtful)
        }
      }
  }

  private var timeline: [String] {
    let timeline = Timeline(result)
    let excerpt = timeline.most(Self.mostTimelineLines)
    let shown = excerpt.shown
    guard !shown.isEmpty else { return [] }
    var lines = ["", style.tinted("What happened", .heading) + timelineOrigin]
    let width = shown.map { HumanNumber.clock($0.at).count }.max() ?? 0
    for entry in shown {
      let clock = DisplayText.padded(HumanNumber.clock(entry.at), to: width)
      let text = wrap(entry.text, indent: width + 4)
      lines.append("  " + clock + "  " + text[0].dropFirst(width + 4))
      lines += text.dropFirst()
    }
    if let leftOut = excerpt.leftOut {
      let isAll = timeline.most(HTMLReport.mostTimelineLines).leftOut == nil
      let place =
        reportPath == nil
        ? "; --output DIR writes a report with them"
        : isAll ? " in the report" : ", most of them in the report"
      lines += wrap("and " + leftOut + place, indent: width + 4)
    }
    return lines
  }

  private var timelineOrigin: String {
    result.replications > 1
      ? " (replication \(result.representative.index), nearest the median)" : ""
  }

  private var sources: [String] {
    guard !result.sources.isEmpty else { return [] }
    var lines = ["", style.tinted("What users see", .heading)]
    var table = TerminalTable(
      columns: ["", "req/s", "errors", RejectedColumn.title, "p50", "p99", "max", "tries/req"],
      style: style)
    for (index, source) in result.sources.enumerated() {
      table.add([
        result.run.sources[index].name, HumanNumber.optional(source.offeredRate, .number),
        HumanNumber.optional(source.errorRate, .share),
        HumanNumber.optional(source.rejectedRate, .share),
        HumanNumber.optional(source.quantile(0.5), .seconds),
        HumanNumber.optional(source.quantile(0.99), .seconds),
        HumanNumber.optional(source.maxLatency, .seconds), triesPerRequest(source),
      ])
      guard result.phases.count > 1 else { continue }
      for (phase, figures) in zip(result.phases, result.sourcePhases[index]) {
        table.add([
          "  \(PhaseName.short(phase, result))", HumanNumber.optional(figures.rate, .number),
          HumanNumber.optional(figures.errorRate, .share),
          HumanNumber.optional(figures.rejectedRate, .share),
          HumanNumber.optional(figures.p50, .seconds),
          HumanNumber.optional(figures.p99, .seconds), "",
          HumanNumber.optional(figures.triesPerRequest, .number),
        ])
      }
    }
    lines += table.lines
    return lines
  }

  private func triesPerRequest(_ flow: FlowSummary) -> String {
    guard flow.total.offered > 0 else { return "–" }
    return HumanNumber.count(Double(flow.total.attempts) / Double(flow.total.offered))
  }

  private var services: [String] {
    var lines: [String] = []
    let shown = result.services.indices.prefix(Self.mostServices)
    for index in shown { lines += ServiceTable(result, index, style).lines }
    if lines.contains(where: { $0.contains(" ~") }) {
      lines += [""] + wrap("~ is the median over windows of \(result.run.window)")
    }
    let leftOut = result.services.count - shown.count
    if leftOut > 0 { lines += [""] + wrap("and \(leftOut) more services in summary.json") }
    return lines
  }

  private var footer: [String] {
    var lines = [""]
    let defaults = result.run.provenance.filledDefaults.count
    let skipped = result.run.provenance.documents.reduce(0) { $0 + ($1.isRead ? 0 : $1.count) }
    let notes = [
      defaults > 0
        ? "\(HumanNumber.things(defaults, "default")) filled in, listed in the report" : nil,
      skipped > 0 ? "\(HumanNumber.things(skipped, "document")) of other kinds skipped" : nil,
    ].compactMap { $0 }
    if !notes.isEmpty { lines += wrap(notes.joined(separator: "; ")) }
    lines += command(label: "again: ", indent: 0)
    if let reportPath { lines += wrap("report: " + reportPath) }
    return lines
  }

  /// The command that repeats the run, with its later lines at the margin: a shell joins them.
  private func command(label: String, indent: Int) -> [String] {
    let room = style.columns - indent - DisplayText.width(label)
    let lines = RepeatCommand.lines(result, columns: room).map {
      style.usesUnicode ? $0 : asciiOnly($0)
    }
    return lines.enumerated().flatMap { number, line -> [String] in
      let lead =
        String(repeating: " ", count: indent)
        + (number == 0 ? label : String(repeating: " ", count: label.count))
      return broken(lead + line)
    }
  }

  /// A line too long for the terminal, broken where a shell joins it again.
  private func broken(_ line: String) -> [String] {
    guard DisplayText.width(line) > style.columns else { return [line] }
    var lines: [String] = []
    var part = ""
    var used = 0
    for character in line {
      let one = DisplayText.width(String(character))
      if used + one > style.columns - 1 {
        lines.append(part + "\\")
        part = ""
        used = 0
      }
      part.append(character)
      used += one
    }
    return lines + [part]
  }

  private func asciiOnly(_ text: String) -> String {
    text.map { $0.isASCII ? String($0) : "?" }.joined()
  }

  private func wrap(_ text: String, indent: Int = 0) -> [String] {
    let lines = DisplayText.wrapped(style.plain(text), to: style.columns - indent)
    return (lines.isEmpty ? [""] : lines).map { String(repeating: " ", count: indent) + $0 }
  }
}

extension HumanNumber {
  /// An estimate's mean in its unit; a dash when there is none.
  static func optional(_ estimate: Estimate?, _ unit: Metric.Unit) -> String {
    estimate.map { text($0.mean, unit) } ?? "–"
  }
}
