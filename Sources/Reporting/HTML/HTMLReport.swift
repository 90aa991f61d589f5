public import Results
import Scenario
import TimeAndChance

/// A run's result as one HTML file that needs nothing else: no network, no style, no script.
///
/// Drawings carry their colours as presentation attributes, so they survive a strict content
/// policy and print. Everything that comes from users is escaped.
public struct HTMLReport: Sendable {
  let result: RunResult
  /// What is behind each chart.
  let background: String

  /// The most services with charts; of more, those with the worst news and the most traffic.
  static let mostCharted = 40
  /// The most lines of the timeline, or half as many more where most are faults.
  static let mostTimelineLines = 120
  /// The most rows of a table over time.
  static let mostRows = 60

  /// A report.
  public init(_ result: RunResult) {
    self.result = result
    background = ChartDrawing.background(of: result.run)
  }

  /// The whole file.
  public var html: String {
    var out = HTMLText()
    out.raw(
      """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src \
      'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="generator" content="foreshock
      """)
    out.text(result.run.version.isEmpty ? "" : " " + result.run.version)
    out.raw("\">\n<title>")
    let mark = VerdictText.mark(result)
    out.text("\(mark.isEmpty ? "" : mark + " ")\(result.run.scenario) – Foreshock")
    out.raw("</title>\n<style>\(Stylesheet.css)</style></head><body>\n")
    header(&out)
    out.raw("<main>\n")
    expectations(&out)
    timeline(&out)
    map(&out)
    sources(&out)
    services(&out)
    assumptions(&out)
    repetition(&out)
    out.raw("</main>\n<script>\(ReportScript.javaScript)</script>\n</body></html>\n")
    return out.html
  }

  private func header(_ out: inout HTMLText) {
    out.raw("<header>")
    out.element("h1", result.run.scenario.isEmpty ? "run" : result.run.scenario)
    if !result.run.about.isEmpty { out.element("p", result.run.about) }
    let mark = VerdictText.mark(result).isEmpty ? "·" : VerdictText.mark(result)
    let kind =
      result.isBroken ? "missed" : result.isMet && !result.verdicts.isEmpty ? "met" : "none"
    out.raw(
      "<div class=\"verdict \(kind)\"><span class=\"mark\" aria-hidden=\"true\">\(mark)</span><div><b>"
    )
    out.text(VerdictText.headline(result).capitalisedFirst)
    out.raw("</b>")
    let missed = result.verdicts.filter { !$0.isMet }
    for verdict in missed.prefix(3) {
      out.element("div", result.run.expectations[verdict.expectation].text)
    }
    if missed.count > 3 { out.element("div", "and \(missed.count - 3) more") }
    if result.isPartial { out.raw("<div>This is a partial result: the run was ended early.</div>") }
    out.raw("</div></div>")
    out.element(
      "p",
      VerdictText.basis(result)
        + (result.replications > 1 ? ". Intervals are 95 % over replications; " : "; ")
        + "\(VerdictText.events(result))."
        + (result.run.version.isEmpty ? "" : " Foreshock \(result.run.version)."),
      attributes: "class=\"soft small\"")
    for warning in result.warnings {
      out.element(
        "p", "Note: " + WarningText.text(warning, result.run) + ".",
        attributes: "class=\"doubt small\"")
    }
    out.raw("</header>\n")
  }

  private func expectations(_ out: inout HTMLText) {
    guard !result.verdicts.isEmpty else { return }
    out.raw("<section><h2>Expectations</h2><div class=\"card\"><ul class=\"plain\">")
    for verdict in result.verdicts {
      let expectation = result.run.expectations[verdict.expectation]
      let tone = verdict.isMet ? (verdict.isCertain ? "good" : "doubt") : "bad"
      out.raw("<li class=\"expectation\"><span class=\"mark \(tone)\" role=\"img\" aria-label=\"")
      out.raw(verdict.isMet ? "holds" : "does not hold")
      out.raw("\">\(VerdictText.mark(verdict))\(verdict.isCertain ? "" : "?")</span><div>")
      out.element("div", expectation.text, attributes: "class=\"what\"")
      var lines: [String] = []
      if let measured = VerdictText.measured(verdict) { lines.append("measured " + measured) }
      if !verdict.isMet, let since = verdict.firstMissed {
        lines.append("broken since " + HumanNumber.clock(since))
      }
      if let remark = VerdictText.remark(verdict, of: result) { lines.append(remark) }
      out.element("div", lines.joined(separator: " · "), attributes: "class=\"soft small\"")
      out.raw("</div><div class=\"bar\">\(IntervalBar.svg(verdict, expectation))</div></li>\n")
    }
    out.raw("</ul></div></section>\n")
  }

  private func timeline(_ out: inout HTMLText) {
    let excerpt = Timeline(result).most(Self.mostTimelineLines)
    let shown = excerpt.shown
    guard !shown.isEmpty else { return }
    out.raw("<section><h2>What happened</h2><div class=\"card\">")
    if result.replications > 1 {
      out.element(
        "p", "As in replication \(result.representative.index), the one nearest the median.",
        attributes: "class=\"soft small\"")
    }
    out.raw("<ol class=\"plain timeline\">")
    for entry in shown {
      out.raw("<li>")
      out.element("time", HumanNumber.clock(entry.at))
      out.raw(" <span class=\"dot \(entry.kind)\"></span> ")
      out.element("span", entry.text)
      out.raw("</li>\n")
    }
    out.raw("</ol>")
    if let leftOut = excerpt.leftOut {
      out.element(
        "p",
        "And \(leftOut): events.ndjson has every change of state, timeseries.csv the figures of "
          + "every window.", attributes: "class=\"soft small\"")
    }
    out.raw("</div></section>\n")
  }

  private func map(_ out: inout HTMLText) {
    guard !result.run.services.isEmpty else { return }
    let drawing = ServiceMapDrawing(result)
    out.raw("<section><h2>Who calls whom</h2><div class=\"card\">")
    out.element(
      "p",
      "Requests per second, share of errors, tries per request; frames: green stable, amber "
        + "backlogged, red overloaded or failing at times.",
      attributes: "class=\"soft small\"")
    out.raw("<div class=\"scroll\">\(drawing.svg)</div>")
    if drawing.leftOut > 0 {
      out.element(
        "p", "\(drawing.leftOut) services with less traffic are not on the map.",
        attributes: "class=\"soft small\"")
    }
    out.raw("</div></section>\n")
  }
}

extension String {
  /// The text with its first letter in upper case.
  var capitalisedFirst: String { prefix(1).uppercased() + dropFirst() }
}
