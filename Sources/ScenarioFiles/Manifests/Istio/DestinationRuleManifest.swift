import Scenario
import TimeAndChance
import TrafficPolicy

/// A DestinationRule: how clients treat a host, and its subsets.
struct DestinationRuleManifest {
  struct Subset {
    var name: String
    var labels: [Label]
    var policy: TrafficPolicyManifest?
    var span: SourceSpan
    var path: KeyPathText
  }

  var meta: ObjectMeta
  var host: HostReference
  /// Namespaces that see it; `*` for all.
  var exportTo: [String]
  /// Labels of the clients that use it; empty: all.
  var clientLabels: [Label]
  var policy: TrafficPolicyManifest?
  var subsets: [Subset]

  init?(_ meta: ObjectMeta, _ spec: ManifestCursor, _ diagnostics: inout DiagnosticList) {
    guard let host = HostReference(spec["host"], namespace: meta.namespace, &diagnostics) else {
      if !spec["host"].exists { spec.missing("host", &diagnostics) }
      return nil
    }
    self.meta = meta
    self.host = host
    let exported = spec["exportTo"].texts(&diagnostics)
    exportTo = exported.isEmpty ? ["*"] : exported.map { $0 == "." ? meta.namespace : $0 }
    clientLabels = spec["workloadSelector"]["matchLabels"].labels(&diagnostics)
    policy = TrafficPolicyManifest(spec["trafficPolicy"], &diagnostics)
    subsets = spec["subsets"].list(&diagnostics).compactMap { cursor in
      guard let name = cursor["name"].text(&diagnostics) else {
        cursor.missing("name", &diagnostics)
        return nil
      }
      return Subset(
        name: name, labels: cursor["labels"].labels(&diagnostics),
        policy: TrafficPolicyManifest(cursor["trafficPolicy"], &diagnostics), span: cursor.span,
        path: cursor.path)
    }
  }

  /// Whether a client sees it.
  func isVisible(from namespace: String, labels: [Label]) -> Bool {
    exportTo.contains { $0 == "*" || $0 == namespace }
      && (clientLabels.isEmpty
        || meta.namespace == namespace && labels.isSelected(by: clientLabels))
  }
}

/// A `trafficPolicy`: parts that are absent are inherited or default.
struct TrafficPolicyManifest {
  var loadBalancer: LoadBalancerManifest?
  var connectionPool: ConnectionPoolManifest?
  var outlierDetection: OutlierDetectionManifest?
  /// `tls.mode`.
  var tlsMode: String?
  var retryBudget: RetryBudget?
  /// What the budget's block states; empty without one.
  var retryBudgetFields: [PolicyField] = []
  /// Policies of single ports, in order.
  var ports: [(number: Int, policy: TrafficPolicyManifest)] = []

  init() {}

  init?(_ cursor: ManifestCursor, _ diagnostics: inout DiagnosticList) {
    guard cursor.exists else { return nil }
    self.init(parts: cursor, &diagnostics)
    for entry in cursor["portLevelSettings"].list(&diagnostics) {
      guard let number = entry["port"]["number"].integer(1...65535, &diagnostics) else {
        entry.missing("port", &diagnostics)
        continue
      }
      ports.append((number, TrafficPolicyManifest(parts: entry, &diagnostics)))
    }
  }

  private init(parts cursor: ManifestCursor, _ diagnostics: inout DiagnosticList) {
    loadBalancer = LoadBalancerManifest(cursor["loadBalancer"], &diagnostics)
    connectionPool = ConnectionPoolManifest(cursor["connectionPool"], &diagnostics)
    outlierDetection = OutlierDetectionManifest(cursor["outlierDetection"], &diagnostics)
    tlsMode = cursor["tls"]["mode"].choice(
      ["DISABLE", "SIMPLE", "MUTUAL", "ISTIO_MUTUAL"], &diagnostics)
    let budget = cursor["retryBudget"]
    if budget.exists {
      // `percent` is a number of its own or, as protobuf prints it, {value: number}.
      let percent =
        budget["percent"].node?.entries != nil ? budget["percent"]["value"] : budget["percent"]
      let minimum = budget["minRetryConcurrency"].integer(0...1_000_000, &diagnostics) ?? 0
      retryBudget = RetryBudget(
        budgetPercent: percent.number(0...100, &diagnostics) ?? 20,
        minRetryConcurrency: minimum > 0 ? minimum : 3)
      retryBudgetFields = [
        PolicyField(name: "retryBudget.percent", usual: "20%", isStated: percent.exists),
        PolicyField(
          name: "retryBudget.minRetryConcurrency", usual: "3", isStated: minimum > 0),
      ]
    }
  }

