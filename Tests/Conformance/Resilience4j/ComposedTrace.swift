import TimeAndChance
import TrafficPolicy

/// A recorded chain of policies around one caller, call by call.
struct ComposedTrace: Sendable {
  private struct Attempt {
    let duration: SimDuration
    let outcome: DecoratedOutcome
  }

  private struct Step {
    let line: Int
    let start: SimTime
    let attempts: [Attempt]
    let ending: String
    let end: SimTime
    let state: String
    let failureRate: Float
    let counts: [Int]
    let events: [TraceEvent]
  }

  private let order: DecorationOrder
  private let retry: RetryConfiguration?
  private let breaker: CircuitBreakerConfiguration?
  private let limiter: RateLimiterConfiguration?
  private let timeLimiter: TimeLimiterConfiguration?
  private let bulkhead: BulkheadConfiguration?
  private let steps: [Step]

  init(header: TraceHeader, rows: [TraceRow]) throws(MalformedVector) {
    order = try Self.order(header)
    let settings = header.settings
    try settings.require(
      known: ["retry", "circuitbreaker", "ratelimiter", "timelimiter", "bulkhead"])
    let kinds = order.layers.map(\.kind)
    retry = kinds.contains(.retry) ? try settings.section("retry").retry() : nil
    breaker =
      kinds.contains(.circuitBreaker)
      ? try settings.section("circuitbreaker").circuitBreaker() : nil
    limiter =
      kinds.contains(.rateLimiter) ? try settings.section("ratelimiter").rateLimiter() : nil
    timeLimiter =
      kinds.contains(.timeLimiter) ? try settings.section("timelimiter").timeLimiter() : nil
    bulkhead = kinds.contains(.bulkhead) ? try settings.section("bulkhead").bulkhead() : nil
    var steps: [Step] = []
    var last = SimTime.zero
    for row in rows {
      let step = try Self.step(row, notBefore: last)
      last = step.end
      steps.append(step)
    }
    self.steps = steps
  }

  /// Reads `Retry(CircuitBreaker(RateLimiter(fn)))`, or any other nesting.
  private static func order(_ header: TraceHeader) throws(MalformedVector) -> DecorationOrder {
    guard let text = try header.string("order") else {
      throw MalformedVector(line: header.line, reason: "the header needs 'order'")
    }
    let names = text.split { "() ".contains($0) }
    let closing = text.reversed().prefix { $0 == ")" }.count
    guard names.last == "fn", closing == names.count - 1 else {
      throw MalformedVector(line: header.line, reason: "cannot read the order '\(text)'")
    }
    var kinds: [DecorationOrder.Kind] = []
    for name in names.dropLast() {
      let kind: DecorationOrder.Kind
      switch name {
      case "Retry": kind = .retry
      case "CircuitBreaker": kind = .circuitBreaker
      case "RateLimiter": kind = .rateLimiter
      case "TimeLimiter": kind = .timeLimiter
      case "Bulkhead": kind = .bulkhead
      default:
        throw MalformedVector(line: header.line, reason: "unknown policy '\(name)' in the order")
      }
      guard !kinds.contains(kind) else {
        throw MalformedVector(line: header.line, reason: "'\(name)' stands twice in the order")
      }
      kinds.append(kind)
    }
    return DecorationOrder(kinds)
  }

  private static func step(
    _ row: TraceRow, notBefore last: SimTime
  ) throws(MalformedVector) -> Step {
    let start = try row.microseconds(notBefore: last)
    var attempts: [Attempt] = []
    for item in try row.array(1) {
      guard let pair = item.array, pair.count == 2, let length = pair[0].integer,
        let name = pair[1].string, let outcome = TraceExceptions.outcome(name)
      else { throw row.malformed("an attempt must be [duration, result], is \(item)") }
      attempts.append(
        Attempt(duration: try row.instant(length, unit: 1_000) - .zero, outcome: outcome))
    }
    let end = try row.instant(try row.integer(3), unit: 1_000)
    guard end >= start else { throw row.malformed("the call ends before it starts") }
    return Step(
      line: row.line, start: start, attempts: attempts, ending: try row.string(2), end: end,
      state: try row.string(4), failureRate: try row.float(5),
      counts: [try row.integer(6), try row.integer(7), try row.integer(8)],
      events: try row.events(9))
  }

