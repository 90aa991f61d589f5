public import Results
import TimeAndChance

/// `timeseries.csv`: a row for each window and subject, mean and interval over replications.
///
/// The columns are documented in the article "Files of a run".
public struct TimeSeriesCSV: Sendable {
  private let result: RunResult

  /// The series of a result.
  public init(_ result: RunResult) { self.result = result }

  /// The figures, in the order of their columns.
  private static let figures = [
    "offered_per_s", "good_per_s", "rejected_per_s", "errors_per_s", "error_rate",
    "attempts_per_s", "retries_per_request", "retries_denied_per_s", "p50_ms", "p99_ms", "queue",
    "busy", "utilisation", "connections", "ejected", "refused_per_s",
  ]

  /// The whole file.
  public var text: String {
    var text = "time_s,kind,name"
    for figure in Self.figures { text += ",\(figure),\(figure)_low,\(figure)_high" }
    text += "\n"
    for (index, flow) in result.sources.enumerated() {
      write("source", result.run.sources[index].name, flow.series, nil, to: &text)
    }
    for (index, service) in result.services.enumerated() {
      let name = result.run.services[index].name
      write("service", name, service.flow.series, service.server.series, to: &text)
    }
    for (index, workload) in result.workloads.enumerated() {
      let name = result.run.workloads[index].name
      write("workload", name, workload.flow.series, workload.server.series, to: &text)
    }
    for (index, flow) in result.edges.enumerated() {
      let run = result.run
      let name =
        "\(ServiceTable.caller(index, run)) -> \(run.services[run.edges[index].to].name)"
      write("edge", name, flow.series, nil, to: &text)
    }
    return text
  }

  private func write(
    _ kind: String, _ name: String, _ flow: FlowSeries, _ server: ServerSeries?,
    to text: inout String
  ) {
    let bands: [(band: SeriesBand?, scale: Double)] = [
      (flow.offered, 1), (flow.good, 1), (flow.rejected, 1), (flow.errors, 1), (flow.errorRate, 1),
      (flow.tries, 1), (flow.retriesPerRequest, 1), (flow.retriesRefused, 1), (flow.p50, 1e3),
      (flow.p99, 1e3), (server?.queue, 1), (server?.busy, 1), (server?.utilisation, 1),
      (server?.connections, 1), (server?.ejected, 1), (server?.refused, 1),
    ]
    let count = bands.map { $0.band?.points.count ?? 0 }.max() ?? 0
    let prefix = ",\(kind),\(Self.quoted(name))"
    for window in 0..<count {
      let start = Double(window) * result.run.window.inSeconds
      text += Self.number(start) + prefix
      for (band, scale) in bands {
        guard let band, window < band.points.count, let point = band.points[window] else {
          text += ",,,"
          continue
        }
        text += "," + Self.number(point.mean * scale)
        // A single replication has no interval: its cells are empty.
        if point.halfWidth.isFinite {
          text += "," + Self.number((point.mean - point.halfWidth) * scale)
          text += "," + Self.number((point.mean + point.halfWidth) * scale)
        } else {
          text += ",,"
        }
      }
      text += "\n"
    }
  }

  private static func number(_ value: Double) -> String {
    if value == value.rounded(), value.magnitude < 1e9 { return "\(Int64(value))" }
    return DecimalText(value, significant: 6).json
  }

  /// A name as a field; always quoted, and never the start of a formula for spreadsheets.
  static func quoted(_ name: String) -> String {
    var name = DisplayText.oneLine(name)
    if let first = name.first, "=+-@".contains(first) { name = "'" + name }
    return "\"" + name.replacing("\"", with: "\"\"") + "\""
  }
}
