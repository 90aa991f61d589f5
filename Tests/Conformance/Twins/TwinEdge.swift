import TimeAndChance
import TrafficPolicy

/// The policy of one client towards one service, in Istio's words.
struct TwinEdge: Sendable {
  /// A destination of the route and its share.
  struct Destination: Sendable {
    /// The service.
    var service: String
    /// The share relative to the sum.
    var weight: Int
  }

  /// The client: `ingress` or a service.
  var from: String
  /// The service, or the name that the route splits.
  var to: String
  /// How the route forwards; its destinations are filled in by the model.
  var action: ForwardAction
  /// Where the route leads; empty leads to ``to``.
  var route: [Destination]
  /// How each destination's cluster is treated; its name is filled in by the model.
  var cluster: Cluster
  /// The local rate limit of the client's proxy.
  var localRateLimit: LocalRateLimitSettings?

  /// The policy that applies where the file states none: Istio's defaults.
  init(from: String, to: String) {
    self.from = from
    self.to = to
    action = ForwardAction(destinations: [], timeout: nil, retryPolicy: Self.defaultRetries)
    route = []
    cluster = Cluster(
      name: to, connectTimeout: .seconds(10), thresholds: .none, loadBalancer: .leastRequest())
  }

  /// The policy of an `edges` entry.
  /// - Throws: ``MalformedVector``.
  init(_ block: inout VectorBlock) throws {
    self.init(
      from: try block.required("from", block.text("from")),
      to: try block.required("to", block.text("to")))
    var edge = self
    try block.block("virtualService") { try edge.readVirtualService(&$0) }
    try block.block("destinationRule") { try edge.readDestinationRule(&$0) }
    try block.block("envoy") { envoy in
      try envoy.block("localRateLimit") { try edge.readLocalRateLimit(&$0) }
    }
    self = edge
  }

  /// Istio's retries of a route that states none.
  ///
  /// - Source: istio `pilot/pkg/networking/core/route/retry/retry.go` (newRetryPolicy).
  static let defaultRetries = RetryPolicy(
    retryOn: [.connectFailure, .refusedStream, .unavailable, .cancelled, .retriableStatusCodes],
    numRetries: 2, avoidsPreviousHosts: true, hostSelectionMaxAttempts: 5)

  private mutating func readVirtualService(_ block: inout VectorBlock) throws {
    action.timeout = try block.positiveDuration("timeout")
    let retries = try block.block("retries") { retries -> RetryPolicy? in
      var policy = Self.defaultRetries
      let attempts = try retries.int("attempts", in: 0...1_000)
      if let attempts { policy.numRetries = attempts }
      policy.perTryTimeout = try retries.positiveDuration("perTryTimeout")
      if let text = try retries.text("retryOn"), !text.isEmpty {
        let list = RetryOn.parse(text)
        guard list.unknown.isEmpty else {
          throw MalformedVector(
            line: retries.node.line, reason: "unknown retry class '\(list.unknown[0])'")
        }
        policy.retryOn = list.classes
        policy.retriableStatusCodes = list.statusCodes
      }
      if let base = try retries.duration("backoff") {
        policy.backOff = RetryBackOff(baseInterval: base)
      }
      if let ignores = try retries.bool("retryIgnorePreviousHosts") {
        policy.avoidsPreviousHosts = ignores
      }
      return attempts == 0 ? nil : policy
    }
    if let retries { action.retryPolicy = retries }
    route = try block.blocks("route") { destination in
      Destination(
        service: try destination.required("destination", destination.text("destination")),
        weight: try destination.int("weight", in: 0...1_000_000) ?? 0)
    }
    if route.count == 1 { route[0].weight = max(1, route[0].weight) }
  }

