/// The hash functions of HAProxy's `hash-type`.
///
/// - Source: HAProxy `src/hash.c` (`hash_sdbm`, `hash_djb2`) and `include/haproxy/tools.h`
///   (`full_hash`, Bob Jenkins' full avalanche).
public enum HAProxyHash: Sendable, Equatable {
  /// `sdbm`, the default.
  case sdbm
  /// `djb2`.
  case djb2
  /// `crc32`.
  case crc32

  /// The hash of a key, spread by ``avalanche(_:)`` where the configuration says `avalanche`.
  public func callAsFunction(_ key: some Sequence<UInt8>, avalanche: Bool = false) -> UInt32 {
    let plain: UInt32
    switch self {
    case .sdbm:
      plain = key.reduce(0) { hash, byte in
        UInt32(byte) &+ (hash << 6) &+ (hash << 16) &- hash
      }
    case .djb2:
      plain = key.reduce(5381) { hash, byte in (hash << 5) &+ hash &+ UInt32(byte) }
    case .crc32:
      plain = CRC32(of: key).value
    }
    return avalanche ? Self.avalanche(plain) : plain
  }

  /// Every input bit reaches every output bit; the last product spreads results over the ring.
  public static func avalanche(_ value: UInt32) -> UInt32 {
    var a = value
    a = (a &+ 0x7ed5_5d16) &+ (a << 12)
    a = (a ^ 0xc761_c23c) ^ (a >> 19)
    a = (a &+ 0x1656_67b1) &+ (a << 5)
    a = (a &+ 0xd3a2_646c) ^ (a << 9)
    a = (a &+ 0xfd70_46c5) &+ (a << 3)
    a = (a ^ 0xb55a_4f09) ^ (a >> 16)
    return a &* 3_221_225_473
  }

  /// The hash of an IPv4 address for `balance source`: its four bytes as one big-endian number.
  public static func source(_ address: (UInt8, UInt8, UInt8, UInt8)) -> UInt32 {
    UInt32(address.0) << 24 | UInt32(address.1) << 16 | UInt32(address.2) << 8
      | UInt32(address.3)
  }
}
