import TimeAndChance
import TrafficPolicy

/// A recorded semaphore bulkhead, step by step.
struct BulkheadTrace: Sendable {
  private struct Step {
    let line: Int
    let time: SimTime
    let call: Int
    /// Whether an acquire was permitted; nil for a finish.
    let permitted: Bool?
    let available: Int
  }

  private let configuration: BulkheadConfiguration
  private let steps: [Step]

  init(header: TraceHeader, rows: [TraceRow]) throws(MalformedVector) {
    configuration = try header.settings.bulkhead()
    guard configuration.maxWaitDuration == .zero else {
      throw MalformedVector(
        line: header.line,
        reason: "a trace of waiting callers has no documented form: 'max-wait-duration' must be 0")
    }
    var steps: [Step] = []
    var last = SimTime.zero
    for row in rows {
      let time = try row.microseconds(notBefore: last)
      last = time
      let call = try row.integer(2)
      switch try row.string(1) {
      case "acquire":
        try row.requireCount(5)
        steps.append(
          Step(
            line: row.line, time: time, call: call, permitted: try row.bool(3),
            available: try row.integer(4)))
      case "finish":
        try row.requireCount(4)
        steps.append(
          Step(
            line: row.line, time: time, call: call, permitted: nil, available: try row.integer(3)))
      case let other:
        throw row.malformed("unknown step '\(other)'")
      }
    }
    self.steps = steps
  }

  func replay() -> [Mismatch] {
    var judge = TraceJudge()
    var bulkhead = Bulkhead(configuration)
    for step in steps {
      if let permitted = step.permitted {
        let admission = bulkhead.tryAcquirePermission(for: step.call, at: step.time)
        judge.compare(
          step.line, "permitted", expected: permitted, got: admission == .permitted)
      } else {
        bulkhead.releasePermission()
      }
      judge.compare(
        step.line, "available", expected: step.available, got: bulkhead.availableConcurrentCalls)
    }
    return judge.mismatches
  }
}
