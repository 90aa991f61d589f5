import Foundation
import Simulation
import Statistics

extension Bench {
  /// B9: fifty services with policies, statistics and time series on.
  func fiftyServicesRow() throws -> [Row] {
    let model = try ReferenceModels.fiftyServices(
      requests: size(30_000, quick: 100))
    var record = RunRecord()
    let time = try interleaved([
      {
        let (time, run) = Self.timed(model)
        record = run
        return time / Double(run.eventCount)
      }
    ])[0]
    let rate = 1e3 / time
    var row = Row(
      "B9", "50 services, \(number(time)) ns/event", ours: "\(number(rate)) M events/s")
    row.reference = "must 12 M events/s"
    row.ratio = rate / 12
    row.judge(rate, atLeast: 12, "M events/s")
    let pods = record.services.flatMap(\.pods)
    let busiest = pods.map(\.meanBusy).max() ?? 0
    row.notes = [
      "\(record.eventCount) events, \(record.edges.map(\.attempts).reduce(0, +)) tries, "
        + "\(record.edges.map(\.retries).reduce(0, +)) retries, "
        + "busiest pod \(number(busiest)) of 4 workers, "
        + "statuses \(record.sources[0].byStatus.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", "))"
    ]
    return [row]
  }

  /// B16: three hundred services for ten minutes.
  func threeHundredServicesRow() throws -> [Row] {
    let seconds = size(600, quick: 1)
    let run = try OutsideProgram.run(OutsideProgram.own, ["--child", "b16", "\(seconds)"])
    let values = RunStatistics(lines: run.output)
    let wall = values["wall"] ?? 0
    var row = Row(
      "B16", "300 services, 3000 pods, \(seconds) s", ours: "\(number(wall)) s wall")
    let memory = (values["resident"] ?? 0) / 1e6
    row.reference = "memory \(number(memory)) MB"
    let events = values["events"] ?? 1
    if wall > 0 { row.ratio = Double(seconds) / wall }
    let records = (values["records"] ?? 0) / 1e6
    row.notes = [
      "\(Int(events)) events, \(Int(values["requests"] ?? 0)) requests, "
        + "p99 \(number(values["p99"] ?? 0)) ms, records and events \(number(records)) MB"
    ]
    if !options.isQuick, let cpu = values["cpuSeconds"], cpu > 0 {
      row.notes.append(
        "\(number(cpu)) s of CPU time, \(number(events / cpu / 1e6)) M events/s; "
          + "the ratio is simulated to wall time")
    }
    return [row]
  }
}
