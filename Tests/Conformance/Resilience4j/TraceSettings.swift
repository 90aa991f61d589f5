import TimeAndChance
import TrafficPolicy

/// The `config` of a trace: property names of `application.yml`, durations with a unit suffix.
struct TraceSettings: Sendable {
  let values: [String: TraceJSON]
  let line: Int

  init(_ value: TraceJSON?, line: Int) throws(MalformedVector) {
    guard let members = value?.object else {
      throw MalformedVector(line: line, reason: "the header needs an object 'config'")
    }
    values = members
    self.line = line
  }

  func section(_ name: String) throws(MalformedVector) -> TraceSettings {
    try TraceSettings(values[name], line: line)
  }

  /// Reports properties that no reader asked for: a trace that we would replay without them.
  func require(known: [String]) throws(MalformedVector) {
    for name in values.keys.sorted() where !known.contains(name) {
      throw MalformedVector(line: line, reason: "unknown property '\(name)'")
    }
  }

  private func read<Value>(
    _ name: String, _ kind: String, _ convert: (TraceJSON) -> Value?
  ) throws(MalformedVector) -> Value? {
    guard let value = values[name] else { return nil }
    guard let converted = convert(value) else {
      throw MalformedVector(line: line, reason: "'\(name)' must be \(kind), is \(value)")
    }
    return converted
  }

  func integer(_ name: String) throws(MalformedVector) -> Int? {
    try read(name, "an integer") { $0.integer }
  }
  func float(_ name: String) throws(MalformedVector) -> Float? {
    try read(name, "a number") { $0.float }
  }
  func double(_ name: String) throws(MalformedVector) -> Double? {
    try read(name, "a number") { $0.double }
  }
  func bool(_ name: String) throws(MalformedVector) -> Bool? {
    try read(name, "true or false") { $0.bool }
  }
  func string(_ name: String) throws(MalformedVector) -> String? {
    try read(name, "a string") { $0.string }
  }

  /// A duration under its name with `-ns`, `-us` or `-ms`.
  func duration(_ name: String) throws(MalformedVector) -> SimDuration? {
    let units = [("-ns", 1), ("-us", 1_000), ("-ms", 1_000_000)]
    for (suffix, nanoseconds) in units {
      guard let count = try integer(name + suffix) else { continue }
      let (product, overflow) = Int64(count).multipliedReportingOverflow(by: Int64(nanoseconds))
      guard !overflow, product >= 0, product < 1 << 60 else {
        throw MalformedVector(line: line, reason: "'\(name + suffix)' is out of range: \(count)")
      }
      return .nanoseconds(product)
    }
    return nil
  }

  /// The three spellings of a duration, for ``require(known:)``.
  static func spellings(_ name: String) -> [String] {
    [name + "-ns", name + "-us", name + "-ms"]
  }

  /// The classes of a list, subclasses included; nil when the list is absent.
  func exceptions(_ name: String) throws(MalformedVector) -> ExceptionSet? {
    guard let items = try read(name, "an array", { $0.array }) else { return nil }
    var classes: [ExceptionClass] = []
    for item in items {
      guard let text = item.string, let known = TraceExceptions.hierarchy.find(text) else {
        throw MalformedVector(line: line, reason: "'\(name)' has an unknown class: \(item)")
      }
      classes.append(known)
    }
    return TraceExceptions.hierarchy.set(matching: classes)
  }

  /// Whether a list is given and not empty.
  func hasEntries(_ name: String) -> Bool { values[name]?.array?.isEmpty == false }

  /// The wait function of the given properties, nil without a wait duration.
  func waits(_ wait: String, cap: String) throws(MalformedVector) -> IntervalFunction? {
    guard let base = try duration(wait) else { return nil }
    let initial = base.nanoseconds / 1_000_000
    guard try bool("enable-exponential-backoff") == true else {
      return .fixed(milliseconds: initial)
    }
    // The cap is read only together with a multiplier.
    let multiplier = try double("exponential-backoff-multiplier")
    let longest = try duration(cap)
    return .exponential(
      initialMilliseconds: initial, multiplier: multiplier ?? IntervalFunction.defaultMultiplier,
      maxMilliseconds: multiplier == nil ? nil : longest.map { $0.nanoseconds / 1_000_000 })
  }

  /// Turns a refusal of the settings into a refusal of the file.
  func valid<Configuration>(
    _ configuration: Configuration,
    _ validate: (Configuration) throws(Resilience4jProblem) -> Void
  ) throws(MalformedVector) -> Configuration {
    do {
      try validate(configuration)
      return configuration
    } catch {
      throw MalformedVector(line: line, reason: "'\(error.property)' \(error.reason)")
    }
  }
}
