import Results
import Scenario
import TimeAndChance

/// A small drawing of a verdict: the interval, the mean, and the bound.
enum IntervalBar {
  /// The SVG; empty when there is nothing to draw.
  static func svg(_ verdict: Verdict, _ expectation: Expectation) -> String {
    guard let estimate = verdict.estimate, let bound = bound(of: expectation), bound.isFinite,
      estimate.mean.isFinite
    else { return "" }
    let low = max(0, verdict.interval?.low ?? estimate.mean)
    let high = verdict.interval?.high ?? estimate.mean
    let reach = max(bound, high, estimate.mean) * 1.15
    guard reach > 0, reach.isFinite else { return "" }
    func x(_ value: Double) -> String {
      ChartDrawing.fixed(6 + 208 * min(1, max(0, value / reach)))
    }
    let ink = verdict.isMet ? Ink.good : Ink.errors
    let width = ChartDrawing.fixed(max(3, 208 * (min(reach, high) - low) / reach))
    var out = HTMLText()
    out.raw(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"interval\" width=\"220\" height=\"30\" "
        + "viewBox=\"0 0 220 30\" role=\"img\" font-family=\"system-ui, sans-serif\" "
        + "font-size=\"10\">")
    out.element("title", "Measured against the bound")
    out.element(
      "desc",
      "Measured \(VerdictText.measured(verdict) ?? "nothing"), bound "
        + HumanNumber.text(bound, verdict.unit))
    out.raw(
      "<line x1=\"6\" x2=\"214\" y1=\"9\" y2=\"9\" \(Ink.axis.stroke) stroke-width=\"1\"/>"
        + "<rect x=\"\(x(low))\" y=\"5\" width=\"\(width)\" height=\"8\" rx=\"2\" \(ink.fill) "
        + "fill-opacity=\"0.45\"/>"
        + "<circle cx=\"\(x(estimate.mean))\" cy=\"9\" r=\"4.5\" \(ink.fill)/>"
        + "<line x1=\"\(x(bound))\" x2=\"\(x(bound))\" y1=\"1\" y2=\"17\" \(Ink.label.stroke) "
        + "stroke-width=\"2\"/>")
    let anchor = bound / reach < 0.15 ? "start" : bound / reach > 0.85 ? "end" : "middle"
    out.raw(
      "<text x=\"\(x(bound))\" y=\"28\" text-anchor=\"\(anchor)\" \(Ink.label.fill)>")
    out.text("bound " + HumanNumber.text(bound, verdict.unit))
    out.raw("</text></svg>")
    return out.html
  }

  private static func bound(of expectation: Expectation) -> Double? {
    switch expectation.statement {
    case .bound(let bound): bound.runs == nil ? bound.comparison.bound : nil
    case .recovered(let recovery): Double(recovery.within.nanoseconds) / 1e9
    }
  }
}
