import TrafficPolicy

/// How an access log writes status and flags: "503 URX,UF", with "-" for no flag.
struct ResponseKeys: Sendable {
  /// Envoy's short names, in the order in which a request usually earns them.
  private static let names: [(ResponseFlags, String)] = [
    (.delayInjected, "DI"), (.faultInjected, "FI"), (.rateLimited, "RL"),
    (.rateLimitServiceError, "RLSE"), (.unauthorizedExternalService, "UAEX"),
    (.noRouteFound, "NR"), (.noClusterFound, "NC"), (.upstreamRetryLimitExceeded, "URX"),
    (.upstreamOverflow, "UO"), (.noHealthyUpstream, "UH"), (.upstreamConnectionFailure, "UF"),
    (.upstreamConnectionTermination, "UC"), (.upstreamRemoteReset, "UR"), (.localReset, "LR"),
    (.upstreamProtocolError, "UPE"), (.upstreamRequestTimeout, "UT"), (.streamIdleTimeout, "SI"),
    (.upstreamMaxStreamDurationReached, "UMSDR"), (.downstreamConnectionTermination, "DC"),
  ]

  /// The recorded spelling of each key, by its parts in alphabetical order.
  ///
  /// Envoy lists flags in the order in which they were set, which a set of flags has forgotten.
  private let recorded: [String: String]

  /// The keys as a recording spells them, anywhere in it.
  init(spelledAsIn value: MetricValue? = nil) {
    var recorded: [String: String] = [:]
    Self.collect(value) { recorded[Self.canonical($0)] = $0 }
    self.recorded = recorded
  }

  /// The key of a response.
  func key(status: Int32, _ flags: ResponseFlags) -> String {
    let names = Self.names.filter { flags.contains($0.0) }.map(\.1)
    let key = "\(status) \(names.isEmpty ? "-" : names.joined(separator: ","))"
    return recorded[Self.canonical(key)] ?? key
  }

  private static func canonical(_ key: String) -> String {
    let parts = key.split(separator: " ", maxSplits: 1)
    let flags = (parts.dropFirst().first ?? "").split(separator: ",").sorted()
    return "\(parts.first ?? "") \(flags.joined(separator: ","))"
  }

  private static func collect(_ value: MetricValue?, _ found: (String) -> Void) {
    for entry in value?.children ?? [] {
      if entry.key.contains(" ") { found(entry.key) }
      collect(entry.value, found)
    }
  }
}
