public import TimeAndChance

/// How a host of a level and locality is picked.
///
/// - Source: Envoy `source/extensions/load_balancing_policies/`.
public enum LoadBalancerPolicy: Sendable, Equatable {
  /// In turn; by earliest deadline when weights differ or slow start runs.
  case roundRobin
  /// The least active of `choiceCount` drawn hosts (default 2), or of all hosts with `fullScan`;
  /// by earliest deadline with `weight / (active + 1)^activeRequestBias` when weights differ or
  /// slow start runs.
  case leastRequest(choiceCount: Int = 2, fullScan: Bool = false, activeRequestBias: Double = 1)
  /// Evenly at random, weights ignored.
  case random
  /// Consistent hashing on a ring.
  case ringHash(minimumRingSize: Int = 1024, maximumRingSize: Int = 8_388_608)
  /// Consistent hashing by table; the size must be prime.
  case maglev(tableSize: Int = 65537)
}

/// A growing share for hosts that have just become healthy.
///
/// - Source: Envoy `load_balancer_impl.cc`, `applySlowStartFactor`.
public struct SlowStartSettings: Sendable, Equatable {
  /// How long a host is new.
  public var window: SimDuration
  /// The curve: 1 is linear; above 1 rises faster at first.
  ///
  /// 1 by default.
  public var aggression: Double
  /// The smallest factor, 0...1; 0.10 by default.
  public var minWeight: Double
  /// A slow start over that window.
  public init(window: SimDuration, aggression: Double = 1, minWeight: Double = 0.1) {
    self.window = window
    self.aggression = aggression
    self.minWeight = minWeight
  }
}
