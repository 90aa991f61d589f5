import Foundation
import Simulation
import Statistics
import TrafficPolicy

extension Bench {
  /// B9: fifty services with policies, statistics and time series on.
  func fiftyServicesRow() throws -> [Row] {
    let model = try ReferenceModels.fiftyServices(
      requests: size(30_000, quick: 100))
    var record = RunRecord()
    var slices = SliceTimes()
    let meshWords = Self.meshWords(requests: size(200_000, quick: 2000))
    let times = try interleaved(
      [
        {
          let (time, run) = Self.timed(model, into: &slices)
          record = run
          return time / Double(run.eventCount)
        },
        {
          let run = try self.peers.run("mesh", ["tuned"] + meshWords)
          return run.cpu / (run.statistics["events"] ?? 1)
        },
      ], isEnough: { slices.areEnough })
    let time = slices.alone
    let rate = 1e3 / time
    var row = Row(
      "B9", "50 services, \(number(time)) ns/event", ours: "\(number(rate)) M events/s")
    row.reference = "must 12 M events/s"
    row.ratio = rate / 12
    row.judge(rate, wholeRuns: 1e3 / times[0], atLeast: 12, "M events/s")
    let beside = times[0] / times[1]
    let pods = record.services.flatMap(\.pods)
    let busiest = pods.map(\.meanBusy).max() ?? 0
    row.notes = [
      slices.note,
      "\(record.eventCount) events, \(record.edges.map(\.attempts).reduce(0, +)) tries, "
        + "\(record.edges.map(\.retries).reduce(0, +)) retries, "
        + "busiest pod \(number(busiest)) of 4 workers, "
        + "statuses \(record.sources[0].byStatus.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", "))",
      "mesh3 in tuned C++, without policies or records, takes \(number(times[1])) ns/event in this "
        + "run: ours \(number(beside)) x (12 M events/s where it takes 32.6 are 2.56 x)",
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
      row.notes.append(try largestCost())
    }
    return [row]
  }

  /// What of the large model costs most: it is run without one part after the other.
  private func largestCost() throws -> String {
    let whole = try ReferenceModels.threeHundredServices(seconds: 2)
    var parts: [(name: String, model: SimulationModel)] = [("", whole)]
    func without(_ name: String, _ change: (inout SimulationModel) -> Void) {
      var model = whole
      change(&model)
      parts.append((name, model))
    }
    without("connection pools") { model in
      for proxy in model.proxies.indices { model.proxies[proxy].connect = nil }
    }
    without("outlier detection") { model in
      for proxy in model.proxies.indices {
        for cluster in model.proxies[proxy].configuration.clusters.indices {
          model.proxies[proxy].configuration.clusters[cluster].outlierDetection = nil
        }
      }
    }
    without("rate limits") { model in
      for proxy in model.proxies.indices { model.proxies[proxy].configuration.filters = [] }
    }
    without("records") { model in
      model.recording = RecordingOptions()
      model.flows = []
      for edge in model.edges.indices { model.edges[edge].flow = nil }
    }
    let times = try interleaved(
      parts.map { part in
        {
          let (time, run) = Self.timed(part.model)
          return time / Double(run.eventCount)
        }
      })
    let costs = zip(parts.dropFirst(), times.dropFirst())
      .map { (name: $0.name, cost: times[0] - $1) }.sorted { $0.cost > $1.cost }
    let list = costs.map { "\($0.name) \(number($0.cost))" }.joined(separator: ", ")
    return "largest cost: \(costs[0].name); of \(number(times[0])) ns/event, " + list
  }
}
