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
    var out: [UInt8] = Array("time_s,kind,name".utf8)
    for figure in Self.figures { out += Array(",\(figure),\(figure)_low,\(figure)_high".utf8) }
    out.append(UInt8(ascii: "\n"))
    for (index, flow) in result.sources.enumerated() {
      write("source", result.run.sources[index].name, flow.series, nil, to: &out)
    }
    for (index, service) in result.services.enumerated() {
      let name = result.run.services[index].name
      write("service", name, service.flow.series, service.server.series, to: &out)
    }
    for (index, workload) in result.workloads.enumerated() {
      let name = result.run.workloads[index].name
      write("workload", name, workload.flow.series, workload.server.series, to: &out)
    }
    for (index, flow) in result.edges.enumerated() {
      let run = result.run
      let name = "\(ServiceTable.caller(index, run)) -> \(run.services[run.edges[index].to].name)"
      write("edge", name, flow.series, nil, to: &out)
    }
    return String(decoding: out, as: UTF8.self)
  }

  private func write(
    _ kind: String, _ name: String, _ flow: FlowSeries, _ server: ServerSeries?,
    to out: inout [UInt8]
  ) {
    let none = SeriesBand()
    let bands: [(points: [SeriesBand.Point?], scale: Double)] = [
      (flow.offered.points, 1), (flow.good.points, 1), (flow.rejected.points, 1),
      (flow.errors.points, 1), (flow.errorRate.points, 1), (flow.tries.points, 1),
      (flow.retriesPerRequest.points, 1), (flow.retriesRefused.points, 1), (flow.p50.points, 1e3),
      (flow.p99.points, 1e3), ((server?.queue ?? none).points, 1),
      ((server?.busy ?? none).points, 1),
      ((server?.utilisation ?? none).points, 1), ((server?.connections ?? none).points, 1),
      ((server?.ejected ?? none).points, 1), ((server?.refused ?? none).points, 1),
    ]
    let count = bands.map(\.points.count).max() ?? 0
    let prefix = Array(",\(kind),\(Self.quoted(name))".utf8)
    let comma = UInt8(ascii: ",")
    for window in 0..<count {
      ShortNumber.append(result.run.windows.start(of: window), to: &out)
      out += prefix
      for (points, scale) in bands {
        out.append(comma)
        guard window < points.count, let point = points[window] else {
          out.append(comma)
          out.append(comma)
          continue
        }
        ShortNumber.append(point.mean * scale, to: &out)
        out.append(comma)
        // A single replication has no interval: its cells are empty.
        let isKnown = point.halfWidth.isFinite
        if isKnown { ShortNumber.append((point.mean - point.halfWidth) * scale, to: &out) }
        out.append(comma)
        if isKnown { ShortNumber.append((point.mean + point.halfWidth) * scale, to: &out) }
      }
      out.append(UInt8(ascii: "\n"))
    }
  }

  /// A name as a field; always quoted, and never the start of a formula for spreadsheets.
  static func quoted(_ name: String) -> String {
    var name = DisplayText.oneLine(name)
    if let first = name.first, "=+-@".contains(first) { name = "'" + name }
    return "\"" + name.replacing("\"", with: "\"\"") + "\""
  }
}
