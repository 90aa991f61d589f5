import Testing
import TimeAndChance

@Suite struct RandomStreamDrawsTests {
  @Test func `a wide bound is met evenly`() {
    var random = RandomStream(seed: 4, name: "below")
    // Three quarters of all 64-bit numbers: without rejection some results were twice as likely.
    let bound: UInt64 = 3 << 62
    var lowerHalf = 0
    for _ in 0..<100_000 where random.below(bound) < bound / 2 { lowerHalf += 1 }
    // Binomial with a standard deviation of 158.
    #expect((lowerHalf - 50_000).magnitude < 600)
  }

  @Test(arguments: [1, 2, 7, 1000, 1 << 40, UInt64.max])
  func `draws stay below their bound`(bound: UInt64) {
    var random = RandomStream(seed: bound, name: "below")
    for _ in 0..<1000 { #expect(random.below(bound) < bound) }
  }

  @Test func `a bound of zero gives zero`() {
    var random = RandomStream(seed: 1, name: "below")
    #expect(random.below(UInt64(0)) == 0)
    #expect(random.below(UInt32(0)) == 0)
  }

  @Test func `each of seven results comes a seventh of the time`() {
    var random = RandomStream(seed: 5, name: "below")
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<70_000 { counts[Int(random.below(UInt64(7)))] += 1 }
    let chiSquare = counts.reduce(0.0) { $0 + Double(($1 - 10_000) * ($1 - 10_000)) / 10_000 }
    #expect(chiSquare < 22.5)  // 0.1 % with six degrees of freedom
  }

  @Test func `chance is certain at the ends and always takes one draw`() {
    for p in [-1, 0, 0.3, 1, 2, Double.nan] {
      var random = RandomStream(seed: 6, name: "chance")
      var reference = random
      let happened = random.chance(p)
      if p <= 0 || p.isNaN { #expect(!happened) }
      if p >= 1 { #expect(happened) }
      _ = reference.next()
      #expect(random.next() == reference.next())
    }
    var random = RandomStream(seed: 6, name: "chance")
    var hits = 0
    for _ in 0..<100_000 where random.chance(0.3) { hits += 1 }
    #expect((hits - 30_000).magnitude < 600)  // standard deviation 145
  }

  @Test func `children differ from one another and are not shifted copies`() {
    let family = RandomStream(seed: 7, name: "hosts")
    var firsts = Set<UInt64>()
    for index in 0..<10_000 {
      var child = family.child(UInt64(index))
      for _ in 0..<3 { firsts.insert(child.next()) }
    }
    #expect(firsts.count == 30_000)
  }

  @Test func `neighbouring children are uncorrelated`() {
    let family = RandomStream(seed: 8, name: "hosts")
    var previous = family.child(0)
    var sum = 0.0
    for index in 1...10_000 {
      var child = family.child(UInt64(index))
      sum += (previous.unit() - 0.5) * (child.unit() - 0.5)
      previous = family.child(UInt64(index))
    }
    // The mean of 10 000 products of variance 1/144.
    #expect((sum / 10_000).magnitude < 4 / 12.0 / 100)
  }

  @Test func `a name with an index is a child of the name`() {
    var direct = RandomStream(seed: 9, replication: 2, name: "service", index: 17)
    var child = RandomStream(seed: 9, replication: 2, name: "service").child(17)
    #expect(direct.next() == child.next())
  }

  // wyrand's published recurrence, computed apart from this code with whole numbers of any size.
  @Test func `the generator is wyrand`() {
    var random = RandomStream(state: 12345)
    let expected: [UInt64] = [
      0x3440_F9F4_6981_0C7B, 0xC794_9C1F_4870_8594, 0xDA98_0E92_2B5F_67F8,
    ]
    #expect([random.next(), random.next(), random.next()] == expected)
  }
}