  func replay() -> [Mismatch] {
    var judge = TraceJudge()
    var random = RandomStream(state: 1)
    var policies = ResiliencePolicies(order: order)
    policies.retry = retry.map { Retry($0) }
    if let breaker {
      policies.circuitBreaker = CircuitBreaker(breaker, createdAt: .zero, using: &random)
    }
    policies.rateLimiter = limiter.map { RateLimiter($0, createdAt: .zero) }
    policies.timeLimiter = timeLimiter.map { TimeLimiter($0) }
    policies.bulkhead = bulkhead.map { Bulkhead($0) }
    for step in steps {
      play(step, &policies, &judge, &random)
    }
    return judge.mismatches
  }

  private func play(
    _ step: Step, _ policies: inout ResiliencePolicies, _ judge: inout TraceJudge,
    _ random: inout RandomStream
  ) {
    var now = step.start
    var used = 0
    policies.fireTimers(upTo: now, using: &random)
    var call = DecoratedCall(id: step.line)
    var next = call.start(at: now, &policies, using: &random)
    var ending: DecoratedOutcome?
    while ending == nil {
      switch next {
      case .call(let deadline):
        guard used < step.attempts.count else {
          judge.compare(step.line, "attempts", expected: step.attempts.count, got: used + 1)
          return
        }
        let attempt = step.attempts[used]
        used += 1
        let end = now + attempt.duration
        if let deadline, deadline < end {
          policies.fireTimers(upTo: deadline, using: &random)
          now = deadline
          var remains: DecoratedCall
          (next, remains) = call.timedOut(at: now, &policies, using: &random)
          // One caller, one call after another: the work left behind ends with its caller's wait.
          _ = remains.interrupted(at: now, &policies, using: &random)
        } else {
          now = end
          policies.fireTimers(upTo: now, using: &random)
          next = call.finished(attempt.outcome, at: now, &policies, using: &random)
        }
      case .sleep(let until, _):
        now = until
        policies.fireTimers(upTo: now, using: &random)
        next = call.resumed(at: now, &policies, using: &random)
      case .wait(let until, _):
        now = until
        policies.fireTimers(upTo: now, using: &random)
        next = call.refused(at: now, &policies, using: &random)
      case .done(let outcome):
        ending = outcome
      }
    }
    compare(step, ending ?? .cancelled, now, used, &policies, &judge)
  }

  private func compare(
    _ step: Step, _ ending: DecoratedOutcome, _ now: SimTime, _ used: Int,
    _ policies: inout ResiliencePolicies, _ judge: inout TraceJudge
  ) {
    judge.compare(
      step.line, "end", expected: step.ending, got: TraceExceptions.ending(ending))
    judge.compare(
      step.line, "end time", expected: step.end.nanoseconds / 1_000,
      got: now.nanoseconds / 1_000)
    judge.compare(step.line, "attempts", expected: step.attempts.count, got: used)
    let events = policies.notices
      // The composed traces record transitions only.
      .flatMap { TraceEvent.list($0.effects, at: $0.time) }
      .filter { $0.text.contains(">") || $0.text == "timer-without-effect" }
    policies.notices.removeAll()
    judge.compare(step.line, "events", expected: step.events, got: events)
    if let metrics = policies.circuitBreaker?.readMetrics(at: now) {
      judge.compare(
        step.line, "state", expected: step.state,
        got: policies.circuitBreaker?.state.letter ?? "")
      judge.compare(
        step.line, "failure rate", expected: step.failureRate, got: metrics.failureRate)
      judge.compare(
        step.line, "buffered, not permitted", expected: Array(step.counts[0..<2]),
        got: [metrics.numberOfBufferedCalls, metrics.numberOfNotPermittedCalls])
    }
    if let limiter = policies.rateLimiter {
      judge.compare(
        step.line, "limiter available", expected: step.counts[2],
        got: limiter.estimate(at: now).availablePermissions)
    }
  }
}
