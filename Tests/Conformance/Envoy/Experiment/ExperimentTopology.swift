/// Hosts and how they are grouped: the `topology` block.
struct ExperimentTopology: Sendable {
  /// The hosts, in configuration order.
  var hosts: [ExperimentHost] = []
  /// Zones and their weights, in order.
  var localityWeights: [(zone: String, weight: Int)] = []
  /// Percent; nil keeps Envoy's.
  var overprovisioningFactor: Int?
  /// True when the consistent-hash key of a host is its name.
  var hashesByName = false

  /// The topology of a document.
  /// - Throws: ``MalformedVector``.
  init(_ node: VectorNode?) throws {
    guard let node else { return }
    self = try VectorBlock.read(node, "topology") { block in
      var topology = Self()
      block.ignore("dynamic")  // every simulated host may come and go
      topology.hosts = try block.hosts("hosts")
      topology.overprovisioningFactor = try block.count("overprovisioning_factor", in: 1...10_000)
      topology.hashesByName = try block.bool("hash_by_name") ?? false
      let weights = try block.node("locality_weights").map { weights in
        try (weights.entries ?? []).map { entry in
          guard let number = entry.value.number, let weight = Int(exactly: number), weight >= 0
          else {
            throw MalformedVector(line: entry.line, reason: "a weight must be a whole number")
          }
          return (zone: entry.key, weight: weight)
        }
      }
      topology.localityWeights = weights ?? []
      return topology
    }
  }

  private init() {}
}
