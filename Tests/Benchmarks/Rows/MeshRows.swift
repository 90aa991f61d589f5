import Foundation
import Simulation
import Statistics
import Synchronization
import TimeAndChance

/// The medians of mesh3 and its peers, in nanoseconds of CPU time, and what each computed.
struct MeshTimes {
  var requests: Int
  var ours: Double
  var slices: SliceTimes
  var standard: Double
  var tuned: Double
  var ourStatistics: RunStatistics
  var standardStatistics: RunStatistics
  var tunedStatistics: RunStatistics

  var events: Double { ourStatistics["events"] ?? 1 }
}

extension Bench {
  static var seed: UInt64 { 7 }

  /// The words that tell the C++ mesh what to run.
  static func meshWords(
    requests: Int, perSecond: Double = 24_000, retries: Int = 2, queueLimit: Int? = nil
  ) -> [String] {
    ["\(requests)", "\(seed)", "\(perSecond)", "\(retries)", "\(queueLimit ?? Int(Int32.max))"]
  }

  /// One run of a model; its CPU time and its record.
  static func timed(_ model: SimulationModel) -> (Double, RunRecord) {
    cpuTime { SimulationRun.run(model, seed: seed) }
  }

  // MARK: B3

  /// B3: a configured one-service model beside a loop in C++.
  func mm1Row() throws -> [Row] {
    let requests = size(2_000_000, quick: 2000)
    let model = try ReferenceModels.mm1(requests: requests)
    var slices = SliceTimes()
    var events = 1.0
    var ours = RunStatistics()
    var tuned = RunStatistics()
    var standard = RunStatistics()
    let times = try interleaved(
      [
        {
          let (time, record) = Self.timed(model, into: &slices)
          events = Double(record.eventCount)
          ours = RunStatistics(mm1: record)
          return time
        },
        {
          let run = try self.peers.run("mm1", ["quad", "\(requests)", "\(Self.seed)"])
          tuned = run.statistics
          return run.cpu
        },
        {
          let run = try self.peers.run("mm1", ["standard", "\(requests)", "\(Self.seed)"])
          standard = run.statistics
          return run.cpu
        },
      ], isEnough: { slices.areEnough }
    ).map { $0 / Double(requests) }
    let alone = slices.alone * events / Double(requests)
    let rate = 1e3 / alone
    var row = Row("B3", "M/M/1, \(number(alone)) ns/request", ours: "\(number(rate)) M req/s")
    row.reference = "c++ \(number(1e3 / times[1])) M req/s"
    row.ratio = times[0] / times[1]
    row.judge(rate, wholeRuns: 1e3 / times[0], atLeast: 5, "M req/s")
    row.notes = [slices.note + "; the ratio is of whole runs"]
    row.compare(ours, tuned, with: "c++")
    if standard != tuned { row.compare(ours, standard, with: "c++ std::priority_queue") }
    return [row]
  }

  // MARK: B4, B5, B6

  /// mesh3 and both peers in turn, once for all rows that need them.
  func measureMesh() throws -> MeshTimes {
    if let meshTimes { return meshTimes }
    let requests = size(1_000_000, quick: 2000)
    let model = try ReferenceModels.mesh3(requests: requests)
    let words = Self.meshWords(requests: requests)
    var statistics = [RunStatistics](repeating: RunStatistics(), count: 3)
    var slices = SliceTimes()
    let times = try interleaved(
      [
        {
          let (time, record) = Self.timed(model, into: &slices)
          statistics[0] = RunStatistics(mesh: record)
          return time
        },
        {
          let run = try self.peers.run("mesh", ["standard"] + words)
          statistics[1] = run.statistics
          return run.cpu
        },
        {
          let run = try self.peers.run("mesh", ["tuned"] + words)
          statistics[2] = run.statistics
          return run.cpu
        },
      ], isEnough: { slices.areEnough })
    let result = MeshTimes(
      requests: requests, ours: times[0], slices: slices, standard: times[1], tuned: times[2],
      ourStatistics: statistics[0], standardStatistics: statistics[1],
      tunedStatistics: statistics[2])
    meshTimes = result
    return result
  }

