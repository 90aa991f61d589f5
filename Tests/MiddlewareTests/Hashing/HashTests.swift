import Middleware
import Testing

@Suite struct HashTests {
  @Test(arguments: [
    ("", 0 as UInt32), ("123456789", 0xCBF4_3926), ("a", 0xE8B7_BE43),
    ("The quick brown fox jumps over the lazy dog", 0x414F_A339),
  ])
  func `CRC-32 gives the published check values`(text: String, expected: UInt32) {
    #expect(CRC32(of: text.utf8).value == expected)
    var pieces = CRC32()
    for byte in text.utf8 { pieces.update(CollectionOfOne(byte)) }
    #expect(pieces.value == expected)
  }

  @Test(arguments: [
    ("", 0x02CC_5D05 as UInt32), ("a", 0x550D_7456), ("abc", 0x32D1_53FF),
    ("Nobody inspects the spammish repetition", 0xE229_3B2F),
  ])
  func `xxHash gives the published check values`(text: String, expected: UInt32) {
    #expect(XXHash32.hash(Array(text.utf8)) == expected)
  }

  @Test func `sdbm and djb2 follow their recurrences`() {
    #expect(HAProxyHash.sdbm("a".utf8) == 97)
    #expect(HAProxyHash.sdbm("ab".utf8) == 97 &* 65_599 &+ 98)
    #expect(HAProxyHash.djb2("a".utf8) == 5381 * 33 + 97)
    #expect(HAProxyHash.crc32("123456789".utf8) == 0xCBF4_3926)
    #expect(HAProxyHash.source((10, 0, 0, 1)) == 0x0A00_0001)
  }
}
