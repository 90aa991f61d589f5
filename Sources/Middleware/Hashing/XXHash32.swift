/// The 32-bit xxHash of a byte string.
///
/// - Source: the xxHash specification (Y. Collet); Kong's consistent-hashing balancer uses it with
///   seed 0 (`kong/runloop/balancer/consistent_hashing.lua`, module `luaxxhash`).
public enum XXHash32 {
  private static let prime1: UInt32 = 0x9E37_79B1
  private static let prime2: UInt32 = 0x85EB_CA77
  private static let prime3: UInt32 = 0xC2B2_AE3D
  private static let prime4: UInt32 = 0x27D4_EB2F
  private static let prime5: UInt32 = 0x1656_67B1

  /// The hash of `bytes` under `seed` (0 by default).
  public static func hash(_ bytes: [UInt8], seed: UInt32 = 0) -> UInt32 {
    var position = 0
    var hash: UInt32
    if bytes.count >= 16 {
      var lanes = (
        seed &+ prime1 &+ prime2, seed &+ prime2, seed, seed &- prime1
      )
      while position + 16 <= bytes.count {
        lanes.0 = round(lanes.0, word(bytes, position))
        lanes.1 = round(lanes.1, word(bytes, position + 4))
        lanes.2 = round(lanes.2, word(bytes, position + 8))
        lanes.3 = round(lanes.3, word(bytes, position + 12))
        position += 16
      }
      hash =
        rotate(lanes.0, 1) &+ rotate(lanes.1, 7) &+ rotate(lanes.2, 12) &+ rotate(lanes.3, 18)
    } else {
      hash = seed &+ prime5
    }
    hash = hash &+ UInt32(truncatingIfNeeded: bytes.count)
    while position + 4 <= bytes.count {
      hash = rotate(hash &+ word(bytes, position) &* prime3, 17) &* prime4
      position += 4
    }
    while position < bytes.count {
      hash = rotate(hash &+ UInt32(bytes[position]) &* prime5, 11) &* prime1
      position += 1
    }
    hash = (hash ^ (hash >> 15)) &* prime2
    hash = (hash ^ (hash >> 13)) &* prime3
    return hash ^ (hash >> 16)
  }

  private static func round(_ lane: UInt32, _ word: UInt32) -> UInt32 {
    rotate(lane &+ word &* prime2, 13) &* prime1
  }

  private static func rotate(_ value: UInt32, _ bits: UInt32) -> UInt32 {
    value << bits | value >> (32 - bits)
  }

  private static func word(_ bytes: [UInt8], _ at: Int) -> UInt32 {
    UInt32(bytes[at]) | UInt32(bytes[at + 1]) << 8 | UInt32(bytes[at + 2]) << 16
      | UInt32(bytes[at + 3]) << 24
  }
}