  /// The policy of a port: that of the port alone when there is one, else the whole.
  private func part(of port: Int) -> (policy: TrafficPolicyManifest, isPortLevel: Bool) {
    if let own = ports.first(where: { $0.number == port }) { return (own.policy, true) }
    return (self, false)
  }

  /// The policy of a subset and port under a rule's own policy.
  ///
  /// A subset's parts replace the rule's one by one; a port's settings replace everything, and what
  /// they leave out is default.
  ///
  /// - Source: Istio `pilot/pkg/networking/util/util.go`, `MergeSubsetTrafficPolicy`.
  static func merged(
    rule: TrafficPolicyManifest?, subset: TrafficPolicyManifest?, port: Int
  ) -> TrafficPolicyManifest {
    let original = rule?.part(of: port).policy
    guard let subset else { return original ?? TrafficPolicyManifest() }
    let (own, isPortLevel) = subset.part(of: port)
    guard var result = original else { return own }
    result.ports = []
    if own.connectionPool != nil || isPortLevel { result.connectionPool = own.connectionPool }
    if own.outlierDetection != nil || isPortLevel { result.outlierDetection = own.outlierDetection }
    if own.loadBalancer != nil || isPortLevel { result.loadBalancer = own.loadBalancer }
    if own.tlsMode != nil || isPortLevel { result.tlsMode = own.tlsMode }
    if own.retryBudget != nil {
      result.retryBudget = own.retryBudget
      result.retryBudgetFields = own.retryBudgetFields
    }
    return result
  }
}

/// `connectionPool`; zero means unset throughout.
///
/// - Source: Istio `pilot/pkg/networking/core/cluster_traffic_policy.go`, `applyConnectionPool`.
struct ConnectionPoolManifest {
  var thresholds = CircuitBreakerThresholds.none
  var connectTimeout: SimDuration?
  var maxRequestsPerConnection: Int?
  var maxConcurrentStreams: Int?
  var idleTimeout: SimDuration?
  var upgradesToHTTP2 = false

  init?(_ cursor: ManifestCursor, _ diagnostics: inout DiagnosticList) {
    guard cursor.exists else { return nil }
    let tcp = cursor["tcp"]
    let http = cursor["http"]
    func limit(_ cursor: ManifestCursor, _ diagnostics: inout DiagnosticList) -> Int? {
      let value = cursor.integer(0...2_147_483_647, &diagnostics) ?? 0
      return value > 0 ? value : nil
    }
    if let value = limit(tcp["maxConnections"], &diagnostics) { thresholds.maxConnections = value }
    if let value = limit(http["http1MaxPendingRequests"], &diagnostics) {
      thresholds.maxPendingRequests = value
    }
    if let value = limit(http["http2MaxRequests"], &diagnostics) { thresholds.maxRequests = value }
    if let value = limit(http["maxRetries"], &diagnostics) { thresholds.maxRetries = value }
    connectTimeout = tcp["connectTimeout"].duration(atLeast: .milliseconds(1), &diagnostics)
    maxRequestsPerConnection = limit(http["maxRequestsPerConnection"], &diagnostics)
    maxConcurrentStreams = limit(http["maxConcurrentStreams"], &diagnostics)
    idleTimeout =
      http["idleTimeout"].duration(&diagnostics) ?? tcp["idleTimeout"].duration(&diagnostics)
    let upgrade = http["h2UpgradePolicy"].choice(
      ["DEFAULT", "DO_NOT_UPGRADE", "UPGRADE"], &diagnostics)
    let keepsProtocol = http["useClientProtocol"].boolean(&diagnostics) ?? false
    upgradesToHTTP2 = upgrade == "UPGRADE" && !keepsProtocol
  }
}