  func meshRow() throws -> [Row] {
    let mesh = try measureMesh()
    let perEvent = mesh.slices.alone
    let rate = Double(mesh.requests) / (perEvent * mesh.events) * 1e3
    var row = Row(
      "B4", "mesh3, \(number(perEvent)) ns/event", ours: "\(number(rate)) M req/s")
    row.reference = "c++ \(number(Double(mesh.requests) / mesh.tuned * 1e3)) M req/s"
    row.ratio = mesh.ours / mesh.tuned
    let wholeRate = Double(mesh.requests) / mesh.ours * 1e3
    row.judge(rate, wholeRuns: wholeRate, atLeast: 1.5, "M req/s")
    row.notes = [mesh.slices.note + "; the ratio is of whole runs"]
    row.compare(mesh.ourStatistics, mesh.tunedStatistics, with: "c++")
    return [row]
  }

  func meshBesideStandardRow() throws -> [Row] {
    let mesh = try measureMesh()
    let count = Double(mesh.requests)
    var row = Row("B5", "mesh3", ours: "\(number(mesh.ours / count)) ns/req")
    row.reference = "c++ std \(number(mesh.standard / count)) ns/req"
    let ratio = mesh.ours / mesh.standard
    row.ratio = ratio
    row.judge(ratio, atMost: 0.55, "x")
    row.compare(mesh.ourStatistics, mesh.standardStatistics, with: "c++ std::priority_queue")
    return [row]
  }

  func meshBesideTunedRow() throws -> [Row] {
    let mesh = try measureMesh()
    let count = Double(mesh.requests)
    var row = Row("B6", "mesh3", ours: "\(number(mesh.ours / count)) ns/req")
    row.reference = "c++ tuned \(number(mesh.tuned / count)) ns/req"
    let ratio = mesh.ours / mesh.tuned
    row.ratio = ratio
    row.judge(ratio, atMost: 2.2, "x")
    row.compare(mesh.ourStatistics, mesh.tunedStatistics, with: "c++ 4-ary heap and rings")
    return [row]
  }

  // MARK: B7

  /// B7: mesh3 beside SimPy, whose draws are its own: the means agree within their errors.
  func meshBesideSimPyRow() throws -> [Row] {
    guard let python = options.python else {
      var row = Row("B7", "mesh3 beside SimPy", ours: "-")
      row.notes = ["skipped: --python names no Python with SimPy (make bench-peers installs it)"]
      return [row]
    }
    let theirCount = size(30_000, quick: 500)
    let ourCount = size(1_000_000, quick: 2000)
    let model = try ReferenceModels.mesh3(requests: ourCount)
    var latency = LatencyHistogram()
    var simpy = RunStatistics()
    let times = try interleaved([
      {
        let (time, record) = Self.timed(model)
        latency = record.sources[0].latency
        return time / Double(ourCount)
      },
      {
        let run = try OutsideProgram.run(
          python, ["\(self.options.peers)/simpy_mesh.py", "\(theirCount)", "\(Self.seed)"])
        simpy = RunStatistics(lines: run.output)
        let cpu = run.output.split(separator: "\n").first { $0.hasPrefix("cpu ") }
        return (cpu.flatMap { Double($0.dropFirst(4)) } ?? .nan) / Double(theirCount)
      },
    ])
    var row = Row("B7", "mesh3 beside SimPy", ours: "\(number(times[0])) ns/req")
    row.reference = "SimPy \(number(times[1])) ns/req"
    let faster = times[1] / times[0]
    row.ratio = faster
    row.judge(faster, atLeast: 120, "x faster")
    // The mean hangs on a few stalls of 400 ms, so that its error is itself uncertain: the
    // quantiles judge.
    let statistics = [
      ("mean", latency.mean ?? 0), ("p50", latency.quantile(0.5) ?? 0),
      ("p90", latency.quantile(0.9) ?? 0),
    ]
    for (name, value) in statistics {
      guard let theirs = simpy[name], let error = simpy["\(name)Error"] else { continue }
      let distance = (value / 1e6 - theirs) / error
      row.notes.append(
        String(
          format: "\(name) %.4f ms, SimPy %.4f ms with standard error %.4f ms: %.1f errors apart",
          value / 1e6, theirs, error, distance))
      if name != "mean", abs(distance) > 5, !options.isQuick { row.isMismatch = true }
    }
    return [row]
  }

