import TimeAndChance
import TrafficPolicy

/// Reads the HTTP filters in front of the router.
struct FilterReader {
  /// The descriptors that the routes make of a request.
  let rateLimits: [RateLimitActions]
  /// The hosts of the clusters beside the experiment's own, by cluster name.
  let extraHosts: [String: [ExperimentHost]]

  /// One entry of `http_filters`; nil when it changes nothing that is modelled.
  func filter(_ block: inout VectorBlock) throws -> HTTPFilter? {
    let name = try block.required("name", block.text("name"))
    let config = block.node("typed_config") ?? VectorNode(line: block.node.line, .mapping([]))
    return try VectorBlock.read(config, name) { config in
      config.ignore("@type")
      switch name {
      case "envoy.filters.http.local_ratelimit": return .localRateLimit(try local(&config))
      case "envoy.filters.http.ratelimit": return .globalRateLimit(try global(&config))
      case "envoy.filters.http.fault": return .fault(try Self.fault(&config))
      case "envoy.filters.http.admission_control":
        return try Self.admissionControl(&config).map { .admissionControl($0) }
      case "envoy.filters.http.adaptive_concurrency":
        return try Self.adaptiveConcurrency(&config).map { .adaptiveConcurrency($0) }
      case "envoy.filters.http.router":
        return nil
      case "envoy.filters.http.buffer":
        config.ignore("max_request_bytes")  // recorded requests have no body
        return nil
      default:
        throw MalformedVector(line: config.node.line, reason: "unknown HTTP filter '\(name)'")
      }
    }
  }

  private func local(_ block: inout VectorBlock) throws -> LocalRateLimitSettings {
    block.ignore("runtime", "response_headers_to_add", "enable_x_ratelimit_headers", "stage")
    let bucket = try Self.bucket("token_bucket", &block)
    var settings = LocalRateLimitSettings(bucket: try block.required("token_bucket", bucket))
    if let prefix = try block.text("stat_prefix") { settings.statPrefix = prefix }
    settings.enabled = try block.runtimeFraction("filter_enabled") ?? .none
    settings.enforced = try block.runtimeFraction("filter_enforced") ?? .none
    if let status = try block.status("status") { settings.status = max(400, status) }
    if try block.bool("local_rate_limit_per_downstream_connection") ?? false {
      throw MalformedVector(
        line: block.node.line, reason: "limits per downstream connection are not modelled")
    }
    settings.alwaysConsumesDefaultBucket =
      try block.bool("always_consume_default_token_bucket") ?? true
    let own = try block.rateLimitActions("rate_limits")
    let actions = own.isEmpty ? rateLimits : own
    let descriptors = try block.blocks("descriptors") { descriptor in
      let entries = try descriptor.blocks("entries") { entry in
        (key: try entry.required("key", entry.text("key")), value: try entry.text("value"))
      }
      let bucket = try Self.bucket("token_bucket", &descriptor)
      let limit = try descriptor.required("token_bucket", bucket)
      return actions.compactMap { $0.conditions(for: entries) }.first.map {
        LocalRateLimitSettings.Descriptor(headers: $0, bucket: limit)
      }
    }
    settings.descriptors = descriptors.compactMap { $0 }
    return settings
  }

  private static func bucket(
    _ key: String, _ block: inout VectorBlock
  ) throws -> TokenBucketSettings? {
    try block.block(key) { bucket in
      let interval = try bucket.required("fill_interval", bucket.duration("fill_interval"))
      guard interval >= .milliseconds(50) else {
        throw MalformedVector(
          line: bucket.node.line, reason: "'fill_interval' must be at least 50 ms")
      }
      return TokenBucketSettings(
        maxTokens: try bucket.required(
          "max_tokens", bucket.count("max_tokens", in: 1...4_294_967_295)),
        tokensPerFill: try bucket.count("tokens_per_fill", in: 1...4_294_967_295) ?? 1,
        fillInterval: interval)
    }
  }

  private func global(_ block: inout VectorBlock) throws -> GlobalRateLimitSettings {
    block.ignore("domain", "stage", "request_type", "stat_prefix", "enable_x_ratelimit_headers")
    var settings = GlobalRateLimitSettings()
    if let timeout = try block.duration("timeout") { settings.timeout = timeout }
    settings.failureModeDeny = try block.bool("failure_mode_deny") ?? false
    let service =
      try block.block("rate_limit_service") { service in
        service.ignore("transport_api_version")
        return try service.block("grpc_service") { grpc in
          grpc.ignore("timeout")
          return try grpc.block("envoy_grpc") { try $0.text("cluster_name") } ?? nil
        } ?? nil
      } ?? nil
    let name = try block.required("rate_limit_service", service)
    // The recorded hosts do not speak gRPC: a call fails at once, or, where nobody answers, when
    // its time is up.
    let isSilent = (extraHosts[name] ?? []).contains(where: \.isSilent)
    settings.serviceReachable = isSilent
    settings.serviceLatency = isSilent ? settings.timeout * 2 : .milliseconds(1)
    settings.hasDescriptor = rateLimits.contains(where: \.isUnconditional)
    return settings
  }

  private static func fault(_ block: inout VectorBlock) throws -> FaultInjectionSettings {
    block.ignore("abort_percent_runtime", "delay_percent_runtime", "max_active_faults_runtime")
    var settings = FaultInjectionSettings()
    let delay = try block.block("delay") { delay in
      (
        try delay.required("fixed_delay", delay.duration("fixed_delay")),
        try delay.fraction("percentage") ?? .none
      )
    }
    if let delay { (settings.delay, settings.delayFraction) = delay }
    let abort = try block.block("abort") { abort in
      (
        try abort.required("http_status", abort.int("http_status", in: 200...599)),
        try abort.fraction("percentage") ?? .none
      )
    }
    if let abort { (settings.abortStatus, settings.abortFraction) = abort }
    settings.maxActiveFaults = try block.count("max_active_faults")
    settings.headers = try block.headerMatches("headers")
    return settings
  }
}
