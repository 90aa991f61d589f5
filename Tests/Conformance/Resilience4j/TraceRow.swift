import TimeAndChance
import TrafficPolicy

/// One step of a trace: the elements of its array, and where it stands.
struct TraceRow: Sendable {
  let line: Int
  let cells: [TraceJSON]

  var count: Int { cells.count }

  func malformed(_ reason: String) -> MalformedVector {
    MalformedVector(line: line, reason: reason)
  }

  private func cell<Value>(
    _ index: Int, _ kind: String, _ read: (TraceJSON) -> Value?
  ) throws(MalformedVector) -> Value {
    guard index < cells.count else {
      throw malformed("\(kind) expected as element \(index), the row has \(cells.count)")
    }
    guard let value = read(cells[index]) else {
      throw malformed("element \(index) must be \(kind), is \(cells[index])")
    }
    return value
  }

  func integer(_ index: Int) throws(MalformedVector) -> Int {
    try cell(index, "an integer") { $0.integer }
  }
  func float(_ index: Int) throws(MalformedVector) -> Float {
    try cell(index, "a number") { $0.float }
  }
  func string(_ index: Int) throws(MalformedVector) -> String {
    try cell(index, "a string") { $0.string }
  }
  func bool(_ index: Int) throws(MalformedVector) -> Bool {
    try cell(index, "true or false") { $0.bool }
  }
  func array(_ index: Int) throws(MalformedVector) -> [TraceJSON] {
    try cell(index, "an array") { $0.array }
  }

  /// The time in element 0, in microseconds, not before `earlier`.
  func microseconds(notBefore earlier: SimTime) throws(MalformedVector) -> SimTime {
    let time = try instant(try integer(0), unit: 1_000)
    guard time >= earlier else { throw malformed("the time \(try integer(0)) goes back") }
    return time
  }

  /// A time of the given unit, in nanoseconds.
  func instant(_ count: Int, unit: Int) throws(MalformedVector) -> SimTime {
    let (nanoseconds, overflow) = count.multipliedReportingOverflow(by: unit)
    guard !overflow, (0..<1 << 56).contains(nanoseconds) else {
      throw malformed("the time \(count) is out of range")
    }
    return SimTime(nanoseconds: Int64(nanoseconds))
  }

  /// The event list in element `index`, or none when the row ends before it.
  func events(_ index: Int) throws(MalformedVector) -> [TraceEvent] {
    guard index < cells.count else { return [] }
    guard index == cells.count - 1 else {
      throw malformed("the row has \(cells.count) elements, at most \(index + 1) are known")
    }
    var events: [TraceEvent] = []
    for item in try array(index) {
      guard let pair = item.array, pair.count == 2, let time = pair[0].integer,
        let text = pair[1].string
      else { throw malformed("an event must be [time, text], is \(item)") }
      events.append(TraceEvent(microseconds: time, text: text))
    }
    return events
  }

  func requireCount(_ expected: Int) throws(MalformedVector) {
    guard cells.count == expected else {
      throw malformed("the row must have \(expected) elements, has \(cells.count)")
    }
  }
}

/// A published event of a circuit breaker as the traces write it.
struct TraceEvent: Sendable, Equatable, CustomStringConvertible {
  let microseconds: Int
  let text: String

  var description: String { "\(microseconds) \(text)" }

  /// The events of one observation, in the order in which the library publishes them.
  static func list(_ effects: CircuitBreakerEffects, at time: SimTime) -> [TraceEvent] {
    var texts: [String] = []
    if effects.failureRateExceeded >= 0 {
      texts.append("failure-rate-exceeded \(shortest(effects.failureRateExceeded))")
    }
    if effects.slowCallRateExceeded >= 0 {
      texts.append("slow-rate-exceeded \(shortest(effects.slowCallRateExceeded))")
    }
    if effects.isTransition { texts.append("\(effects.from.letter)>\(effects.to.letter)") }
    if effects.isReset { texts.append("reset") }
    if effects.isTimerWithoutEffect { texts.append("timer-without-effect") }
    return texts.map { TraceEvent(microseconds: Int(time.nanoseconds / 1_000), text: $0) }
  }

  /// A single-precision number in its shortest form, whole numbers without a point.
  static func shortest(_ value: Float) -> String {
    let text = value.description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}

extension CircuitBreaker.State {
  /// The letter that the traces use.
  var letter: String {
    switch self {
    case .closed: "C"
    case .open: "O"
    case .halfOpen: "H"
    case .disabled: "D"
    case .forcedOpen: "F"
    case .metricsOnly: "M"
    }
  }
}

/// Collects what did not agree in a replay.
struct TraceJudge {
  private(set) var mismatches: [Mismatch] = []

  mutating func compare<Value: Equatable>(
    _ row: Int, _ column: String, expected: Value, got: Value
  ) {
    guard expected != got else { return }
    mismatches.append(
      Mismatch(
        metric: "line \(row): \(column)", expected: String(describing: expected),
        got: String(describing: got)))
  }
}
