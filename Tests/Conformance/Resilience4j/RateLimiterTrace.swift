import TimeAndChance
import TrafficPolicy

/// A recorded rate limiter, step by step; its times are nanoseconds.
struct RateLimiterTrace: Sendable {
  private enum Action {
    case reserve(permits: Int, wait: Int)
    case drain
    case poll
    case limit(Int)
    case timeout(SimDuration)
  }

  private struct Step {
    let line: Int
    let time: SimTime
    let action: Action
    let figures: [Int]
  }

  private let configuration: RateLimiterConfiguration
  private let steps: [Step]

  init(header: TraceHeader, rows: [TraceRow]) throws(MalformedVector) {
    configuration = try header.settings.rateLimiter()
    var steps: [Step] = []
    var last = SimTime.zero
    for row in rows {
      let time = SimTime(nanoseconds: Int64(try row.integer(0)))
      guard time >= last, time.nanoseconds < 1 << 56 else {
        throw row.malformed("the time \(time.nanoseconds) goes back or is out of range")
      }
      last = time
      let action: Action
      let first: Int
      switch try row.string(1) {
      case "reserve":
        let permits = try row.integer(2)
        guard permits >= 1, permits <= Int(Int32.max) else {
          throw row.malformed("\(permits) permits were asked for")
        }
        action = .reserve(permits: permits, wait: try row.integer(3))
        first = 4
      case "drain":
        action = .drain
        first = 2
      case "poll":
        action = .poll
        first = 2
      case "limit":
        let limit = try row.integer(2)
        guard limit >= 1, limit <= Int(Int32.max) else {
          throw row.malformed("the limit \(limit) is out of range")
        }
        action = .limit(limit)
        first = 3
      case "timeout":
        let timeout = try row.integer(2)
        guard timeout >= 0, timeout < 1 << 60 else {
          throw row.malformed("the timeout \(timeout) is out of range")
        }
        action = .timeout(.nanoseconds(Int64(timeout)))
        first = 3
      case let other:
        throw row.malformed("unknown step '\(other)'")
      }
      try row.requireCount(first + 3)
      steps.append(
        Step(
          line: row.line, time: time, action: action,
          figures: [
            try row.integer(first), try row.integer(first + 1), try row.integer(first + 2),
          ]))
    }
    self.steps = steps
  }

  func replay() -> [Mismatch] {
    var judge = TraceJudge()
    var limiter = RateLimiter(configuration, createdAt: .zero)
    for step in steps {
      switch step.action {
      case .reserve(let permits, let expected):
        let wait: Int
        switch limiter.reserve(permits, at: step.time) {
        case .permitted: wait = 0
        case .reserved(let after): wait = Int(after.nanoseconds)
        case .refused: wait = -1
        }
        judge.compare(step.line, "wait", expected: expected, got: wait)
      case .drain: limiter.drainPermissions(at: step.time)
      case .poll: break
      case .limit(let limit): limiter.changeLimitForPeriod(limit)
      case .timeout(let timeout): limiter.changeTimeoutDuration(timeout)
      }
      let estimate = limiter.estimate(at: step.time)
      judge.compare(
        step.line, "available, cycle, nanoseconds to wait", expected: step.figures,
        got: [
          estimate.availablePermissions, estimate.cycle, Int(estimate.nanosToWait.nanoseconds),
        ])
    }
    return judge.mismatches
  }
}
