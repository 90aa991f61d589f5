import TimeAndChance
import TrafficPolicy

/// How the library builds the configurations of retries.
///
/// An instance inherits its `base-config`, and that `configs.default`. The four switches of the
/// backoff (not the randomisation factor) are moreover copied down into the block that is built,
/// where they count only beside a `wait-duration`.
///
/// - Source: Resilience4j `common/retry/configuration/CommonRetryConfigurationProperties.java`,
///   `common/utils/ConfigUtils.java`.
extension Resilience4jReader {
  /// The switches of a block together with those it inherits.
  private struct Switches {
    var exponential: Bool?
    var randomized: Bool?
    var multiplier: Double?
    var longest: SimDuration?
  }

  mutating func retries() -> NamedConfigurations<RetryConfiguration> {
    let section = section(.retry)
    for name in section.configNames { _ = retry(name, section.configs[name], visited: [name]) }
    let instances = section.instanceNames.map { name in
      NamedConfigurations<RetryConfiguration>.Instance(
        name: name, configuration: retry(name, section.instances[name], visited: []).0)
    }
    let unlisted = section.configs["default"].map { retry("default", $0, visited: ["default"]).0 }
    return NamedConfigurations(instances: instances, unlisted: unlisted ?? RetryConfiguration())
  }

  private mutating func retry(
    _ name: String, _ block: SpringBlock?, visited: [String]
  ) -> (RetryConfiguration, Switches) {
    var inherited = RetryConfiguration()
    var switches = Switches()
    if let parent = parent(of: name, block, .retry, visited: visited) {
      (inherited, switches) = retry(parent.name, parent.block, visited: visited + [parent.name])
    }
    guard let block else { return (inherited, switches) }
    switches.exponential = block.bool("enable-exponential-backoff", &issues) ?? switches.exponential
    switches.randomized = block.bool("enable-randomized-wait", &issues) ?? switches.randomized
    switches.multiplier = block.multiplier(&issues) ?? switches.multiplier
    switches.longest = block.duration("exponential-max-wait-duration", &issues) ?? switches.longest
    return (build(block, on: inherited, switches), switches)
  }

  private mutating func build(
    _ block: SpringBlock, on inherited: RetryConfiguration, _ switches: Switches
  ) -> RetryConfiguration {
    var result = inherited
    if let function = interval(block, switches) { result.intervalFunction = function }
    if let value = block.integer("max-attempts", atLeast: 1, &issues) { result.maxAttempts = value }
    if let set = block.exceptions("ignore-exceptions", exceptions) {
      result.ignoreExceptions = set
    }
    if let set = block.exceptions("retry-exceptions", exceptions) {
      result.retryExceptions = set == ExceptionSet() ? .all : set
    }
    if let value = block.bool("fail-after-max-attempts", &issues) {
      result.failAfterMaxAttempts = value
    }
    if block.written("result-predicate") != nil { result.retryOnBadResult = true }
    noteCode(in: block, of: .retry)
    let built = result
    check(block) { () throws(Resilience4jProblem) in try built.validate() }
    return result
  }

  /// The wait function that a block sets, or nil when it has no `wait-duration`.
  private mutating func interval(
    _ block: SpringBlock, _ switches: Switches
  ) -> IntervalFunction? {
    let factor = block.factor(&issues)
    guard let wait = block.duration("wait-duration", &issues) else {
      for name in [
        "enable-exponential-backoff", "exponential-backoff-multiplier", "enable-randomized-wait",
      ] {
        guard let property = block.written(name), property.value != "false" else { continue }
        issues.add(
          .warning, at: property, "'\(name)' has no effect without 'wait-duration' in its block")
      }
      return nil
    }
    let milliseconds = wait.nanoseconds / 1_000_000
    let longest = switches.longest.map { $0.nanoseconds / 1_000_000 }
    switch (switches.exponential ?? false, switches.randomized ?? false) {
    case (true, true):
      // Multiplier, factor and cap are read one only with the one before it.
      let hasBoth = switches.multiplier != nil && factor != nil
      return .exponentialRandom(
        initialMilliseconds: milliseconds,
        multiplier: switches.multiplier ?? IntervalFunction.defaultMultiplier,
        factor: hasBoth ? factor ?? IntervalFunction.defaultFactor : IntervalFunction.defaultFactor,
        maxMilliseconds: hasBoth ? longest : nil)
    case (true, false):
      warnOfUnreadCap(
        block, "exponential-max-wait-duration", hasMultiplier: switches.multiplier != nil)
      return .exponential(
        initialMilliseconds: milliseconds,
        multiplier: switches.multiplier ?? IntervalFunction.defaultMultiplier,
        maxMilliseconds: switches.multiplier == nil ? nil : longest)
    case (false, true):
      return .randomized(
        milliseconds: milliseconds, factor: factor ?? IntervalFunction.defaultFactor)
    case (false, false):
      return .fixed(milliseconds: milliseconds)
    }
  }
}
