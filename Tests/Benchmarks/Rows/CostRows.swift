import Foundation
import Simulation
import Statistics
import TimeAndChance

extension Bench {
  // MARK: B10

  /// B10: what a request in flight needs, with three calls, tries and timers open.
  func bytesRow() throws -> [Row] {
    let requests = size(1_000_000, quick: 20_000)
    let record = SimulationRun.run(
      try ReferenceModels.hanging(requests: requests), seed: Self.seed)
    let open = record.sources[0].open
    let bytes = Double(record.peakBytes) / Double(max(1, open))
    var row = Row("B10", "request in flight at depth 3", ours: "\(number(bytes)) bytes")
    row.judge(bytes, atMost: 320, "bytes")
    row.ratio = bytes / 320
    row.reference = "must 320 bytes"
    row.notes = ["\(open) requests open at the end, \(record.peakBytes) bytes"]
    row.isMismatch = open != UInt64(requests)
    return [row]
  }

  // MARK: B13

  /// B13: what the presence of policies costs that nobody configured, in instructions.
  func instructionsRow() throws -> [Row] {
    var row = Row("B13", "instructions/event, all policies", ours: "-")
    guard let valgrind = OutsideProgram.find("valgrind") else {
      row.notes = ["not measured: there is no valgrind on this machine"]
      return [row]
    }
    let short = size(20_000, quick: 500)
    func count(_ child: String, _ size: Int) throws -> (instructions: Double, events: Double) {
      let run = try OutsideProgram.run(
        valgrind,
        [
          "--tool=callgrind", "--callgrind-out-file=/dev/null", OutsideProgram.own, "--child",
          child, "\(size)",
        ])
      let line = run.errors.split(separator: "\n").last { $0.contains("Collected : ") }
      guard let line, let collected = line.split(separator: " ").last.flatMap({ Double($0) }),
        let events = RunStatistics(lines: run.output)["events"]
      else { throw BenchmarkError("callgrind printed no count: \(run.errors)") }
      return (collected, events)
    }
    // Two lengths: what start-up and set-up cost cancels.
    func perEvent(_ child: String) throws -> Double {
      let (first, second) = (try count(child, short), try count(child, 3 * short))
      return (second.instructions - first.instructions) / (second.events - first.events)
    }
    let with = try perEvent("mesh3")
    let without = try perEvent("mesh3-bare")
    row.ours = String(format: "%.1f", with)
    row.reference = String(format: "without %.1f", without)
    let ratio = with / without
    row.ratio = ratio
    row.judge(ratio, atMost: 1.05, "x")
    return [row]
  }

  // MARK: B14

  /// B14: what histograms of every service and a time series of 1 s windows cost.
  func recordingRow() throws -> [Row] {
    let requests = size(1_000_000, quick: 2000)
    let plain = try ReferenceModels.mesh3(requests: requests)
    var recorded = plain
    recorded.recording.serviceHistograms = true
    recorded.recording.window = .seconds(1)
    recorded.flows = recorded.edges.map { _ in FlowModel() }
    // The first edge is the source's, which is measured in any case.
    for edge in recorded.edges.indices.dropFirst() { recorded.edges[edge].flow = edge }
    var windows = 0
    var answers: UInt64 = 0
    var events = 1.0
    var slices = [SliceTimes(), SliceTimes()]
    let wholeRuns = try interleaved(
      [
        { Self.timed(plain, into: &slices[0]).0 },
        {
          let (time, record) = Self.timed(recorded, into: &slices[1])
          events = Double(record.eventCount)
          windows = record.services[0].windows.count
          answers = record.services.flatMap(\.operations).reduce(0) { $0 + $1.flow.latency.count }
          return time
        },
      ], isEnough: { slices.allSatisfy(\.areEnough) })
    let times = SliceTimes.compared(slices).map { $0 * events / Double(requests) }
    var row = Row("B14", "mesh3, histograms and 1 s series", ours: "\(number(times[1])) ns/req")
    row.reference = "without \(number(times[0])) ns/req"
    let ratio = times[1] / times[0]
    row.ratio = ratio
    row.judge(ratio, wholeRuns: wholeRuns[1] / wholeRuns[0], atMost: 1.1, "x")
    row.notes = slices.map(\.note) + ["\(windows) windows, \(answers) answers measured"]
    return [row]
  }

  // MARK: B15

  /// B15: heap allocations after the warm-up, counted under every allocation function.
  ///
  /// The longer run repeats the shorter one and goes on, so the difference is exact.
  func allocationsRow() throws -> [Row] {
    let counter = try peers.allocationCounter()
    let short = size(500_000, quick: 5_000)
    func count(_ size: Int) throws -> Double {
      let run = try OutsideProgram.run(
        OutsideProgram.own, ["--child", "mesh3-silent", "\(size)"],
        environment: ["LD_PRELOAD": URL(fileURLWithPath: counter).path])
      let line = run.errors.split(separator: "\n").last { $0.hasPrefix("allocations ") }
      guard let line, let count = Double(line.dropFirst("allocations ".count)) else {
        throw BenchmarkError("no count of allocations: \(run.errors)")
      }
      return count
    }
    let (first, second) = (try count(short), try count(2 * short))
    let perRequest = (second - first) / Double(short)
    var row = Row("B15", "heap allocations per request", ours: number(perRequest))
    row.judge(perRequest, atMost: 0, "")
    row.reference = "must 0"
    row.notes = [
      "\(Int(first)) up to request \(short), \(Int(second - first)) in the \(short) after it"
    ]
    return [row]
  }
}
