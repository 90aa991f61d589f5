/// A retrying request's memory of the levels that it has tried: every `updateFrequency` tries they
/// are left out.
///
/// Trivial, one per request whose policy has `retry_priority: previous_priorities`. Levels beyond
/// 127 are not remembered (Envoy allows 0...128).
///
/// - Source: Envoy `source/extensions/retry/priority/previous_priorities/previous_priorities.cc`.
@frozen public struct PreviousPriorities: Sendable, Hashable {
  /// Levels left out, one bit each.
  public var excluded: UInt128 = 0
  /// Levels of the tries remembered, one bit each.
  @usableFromInline var attempted: UInt128 = 0
  /// How many tries are remembered.
  @usableFromInline var attempts: UInt32 = 0
  /// `update_frequency`, at least 1.
  public var updateFrequency: UInt32

  /// No level tried.
  @inlinable public init(updateFrequency: Int) {
    self.updateFrequency = UInt32(clamping: max(1, updateFrequency))
  }

  /// A try was sent to a host of that level.
  @inlinable public mutating func attempted(level: Int) {
    attempts &+= 1
    if level < 128 { attempted |= 1 << UInt128(level) }
  }

  /// The loads for the next pick: `original`, or those without the levels left out.
  ///
  /// When every level with availability was tried, the memory is cleared.
  public mutating func loads(_ original: PriorityLoads) -> PriorityLoads {
    guard attempts >= updateFrequency else { return original }
    if attempts % updateFrequency == 0 { excluded |= attempted }
    let mask = excluded
    if let loads = original.excluding({ $0 < 128 && mask & (1 << UInt128($0)) != 0 }) {
      return loads
    }
    excluded = 0
    attempted = 0
    attempts = 0
    return original.excluding({ _ in false }) ?? original
  }
}
