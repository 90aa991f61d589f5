import EventKernel
import TimeAndChance

extension Bench {
  /// B1: take the next event, schedule it again, with so many pending.
  func holdRows() throws -> [Row] {
    let seed: UInt64 = 42
    return try [(100, 30.0), (10_000, 60.0), (1_000_000, 200.0)].map { full, limit in
      let pending = size(full, quick: min(full, 1000))
      let operations = size(full == 1_000_000 ? 2_000_000 : 4_000_000, quick: 10_000)
      let words = ["\(pending)", "\(operations)", "\(seed)"]
      var slices = SliceTimes()
      var ours = RunStatistics()
      var tuned = RunStatistics()
      var standard = RunStatistics()
      let times = try interleaved(
        [
          {
            let (time, digest) = Self.hold(
              pending: pending, operations: operations, seed: seed, into: &slices)
            ours = RunStatistics()
            ours.add("digest", "\(digest)")
            return time
          },
          {
            let run = try self.peers.run("hold", ["quad"] + words)
            tuned = run.statistics
            return run.cpu
          },
          {
            let run = try self.peers.run("hold", ["standard"] + words)
            standard = run.statistics
            return run.cpu
          },
        ], isEnough: { slices.areEnough }
      ).map { $0 / Double(operations) }
      let alone = slices.alone
      var row = Row("B1", "hold model, \(pending) pending", ours: "\(number(alone)) ns")
      row.reference = "c++ 4-ary \(number(times[1])) ns"
      row.ratio = times[0] / times[1]
      row.judge(alone, wholeRuns: times[0], atMost: limit, "ns")
      row.notes = [slices.note + "; the ratio is of whole runs"]
      row.compare(ours, tuned, with: "c++")
      if standard != tuned { row.compare(ours, standard, with: "c++ std::priority_queue") }
      if !options.isQuick { row.notes.append("std::priority_queue \(number(times[2])) ns") }
      return row
    }
  }

  private static func hold(
    pending: Int, operations: Int, seed: UInt64, into slices: inout SliceTimes
  ) -> (time: Double, digest: UInt64) {
    let sampler = Sampler.standard
    var random = RandomStream(seed: seed, name: "hold")
    let delays = (0..<65_536).map { _ in
      SimDuration.nanoseconds(Int64(sampler.exponential(using: &random) * 1e6))
    }
    return delays.withUnsafeBufferPointer { delays in
      var queue = EventQueue()
      var digest: UInt64 = 0
      var draw = 0
      for handle in 0..<UInt32(pending) {
        queue.schedule(after: delays[draw & 65_535], kind: 0, handle: handle)
        draw += 7
      }
      hold(&queue, 2 * pending, delays, &draw, &digest)
      let probe = CoreProbe()
      let start = cpuTime
      for done in stride(from: 0, to: operations, by: SliceTimes.length) {
        probe.tick()
        hold(&queue, min(SliceTimes.length, operations - done), delays, &draw, &digest)
      }
      let time = cpuTime - start - probe.time
      slices.add(probe, wholeRun: time / Double(operations))
      return (time, digest)
    }
  }

  @inline(never) private static func hold(
    _ queue: inout EventQueue, _ operations: Int, _ delays: UnsafeBufferPointer<SimDuration>,
    _ draw: inout Int, _ digest: inout UInt64
  ) {
    for _ in 0..<operations {
      guard let event = queue.next() else { return }
      digest = digest &* 31 &+ UInt64(event.handle)
      queue.schedule(after: delays[draw & 65_535], kind: 0, handle: event.handle)
      draw &+= 1
    }
  }
}
