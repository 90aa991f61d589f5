import TimeAndChance
import TrafficPolicy

/// One row of the table of interval functions: the waits of attempts 1 to 20.
struct IntervalFunctionRow: Sendable {
  let name: String
  private let function: IntervalFunction
  private let waits: [Int]
  private let line: Int

  init(_ members: [String: TraceJSON], line: Int) throws(MalformedVector) {
    self.line = line
    let settings = try TraceSettings(.object(members.filter { $0.value != .null }), line: line)
    guard let kind = try settings.string("function"),
      let initial = try settings.integer("initial_ms")
    else { throw MalformedVector(line: line, reason: "a function needs its name and 'initial_ms'") }
    let multiplier = try settings.double("multiplier")
    let longest = try settings.integer("max_ms")
    switch kind {
    case "fixed":
      function = .fixed(milliseconds: Int64(initial))
    case "exponential", "exponential-capped", "exponential-default-multiplier":
      function = .exponential(
        initialMilliseconds: Int64(initial),
        multiplier: multiplier ?? IntervalFunction.defaultMultiplier,
        maxMilliseconds: longest.map { Int64($0) })
    default:
      throw MalformedVector(line: line, reason: "unknown function '\(kind)'")
    }
    var waits: [Int] = []
    for item in members["attempt_1_to_20_ms"]?.array ?? [] {
      guard let wait = item.integer else {
        throw MalformedVector(line: line, reason: "a wait must be an integer, is \(item)")
      }
      waits.append(wait)
    }
    guard !waits.isEmpty else {
      throw MalformedVector(line: line, reason: "'attempt_1_to_20_ms' must hold the waits")
    }
    self.waits = waits
    name =
      "\(kind)-\(initial)" + (multiplier.map { "x\($0)" } ?? "") + (longest.map { "to\($0)" } ?? "")
      + "-line-\(line)"
    _ = try settings.valid(function) { (value) throws(Resilience4jProblem) in
      try value.validate(property: "initial_ms", allowsZero: true)
    }
  }

  func replay() -> [Mismatch] {
    var judge = TraceJudge()
    var random = RandomStream(state: 1)
    for (index, wait) in waits.enumerated() {
      let got = function.milliseconds(attempt: index + 1, using: &random)
      judge.compare(line, "wait of attempt \(index + 1)", expected: Int64(wait), got: got)
    }
    return judge.mismatches
  }
}

/// One configuration of a retry with its scripted calls and the metrics after them.
struct ScriptedCalls: Sendable {
  private struct Call {
    let script: [DecoratedOutcome]
    let attempts: Int
    let waits: [Int]
    let end: String
  }

  let name: String
  private let configuration: RetryConfiguration
  private let calls: [Call]
  private let metrics: [Int]
  private let line: Int

  private static let figures = [
    "ok_without_retry", "ok_with_retry", "failed_without_retry", "failed_with_retry", "total",
  ]

  init(_ members: [String: TraceJSON], line: Int) throws(MalformedVector) {
    self.line = line
    name = "calls-line-\(line)"
    configuration = try TraceSettings(members["config"], line: line).retry()
    var calls: [Call] = []
    for item in members["calls"]?.array ?? [] { calls.append(try Self.call(item, line)) }
    guard !calls.isEmpty else {
      throw MalformedVector(line: line, reason: "'calls' must hold at least one call")
    }
    self.calls = calls
    let counters = try TraceSettings(members["metrics"], line: line)
    var metrics: [Int] = []
    for figure in Self.figures {
      guard let value = try counters.integer(figure) else {
        throw MalformedVector(line: line, reason: "'metrics' needs '\(figure)'")
      }
      metrics.append(value)
    }
    self.metrics = metrics
  }

  private static func call(_ item: TraceJSON, _ line: Int) throws(MalformedVector) -> Call {
    guard let members = item.object, let script = members["script"]?.array,
      let attempts = members["attempts"]?.integer, let waits = members["waits_ms"]?.array,
      let end = members["end"]?.string
    else {
      throw MalformedVector(
        line: line, reason: "a call needs 'script', 'attempts', 'waits_ms' and 'end'")
    }
    var outcomes: [DecoratedOutcome] = []
    for entry in script {
      guard let name = entry.string, let outcome = TraceExceptions.outcome(name) else {
        throw MalformedVector(line: line, reason: "unknown outcome \(entry)")
      }
      outcomes.append(outcome)
    }
    return Call(
      script: outcomes, attempts: attempts, waits: waits.compactMap(\.integer), end: end)
  }

  func replay() -> [Mismatch] {
    var judge = TraceJudge()
    var random = RandomStream(state: 1)
    var retry = Retry(configuration)
    for (index, call) in calls.enumerated() {
      var context = Retry.Context()
      var waits: [Int] = []
      var attempts = 0
      var end = "the script was too short"
      attempt: for outcome in call.script {
        attempts += 1
        switch retry.judge(outcome, &context, using: &random) {
        case .retry(let wait):
          waits.append(Int(wait.nanoseconds / 1_000_000))
        case .finish(let ending):
          end = TraceExceptions.ending(ending)
          break attempt
        }
      }
      judge.compare(line, "call \(index + 1): end", expected: call.end, got: end)
      judge.compare(line, "call \(index + 1): attempts", expected: call.attempts, got: attempts)
      judge.compare(line, "call \(index + 1): waits", expected: call.waits, got: waits)
    }
    let counted = retry.metrics
    judge.compare(
      line, Self.figures.joined(separator: ", "), expected: metrics,
      got: [
        counted.successfulCallsWithoutRetryAttempt, counted.successfulCallsWithRetryAttempt,
        counted.failedCallsWithoutRetryAttempt, counted.failedCallsWithRetryAttempt,
        counted.totalCalls,
      ])
    return judge.mismatches
  }
}
