import Glibc
import Reporting
import Results
import Simulation
import Synchronization

/// Measures the wall time of a run, which no result holds.
final class Stopwatch: Sendable {
  private let start = ContinuousClock.now
  private let replications = Mutex<[Int: Double]>([:])

  /// Processors that the program may use.
  static var cores: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

  /// Notes how long a replication took.
  func note(_ progress: ScenarioRunner.Progress) {
    replications.withLock { $0[progress.replication] = Self.seconds(progress.elapsed) }
  }

  /// What `timing.json` holds: it is never compared.
  func timing(of result: RunResult, threads: Int) -> TimingJSON {
    var usage = rusage()
    let hasUsage = getrusage(RUSAGE_SELF.rawValue, &usage) == 0
    return TimingJSON(
      wallSeconds: Self.seconds(start.duration(to: .now)),
      replicationSeconds: replications.withLock { times in
        times.sorted { $0.key < $1.key }.map(\.value)
      }, events: result.simulatedEvents, threads: threads,
      peakMemoryBytes: hasUsage ? Int(usage.ru_maxrss) * 1_024 : nil)
  }

  /// A length of time in seconds.
  static func seconds(_ time: Duration) -> Double {
    Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
  }
}
