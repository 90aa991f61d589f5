import TimeAndChance
import TrafficPolicy

/// A recorded circuit breaker, step by step.
struct CircuitBreakerTrace: Sendable {
  private enum Action {
    case acquire(permitted: Bool)
    case finish(DecoratedOutcome, duration: SimDuration)
    case command(CircuitBreaker.Command, legal: Bool)
    case poll
  }

  private struct Step {
    let line: Int
    let time: SimTime
    let action: Action
    let state: String
    let failureRate: Float
    let slowRate: Float
    let counts: [Int]
    let events: [TraceEvent]
  }

  private let configuration: CircuitBreakerConfiguration
  private let clockPhase: SimDuration
  private let steps: [Step]
  /// What the library made of the settings, as the header repeats it; empty when it does not.
  private let effective: [String: TraceJSON]
  private let headerLine: Int

  init(header: TraceHeader, rows: [TraceRow]) throws(MalformedVector) {
    configuration = try header.settings.circuitBreaker()
    clockPhase = .microseconds(Int64(try header.integer("start_offset_us") ?? 0))
    effective = header.members["effective"]?.object ?? [:]
    headerLine = header.line
    var steps: [Step] = []
    var last = SimTime.zero
    for row in rows {
      steps.append(try Self.step(row, notBefore: last))
      last = steps.last?.time ?? last
    }
    self.steps = steps
  }

  private static func step(
    _ row: TraceRow, notBefore last: SimTime
  ) throws(MalformedVector) -> Step {
    let time = try row.microseconds(notBefore: last)
    let action: Action
    let first: Int
    switch try row.string(1) {
    case "acquire":
      _ = try row.integer(2)
      action = .acquire(permitted: try row.bool(3))
      first = 4
    case "finish":
      _ = try row.integer(2)
      let name = try row.string(3)
      guard let outcome = TraceExceptions.outcome(name) else {
        throw row.malformed("unknown outcome '\(name)'")
      }
      let length = try row.instant(try row.integer(4), unit: 1_000)
      action = .finish(outcome, duration: length - .zero)
      first = 5
    case "command":
      let answer = try row.string(3)
      guard answer == "ok" || answer == "illegal" else {
        throw row.malformed("a command ends 'ok' or 'illegal', not '\(answer)'")
      }
      action = .command(try command(try row.string(2), row), legal: answer == "ok")
      first = 4
    case "poll":
      action = .poll
      first = 2
    case let other:
      throw row.malformed("unknown step '\(other)'")
    }
    var counts: [Int] = []
    for offset in 3..<8 { counts.append(try row.integer(first + offset)) }
    return Step(
      line: row.line, time: time, action: action, state: try row.string(first),
      failureRate: try row.float(first + 1), slowRate: try row.float(first + 2), counts: counts,
      events: try row.events(first + 8))
  }

  private static func command(
    _ text: String, _ row: TraceRow
  ) throws(MalformedVector) -> CircuitBreaker.Command {
    let words = text.split(separator: " ")
    let argument = words.count == 2 ? Int(words[1]) : nil
    switch (words.first.map(String.init) ?? "", argument) {
    case ("open", nil): return .transition(to: .open)
    case ("closed", nil): return .transition(to: .closed)
    case ("half_open", nil): return .transition(to: .halfOpen)
    case ("forced_open", nil): return .transition(to: .forcedOpen)
    case ("disabled", nil): return .transition(to: .disabled)
    case ("metrics_only", nil): return .transition(to: .metricsOnly)
    case ("reset", nil): return .reset
    case ("open_for_ms", let count?):
      return .openFor(try row.instant(count, unit: 1_000_000) - .zero)
    case ("open_until_us", let count?):
      return .openUntil(try row.instant(count, unit: 1_000))
    default: throw row.malformed("unknown command '\(text)'")
    }
  }

  func replay() -> [Mismatch] {
    var judge = TraceJudge()
    compareSettings(&judge)
    var random = RandomStream(state: 1)
    var breaker = CircuitBreaker(
      configuration, createdAt: .zero, clockPhase: clockPhase, using: &random)
    for step in steps {
      var events: [TraceEvent] = []
      while breaker.nextTimer <= step.time, let fired = breaker.fireTimer(using: &random) {
        events += TraceEvent.list(fired.effects, at: fired.at)
      }
      let effects: CircuitBreakerEffects?
      switch step.action {
      case .acquire(let permitted):
        let permission = breaker.tryAcquirePermission(at: step.time)
        judge.compare(
          step.line, "permitted", expected: permitted, got: permission.isPermitted)
        effects = permission.effects
      case .finish(let outcome, let duration):
        effects = breaker.record(outcome, duration: duration, at: step.time, using: &random)
      case .command(let command, let legal):
        effects = breaker.apply(command, at: step.time, using: &random)
        judge.compare(step.line, "legal", expected: legal, got: effects != nil)
      case .poll:
        effects = nil
      }
      if let effects { events += TraceEvent.list(effects, at: step.time) }
      let metrics = breaker.readMetrics(at: step.time)
      judge.compare(step.line, "state", expected: step.state, got: breaker.state.letter)
      judge.compare(
        step.line, "failure rate", expected: step.failureRate, got: metrics.failureRate)
      judge.compare(step.line, "slow rate", expected: step.slowRate, got: metrics.slowCallRate)
      judge.compare(
        step.line, "buffered, failed, slow, slow failed, not permitted", expected: step.counts,
        got: [
          metrics.numberOfBufferedCalls, metrics.numberOfFailedCalls, metrics.numberOfSlowCalls,
          metrics.numberOfSlowFailedCalls, metrics.numberOfNotPermittedCalls,
        ])
      judge.compare(step.line, "events", expected: step.events, got: events)
    }
    return judge.mismatches
  }

  private func compareSettings(_ judge: inout TraceJudge) {
    let ours: [(String, TraceJSON)] = [
      (
        "failure_rate_threshold",
        .string(TraceEvent.shortest(configuration.failureRateThreshold))
      ),
      (
        "window",
        .string(configuration.slidingWindowType == .timeBased ? "TIME_BASED" : "COUNT_BASED")
      ),
      ("size", .number("\(configuration.slidingWindowSize)")),
      ("min_calls", .number("\(configuration.minimumNumberOfCalls)")),
      ("half_open_permits", .number("\(configuration.permittedNumberOfCallsInHalfOpenState)")),
    ]
    for (name, value) in ours {
      guard let expected = effective[name] else { continue }
      judge.compare(headerLine, "effective \(name)", expected: expected, got: value)
    }
  }
}
