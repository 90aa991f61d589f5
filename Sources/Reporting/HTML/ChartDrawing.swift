import Results
import TimeAndChance

/// A chart as SVG: presentation attributes only, so that it looks right without any style sheet.
struct ChartDrawing {
  static let width = 400.0
  static let height = 196.0
  private static let left = 52.0
  private static let right = 376.0  // leaves room behind the last tick label
  private static let top = 14.0
  private static let bottom = 170.0

  private let chart: Chart
  private let run: RunDescription
  private let name: String
  private let mostPoints: Int
  private let background: String
  private let ticks: [Double]
  private let low: Double
  private let high: Double

  /// A drawing of a chart about something of that name.
  ///
  /// What is behind everything is drawn once for all charts, see ``background(of:)``.
  init(
    _ chart: Chart, of name: String, in run: RunDescription, mostPoints: Int, background: String
  ) {
    self.chart = chart
    self.run = run
    self.name = name
    self.mostPoints = mostPoints
    self.background = background
    let points = chart.series.flatMap { $0.band.points.compactMap { $0 } }
    let positive = points.map(\.mean).filter { $0 > 0 }
    let highest = points.reduce(0.0) { highest, point in
      // The band may reach beyond, but not make the line flat.
      let reach = point.halfWidth.isFinite ? point.mean + point.halfWidth : point.mean
      return max(highest, min(reach, 2 * point.mean))
    }
    switch chart.scale {
    case .linear:
      ticks = Axis.linear(upTo: highest)
      low = 0
    case .logarithmic:
      ticks = Axis.logarithmic(from: positive.min() ?? 1, to: highest)
      low = ticks[0]
    }
    high = max(ticks.last ?? 1, low + 1e-12)
  }

  /// The SVG element.
  var svg: String {
    var out = HTMLText()
    let log = chart.scale == .logarithmic
    out.raw(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"400\" height=\"196\" "
        + "viewBox=\"0 0 400 196\" role=\"img\" font-family=\"system-ui, sans-serif\" "
        + "font-size=\"11\" tabindex=\"0\" data-low=\"\(low)\" data-high=\"\(high)\" "
        + "data-log=\"\(log ? 1 : 0)\" data-unit=\"\(chart.unit)\" "
        + "data-end=\"\(run.duration.inSeconds)\">")
    out.element("title", "\(chart.title) of \(name)")
    out.element("desc", chart.finding + (log ? " The vertical axis is logarithmic." : ""))
    out.raw(background)
    for tick in ticks { horizontal(tick, &out) }
    timeAxis(&out)
    for series in chart.series where series.isArea { area(series, &out) }
    for series in chart.series { band(series, &out) }
    for series in chart.series { line(series, &out) }
    out.raw("</svg>")
    return out.html
  }

  /// Warm-up and faults behind everything, the same in all charts of a run.
  static func background(of run: RunDescription) -> String {
    var out = HTMLText()
    func x(_ seconds: Double) -> Double { Self.x(seconds, in: run) }
    if run.warmup.nanoseconds > 0 {
      let end = x(run.warmup.inSeconds)
      out.raw(
        "<rect x=\"\(Self.left)\" y=\"\(Self.top)\" width=\"\(fixed(end - Self.left))\" "
          + "height=\"\(Self.bottom - Self.top)\" \(Ink.warmup.fill) fill-opacity=\"0.22\">"
          + "<title>warm-up, not counted</title></rect>")
    }
    warmUpLabel(of: run, &out)
    var labelEnd = 0.0
    for fault in run.faults {
      for occurrence in fault.occurrences.prefix(50) {
        let start = x(occurrence.start.seconds)
        let width = max(1.5, x(occurrence.end.seconds) - start)
        out.raw(
          "<rect x=\"\(fixed(start))\" y=\"\(Self.top)\" width=\"\(fixed(width))\" "
            + "height=\"\(Self.bottom - Self.top)\" \(Ink.fault.fill) fill-opacity=\"0.2\">")
        out.element("title", "\(fault.name): \(fault.text)")
        out.raw("</rect>")
        let label = DisplayText.cut(DisplayText.oneLine(fault.name), to: 22)
        let end = start + 6 * Double(DisplayText.width(label))
        if start >= labelEnd, end < Self.width {
          out.raw(
            "<text x=\"\(fixed(start))\" y=\"\(Self.top - 4)\" font-size=\"9.5\" "
              + "\(Ink.label.fill)>")
          out.text(label)
          out.raw("</text>")
          labelEnd = end + 8
        }
      }
    }
    return out.html
  }

  /// What the grey band is, above it; within it where a fault's name would be in the way.
  private static func warmUpLabel(of run: RunDescription, _ out: inout HTMLText) {
    guard run.warmup.nanoseconds > 0 else { return }
    let end = left + 6 * 7 + 8
    let isTaken = run.faults.contains { fault in
      fault.occurrences.contains { x($0.start.seconds, in: run) < end }
    }
    out.raw(
      "<text x=\"\(left)\" y=\"\(isTaken ? top + 9 : top - 4)\" font-size=\"9.5\" "
        + "\(Ink.label.fill)>warm-up</text>")
  }

