import Results
import Scenario
import TimeAndChance

/// Something over time, to be drawn.
struct Chart {
  /// How the vertical axis runs.
  enum Scale { case linear, logarithmic }

  /// A line of a chart.
  struct Series {
    var name: String
    var ink: Ink
    /// SVG `stroke-dasharray`; empty is a whole line.
    var dash = ""
    var band: SeriesBand
    /// Filled down to the axis.
    var isArea = false
  }

  var title: String
  var unit: Metric.Unit
  var series: [Series]
  var scale = Scale.linear
  /// What the chart shows, in a sentence.
  var finding: String

  /// Whether there is anything above zero to draw.
  var isEmpty: Bool { series.allSatisfy { $0.band.highest <= 0 } }
}

extension Chart {
  /// The charts of a subject's requests, with a point for each window of the usual length.
  static func charts(
    of flow: FlowSummary, isCaller: Bool, in windows: WindowGrid
  ) -> [Chart] {
    let series = flow.series.joined(by: windows)
    let total = isCaller ? series.offered : series.tries
    let outcomes = Chart(
      title: "Requests", unit: .perSecond,
      series: [
        Series(name: isCaller ? "begun" : "arrived", ink: .offered, dash: "2 3", band: total),
        Series(name: "good", ink: .good, band: series.good, isArea: true),
        Series(name: "429", ink: .rejected, dash: "7 3", band: series.rejected),
        Series(name: "errors", ink: .errors, dash: "5 2", band: series.errors, isArea: true),
      ].filter { $0.name != "429" || $0.band.highest > 0 },
      finding: series.errors.highest > 0
        ? "Errors reach \(HumanNumber.rate(series.errors.highest))"
          + " of \(HumanNumber.rate(total.highest)) at most."
        : "No errors; \(HumanNumber.rate(series.good.highest)) at most.")
    let lows = series.p50.points.compactMap { $0?.mean }.filter { $0 > 0 }
    let isWide = series.p99.highest > 20 * (lows.min() ?? 1)
    let latency = Chart(
      title: "Latency", unit: .seconds,
      series: [
        Series(name: "p50", ink: .p50, band: series.p50),
        Series(name: "p99", ink: .p99, dash: "6 2", band: series.p99),
      ], scale: isWide ? .logarithmic : .linear,
      finding: "p99 reaches \(HumanNumber.duration(series.p99.highest)),"
        + " p50 \(HumanNumber.duration(series.p50.highest)).")
    let retries = Chart(
      title: "Retries per request", unit: .number,
      series: [Series(name: "retries", ink: .tries, band: series.retriesPerRequest)],
      finding: "Up to \(HumanNumber.count(series.retriesPerRequest.highest)) retries per request.")
    return [outcomes, latency, retries]
  }

  /// The charts of some pods, with a point for each window of the usual length.
  static func charts(of server: ServerSummary, in windows: WindowGrid) -> [Chart] {
    let series = server.series.joined(by: windows)
    return [
      Chart(
        title: "Waiting requests", unit: .number,
        series: [Series(name: "queue", ink: .queue, band: series.queue, isArea: true)],
        finding: "Up to \(HumanNumber.count(series.queue.highest)) requests wait."),
      Chart(
        title: "Occupancy", unit: .number,
        series: [
          Series(name: "in service", ink: .busy, band: series.busy),
          Series(name: "connections", ink: .offered, dash: "6 2", band: series.connections),
        ].filter { $0.name != "connections" || $0.band.highest > 0 },
        finding: "Up to \(HumanNumber.count(series.busy.highest)) requests in service, "
          + "\(HumanNumber.count(series.connections.highest)) connections."),
      Chart(
        title: "Ejected (proxy, host) pairs", unit: .number,
        series: [Series(name: "ejected", ink: .ejected, band: series.ejected, isArea: true)],
        finding: "Up to \(HumanNumber.count(series.ejected.highest)) pairs ejected."),
    ]
  }
}