/// `outlierDetection`.
struct OutlierDetectionManifest {
  var settings = OutlierDetectionSettings()
  /// `minHealthPercent`: with the block, panic is off unless this says otherwise.
  var panicThreshold = 0
  /// What the block states.
  private(set) var fields: [PolicyField] = []

  /// The settings that Istio makes of the block; nil when there is none.
  ///
  /// - Source: Istio `pilot/pkg/networking/core/cluster_traffic_policy.go`,
  ///   `applyOutlierDetection`: success rates are never judged.
  init?(_ cursor: ManifestCursor, _ diagnostics: inout DiagnosticList) {
    guard cursor.exists else { return nil }
    settings.enforcingSuccessRate = 0
    settings.enforcingLocalOriginSuccessRate = 0
    let count = 0...1_000_000
    if let value = cursor["consecutive5xxErrors"].integer(count, &diagnostics) {
      settings.consecutive5xx = value
      settings.enforcingConsecutive5xx = value > 0 ? 100 : 0
    }
    if let value = cursor["consecutiveGatewayErrors"].integer(count, &diagnostics) {
      settings.consecutiveGatewayFailure = value
      settings.enforcingConsecutiveGatewayFailure = value > 0 ? 100 : 0
    }
    if cursor["splitExternalLocalOriginErrors"].boolean(&diagnostics) == true {
      settings.splitExternalLocalOriginErrors = true
      if let value = cursor["consecutiveLocalOriginFailures"].integer(count, &diagnostics),
        value > 0
      {
        settings.consecutiveLocalOriginFailure = value
      }
    }
    let shortest = SimDuration.milliseconds(1)
    if let value = cursor["interval"].duration(atLeast: shortest, &diagnostics) {
      settings.interval = value
    }
    if let value = cursor["baseEjectionTime"].duration(atLeast: shortest, &diagnostics) {
      settings.baseEjectionTime = value
      settings.maxEjectionTime = max(.seconds(300), value)
    }
    if let value = cursor["maxEjectionPercent"].integer(0...100, &diagnostics), value > 0 {
      settings.maxEjectionPercent = value
    }
    panicThreshold = cursor["minHealthPercent"].integer(0...100, &diagnostics) ?? 0
    let usual = [
      ("consecutive5xxErrors", "5"), ("consecutiveGatewayErrors", "off"), ("interval", "10s"),
      ("baseEjectionTime", "30s"), ("minHealthPercent", "0%: no panic"),
    ]
    fields = usual.map { name, value in
      PolicyField(
        name: "outlierDetection.\(name)", usual: value, isStated: cursor[name].exists)
    }
    // A stated 0 is the same as none.
    let most = cursor["maxEjectionPercent"].node?.text
    fields.append(
      PolicyField(
        name: "outlierDetection.maxEjectionPercent", usual: "10%",
        isStated: most != nil && most != "0"))
  }
}

/// `loadBalancer`.
struct LoadBalancerManifest {
  var policy = LoadBalancerPolicy.leastRequest()
  /// Whether the block says how hosts are chosen, and not only from where.
  var statesPolicy = false
  var slowStart: SlowStartSettings?
  var hashPolicy: [HashPolicy] = []
  var isPassthrough = false
  /// `localityLbSetting.enabled`; true unless it is turned off.
  var prefersLocality = true
  var failover: [RegionFailover] = []
  var hasFailoverPriority = false
  var distribution: [LocalityDistribution] = []

