import Middleware
import TimeAndChance

/// Replays a trace of requests through an HAProxy backend.
///
/// The model chooses servers, queues, retries and judges health; how a try on the recorded server
/// ended and how long it was served comes from the recording, any other try goes by the server
/// script. Server, status, retries and termination must be exact, the time in the queue and that of
/// a failure within a tolerance for the recorder's clock.
///
/// Health checks have an unknown phase. A backend with checks is replayed for phases 10 ms apart
/// and the best one counts. There a row may differ while a server's state changes within one check
/// interval, and one row in twenty may show that something outside the trace took a turn.
enum HAProxyReplay {
  private static let phaseStepMs: Int64 = 10
  private static let slipsAllowed = 20
  private static let pausesAllowed = 4
  private static let longestPauseMs: Int64 = 500

  static func mismatches(_ trace: HAProxyTrace) -> [Mismatch] {
    var trace = trace
    var best = bestPhase(trace)
    for _ in 0..<pausesAllowed where !best.wrong.isEmpty {
      guard let (better, paused) = explainedByPause(trace, best) else { break }
      best = better
      trace = paused
    }
    return describe(best, trace)
  }

  /// The replay with one pause more, where one explains more rows.
  ///
  /// HAProxy takes a jump of its clock of over 100 ms past its expected wake-up for a step of the
  /// wall clock and leaves it out (`src/clock.c`, `MAX_DELAY_MS`). When the recording machine
  /// paused, arrivals carry the wall clock, while the queue's and the answers' times miss the
  /// pause. A row served faster than its server answers gives such a pause away.
  private static func explainedByPause(
    _ trace: HAProxyTrace, _ present: HAProxyDriver
  ) -> (HAProxyDriver, HAProxyTrace)? {
    var best: (HAProxyDriver, HAProxyTrace)?
    for (hasty, missingMs) in trace.hastyRows(byOverMs: 20) {
      let served = trace.rows[hasty]
      let from = served.wallMs + served.queueMs
      let to = served.wallMs + served.totalMs + longestPauseMs
      let positions = trace.rows.indices.filter {
        $0 > hasty && trace.rows[$0].wallMs > from && trace.rows[$0].wallMs <= to
      }
      for position in positions {
        for length in stride(from: max(100, missingMs - 8), to: missingMs + 100, by: 4) {
          let paused = trace.paused(forMs: length, before: position)
          if paused.rows[position].ms < (position > 0 ? paused.rows[position - 1].ms : 0) {
            continue
          }
          let end = bestPhase(paused)
          if end.wrong.count < (best?.0 ?? present).wrong.count { best = (end, paused) }
        }
      }
    }
    return best
  }

  private static func bestPhase(_ trace: HAProxyTrace) -> HAProxyDriver {
    let checked = trace.servers.filter(\.check.isEnabled)
    let longestMs = checked.map { $0.check.inter.nanoseconds / 1_000_000 }.max()
    var best = HAProxyDriver.replay(trace, phaseMs: 0)
    for phase in stride(from: phaseStepMs, to: longestMs ?? 0, by: Int(phaseStepMs)) {
      if best.penalty == (0, 0) { break }
      let end = HAProxyDriver.replay(trace, phaseMs: phase)
      if end.penalty < best.penalty { best = end }
    }
    return best
  }

  private static func describe(_ best: HAProxyDriver, _ trace: HAProxyTrace) -> [Mismatch] {
    var result = best.wrong.sorted { $0.key < $1.key }.map { row, difference in
      Mismatch(
        metric: "line \(trace.rows[row].line): \(difference.what)", expected: difference.expected,
        got: difference.got)
    }
    if best.slips > trace.rows.count / slipsAllowed {
      result.append(
        Mismatch(
          metric: "turns taken by something else",
          expected: "at most \(trace.rows.count / slipsAllowed)", got: "\(best.slips)"))
    }
    return result
  }
}
