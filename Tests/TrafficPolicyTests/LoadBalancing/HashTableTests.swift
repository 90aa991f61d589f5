import Testing
import TimeAndChance
import TrafficPolicy

@Suite struct HashTableTests {
  /// Values of the reference implementation (xxHash 0.8, XXH64).
  @Test func `xxHash64 gives the reference values`() {
    #expect(XXHash64.hash("") == 0xEF46_DB37_51D8_E999)
    #expect(XXHash64.hash("a") == 0xD24E_C4F1_A98C_6E5B)
    #expect(XXHash64.hash("abc") == 0x44BC_2CF5_AD77_0999)
    #expect(
      XXHash64.hash("Nobody inspects the spammish repetition") == 0xFBCE_A83C_8A37_8BF1)
    #expect(XXHash64.hash("", seed: 1) == 0xD5AF_BA13_36A3_BE4B)
  }

  @Test func `a number hashes as its eight bytes`() {
    for value in [0, 1, 0x0123_4567_89AB_CDEF, UInt64.max] {
      let bytes = withUnsafeBytes(of: value.littleEndian) { XXHash64.hash($0, seed: 7) }
      #expect(XXHash64.hash(value, seed: 7) == bytes)
    }
  }

  static func entries(_ names: String) -> [HashedHost] {
    names.enumerated().map {
      HashedHost(
        host: UInt32($0.offset), key: String($0.element), weight: 1 / Double(names.count))
    }
  }

  /// The hosts of keys `key-0` to `key-1999`, one letter each.
  static func placement(_ names: String, _ host: (UInt64) -> UInt32?) -> [Character] {
    let letters = Array(names)
    return (0..<2_000).map { key in
      host(XXHash64.hash("key-\(key)")).map { letters[Int($0)] } ?? "?"
    }
  }

  /// Placements before and after the loss of C: shares, first keys, moved keys.
  func expectPlacements(
    _ before: [Character], _ after: [Character], sharesBefore: [Int], sharesAfter: [Int],
    firstBefore: String, firstAfter: String, movedBetweenSurvivors: Int
  ) {
    func share(_ placed: [Character], _ name: Character) -> Int { placed.count { $0 == name } }
    #expect("ABCDE".map { share(before, $0) } == sharesBefore)
    #expect("ABDE".map { share(after, $0) } == sharesAfter)
    #expect(String(before.prefix(40)) == firstBefore)
    #expect(String(after.prefix(40)) == firstAfter)
    let moved = zip(before, after).count { $0 != "C" && $0 != $1 }
    #expect(moved == movedBetweenSurvivors)
  }

  @Test func `the ring places every key where Envoy places it`() {
    let full = RingHashTable(
      Self.entries("ABCDE"), minimumRingSize: 1024, maximumRingSize: 8_388_608)
    let less = RingHashTable(
      Self.entries("ABDE"), minimumRingSize: 1024, maximumRingSize: 8_388_608)
    #expect(full.count == 1025)
    #expect(less.count == 1024)
    expectPlacements(
      Self.placement("ABCDE") { full.host(of: $0) }, Self.placement("ABDE") { less.host(of: $0) },
      sharesBefore: [414, 436, 374, 404, 372], sharesAfter: [501, 542, 486, 471],
      firstBefore: "DBEBBCEBDDABBABBCEDAECAEBACBDBDDEEAEABEB",
      firstAfter: "DBEDBAEBDDABBABBBEDAEBABBABBDBDDEEAAABEB", movedBetweenSurvivors: 225)
  }

  @Test func `Maglev places every key where Envoy places it`() {
    let full = MaglevTable(Self.entries("ABCDE"))
    let less = MaglevTable(Self.entries("ABDE"))
    expectPlacements(
      Self.placement("ABCDE") { full.host(of: $0) }, Self.placement("ABDE") { less.host(of: $0) },
      sharesBefore: [372, 380, 380, 429, 439], sharesAfter: [466, 477, 520, 537],
      firstBefore: "EACCEEACBDEEACDBCDDAAABBDCEDEEDDBEACDEEB",
      firstAfter: "EADDEEABBDEEAADBDDDAABBBDEEDEEDDBEAADEEB", movedBetweenSurvivors: 2)
  }

  @Test func `weights decide points and slots`() {
    let entries = [
      HashedHost(host: 0, key: "a", weight: 0.25), HashedHost(host: 1, key: "b", weight: 0.75),
    ]
    let ring = RingHashTable(entries, minimumRingSize: 1024, maximumRingSize: 2048)
    #expect(ring.count == 1024)
    let table = MaglevTable(entries, size: 1009)
    var count = 0
    for slot in 0..<UInt64(1009) where table.host(of: slot) == 0 { count += 1 }
    #expect(abs(count - 1009 / 4) <= 2)
    #expect(RingHashTable([], minimumRingSize: 1024, maximumRingSize: 2048).host(of: 1) == nil)
    #expect(MaglevTable([]).host(of: 1) == nil)
  }

  @Test func `further picks of a retry step along the ring and change Maglev's hash`() {
    let ring = RingHashTable(
      Self.entries("ABCDE"), minimumRingSize: 1024, maximumRingSize: 8_388_608)
    let key = XXHash64.hash("key-5")
    let seen = Set((0..<30).map { ring.host(of: key, attempt: $0) })
    #expect(seen.count == 5)
    let maglev = MaglevTable(Self.entries("ABCDE"))
    let other = Set((0..<30).map { maglev.host(of: key, attempt: $0) })
    #expect(other.count == 5)
  }
}
