import TimeAndChance

/// The parameters of a row, taken by name; one that nobody takes is a mistake.
struct QueueingParameters {
  /// The row.
  let row: QueueingRow
  private var taken: Set<String> = []

  /// The value that `body` makes of a row's parameters.
  /// - Throws: ``MalformedVector`` for a missing, wrong or unknown parameter.
  static func read<Value>(
    _ row: QueueingRow, _ body: (inout QueueingParameters) throws -> Value
  ) throws -> Value {
    var parameters = QueueingParameters(row)
    let value = try body(&parameters)
    if let stray = row.parameters.first(where: { !parameters.taken.contains($0.key) }) {
      throw MalformedVector(
        line: stray.line, reason: "unknown parameter '\(stray.key)' of '\(row.family)'")
    }
    return value
  }

  private init(_ row: QueueingRow) { self.row = row }

  /// A number within `range`, or nil when it is absent.
  mutating func optional(_ name: String, in range: ClosedRange<Double> = 0...1e12) throws -> Double?
  {
    taken.insert(name)
    guard let entry = row.parameters.first(where: { $0.key == name }) else { return nil }
    guard let number = entry.value.number, range.contains(number) else {
      throw MalformedVector(line: entry.line, reason: "'\(name)' must be a number in \(range)")
    }
    return number
  }

  /// A number within `range`.
  mutating func number(_ name: String, in range: ClosedRange<Double> = 1e-12...1e12) throws
    -> Double
  {
    guard let number = try optional(name, in: range) else {
      throw MalformedVector(line: row.line, reason: "'\(row.family)' needs '\(name)'")
    }
    return number
  }

  /// A whole number within `range`.
  mutating func count(_ name: String, in range: ClosedRange<Double> = 1...1e6) throws -> Int {
    let number = try number(name, in: range)
    guard let count = Int(exactly: number) else {
      throw MalformedVector(line: row.line, reason: "'\(name)' must be a whole number")
    }
    return count
  }

  /// Refuses a system whose queue would grow for ever.
  func requireStable(load: Double) throws {
    guard load < 1 else {
      throw MalformedVector(
        line: row.line, reason: "'\(row.family)' has no steady state at a load of \(load)")
    }
  }

  /// A text, or nil when it is absent.
  mutating func text(_ name: String) throws -> String? {
    taken.insert(name)
    return row.parameters.first { $0.key == name }?.value.text
  }

  /// The law named by `law`, of that mean and the coefficient of variation named by `cv`.
  mutating func law(_ law: String, cv: String, mean: Double) throws -> Distribution {
    let name = try text(law) ?? "exponential"
    let spread = try optional(cv, in: 0...1_000)
    do {
      switch (name, spread) {
      case ("constant", _): return try Distribution(.constant(mean))
      case ("exponential", _): return try Distribution(.exponential(mean: mean))
      case ("gamma", let spread?): return try Distribution(.gamma(mean: mean, cv: spread))
      case ("lognormal", let spread?):
        return try Distribution(.lognormalSpread(mean: mean, cv: spread))
      default:
        throw MalformedVector(
          line: row.line, reason: "'\(law)' is '\(name)', or '\(cv)' is missing")
      }
    } catch let error as DistributionError {
      throw MalformedVector(line: row.line, reason: error.description)
    }
  }

  /// The exponential law of a mean in seconds.
  func exponential(_ mean: Double) throws -> Distribution {
    do {
      return try Distribution(.exponential(mean: mean))
    } catch {
      throw MalformedVector(line: row.line, reason: "no exponential law of mean \(mean)")
    }
  }
}
