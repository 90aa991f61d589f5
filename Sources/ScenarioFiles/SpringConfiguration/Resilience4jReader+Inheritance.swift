import TimeAndChance
import TrafficPolicy

/// A configuration whose blocks simply set what they name over what they inherit.
protocol SpringConfigurable: Hashable, Sendable {
  /// Sets what the block names.
  mutating func apply(_ block: SpringBlock, _ issues: inout SpringIssues)
  /// Refuses what the library's builder refuses.
  func validate() throws(Resilience4jProblem)
}

/// The inheritance of every kind but the circuit breaker: instance, its `base-config`,
/// `configs.default`, library.
///
/// - Source: Resilience4j `common/*/configuration/Common*ConfigurationProperties.java`.
extension Resilience4jReader {
  mutating func inheriting<Configuration: SpringConfigurable>(
    _ kind: Resilience4jKind, from library: Configuration
  ) -> NamedConfigurations<Configuration> {
    let section = section(kind)
    for name in section.configNames {
      _ = build(name, section.configs[name], kind, library, visited: [name])
    }
    let instances = section.instanceNames.map { name in
      NamedConfigurations<Configuration>.Instance(
        name: name,
        configuration: build(name, section.instances[name], kind, library, visited: []))
    }
    let unlisted = section.configs["default"].map {
      build("default", $0, kind, library, visited: ["default"])
    }
    return NamedConfigurations(instances: instances, unlisted: unlisted ?? library)
  }

  private mutating func build<Configuration: SpringConfigurable>(
    _ name: String, _ block: SpringBlock?, _ kind: Resilience4jKind, _ library: Configuration,
    visited: [String]
  ) -> Configuration {
    var result = library
    if let parent = parent(of: name, block, kind, visited: visited) {
      result = build(parent.name, parent.block, kind, library, visited: visited + [parent.name])
    }
    guard let block else { return result }
    result.apply(block, &issues)
    let built = result
    check(block) { () throws(Resilience4jProblem) in try built.validate() }
    return result
  }

  /// The block that one inherits from: the base it names, else `configs.default`.
  ///
  /// An instance may have the name of its base; a shared block may not come round to itself, so
  /// `visited` holds the shared blocks on the way.
  mutating func parent(
    of name: String, _ block: SpringBlock?, _ kind: Resilience4jKind, visited: [String]
  ) -> (name: String, block: SpringBlock)? {
    if let block, let baseName = block.string("base-config") {
      guard !visited.contains(baseName), visited.count < 64 else {
        issues.add(
          .error, at: block.written("base-config"),
          "'base-config: \(baseName)' leads back to itself")
        return nil
      }
      return base(baseName, of: block, kind).map { (baseName, $0) }
    }
    guard name != "default", let shared = section(kind).configs["default"] else { return nil }
    return ("default", shared)
  }
}

extension RateLimiterConfiguration: SpringConfigurable {
  mutating func apply(_ block: SpringBlock, _ issues: inout SpringIssues) {
    if let value = block.integer("limit-for-period", atLeast: 1, &issues) { limitForPeriod = value }
    if let value = block.duration("limit-refresh-period", atLeast: .nanoseconds(1), &issues) {
      limitRefreshPeriod = value
    }
    if let value = block.duration("timeout-duration", &issues) { timeoutDuration = value }
  }
}

extension BulkheadConfiguration: SpringConfigurable {
  mutating func apply(_ block: SpringBlock, _ issues: inout SpringIssues) {
    if let value = block.integer("max-concurrent-calls", atLeast: 1, &issues) {
      maxConcurrentCalls = value
    }
    if let value = block.duration("max-wait-duration", &issues) { maxWaitDuration = value }
  }
}

extension ThreadPoolBulkheadConfiguration: SpringConfigurable {
  /// A size of 0, or a negative number, means that it is not set.
  mutating func apply(_ block: SpringBlock, _ issues: inout SpringIssues) {
    if let value = block.integer("queue-capacity", &issues), value >= 0 { queueCapacity = value }
    if let value = block.integer("core-thread-pool-size", &issues), value > 0 {
      coreThreadPoolSize = value
    }
    if let value = block.integer("max-thread-pool-size", &issues), value > 0 {
      maxThreadPoolSize = value
    }
    if let value = block.duration("keep-alive-duration", &issues) { keepAliveDuration = value }
  }
}

extension TimeLimiterConfiguration: SpringConfigurable {
  mutating func apply(_ block: SpringBlock, _ issues: inout SpringIssues) {
    if let value = block.duration("timeout-duration", &issues) { timeoutDuration = value }
    if let value = block.bool("cancel-running-future", &issues) { cancelRunningFuture = value }
  }
}
