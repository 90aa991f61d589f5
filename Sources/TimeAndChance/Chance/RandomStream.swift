/// A stream of random numbers with a name: eight bytes of state, the same numbers on every machine.
///
/// Each source of chance (an arrival process, a service time, a balancer) owns one, derived from
/// the run's seed, the replication and a stable name. Changing one policy therefore leaves the
/// draws of all others as they were, which is what makes comparisons sharp.
///
/// - Source: wyrand, from W. Yi's wyhash (public domain): add a constant, multiply by a mix of
///   itself, fold the 128-bit product. Seeds must be well mixed; ``init(seed:replication:name:)``
///   does that with the splitmix64 finaliser.
@frozen public struct RandomStream: Sendable {
  @usableFromInline var state: UInt64

  /// A stream whose state is exactly `state`; for tests that pin the generator.
  @inlinable public init(state: UInt64) { self.state = state }

  /// The stream of that name in that replication of a run with that seed.
  public init(seed: UInt64, replication: UInt64 = 0, name: String) {
    var hash = Self.mix(seed &+ 0x9E37_79B9_7F4A_7C15)
    hash = Self.mix(hash ^ (replication &* 0xD1B5_4A32_D192_ED03 &+ 1))
    for byte in name.utf8 { hash = Self.mix(hash ^ UInt64(byte)) }
    state = hash
  }

  /// The splitmix64 finaliser: every input bit reaches every output bit.
  @inlinable static func mix(_ value: UInt64) -> UInt64 {
    var z = value &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z &>> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z &>> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z &>> 31)
  }

  /// 64 random bits.
  @inlinable @inline(__always) public mutating func next() -> UInt64 {
    state &+= 0xA076_1D64_78BD_642F
    let product = state.multipliedFullWidth(by: state ^ 0xE703_7ED1_A0B4_28DB)
    return product.high ^ product.low
  }

  /// An even draw from `[0, 1)`, a multiple of 2⁻⁵³.
  @inlinable @inline(__always) public mutating func unit() -> Double {
    Double(next() &>> 11) * 0x1p-53
  }

  /// An even draw from `0 ..< bound`, 0 when `bound` is 0.
  ///
  /// One draw; biased by at most 2⁻³².
  @inlinable @inline(__always) public mutating func below(_ bound: UInt32) -> UInt32 {
    UInt32(truncatingIfNeeded: ((next() &>> 32) &* UInt64(bound)) &>> 32)
  }

  /// Two even draws from `0 ..< bound` out of one number: its upper half, then its lower.
  @inlinable @inline(__always) public mutating func twoBelow(_ bound: UInt32) -> (UInt32, UInt32) {
    let bits = next()
    let range = UInt64(bound)
    return (
      UInt32(truncatingIfNeeded: ((bits &>> 32) &* range) &>> 32),
      UInt32(truncatingIfNeeded: ((bits & 0xFFFF_FFFF) &* range) &>> 32)
    )
  }
}
