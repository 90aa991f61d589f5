import TimeAndChance
import TrafficPolicy

/// Reads route actions, looking clusters up by name.
struct RouteReader {
  /// A route as read.
  struct Reading {
    /// Its action.
    var action: RouteAction
    /// The descriptors that rate limits see.
    var rateLimits: [RateLimitActions]
  }

  /// What routes take from their virtual host when they do not say it themselves.
  struct Defaults {
    /// The retry policy.
    var retryPolicy: RetryPolicy?
    /// Whether a try whose timer fired goes on beside the next one.
    var hedgeOnPerTryTimeout: Bool?
    /// Copies of requests.
    var mirrors: [ForwardAction.Mirror] = []
  }

  /// The cluster names, by index.
  let clusters: [String]
  /// What the virtual host says.
  var defaults = Defaults()

  /// The `virtual_host` block's own settings and its routes; nil routes keep the plain one.
  mutating func virtualHost(
    _ block: inout VectorBlock
  ) throws -> (routes: [(RouteMatch, Reading)]?, rateLimits: [RateLimitActions]) {
    block.ignore("name", "domains", "include_request_attempt_count")
    defaults.retryPolicy = try block.retryPolicy("retry_policy")
    defaults.hedgeOnPerTryTimeout = try hedging(&block)
    defaults.mirrors = try mirrors(&block)
    let rateLimits = try block.rateLimitActions("rate_limits")
    guard block.node("routes") != nil else { return (nil, rateLimits) }
    let routes = try block.blocks("routes") { try route(&$0) }
    return (routes, rateLimits)
  }

  private func route(_ block: inout VectorBlock) throws -> (RouteMatch, Reading) {
    block.ignore("name")
    let match = try block.routeMatch("match")
    let direct = try block.block("direct_response") { direct in
      direct.ignore("body")
      return try direct.required("status", direct.int("status", in: 100...599))
    }
    if let direct {
      return (match, Reading(action: .directResponse(status: direct), rateLimits: []))
    }
    let reading = try block.block("route") { try action(&$0) }
    return (match, try block.required("route", reading))
  }

  /// A route action; see Envoy's `RouteAction`.
  func action(_ block: inout VectorBlock) throws -> Reading {
    let destinations = try destinations(&block)
    var forward = ForwardAction(destinations: destinations ?? [])
    if let timeout = try block.duration("timeout") {
      forward.timeout = timeout > .zero ? timeout : nil
    }
    forward.idleTimeout = try block.duration("idle_timeout")
    forward.maxStreamDuration =
      try block.block("max_stream_duration") { limit in
        try limit.positiveDuration("max_stream_duration")
      } ?? nil
    forward.retryPolicy = try block.retryPolicy("retry_policy") ?? defaults.retryPolicy
    forward.hedgeOnPerTryTimeout =
      try hedging(&block) ?? defaults.hedgeOnPerTryTimeout ?? false
    let mirrors = try mirrors(&block)
    forward.mirrors = mirrors.isEmpty ? defaults.mirrors : mirrors
    forward.hashPolicy = try hashPolicy(&block)
    let rateLimits = try block.rateLimitActions("rate_limits")
    let action: RouteAction = destinations == nil ? .unknownCluster : .forward(forward)
    return Reading(action: action, rateLimits: rateLimits)
  }

  /// Where the route leads; nil for one cluster that is not known.
  private func destinations(
    _ block: inout VectorBlock
  ) throws -> [ForwardAction.Destination]? {
    let weighted = try block.block("weighted_clusters") { weighted in
      weighted.ignore("total_weight", "runtime_key_prefix")
      return try weighted.blocks("clusters") { one in
        let name = try one.required("name", one.text("name"))
        let weight = try one.count("weight") ?? 0
        return ForwardAction.Destination(cluster: try index(of: name, one), weight: weight)
      }
    }
    let name = try block.text("cluster") ?? "svc"
    if let weighted { return weighted }
    return clusters.firstIndex(of: name).map { [ForwardAction.Destination(cluster: $0)] }
  }

  private func index(of name: String, _ block: VectorBlock) throws -> Int {
    guard let index = clusters.firstIndex(of: name) else {
      throw MalformedVector(line: block.node.line, reason: "no cluster is named '\(name)'")
    }
    return index
  }

  private func hedging(_ block: inout VectorBlock) throws -> Bool? {
    try block.block("hedge_policy") { hedge in
      if let initial = try hedge.count("initial_requests"), initial != 1 {
        throw MalformedVector(
          line: hedge.node.line, reason: "Envoy does not implement 'initial_requests' above 1")
      }
      return try hedge.bool("hedge_on_per_try_timeout") ?? false
    }
  }

  private func mirrors(_ block: inout VectorBlock) throws -> [ForwardAction.Mirror] {
    try block.blocks("request_mirror_policies") { mirror in
      mirror.ignore("trace_sampled")
      let name = try mirror.required("cluster", mirror.text("cluster"))
      let fraction = try mirror.runtimeFraction("runtime_fraction") ?? .all
      return ForwardAction.Mirror(cluster: try index(of: name, mirror), fraction: fraction)
    }
  }

  private func hashPolicy(_ block: inout VectorBlock) throws -> [HashPolicy] {
    try block.blocks("hash_policy") { policy in
      policy.ignore("terminal")
      let header = try policy.block("header") { header in
        HashPolicy.header(
          try header.required("header_name", header.text("header_name")).lowercased())
      }
      let cookie = try policy.block("cookie") { cookie in
        cookie.ignore("ttl", "path")
        return HashPolicy.cookie(try cookie.required("name", cookie.text("name")))
      }
      let query = try policy.block("query_parameter") { query in
        HashPolicy.queryParameter(try query.required("name", query.text("name")))
      }
      let source =
        try policy.block("connection_properties") { source in
          try source.bool("source_ip") == true ? HashPolicy.sourceAddress : nil
        } ?? nil
      return try policy.required("header", header ?? cookie ?? query ?? source)
    }
  }
}
