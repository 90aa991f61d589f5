import TrafficPolicy

/// How an access log writes status and flags: "503 URX,UF", with "-" for no flag.
struct ResponseKeys: Sendable {
  /// The recorded spelling of each key, by the way we would write it.
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
    let key = "\(status) \(flags.text)"
    return recorded[key] ?? key
  }

  /// A key with its flags in our order; a key of another form stays as it is.
  private static func canonical(_ key: String) -> String {
    let parts = key.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, let flags = ResponseFlags(text: String(parts[1])) else { return key }
    return "\(parts[0]) \(flags.text)"
  }

  private static func collect(_ value: MetricValue?, _ found: (String) -> Void) {
    for entry in value?.children ?? [] {
      if entry.key.contains(" ") { found(entry.key) }
      collect(entry.value, found)
    }
  }
}
