import TimeAndChance
import TrafficPolicy

extension VectorBlock {
  /// A route's `retry_policy`; nil when the route has none.
  mutating func retryPolicy(_ key: String) throws -> RetryPolicy? {
    try block(key) { block in
      var policy = RetryPolicy(retryOn: try block.retryOn("retry_on"))
      if let count = try block.count("num_retries", in: 0...1_000_000) { policy.numRetries = count }
      policy.perTryTimeout = try block.positiveDuration("per_try_timeout")
      policy.perTryIdleTimeout = try block.positiveDuration("per_try_idle_timeout")
      for item in try block.items("retriable_status_codes") {
        guard let number = item.number, let code = Int(exactly: number) else {
          throw MalformedVector(line: item.line, reason: "a status code must be a whole number")
        }
        policy.retriableStatusCodes.append(code)
      }
      policy.retriableHeaders = try block.headerMatches("retriable_headers")
      if let backOff = try block.backOff("retry_back_off") { policy.backOff = backOff }
      policy.rateLimitedBackOff = try block.rateLimitedBackOff("rate_limited_retry_back_off")
      try block.hostPredicates("retry_host_predicate", &policy)
      if let picks = try block.int("host_selection_retry_max_attempts", in: 0...1_000) {
        policy.hostSelectionMaxAttempts = picks
      }
      policy.previousPrioritiesUpdateFrequency = try block.retryPriority("retry_priority")
      return policy
    }
  }

  /// A duration where zero means off.
  mutating func positiveDuration(_ key: String) throws -> SimDuration? {
    try duration(key).flatMap { $0 > .zero ? $0 : nil }
  }

  private mutating func retryOn(_ key: String) throws -> RetryOn {
    let list = RetryOn.parse(try text(key) ?? "")
    // Numbers are Istio's way of writing; Envoy would pass over them.
    if let stray = list.unknown.first ?? list.statusCodes.first.map({ "\($0)" }) {
      throw MalformedVector(line: node.line, reason: "unknown retry class '\(stray)'")
    }
    return list.classes
  }

  private mutating func backOff(_ key: String) throws -> RetryBackOff? {
    try block(key) { block in
      let base = try block.required("base_interval", block.duration("base_interval"))
      guard base >= .milliseconds(1) else {
        throw MalformedVector(
          line: block.node.line, reason: "'base_interval' must be at least 1 ms")
      }
      return RetryBackOff(baseInterval: base, maxInterval: try block.duration("max_interval"))
    }
  }

  private mutating func rateLimitedBackOff(_ key: String) throws -> RateLimitedBackOff? {
    try block(key) { block in
      let headers = try block.blocks("reset_headers") { header in
        let format = try header.choice(
          "format",
          [
            ("SECONDS", RateLimitedBackOff.Format.seconds), ("UNIX_TIMESTAMP", .unixTimestamp),
          ])
        return RateLimitedBackOff.ResetHeader(
          name: try header.required("name", header.text("name")).lowercased(),
          format: format ?? .seconds)
      }
      let max = try block.duration("max_interval")
      return RateLimitedBackOff(resetHeaders: headers, maxInterval: max ?? .seconds(300))
    }
  }

  private mutating func hostPredicates(_ key: String, _ policy: inout RetryPolicy) throws {
    let names = try blocks(key) { predicate in
      predicate.ignore("typed_config")
      return try predicate.required("name", predicate.text("name"))
    }
    for name in names {
      guard name == "envoy.retry_host_predicates.previous_hosts" else {
        throw MalformedVector(line: node.line, reason: "unknown host predicate '\(name)'")
      }
      policy.avoidsPreviousHosts = true
    }
  }

  private mutating func retryPriority(_ key: String) throws -> Int? {
    try block(key) { block in
      let name = try block.required("name", block.text("name"))
      guard name == "envoy.retry_priorities.previous_priorities" else {
        throw MalformedVector(line: block.node.line, reason: "unknown retry priority '\(name)'")
      }
      return try block.block("typed_config") { config in
        config.ignore("@type")
        return try config.int("update_frequency", in: 1...1_000)
      } ?? nil
    } ?? nil
  }
}
