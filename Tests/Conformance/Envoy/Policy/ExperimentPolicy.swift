import TimeAndChance
import TrafficPolicy

/// The settings of the proxies of an experiment: the `policy.envoy` block.
struct ExperimentPolicy: Sendable {
  /// What the proxy under test is told.
  var configuration: EnvoyConfiguration
  /// The route action of a second proxy between the first one and the hosts; nil without one.
  var bridge: ForwardAction?
  /// The hosts of clusters beside the topology's.
  var extraHosts: [ExperimentHost]

  /// The policy of a document for the hosts of `topology`.
  /// - Throws: ``MalformedVector``.
  init(_ node: VectorNode?, _ topology: ExperimentTopology, workerThreads: Int) throws {
    let empty = VectorNode(line: 1, .mapping([]))
    self = try VectorBlock.read(node ?? empty, "policy.envoy") { block in
      let extra = try block.blocks("extra_clusters") { try Self.extraCluster(&$0) }
      var clusters = try Self.clusters(&block, topology)
      clusters += extra.map(\.cluster)
      try Self.transport(&block, &clusters, own: clusters.count - extra.count)
      var reader = RouteReader(clusters: clusters.map(\.name))
      let (routes, rateLimits) = try Self.routes(&block, &reader)
      let hosts = Dictionary(grouping: extra.flatMap(\.hosts), by: \.cluster)
      let filters = FilterReader(rateLimits: rateLimits, extraHosts: hosts)
      var configuration = EnvoyConfiguration(workerThreads: workerThreads)
      configuration.clusters = clusters
      configuration.routes = routes
      configuration.filters = try block.blocks("http_filters") { try filters.filter(&$0) }
        .compactMap { $0 }
      try Self.listener(&block, &configuration)
      return ExperimentPolicy(
        configuration: configuration, bridge: try Self.bridge(&block, clusters),
        extraHosts: extra.flatMap(\.hosts))
    }
  }

  private init(
    configuration: EnvoyConfiguration, bridge: ForwardAction?, extraHosts: [ExperimentHost]
  ) {
    self.configuration = configuration
    self.bridge = bridge
    self.extraHosts = extraHosts
  }

  /// The clusters of the topology, `svc` first, each with the common and its own settings.
  private static func clusters(
    _ block: inout VectorBlock, _ topology: ExperimentTopology
  ) throws -> [Cluster] {
    let empty = VectorNode(line: block.node.line, .mapping([]))
    let common = block.node("cluster") ?? empty
    let own = block.node("clusters")
    var names = ["svc"]
    for name in topology.hosts.map(\.cluster) + (own?.entries ?? []).map(\.key)
    where !names.contains(name) {
      names.append(name)
    }
    return try names.map { name in
      var cluster = Cluster(name: name)
      try VectorBlock.read(common.overlaid(by: own?[name]), "cluster") { try $0.cluster(&cluster) }
      if let factor = topology.overprovisioningFactor { cluster.overprovisioningFactor = factor }
      var zones: [String] = []
      for host in topology.hosts where host.cluster == name && !zones.contains(host.zone) {
        zones.append(host.zone)
      }
      cluster.localityWeights = zones.map { zone in
        let weight = topology.localityWeights.first { $0.zone == zone }?.weight ?? 0
        return Cluster.LocalityWeight(locality: zone, weight: weight)
      }
      return cluster
    }
  }

  private static func extraCluster(
    _ block: inout VectorBlock
  ) throws -> (cluster: Cluster, hosts: [ExperimentHost]) {
    var cluster = Cluster(name: try block.required("name", block.text("name")))
    if let timeout = try block.duration("connect_timeout") { cluster.connectTimeout = timeout }
    return (cluster, try block.hosts("hosts", cluster: cluster.name))
  }

  /// The protocol options, which apply to the topology's clusters.
  private static func transport(
    _ block: inout VectorBlock, _ clusters: inout [Cluster], own: Int
  ) throws {
    let isHTTP2 = try block.choice(
      "upstream_protocol", [("http2", true), ("http1", false), ("http1.1", false)])
    let streams =
      try block.block("http2_protocol_options") { options in
        options.ignore("initial_stream_window_size", "initial_connection_window_size")
        return try options.count("max_concurrent_streams", in: 1...2_147_483_647)
      } ?? nil
    let common = try block.block("common_http_protocol_options") { options in
      (
        most: try options.count("max_requests_per_connection"),
        idle: try options.duration("idle_timeout")
      )
    }
    for index in clusters.indices.prefix(own) {
      if isHTTP2 == true { clusters[index].upstreamProtocol = .http2 }
      if let streams { clusters[index].maxConcurrentStreams = streams }
      if let most = common?.most {
        clusters[index].maxRequestsPerConnection = most > 0 ? most : nil
      }
      if let idle = common?.idle { clusters[index].idleTimeout = idle > .zero ? idle : nil }
    }
  }

  private static func routes(
    _ block: inout VectorBlock, _ reader: inout RouteReader
  ) throws -> ([Route], [RateLimitActions]) {
    let host = try block.block("virtual_host") { try reader.virtualHost(&$0) }
    let plain = try block.block("route") { try reader.action(&$0) }
    let empty = VectorNode(line: block.node.line, .mapping([]))
    let only = try plain ?? VectorBlock.read(empty, "route") { try reader.action(&$0) }
    let routes = host?.routes ?? [(RouteMatch(), only)]
    return (
      routes.map { Route(match: $0.0, action: $0.1.action) },
      routes.flatMap(\.1.rateLimits) + (host?.rateLimits ?? [])
    )
  }

  private static func listener(
    _ block: inout VectorBlock, _ configuration: inout EnvoyConfiguration
  ) throws {
    let idle =
      try block.block("hcm") { hcm in
        hcm.ignore("stat_prefix", "codec_type", "generate_request_id", "server_name")
        return try hcm.duration("stream_idle_timeout")
      } ?? nil
    if let idle { configuration.streamIdleTimeout = idle > .zero ? idle : nil }
  }

  /// The second proxy's action: no retries, limits or timeouts unless `bridge_route` says so.
  private static func bridge(
    _ block: inout VectorBlock, _ clusters: [Cluster]
  ) throws -> ForwardAction? {
    let reader = RouteReader(clusters: clusters.map(\.name))
    let hasTimeout = block.node("bridge_route")?["timeout"] != nil
    let read = try block.block("bridge_route") { try reader.action(&$0) }
    let isHTTP2 = clusters.contains { $0.upstreamProtocol == .http2 }
    guard read != nil || isHTTP2 else { return nil }
    guard case .forward(var action)? = read?.action else {
      return ForwardAction(destinations: [], timeout: nil)
    }
    if !hasTimeout { action.timeout = nil }
    return action
  }
}
