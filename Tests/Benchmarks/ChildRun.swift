import Foundation
import Simulation
import Statistics

/// Runs that another program watches from outside: an instruction counter, a preloaded library.
enum ChildRun {
  static func run(_ name: String, size: Int) throws {
    switch name {
    case "mesh3":
      report(SimulationRun.run(try ReferenceModels.mesh3(requests: size), seed: Bench.seed))
    case "mesh3-bare":
      report(
        SimulationRun.runWithoutPolicies(
          try ReferenceModels.mesh3(requests: size), seed: Bench.seed))
    case "mesh3-silent":
      _ = SimulationRun.run(try ReferenceModels.mesh3(requests: size), seed: Bench.seed)
    case "b9":
      report(SimulationRun.run(try ReferenceModels.fiftyServices(requests: size), seed: Bench.seed))
    case "b16":
      let start = Bench.wallTime
      let cpuStart = Bench.cpuTime
      let record = SimulationRun.run(
        try ReferenceModels.threeHundredServices(seconds: size), seed: Bench.seed)
      print("wall \((Bench.wallTime - start) / 1e9)")
      print("cpuSeconds \((Bench.cpuTime - cpuStart) / 1e9)")
      print("events \(record.eventCount)")
      print("requests \(record.sources[0].latency.count)")
      print("p99 \((record.sources[0].latency.quantile(0.99) ?? 0) / 1e6)")
      print("records \(record.peakBytes)")
      print("resident \(peakResidentBytes)")
    default: throw BenchmarkError("no child run '\(name)'")
    }
  }

  private static func report(_ record: RunRecord) {
    print("events \(record.eventCount)")
  }

  /// The most memory that this process ever had, as the system counts it.
  private static var peakResidentBytes: Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    let kilobytes = line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first
    return (kilobytes.flatMap { Int($0) } ?? 0) * 1024
  }
}
