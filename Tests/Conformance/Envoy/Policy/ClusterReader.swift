import TimeAndChance
import TrafficPolicy

extension VectorBlock {
  /// Lays the fields of a cluster block over `cluster`; see Envoy's `Cluster`.
  mutating func cluster(_ cluster: inout Cluster) throws {
    if let timeout = try duration("connect_timeout") { cluster.connectTimeout = timeout }
    if let thresholds = try circuitBreakers("circuit_breakers") { cluster.thresholds = thresholds }
    if let detection = try outlierDetection("outlier_detection") {
      cluster.outlierDetection = detection
    }
    if let most = try count("max_requests_per_connection") {
      cluster.maxRequestsPerConnection = most > 0 ? most : nil
    }
    try loadBalancer(&cluster)
    try commonLoadBalancing("common_lb_config", &cluster)
    let checks = try blocks("health_checks") { try Self.healthCheck(&$0) }
    guard checks.count <= 1 else {
      throw MalformedVector(line: node.line, reason: "more than one health check is not modelled")
    }
    cluster.healthCheck = checks.first ?? cluster.healthCheck
    let ratio =
      try block("preconnect_policy") { policy in
        try policy.double("per_upstream_preconnect_ratio", in: 1...3)
      } ?? nil
    if let ratio { cluster.preconnectRatio = ratio }
  }

  private mutating func circuitBreakers(_ key: String) throws -> CircuitBreakerThresholds? {
    let all = try block(key) { breakers in
      try breakers.blocks("thresholds") { block -> CircuitBreakerThresholds? in
        block.ignore("track_remaining", "max_connection_pools")
        let priority = try block.choice("priority", [("DEFAULT", true), ("HIGH", false)])
        var thresholds = CircuitBreakerThresholds()
        if let limit = try block.count("max_connections") { thresholds.maxConnections = limit }
        if let limit = try block.count("max_pending_requests") {
          thresholds.maxPendingRequests = limit
        }
        if let limit = try block.count("max_requests") { thresholds.maxRequests = limit }
        if let limit = try block.count("max_retries") { thresholds.maxRetries = limit }
        thresholds.retryBudget = try block.retryBudget("retry_budget")
        return priority ?? true ? thresholds : nil
      }
    }
    return all?.compactMap { $0 }.first
  }

  private mutating func retryBudget(_ key: String) throws -> RetryBudget? {
    try block(key) { block in
      var budget = RetryBudget()
      if let percent = try block.percent("budget_percent") { budget.budgetPercent = percent }
      if let least = try block.count("min_retry_concurrency") {
        budget.minRetryConcurrency = least
      }
      return budget
    }
  }

  private mutating func commonLoadBalancing(_ key: String, _ cluster: inout Cluster) throws {
    let read = try block(key) { block -> Cluster in
      var cluster = cluster
      if let percent = try block.percent("healthy_panic_threshold") {
        cluster.panicThreshold = Int(percent)
      }
      if let window = try block.duration("update_merge_window") {
        cluster.updateMergeWindow = window
      }
      if try block.block("locality_weighted_lb_config", { _ in true }) == true {
        cluster.localityWeighted = true
      }
      let fails =
        try block.block("zone_aware_lb_config") { zone in
          // Zone routing needs the hosts of the proxy's own cluster; there are none.
          zone.ignore("routing_enabled", "min_cluster_size")
          return try zone.bool("fail_traffic_on_panic")
        } ?? nil
      if let fails { cluster.failTrafficOnPanic = fails }
      let factor =
        try block.block("consistent_hashing_lb_config") { hashing in
          hashing.ignore("use_hostname_for_hashing")  // `topology.hash_by_name` says it
          return try hashing.count("hash_balance_factor", in: 100...1_000_000)
        } ?? nil
      if let factor { cluster.hashBalanceFactor = factor }
      return cluster
    }
    if let read { cluster = read }
  }

  private static func healthCheck(_ block: inout VectorBlock) throws -> HealthCheckSettings {
    // Without traffic Envoy may check less often; recordings set both intervals alike.
    block.ignore("no_traffic_interval", "http_health_check", "tcp_health_check")
    return HealthCheckSettings(
      interval: try block.required("interval", block.duration("interval")),
      timeout: try block.required("timeout", block.duration("timeout")),
      unhealthyThreshold: try block.required(
        "unhealthy_threshold", block.count("unhealthy_threshold", in: 1...1_000_000)),
      healthyThreshold: try block.required(
        "healthy_threshold", block.count("healthy_threshold", in: 1...1_000_000)))
  }
}
