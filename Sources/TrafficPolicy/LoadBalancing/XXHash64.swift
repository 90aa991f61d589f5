/// xxHash64, the hash of Envoy's consistent-hash balancers.
///
/// - Source: Y. Collet's xxHash specification (XXH64); used by Envoy
///   `source/common/common/hash.h` (HashUtil::xxHash64).
public enum XXHash64 {
  @usableFromInline static var prime1: UInt64 { 0x9E37_79B1_85EB_CA87 }
  @usableFromInline static var prime2: UInt64 { 0xC2B2_AE3D_27D4_EB4F }
  @usableFromInline static var prime3: UInt64 { 0x1656_67B1_9E37_79F9 }
  @usableFromInline static var prime4: UInt64 { 0x85EB_CA77_C2B2_AE63 }
  @usableFromInline static var prime5: UInt64 { 0x27D4_EB2F_1656_67C5 }

  /// The hash of a text's UTF-8 bytes.
  public static func hash(_ text: String, seed: UInt64 = 0) -> UInt64 {
    var text = text
    return text.withUTF8 { hash(UnsafeRawBufferPointer($0), seed: seed) }
  }

  /// The hash of a number's eight bytes, lowest first.
  @inlinable public static func hash(_ value: UInt64, seed: UInt64 = 0) -> UInt64 {
    var hash = seed &+ prime5 &+ 8
    hash = rotate(hash ^ round(0, value), 27) &* prime1 &+ prime4
    return avalanche(hash)
  }

  /// The key of several hash policies: the one so far, and the next one's hash.
  ///
  /// - Source: Envoy `source/common/http/hash_policy.cc` (generateHash).
  @inlinable public static func combine(_ hash: UInt64?, _ next: UInt64) -> UInt64 {
    guard let hash else { return next }
    return rotate(hash, 1) ^ next
  }

  /// The hash of bytes.
  public static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
    var offset = 0
    let count = bytes.count
    func word(_ at: Int) -> UInt64 {
      UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
    }
    var hash: UInt64
    if count >= 32 {
      var lane1 = seed &+ prime1 &+ prime2
      var lane2 = seed &+ prime2
      var lane3 = seed
      var lane4 = seed &- prime1
      while count - offset >= 32 {
        lane1 = round(lane1, word(offset))
        lane2 = round(lane2, word(offset + 8))
        lane3 = round(lane3, word(offset + 16))
        lane4 = round(lane4, word(offset + 24))
        offset += 32
      }
      hash =
        rotate(lane1, 1) &+ rotate(lane2, 7) &+ rotate(lane3, 12) &+ rotate(lane4, 18)
      hash = merge(hash, lane1)
      hash = merge(hash, lane2)
      hash = merge(hash, lane3)
      hash = merge(hash, lane4)
    } else {
      hash = seed &+ prime5
    }
    hash &+= UInt64(count)
    while count - offset >= 8 {
      hash = rotate(hash ^ round(0, word(offset)), 27) &* prime1 &+ prime4
      offset += 8
    }
    if count - offset >= 4 {
      let half = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
      hash ^= UInt64(UInt32(littleEndian: half)) &* prime1
      hash = rotate(hash, 23) &* prime2 &+ prime3
      offset += 4
    }
    while offset < count {
      hash = rotate(hash ^ (UInt64(bytes[offset]) &* prime5), 11) &* prime1
      offset += 1
    }
    return avalanche(hash)
  }

  @inlinable static func rotate(_ value: UInt64, _ bits: UInt64) -> UInt64 {
    (value &<< bits) | (value &>> (64 &- bits))
  }
  @inlinable static func round(_ lane: UInt64, _ input: UInt64) -> UInt64 {
    rotate(lane &+ (input &* prime2), 31) &* prime1
  }
  @inlinable static func merge(_ hash: UInt64, _ lane: UInt64) -> UInt64 {
    ((hash ^ round(0, lane)) &* prime1) &+ prime4
  }
  @inlinable static func avalanche(_ value: UInt64) -> UInt64 {
    var hash = value
    hash = (hash ^ (hash &>> 33)) &* prime2
    hash = (hash ^ (hash &>> 29)) &* prime3
    return hash ^ (hash &>> 32)
  }
}
