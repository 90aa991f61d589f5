import TimeAndChance
import TrafficPolicy

/// A recorded lock-free time window on its own, step by step.
struct WindowTrace: Sendable {
  private struct Step {
    let line: Int
    let time: SimTime
    /// Nil for a poll.
    let result: CallResult?
    let totals: [Int]
  }

  private let seconds: Int
  private let steps: [Step]

  init(header: TraceHeader, rows: [TraceRow]) throws(MalformedVector) {
    try header.settings.require(known: ["sliding-window-size"])
    let size = try header.settings.integer("sliding-window-size") ?? 100
    guard (1...10_000_000).contains(size) else {
      throw MalformedVector(
        line: header.line, reason: "'sliding-window-size' must be in 1...10000000, is \(size)")
    }
    seconds = size
    var steps: [Step] = []
    var last = SimTime.zero
    for row in rows {
      let time = try row.microseconds(notBefore: last)
      last = time
      let result: CallResult?
      let first: Int
      switch try row.string(1) {
      case "record":
        result = try Self.result(try row.string(2), row)
        first = 3
      case "poll":
        result = nil
        first = 2
      case let other:
        throw row.malformed("unknown step '\(other)'")
      }
      try row.requireCount(first + 4)
      var totals: [Int] = []
      for offset in 0..<4 { totals.append(try row.integer(first + offset)) }
      steps.append(Step(line: row.line, time: time, result: result, totals: totals))
    }
    self.steps = steps
  }

  private static func result(_ name: String, _ row: TraceRow) throws(MalformedVector) -> CallResult
  {
    switch name {
    case "SUCCESS": CallResult(failed: false, slow: false)
    case "ERROR": CallResult(failed: true, slow: false)
    case "SLOW_SUCCESS": CallResult(failed: false, slow: true)
    case "SLOW_ERROR": CallResult(failed: true, slow: true)
    default: throw row.malformed("unknown outcome '\(name)'")
    }
  }

  func replay() -> [Mismatch] {
    var judge = TraceJudge()
    var window = TimeWindow(seconds: seconds, createdAt: .zero, clockPhase: nil)
    for step in steps {
      if let result = step.result { window.record(result, at: step.time) }
      let totals = window.read(at: step.time)
      judge.compare(
        step.line, "calls, failed, slow, slow failed", expected: step.totals,
        got: [
          Int(totals.calls), Int(totals.failed), Int(totals.slow), Int(totals.slowFailed),
        ])
    }
    return judge.mismatches
  }
}