  private func horizontal(_ tick: Double, _ out: inout HTMLText) {
    let y = fixed(self.y(tick))
    out.raw(
      "<line x1=\"\(Self.left)\" x2=\"\(Self.right)\" y1=\"\(y)\" y2=\"\(y)\" "
        + "\(Ink.grid.stroke) stroke-width=\"1\"/>"
        + "<text x=\"\(Self.left - 6)\" y=\"\(fixed(self.y(tick) + 3.8))\" text-anchor=\"end\" "
        + "\(Ink.label.fill)>")
    out.text(Axis.label(tick, chart.unit))
    out.raw("</text>")
  }

  private func timeAxis(_ out: inout HTMLText) {
    out.raw(
      "<line x1=\"\(Self.left)\" x2=\"\(Self.right)\" y1=\"\(Self.bottom)\" y2=\"\(Self.bottom)\" "
        + "\(Ink.axis.stroke) stroke-width=\"1\"/>")
    for tick in Axis.times(upTo: run.duration.inSeconds) {
      let x = fixed(self.x(tick))
      out.raw(
        "<line x1=\"\(x)\" x2=\"\(x)\" y1=\"\(Self.bottom)\" y2=\"\(Self.bottom + 4)\" "
          + "\(Ink.axis.stroke) stroke-width=\"1\"/>"
          + "<text x=\"\(x)\" y=\"\(Self.bottom + 17)\" text-anchor=\"middle\" "
          + "\(Ink.label.fill)>")
      out.text(HumanNumber.clock(.zero + SimDuration(seconds: tick)))
      out.raw("</text>")
    }
  }

  private func area(_ series: Chart.Series, _ out: inout HTMLText) {
    let points = self.points(series)
    guard let first = points.first, let last = points.last, points.count > 1 else { return }
    out.raw(
      "<path d=\"M\(fixed(x(first))) \(Self.bottom)L\(path(points) { y($0.value.mean) })"
        + "L\(fixed(x(last))) \(Self.bottom)Z\" \(series.ink.fill) fill-opacity=\"0.2\"/>")
  }

  private func band(_ series: Chart.Series, _ out: inout HTMLText) {
    let points = self.points(series).filter { $0.value.halfWidth.isFinite }
    guard points.count > 1, points.contains(where: { $0.value.halfWidth > 0 }) else { return }
    let upper = path(points) { y($0.value.mean + $0.value.halfWidth) }
    let lower = path(points.reversed()) { y($0.value.mean - $0.value.halfWidth) }
    out.raw("<path d=\"M\(upper)L\(lower)Z\" \(series.ink.fill) fill-opacity=\"0.2\"/>")
  }

  private func line(_ series: Chart.Series, _ out: inout HTMLText) {
    let points = self.points(series)
    guard !points.isEmpty else { return }
    let dash = series.dash.isEmpty ? "" : " stroke-dasharray=\"\(series.dash)\""
    out.raw(
      "<path d=\"M\(path(points) { y($0.value.mean) })\" fill=\"none\" \(series.ink.stroke) "
        + "stroke-width=\"1.6\" stroke-linejoin=\"round\"\(dash) data-name=\"")
    out.text(series.name)
    out.raw("\"/>")
  }

  private func points(_ series: Chart.Series) -> [DownSampling.Point] {
    DownSampling.points(series.band, atMost: mostPoints)
  }

  private func path(
    _ points: some Sequence<DownSampling.Point>, _ y: (DownSampling.Point) -> Double
  ) -> String {
    points.map { "\(fixed(x($0))) \(fixed(y($0)))" }.joined(separator: "L")
  }

  /// The middle of a window of the usual length; the last one may be cut short.
  private func x(_ point: DownSampling.Point) -> Double {
    let start = Double(point.window) * run.window.inSeconds
    return x((start + min(start + run.window.inSeconds, run.duration.inSeconds)) / 2)
  }

  private func x(_ seconds: Double) -> Double { Self.x(seconds, in: run) }

  private static func x(_ seconds: Double, in run: RunDescription) -> Double {
    let whole = max(run.duration.inSeconds, 1e-9)
    return left + (right - left) * min(1, max(0, seconds / whole))
  }

  private func y(_ value: Double) -> Double {
    let share: Double
    switch chart.scale {
    case .linear: share = (value - low) / (high - low)
    case .logarithmic:
      share = value <= low ? 0 : (Self.decades(value / low) / Self.decades(high / low))
    }
    return Self.bottom - (Self.bottom - Self.top) * min(1, max(0, share))
  }

  /// The decimal logarithm of a number of at least 1.
  private static func decades(_ value: Double) -> Double {
    value > 1 ? RealMath.log(value) / RealMath.log(10) : 0
  }

  /// A coordinate with one decimal.
  private func fixed(_ value: Double) -> String { Self.fixed(value) }

  /// A coordinate with one decimal.
  static func fixed(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    let sign = tenths < 0 ? "-" : ""
    let (whole, rest) = (tenths.magnitude / 10, tenths.magnitude % 10)
    return rest == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(rest)"
  }
}
