import Simulation
import Synchronization

/// What slices of runs took while the core was theirs alone.
///
/// On a rented machine another guest's program may run on the second hardware thread of the same
/// core, in bursts of tenths of a millisecond and at times without a pause. No clock of this machine
/// shows it, yet everything takes up to two thirds longer, the median of whole runs as well, by no
/// merit or fault of what is measured. On two cores of an AMD EPYC (Milan), a loop of two
/// instructions took 0.31 or 0.65 ns a round, and slices of B9 64 or 104 ns an event, hardly any in
/// between.
///
/// So a run is cut into slices no longer than the bursts, and before and after each a ``CoreProbe``
/// measures how fast the core is. A limit on a time is held against ``alone``, the mean of the slices
/// between two fast probes: the mean, because the work of some slices is heavier than that of others.
/// Where too few are left, it is held against the whole runs; where whole runs miss it, the row says
/// `alone`, not `ok`. What other programs took is measured
/// in whole runs, and so is what stands beside it.
struct SliceTimes {
  /// Events, or operations, in a slice; what an engine does between two looks at its limits.
  static var length: Int { 4096 }
  /// The fastest probe of all rows so far: one row's time may have been shared throughout.
  private static let fastestProbe = Mutex(Double.infinity)
  /// Nanoseconds per event below which a slice held next to none.
  private static var shortest: Double { 10 }
  /// Fewer slices tell nothing.
  private static var fewest: Int { 100 }

  /// Nanoseconds of CPU time per event, and the slower of the probes before and after.
  private var slices: [(time: Double, probe: Double)] = []
  /// Of whole runs, with what comes before and after the slices.
  private var wholeRuns: [Double] = []

  /// Adds the slices of one run, which took so long per event.
  mutating func add(_ probe: CoreProbe, wholeRun: Double) {
    for (before, after) in zip(probe.breaks, probe.breaks.dropFirst()) {
      let time = (after.begin - before.end) / Double(Self.length)
      // A timer that had been taken back is no event: after it an engine looks at its limits again.
      if time < Self.shortest { continue }
      slices.append((time, max(before.pace, after.pace)))
    }
    wholeRuns.append(wholeRun)
    let fastest = slices.map(\.probe).min() ?? .infinity
    Self.fastestProbe.withLock { $0 = min($0, fastest) }
  }

  /// The slices between two probes that were as fast as any, but for a few in a hundred.
  private var undisturbed: [Double] {
    let fastest = Self.fastestProbe.withLock { $0 }
    return slices.filter { $0.probe <= 1.03 * fastest }.map(\.time)
  }

  /// Whether enough slices had the core to themselves for their mean to be steady.
  var areEnough: Bool { undisturbed.count >= 1_000 }

  private var wholeMedian: Double { wholeRuns.sorted()[wholeRuns.count / 2] }

  /// Nanoseconds per event with the core to itself; where too few slices had it, of whole runs.
  var alone: Double {
    let times = undisturbed
    return times.count < Self.fewest ? wholeMedian : times.reduce(0, +) / Double(times.count)
  }

  /// The times of runs that are compared with each other: all with the core to themselves, or all
  /// of whole runs where one of them has too few slices.
  static func compared(_ all: [SliceTimes]) -> [Double] {
    let isAlone = all.allSatisfy { $0.undisturbed.count >= fewest }
    return all.map { isAlone ? $0.alone : $0.wholeMedian }
  }

  /// In how many slices the core was not shared, and what whole runs took.
  var note: String {
    if slices.count < Self.fewest { return "too short for slices" }
    let share = number(100 * Double(undisturbed.count) / Double(slices.count))
    let judged = undisturbed.count < Self.fewest ? ": too few, so whole runs are judged" : ""
    return
      "whole runs took \(number(wholeMedian)) ns/event; in \(share) % of \(slices.count) slices "
      + "the core was not shared\(judged)"
  }
}

/// Measures, in breaks of a run, whether anything else uses the core.
final class CoreProbe: Sendable {
  /// A pause in what is measured: when it began and ended, and how long a round of the probe took.
  struct Break {
    var begin: Double
    var end: Double
    var pace: Double
  }

  private let state = Mutex<(breaks: [Break], value: UInt64)>(([], 1))

  var breaks: [Break] { state.withLock { $0.breaks } }

  /// CPU time in the breaks.
  var time: Double { breaks.reduce(0) { $0 + $1.end - $1.begin } }

  /// Takes a break.
  func tick() {
    let begin = Bench.cpuTime
    state.withLock { state in
      let rounds = 2_000
      let start = Bench.cpuTime
      state.value = Self.spin(state.value, rounds)
      let end = Bench.cpuTime
      state.breaks.append(Break(begin: begin, end: end, pace: (end - start) / Double(rounds)))
    }
  }

  /// Keeps all of the core's adders busy, so that whatever else it does slows it down.
  @inline(never) private static func spin(_ seed: UInt64, _ rounds: Int) -> UInt64 {
    var (a, b, c, d) = (seed, seed &+ 1, seed &+ 2, seed &+ 3)
    for _ in 0..<rounds {
      a = (a ^ a &>> 7) &+ 0x9E37
      b = (b ^ b &>> 9) &+ 0x79B9
      c = (c ^ c &>> 11) &+ 0x7F4A
      d = (d ^ d &>> 13) &+ 0x7C15
    }
    return a ^ b ^ c ^ d
  }
}

extension Bench {
  /// One run of a model, in slices; its CPU time without the breaks, and its record.
  static func timed(_ model: SimulationModel, into slices: inout SliceTimes) -> (Double, RunRecord)
  {
    let probe = CoreProbe()
    let limits = RunLimits(isInterrupted: {
      probe.tick()
      return false
    })
    let (time, record) = cpuTime { SimulationRun.run(model, seed: seed, limits: limits) }
    let ownTime = time - probe.time
    slices.add(probe, wholeRun: ownTime / Double(record.eventCount))
    return (ownTime, record)
  }
}