  private mutating func readDestinationRule(_ block: inout VectorBlock) throws {
    var cluster = cluster
    try block.block("connectionPool") { pool in
      try pool.block("tcp") { tcp in
        if let limit = try tcp.int("maxConnections") { cluster.thresholds.maxConnections = limit }
        if let timeout = try tcp.duration("connectTimeout") { cluster.connectTimeout = timeout }
        if let idle = try tcp.duration("idleTimeout") { cluster.idleTimeout = idle }
      }
      try pool.block("http") { try Self.readHTTPPool(&$0, &cluster) }
    }
    if let detection = try block.block("outlierDetection", { try Self.detection(&$0, &cluster) }) {
      cluster.outlierDetection = detection
    }
    try block.block("retryBudget") { budget in
      var settings = RetryBudget()
      if let percent = try budget.double("percent", in: 0...100) {
        settings.budgetPercent = percent
      }
      if let least = try budget.int("minRetryConcurrency") { settings.minRetryConcurrency = least }
      cluster.thresholds.retryBudget = settings
    }
    try block.block("loadBalancer") { balancer in
      let simple = try balancer.choice(
        "simple",
        [
          ("ROUND_ROBIN", LoadBalancerPolicy.roundRobin), ("LEAST_REQUEST", .leastRequest()),
          ("RANDOM", .random),
        ])
      if let simple { cluster.loadBalancer = simple }
      cluster.slowStart = try balancer.block("warmup") { warmup in
        SlowStartSettings(
          window: try warmup.required("duration", warmup.duration("duration")),
          aggression: try warmup.double("aggression", in: 1...1_000) ?? 1,
          minWeight: (try warmup.double("minimumPercent", in: 0...100) ?? 10) / 100)
      }
    }
    self.cluster = cluster
  }

  private static func readHTTPPool(_ block: inout VectorBlock, _ cluster: inout Cluster) throws {
    // Istio takes 0 as "not set".
    func set(_ path: WritableKeyPath<Cluster, Int>, _ value: Int?) {
      if let value, value > 0 { cluster[keyPath: path] = value }
    }
    set(\.thresholds.maxPendingRequests, try block.int("http1MaxPendingRequests"))
    set(\.thresholds.maxRequests, try block.int("http2MaxRequests"))
    set(\.thresholds.maxRetries, try block.int("maxRetries"))
    set(\.maxConcurrentStreams, try block.int("maxConcurrentStreams", in: 0...2_147_483_647))
    if let most = try block.int("maxRequestsPerConnection"), most > 0 {
      cluster.maxRequestsPerConnection = most
    }
    if let idle = try block.duration("idleTimeout") { cluster.idleTimeout = idle }
  }

  /// Istio's outlier detection: success rate off, panic off unless asked for.
  private static func detection(
    _ block: inout VectorBlock, _ cluster: inout Cluster
  ) throws -> OutlierDetectionSettings {
    var settings = OutlierDetectionSettings()
    settings.enforcingSuccessRate = 0
    settings.enforcingLocalOriginSuccessRate = 0
    if let errors = try block.int("consecutive5xxErrors") {
      settings.consecutive5xx = errors
      settings.enforcingConsecutive5xx = errors > 0 ? 100 : 0
    }
    if let errors = try block.int("consecutiveGatewayErrors") {
      settings.consecutiveGatewayFailure = errors
      settings.enforcingConsecutiveGatewayFailure = errors > 0 ? 100 : 0
    }
    if let split = try block.bool("splitExternalLocalOriginErrors") {
      settings.splitExternalLocalOriginErrors = split
    }
    if let failures = try block.int("consecutiveLocalOriginFailures") {
      settings.consecutiveLocalOriginFailure = failures
      settings.enforcingConsecutiveLocalOriginFailure = failures > 0 ? 100 : 0
    }
    if let interval = try block.duration("interval") { settings.interval = interval }
    if let base = try block.duration("baseEjectionTime") { settings.baseEjectionTime = base }
    settings.maxEjectionTime = max(.seconds(300), settings.baseEjectionTime)
    if let percent = try block.int("maxEjectionPercent", in: 0...100) {
      settings.maxEjectionPercent = percent
    }
    cluster.panicThreshold = try block.int("minHealthPercent", in: 0...100) ?? 0
    return settings
  }

  private mutating func readLocalRateLimit(_ block: inout VectorBlock) throws {
    localRateLimit = LocalRateLimitSettings(
      bucket: TokenBucketSettings(
        maxTokens: try block.required("maxTokens", block.int("maxTokens", in: 1...1_000_000_000)),
        tokensPerFill: try block.int("tokensPerFill", in: 1...1_000_000_000) ?? 1,
        fillInterval: try block.required("fillInterval", block.duration("fillInterval"))),
      enabled: .all, enforced: .all)
  }
}
