import Glibc
import Results

/// Measures the wall time of a run, which no result holds.
struct Stopwatch {
  private let start = ContinuousClock.now

  /// Processors that the program may use.
  static var cores: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

  /// What `timing.json` holds: it is never compared.
  func timing(of result: RunResult, threads: Int) -> String {
    let elapsed = start.duration(to: .now)
    let milliseconds =
      elapsed.components.seconds * 1_000 + elapsed.components.attoseconds / 1_000_000_000_000_000
    let perSecond = Double(result.simulatedEvents) / max(0.001, Double(milliseconds) / 1_000)
    return """
      {
        "events": \(result.simulatedEvents),
        "events_per_second": \(Int64(perSecond)),
        "replications": \(result.replications),
        "threads": \(threads),
        "wall_milliseconds": \(milliseconds)
      }

      """
  }
}
