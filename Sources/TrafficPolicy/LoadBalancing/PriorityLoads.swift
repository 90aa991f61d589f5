/// How the levels of a cluster share its traffic: loads in whole percent, and which panic.
///
/// - Source: Envoy `source/extensions/load_balancing_policies/common/load_balancer_impl.cc`
///   (recalculatePerPriorityState, recalculatePerPriorityPanic, recalculateLoadInTotalPanic,
///   choosePriority).
public struct PriorityLoads: Sendable, Equatable {
  /// What one level counts.
  public struct Level: Sendable, Equatable {
    /// Members.
    public var hosts: Int
    /// Members that are healthy.
    public var healthy: Int
    /// Members that are degraded.
    public var degraded: Int
    /// A level of those counts.
    public init(hosts: Int, healthy: Int, degraded: Int = 0) {
      self.hosts = hosts
      self.healthy = healthy
      self.degraded = degraded
    }
  }

  /// Which hosts of a level a pick is for.
  public enum Availability: Sendable, Equatable {
    /// Its healthy hosts.
    case healthy
    /// Its degraded hosts.
    case degraded
  }

  /// Availability of each level's healthy hosts, 0...100: `floor(factor × healthy / hosts)`.
  public private(set) var health: [UInt32]
  /// Availability of each level's degraded hosts, 0...100.
  public private(set) var degradedHealth: [UInt32]
  /// Percent of the traffic to each level's healthy hosts (to all its hosts in panic).
  public private(set) var load: [UInt32]
  /// Percent of the traffic to each level's degraded hosts.
  public private(set) var degradedLoad: [UInt32]
  /// True for levels in panic: all hosts are used.
  public private(set) var panic: [Bool]

  /// The loads of levels.
  ///
  /// `overprovisioningFactor` is in percent; `panicThreshold` in whole percent, 0 turns panic off.
  /// A level panics only when the total availability is below 100.
  public init(levels: [Level], overprovisioningFactor: Int, panicThreshold: Int) {
    let factor = UInt64(max(0, overprovisioningFactor))
    health = levels.map { Self.availability(factor, $0.healthy, $0.hosts) }
    degradedHealth = levels.map { Self.availability(factor, $0.degraded, $0.hosts) }
    load = levels.map { _ in 0 }
    degradedLoad = load
    panic = levels.map { _ in false }
    guard !levels.isEmpty else { return }

    let total = min(100, health.reduce(0, +) + degradedHealth.reduce(0, +))
    if total > 0 {
      var remaining: UInt32 = 100
      let first = Self.distribute(health, total, &remaining, into: &load)
      let firstDegraded = Self.distribute(degradedHealth, total, &remaining, into: &degradedLoad)
      // What rounding left over goes to the first level that has anything.
      if let first {
        load[first] += remaining
      } else if let firstDegraded {
        degradedLoad[firstDegraded] += remaining
      }
    }

    let threshold = Double(min(100, max(0, panicThreshold)))
    if threshold == 0, total == 0 {
      load[0] = 100  // nothing will be found there
      return
    }
    guard total < 100 else { return }
    for (index, level) in levels.enumerated() {
      let percent =
        level.hosts == 0
        ? 0
        : 100 * Double(level.healthy) / Double(level.hosts) + 100 * Double(level.degraded)
          / Double(level.hosts)
      panic[index] = percent < threshold
    }
    if panic.allSatisfy({ $0 }) { splitByHostCounts(levels) }
  }

  private static func availability(_ factor: UInt64, _ part: Int, _ whole: Int) -> UInt32 {
    whole == 0 ? 0 : UInt32(min(100, factor * UInt64(part) / UInt64(whole)))
  }

  /// Gives each level its share in order while something remains; the first level with any
  /// availability.
  private static func distribute(
    _ availability: [UInt32], _ total: UInt32, _ remaining: inout UInt32, into load: inout [UInt32]
  ) -> Int? {
    for level in availability.indices {
      load[level] = min(remaining, availability[level] * 100 / total)
      remaining -= load[level]
    }
    return availability.firstIndex { $0 > 0 }
  }

  /// All levels panic: load by the number of hosts, healthy or not.
  private mutating func splitByHostCounts(_ levels: [Level]) {
    let hosts = levels.reduce(0) { $0 + $1.hosts }
    degradedLoad = levels.map { _ in 0 }
    guard hosts > 0 else {
      load = levels.map { _ in 0 }
      load[0] = 100
      return
    }
    load = levels.map { UInt32(100 * $0.hosts / hosts) }
    if let first = levels.firstIndex(where: { $0.hosts > 0 }) {
      load[first] += 100 - load.reduce(0, +)
    }
  }

  /// The level of a draw or hash: `1 + hash mod 100` against the cumulated loads, healthy first.
  public func level(of hash: UInt64) -> (level: Int, availability: Availability) {
    let percent = UInt32(hash % 100) + 1
    var sum: UInt32 = 0
    for (level, share) in load.enumerated() {
      sum += share
      if percent <= sum { return (level, .healthy) }
    }
    for (level, share) in degradedLoad.enumerated() {
      sum += share
      if percent <= sum { return (level, .degraded) }
    }
    return (0, .healthy)
  }

  /// The loads when some levels are left out: their load 0, the rest shared anew.
  ///
  /// Nil when no other level has any availability.
  ///
  /// - Source: Envoy `source/extensions/retry/priority/previous_priorities/previous_priorities.cc`
  ///   (adjustForAttemptedPriorities).
  public func excluding(_ isExcluded: (Int) -> Bool) -> PriorityLoads? {
    let healthy = health.indices.map { isExcluded($0) ? 0 : health[$0] }
    let degraded = health.indices.map { isExcluded($0) ? 0 : degradedHealth[$0] }
    let total = min(100, healthy.reduce(0, +) + degraded.reduce(0, +))
    guard total > 0 else { return nil }
    var loads = self
    loads.load = load.map { _ in 0 }
    loads.degradedLoad = loads.load
    var remaining: UInt32 = 100
    while remaining > 0 {
      for level in healthy.indices {
        let share = min(remaining, healthy[level] * 100 / total)
        loads.load[level] += share
        remaining -= share
      }
      for level in degraded.indices {
        let share = min(remaining, degraded[level] * 100 / total)
        loads.degradedLoad[level] += share
        remaining -= share
      }
    }
    return loads
  }
}