  // MARK: B8

  /// B8: mesh3 at twice its capacity, with retries and long queues.
  func overloadRow() throws -> [Row] {
    let requests = size(770_000, quick: 4000)
    let usual = try ReferenceModels.mesh3(requests: size(1_000_000, quick: 2000))
    let overloaded = try ReferenceModels.mesh3(
      requests: requests, perSecond: 77_000, retries: 3, queueLimit: 10_000)
    var ours = RunStatistics()
    var slices = [SliceTimes(), SliceTimes()]
    let usualWords = Self.meshWords(requests: size(1_000_000, quick: 2000))
    let words = Self.meshWords(
      requests: requests, perSecond: 77_000, retries: 3, queueLimit: 10_000)
    var theirs = RunStatistics()
    let times = try interleaved(
      [
        {
          let (time, record) = Self.timed(usual, into: &slices[0])
          return time / Double(record.eventCount)
        },
        {
          let (time, record) = Self.timed(overloaded, into: &slices[1])
          ours = RunStatistics(mesh: record)
          return time / Double(record.eventCount)
        },
        {
          let run = try self.peers.run("mesh", ["tuned"] + usualWords)
          return run.cpu / (run.statistics["events"] ?? 1)
        },
        {
          let run = try self.peers.run("mesh", ["tuned"] + words)
          theirs = run.statistics
          return run.cpu / (run.statistics["events"] ?? 1)
        },
      ], isEnough: { slices.allSatisfy(\.areEnough) })
    let alone = SliceTimes.compared(slices)
    var row = Row("B8", "mesh3, 77 000/s offered, 3 retries", ours: "\(number(alone[1])) ns/event")
    row.reference = "B4 \(number(alone[0])) ns/event"
    let ratio = alone[1] / alone[0]
    row.ratio = ratio
    row.judge(ratio, wholeRuns: times[1] / times[0], atMost: 2, "x")
    row.notes = slices.map(\.note)
    row.compare(ours, theirs, with: "c++")
    if !options.isQuick {
      row.notes.append(
        "tuned c++: \(number(times[3])) and \(number(times[2])) ns/event, "
          + "x\(number(times[3] / times[2]))")
    }
    return [row]
  }

  // MARK: B11

  /// B11: two replications beside each other on two cores.
  func twoCoresRow() throws -> [Row] {
    let requests = size(1_000_000, quick: 2000)
    let model = try ReferenceModels.mesh3(requests: requests)
    let seed = Self.seed
    var alone = 0.0
    var beside = 0.0
    var inTurn: [Double] = []
    var together: [Double] = []
    for _ in 0..<options.repeats {
      var start = Self.wallTime
      for replication in 0..<2 {
        alone +=
          Self.cpuTime {
            SimulationRun.run(model, seed: seed, replication: UInt64(replication))
          }.0
      }
      inTurn.append(Self.wallTime - start)
      let cpu = Mutex(0.0)
      start = Self.wallTime
      DispatchQueue.concurrentPerform(iterations: 2) { replication in
        let (time, _) = Self.cpuTime {
          SimulationRun.run(model, seed: seed, replication: UInt64(replication))
        }
        cpu.withLock { $0 += time }
      }
      together.append(Self.wallTime - start)
      beside += cpu.withLock { $0 }
    }
    // Of wall times the least is the one that other programs disturbed least.
    let times = [inTurn.min() ?? 1, together.min() ?? 1]
    var row = Row("B11", "two replications on two cores", ours: "\(number(times[1] / 1e6)) ms")
    row.reference = "in turn \(number(times[0] / 1e6)) ms"
    let ratio = times[0] / times[1]
    row.ratio = ratio
    row.judge(ratio, atLeast: 1.8, "x")
    if !options.isQuick {
      row.notes = [
        "best wall times; \(ProcessInfo.processInfo.activeProcessorCount) cores; by CPU time, which "
          + "waiting for a core leaves out, x\(number(2 * alone / beside))"
      ]
    }
    return [row]
  }
}
