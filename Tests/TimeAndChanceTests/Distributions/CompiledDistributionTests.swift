import Testing
import TimeAndChance

@Suite struct CompiledDistributionTests {
  @Test func `a compiled law is plain data of 48 bytes`() {
    #expect(MemoryLayout<CompiledDistribution>.stride == 48)
  }

  @Test func `several measured laws share one table`() throws {
    var builder = SamplingTables.Builder()
    let laws = try (1...20).map { (size: Int) throws -> CompiledDistribution in
      let buckets = (0..<size).map {
        Distribution.Bucket(
          from: Double(100 * size + $0), to: Double(100 * size + $0 + 1), weight: Double($0 + 1))
      }
      return builder.compile(try Distribution(.empirical(buckets)))
    }
    let tables = SamplingTables(builder)
    var random = RandomStream(seed: 31, name: "shared")
    for (index, law) in laws.enumerated() {
      let size = Double(index + 1)
      var counts = [Int](repeating: 0, count: index + 1)
      for _ in 0..<5_000 {
        let value = law.sample(using: &random, tables.sampler)
        #expect(value >= 100 * size && value <= 101 * size)
        counts[min(Int(value - 100 * size), index)] += 1
      }
      for (place, count) in counts.enumerated() {
        let expected = 5_000 * Double(place + 1) / (size * (size + 1) / 2)
        #expect((Double(count) - expected).magnitude < 4.5 * expected.squareRoot())
      }
    }
  }

  @Test(arguments: [
    (0.0, 0), (1e-9, 1), (0.4e-9, 0), (0.6e-9, 1), (0.25, 250_000_000),
    (2_251_799, 2_251_799_000_000_000),
    (2_300_000, 2_300_000_000_000_000), (1e9, 1 << 55), (1e18, 1 << 55),
  ])
  func `seconds become whole nanoseconds`(seconds: Double, nanoseconds: Int64) {
    var random = RandomStream(state: 1)
    let law = CompiledDistribution.constant(seconds)
    #expect(law.sampleNanoseconds(using: &random, .standard) == nanoseconds)
  }

  @Test func `nanoseconds are the rounded seconds, for every kind of law`() throws {
    var builder = SamplingTables.Builder()
    let laws = [
      builder.compile(try Distribution(.exponential(mean: 0.01))),
      builder.compile(try Distribution(.lognormal(p50: 0.006, p99: 0.040))),
      builder.compile(try Distribution(.pareto(min: 1, alpha: 0.1))),
      builder.compile(try Distribution(.gamma(mean: 0.1, cv: 1000))),
    ]
    let tables = SamplingTables(builder)
    for law in laws {
      var (left, right) = (RandomStream(state: 9), RandomStream(state: 9))
      for _ in 0..<10_000 {
        let seconds = law.sample(using: &left, tables.sampler)
        let nanoseconds = law.sampleNanoseconds(using: &right, tables.sampler)
        let exact = min(seconds * 1e9, 0x1p55)
        #expect((Double(nanoseconds) - exact).magnitude <= 0.5 + exact * 1e-15)
      }
    }
  }

  // The numbers are those of this very code; they fix the bits on every machine and in every build.
  @Test func `the draws are the same everywhere`() throws {
    var builder = SamplingTables.Builder()
    let laws = [
      builder.compile(try Distribution(.lognormal(p50: 0.006, p99: 0.040))),
      builder.compile(try Distribution(.gamma(mean: 1, cv: 2))),
      builder.compile(try Distribution(.pareto(min: 1, alpha: 2))),
      builder.compile(try Distribution(.lognormal(p50: 0.006, p99: 0.040), max: 0.1)),
      builder.compile(
        try Distribution(
          .empirical([.init(from: 0, to: 1, weight: 3), .init(from: 1, to: 7, weight: 1)]))),
    ]
    let tables = SamplingTables(builder)
    var random = RandomStream(seed: 32, name: "golden")
    var digest: UInt64 = 0
    for _ in 0..<20_000 {
      for law in laws {
        let value = law.sampleNanoseconds(using: &random, tables.sampler)
        digest = (digest ^ UInt64(value)) &* 0x100_0000_01B3
      }
    }
    #expect(digest == 4_695_656_636_260_396_400)
  }
}
