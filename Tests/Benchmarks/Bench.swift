import Foundation

/// The rows and what they share.
final class Bench {
  let options: BenchmarkOptions
  let peers: PeerPrograms
  /// What several rows read, measured once.
  var meshTimes: MeshTimes?

  init(_ options: BenchmarkOptions) {
    self.options = options
    peers = PeerPrograms(sources: options.peers, binaries: options.binaries)
  }

  /// A size of input: the real one, or a tiny one.
  func size(_ full: Int, quick: Int) -> Int { options.isQuick ? quick : full }

  /// The rows in order; long ones run on demand only.
  var rows: [(id: String, isLong: Bool, measure: () throws -> [Row])] {
    [
      ("B1", false, holdRows),
      ("B3", false, mm1Row),
      ("B4", false, meshRow),
      ("B5", false, meshBesideStandardRow),
      ("B6", false, meshBesideTunedRow),
      ("B7", false, meshBesideSimPyRow),
      ("B8", false, overloadRow),
      ("B9", false, fiftyServicesRow),
      ("B10", false, bytesRow),
      ("B11", false, twoCoresRow),
      ("B12", false, processRow),
      ("B13", false, instructionsRow),
      ("B14", false, recordingRow),
      ("B15", false, allocationsRow),
      ("B16", true, threeHundredServicesRow),
      ("K1", false, decoratedCallRow),
      ("K2", false, autoscalerRow),
      ("K3", false, quotaRow),
    ]
  }

  /// Runs and prints the rows that are asked for; false when results differ from a peer's.
  func runAll() throws -> Bool {
    if let unknown = options.rows.subtracting(rows.map(\.id)).sorted().first {
      throw BenchmarkError(
        "no row '\(unknown)'; there are \(rows.map(\.id).joined(separator: " "))")
    }
    print(Row.header)
    var isRight = true
    for row in rows where isWanted(row.id, isLong: row.isLong) {
      for var line in try row.measure() {
        if options.isQuick { line.verdict = .none }  // tiny inputs measure set-up
        print(line.line)
        for note in line.notes { print("       \(note)") }
        if options.isQuick {
          print("       checksum \(RunStatistics.checksum(line.notes.joined()))")
        }
        if line.isMismatch { isRight = false }
        fflush(nil)
      }
    }
    return isRight
  }

  private func isWanted(_ id: String, isLong: Bool) -> Bool {
    if !options.rows.isEmpty { return options.rows.contains(id) }
    if id == "B7" { return options.python != nil }
    return !isLong || options.includesLongRows || options.isQuick
  }

  // MARK: Measuring

  /// The CPU time of this thread in nanoseconds.
  static var cpuTime: Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
  }

  /// The wall time in nanoseconds.
  static var wallTime: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
  }

  /// Runs the variants in turn (A B A B …) and gives the median of what each returned.
  ///
  /// Interleaving lets a slow minute of the machine fall on all variants alike. Where `isEnough` is
  /// still false, up to three times as many rounds are run as were asked for.
  func interleaved(
    _ variants: [() throws -> Double], isEnough: () -> Bool = { true }
  ) throws -> [Double] {
    var samples = variants.map { _ in [Double]() }
    var round = 0
    while round < options.repeats
      || round < 3 * options.repeats && !options.isQuick && !isEnough()
    {
      round += 1
      for (index, variant) in variants.enumerated() { samples[index].append(try variant()) }
    }
    return samples.map { sorted in
      let sorted = sorted.sorted()
      let middle = sorted.count / 2
      return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
  }

  /// The CPU time that work takes on this thread.
  static func cpuTime<Result>(of work: () throws -> Result) rethrows -> (Double, Result) {
    let start = cpuTime
    let result = try work()
    return (cpuTime - start, result)
  }
}