  init?(_ cursor: ManifestCursor, _ diagnostics: inout DiagnosticList) {
    guard cursor.exists else { return nil }
    let simple = cursor["simple"].choice(
      ["UNSPECIFIED", "LEAST_CONN", "LEAST_REQUEST", "RANDOM", "ROUND_ROBIN", "PASSTHROUGH"],
      &diagnostics)
    switch simple {
    case "ROUND_ROBIN": policy = .roundRobin
    case "RANDOM": policy = .random
    case "PASSTHROUGH": isPassthrough = true
    default: policy = .leastRequest()
    }
    statesPolicy = (simple ?? "UNSPECIFIED") != "UNSPECIFIED" || cursor["consistentHash"].exists
    if simple != "RANDOM", simple != "PASSTHROUGH" { readWarmup(cursor, &diagnostics) }
    readHash(cursor["consistentHash"], &diagnostics)
    readLocality(cursor["localityLbSetting"], &diagnostics)
  }

  private mutating func readWarmup(
    _ cursor: ManifestCursor, _ diagnostics: inout DiagnosticList
  ) {
    let warmup = cursor["warmup"]
    let shortest = SimDuration.milliseconds(1)
    if let window = warmup["duration"].duration(atLeast: shortest, &diagnostics) {
      slowStart = SlowStartSettings(
        window: window, aggression: warmup["aggression"].number(1...1000, &diagnostics) ?? 1,
        minWeight: (warmup["minimumPercent"].number(0...100, &diagnostics) ?? 10) / 100)
    } else if let window = cursor["warmupDurationSecs"].duration(atLeast: shortest, &diagnostics) {
      slowStart = SlowStartSettings(window: window)
    }
  }

  private mutating func readHash(
    _ hash: ManifestCursor, _ diagnostics: inout DiagnosticList
  ) {
    guard hash.exists else { return }
    if let size = hash["maglev"]["tableSize"].integer(2...5_000_011, &diagnostics) {
      policy = .maglev(tableSize: size)
    } else if hash["maglev"].exists {
      policy = .maglev()
    } else {
      let size =
        hash["ringHash"]["minimumRingSize"].integer(1...8_388_608, &diagnostics)
        ?? hash["minimumRingSize"].integer(1...8_388_608, &diagnostics) ?? 1024
      policy = .ringHash(minimumRingSize: size)
    }
    slowStart = nil
    if let name = hash["httpHeaderName"].text(&diagnostics) {
      hashPolicy = [.header(name.lowercased())]
    } else if let name = hash["httpCookie"]["name"].text(&diagnostics) {
      hashPolicy = [.cookie(name)]
    } else if hash["useSourceIp"].boolean(&diagnostics) == true {
      hashPolicy = [.sourceAddress]
    } else if let name = hash["httpQueryParameterName"].text(&diagnostics) {
      hashPolicy = [.queryParameter(name)]
    }
  }

  private mutating func readLocality(
    _ locality: ManifestCursor, _ diagnostics: inout DiagnosticList
  ) {
    prefersLocality = locality["enabled"].boolean(&diagnostics) ?? true
    for entry in locality["failover"].list(&diagnostics) {
      guard let from = entry["from"].text(&diagnostics), let to = entry["to"].text(&diagnostics)
      else { continue }
      failover.append(RegionFailover(from: from, to: to))
    }
    let labels = locality["failoverPriority"].texts(&diagnostics)
    let usual = ["topology.kubernetes.io/region", "topology.kubernetes.io/zone"]
    hasFailoverPriority = !labels.isEmpty
    if hasFailoverPriority, labels != usual {
      diagnostics.warning(
        .unmodelledField, at: locality["failoverPriority"].span,
        path: locality["failoverPriority"].path,
        "'failoverPriority' is simulated only for region and zone, in this order")
    }
    for entry in locality["distribute"].list(&diagnostics) {
      guard let from = entry["from"].text(&diagnostics) else { continue }
      let shares = entry["to"].entries(&diagnostics).compactMap { name, value in
        value.integer(0...100, &diagnostics)
          .map { LocalityDistribution.Share(locality: name, weight: $0) }
      }
      distribution.append(LocalityDistribution(from: from, to: shares))
    }
  }
}
