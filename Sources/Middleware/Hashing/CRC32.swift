/// The CRC-32 of zlib, Ethernet and nginx, fed piece by piece.
///
/// - Source: nginx `src/core/ngx_crc32.h`; polynomial 0xEDB88320 (reflected), start and end
///   inverted. nginx's `hash` balancing and its `limit_req` zones use it.
public struct CRC32: Sendable, Equatable {
  private static let table: [UInt32] = (0..<256).map { index in
    var value = UInt32(index)
    for _ in 0..<8 {
      value = value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1
    }
    return value
  }

  private var state: UInt32 = 0xFFFF_FFFF

  /// A sum over no bytes yet.
  public init() {}

  /// The sum over these bytes.
  public init(of bytes: some Sequence<UInt8>) {
    update(bytes)
  }

  /// Adds further bytes.
  public mutating func update(_ bytes: some Sequence<UInt8>) {
    for byte in bytes {
      state = Self.table[Int((state ^ UInt32(byte)) & 0xFF)] ^ (state >> 8)
    }
  }

  /// The sum over all bytes so far.
  public var value: UInt32 { ~state }
}
