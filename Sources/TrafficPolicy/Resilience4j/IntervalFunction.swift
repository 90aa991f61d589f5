public import TimeAndChance

/// The wait before attempt *n* + 1, or the *n*-th time a circuit breaker stays open.
///
/// Attempts count from 1; waits are whole milliseconds. An exponential wait is cut to a whole
/// number at **each** step (500, 750, 1125, 1687, …), not once at the end, and the cap applies
/// after the iteration. Only the random functions draw, one number a wait.
///
/// - Source: Resilience4j `core/IntervalFunction.java`.
public enum IntervalFunction: Hashable, Sendable {
  /// Always the same; at least 1 ms in a breaker, 0 allowed in a retry.
  case fixed(milliseconds: Int64)
  /// Multiplies at every attempt, up to the cap where one is given.
  case exponential(initialMilliseconds: Int64, multiplier: Double, maxMilliseconds: Int64?)
  /// Even between `(1 - factor)` and `(1 + factor)` times the interval, ends included.
  case randomized(milliseconds: Int64, factor: Double)
  /// The exponential value, then randomised around, then capped: with a cap often exactly the cap.
  case exponentialRandom(
    initialMilliseconds: Int64, multiplier: Double, factor: Double, maxMilliseconds: Int64?)
  /// A caller's own function as the table of its first values; see ``iterating(from:attempts:step:)``.
  case table(ContiguousArray<Int64>)

  /// The multiplier where none is given: 1.5.
  public static var defaultMultiplier: Double { 1.5 }
  /// The randomisation factor where none is given: 0.5.
  public static var defaultFactor: Double { 0.5 }
  /// The interval where none is given: 500 ms.
  public static var defaultInitialMilliseconds: Int64 { 500 }

  /// The function that iterates `step` from `initial`, as far as `attempts`.
  ///
  /// The library keeps the function and calls it at every attempt; a value may not hold code, so
  /// the waits are computed here and the last one stands for every later attempt.
  public static func iterating(
    from initial: Int64, attempts: Int, step: (Int64) -> Int64
  ) -> IntervalFunction {
    var values: ContiguousArray<Int64> = [initial]
    while values.count < attempts { values.append(step(values[values.count - 1])) }
    return .table(values)
  }

  /// The wait after `attempt`, in whole milliseconds.
  ///
  /// - Parameters:
  ///   - attempt: Counted from 1.
  ///   - random: The stream for the random functions; others leave it alone.
  /// - Returns: The wait; 0 where a multiplier under 1 has shrunk it away.
  public func milliseconds(attempt: Int, using random: inout RandomStream) -> Int64 {
    precondition(attempt >= 1, "attempts count from 1, is \(attempt)")
    switch self {
    case .fixed(let milliseconds):
      return milliseconds
    case .exponential(let initial, let multiplier, let cap):
      return Self.iterate(initial, multiplier, attempt, upTo: cap)
    case .randomized(let milliseconds, let factor):
      return Self.randomize(milliseconds, factor, using: &random)
    case .exponentialRandom(let initial, let multiplier, let factor, let cap):
      let interval = Self.iterate(initial, multiplier, attempt, upTo: nil)
      return min(Self.randomize(interval, factor, using: &random), cap ?? .max)
    case .table(let values):
      return values[min(attempt, values.count) - 1]
    }
  }

  /// The wait after `attempt` as a length of time; at most 292 years.
  public func interval(attempt: Int, using random: inout RandomStream) -> SimDuration {
    let wait = milliseconds(attempt: attempt, using: &random)
    return .milliseconds(min(wait, Int64.max / 4_000_000))
  }

  /// Refuses what the library refuses: an interval or cap under 1 ms, a factor outside 0...1.
  ///
  /// - Parameters:
  ///   - property: The setting to name.
  ///   - allowsZero: Whether a fixed wait of 0 is legal (it is in a retry).
  /// - Throws: A ``Resilience4jProblem``.
  public func validate(property: String, allowsZero: Bool) throws(Resilience4jProblem) {
    func interval(_ value: Int64, least: Int64 = 1) throws(Resilience4jProblem) {
      guard value >= least else {
        throw Resilience4jProblem(
          property: property, reason: "must be at least \(least) ms, is \(value) ms")
      }
    }
    func factor(_ value: Double) throws(Resilience4jProblem) {
      guard value >= 0, value <= 1 else {
        throw Resilience4jProblem(
          property: "randomized-wait-factor", reason: "must be in 0...1, is \(value)")
      }
    }
    switch self {
    case .fixed(let milliseconds):
      try interval(milliseconds, least: allowsZero ? 0 : 1)
    case .exponential(let initial, _, let cap):
      try interval(initial)
      if let cap { try interval(cap) }
    case .randomized(let milliseconds, let spread):
      try interval(milliseconds)
      try factor(spread)
    case .exponentialRandom(let initial, _, let spread, let cap):
      try interval(initial)
      try factor(spread)
      if let cap { try interval(cap) }
    case .table(let values):
      guard !values.isEmpty else {
        throw Resilience4jProblem(property: property, reason: "an empty table has no waits")
      }
      // The library ends the call on a negative wait, with the last error or a null pointer.
      for value in values { try interval(value, least: 0) }
    }
  }

  /// Repeats a truncated multiplication; stops early once the value no longer changes.
  private static func iterate(
    _ initial: Int64, _ multiplier: Double, _ attempt: Int, upTo cap: Int64?
  ) -> Int64 {
    var value = initial
    var step = 1
    while step < attempt {
      let next = truncated(Double(value) * multiplier)
      if next == value { break }
      value = next
      step += 1
    }
    return min(value, cap ?? .max)
  }

  /// Even in `[i - f·i, i + f·i + 1)`, cut to a whole number, at least 1.
  private static func randomize(
    _ interval: Int64, _ factor: Double, using random: inout RandomStream
  ) -> Int64 {
    let center = Double(interval)
    let low = center - factor * center
    let high = center + factor * center
    return max(1, truncated(low + random.unit() * (high - low + 1)))
  }

  /// Java's conversion of a double to a long: cut towards zero, saturated, NaN gives 0.
  private static func truncated(_ value: Double) -> Int64 {
    if value.isNaN { return 0 }
    if value >= 0x1p63 { return .max }
    if value < -0x1p63 { return .min }
    return Int64(value)
  }
}
