/// A consistent-hash table after Google's Maglev: each host fills slots in its own order, in turn.
///
/// Immutable, so that all proxies that see the same hosts share one.
///
/// - Source: Envoy `source/extensions/load_balancing_policies/maglev/maglev_lb.cc`
///   (constructMaglevTableInternal, chooseHost).
public struct MaglevTable: Sendable {
  private let slots: ContiguousArray<UInt32>

  /// The table of weighted hosts; `size` is prime.
  public init(_ entries: [HashedHost], size: Int = 65537) {
    guard size > 1, let heaviest = entries.map(\.weight).max(), heaviest > 0 else {
      slots = []
      return
    }
    let modulus = UInt64(size)
    // Envoy breaks ties of equal keys by the host's address in memory; we by its index.
    let sorted = entries.sorted {
      let left = ContiguousArray($0.key.utf8)
      let right = ContiguousArray($1.key.utf8)
      return left == right ? $0.host < $1.host : left.lexicographicallyPrecedes(right)
    }
    let offsets = sorted.map { XXHash64.hash($0.key) % modulus }
    let skips = sorted.map { XXHash64.hash($0.key, seed: 1) % (modulus - 1) + 1 }
    var targets = [Double](repeating: 0, count: sorted.count)
    var next = [UInt64](repeating: 0, count: sorted.count)
    let empty = UInt32.max
    var slots = ContiguousArray<UInt32>(repeating: empty, count: size)
    var filled = 0
    var iteration = 1.0
    while filled < size {
      for index in sorted.indices where filled < size {
        if iteration * sorted[index].weight < targets[index] { continue }
        targets[index] += heaviest
        var slot = (offsets[index] &+ skips[index] &* next[index]) % modulus
        while slots[Int(slot)] != empty {
          next[index] += 1
          slot = (offsets[index] &+ skips[index] &* next[index]) % modulus
        }
        slots[Int(slot)] = sorted[index].host
        next[index] += 1
        filled += 1
      }
      iteration += 1
    }
    self.slots = slots
  }

  /// The number of slots; 0 without hosts.
  public var count: Int { slots.count }

  /// The host of a key; pick `attempt` of a retry, counted from 0, is mixed into the hash.
  public func host(of hash: UInt64, attempt: Int = 0) -> UInt32? {
    guard !slots.isEmpty else { return nil }
    let mixed = attempt > 0 ? hash ^ (UInt64.max &- UInt64(attempt) &+ 1) : hash
    return slots[Int(mixed % UInt64(slots.count))]
  }
}
