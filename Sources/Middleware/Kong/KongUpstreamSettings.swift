/// How a Kong upstream chooses among its targets.
public enum KongAlgorithm: Sendable, Equatable {
  /// `round-robin`, the default: a shuffled wheel with weight / divisor places per target.
  case roundRobin
  /// `consistent-hashing`: a ring of `slots` points; chosen by setting `hash_on`.
  case consistentHashing
  /// `least-connections`: the lowest (connections + 1) / weight.
  case leastConnections
  /// `latency`: the lowest decayed mean response time / weight.
  case latency
}

/// One target of a Kong upstream.
public struct KongTarget: Sendable, Equatable {
  /// Its address and port (`10.0.0.1:8080`); the hash ring places it by them.
  public var address: String
  /// `weight`, 0 (listed but out of the wheel) to 65535; 100 by default.
  public var weight: Int

  /// A target with Kong's default weight when none is given.
  public init(address: String, weight: Int = 100) {
    precondition((0...65535).contains(weight), "a weight must be 0...65535, is \(weight)")
    self.address = address
    self.weight = weight
  }
}

/// A Kong upstream.
///
/// - Source: Kong `kong/db/schema/entities/upstreams.lua` and `targets.lua`.
public struct KongUpstreamSettings: Sendable, Equatable {
  /// `algorithm`; round-robin by default.
  public var algorithm: KongAlgorithm
  /// `slots`, 10 to 65536: points of the hash ring, at least 1 000 are used; 10 000 by default.
  public var slots: Int
  /// The targets.
  public var targets: [KongTarget]
  /// The health checks; all off by default.
  public var healthchecks: KongHealthSettings

  /// An upstream with Kong's defaults for what is not given.
  public init(
    targets: [KongTarget], algorithm: KongAlgorithm = .roundRobin, slots: Int = 10_000,
    healthchecks: KongHealthSettings = KongHealthSettings()
  ) {
    precondition((10...65536).contains(slots), "slots must be 10...65536, is \(slots)")
    self.targets = targets
    self.algorithm = algorithm
    self.slots = slots
    self.healthchecks = healthchecks
  }
}
