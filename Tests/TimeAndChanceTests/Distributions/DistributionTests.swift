import Testing
import TimeAndChance

/// The laws that every property is tested on.
private func laws() throws -> [Distribution] {
  let buckets: [Distribution.Bucket] = [
    .init(from: 0, to: 1, weight: 5), .init(from: 1, to: 1.5, weight: 20),
    .init(from: 2, to: 8, weight: 3), .init(from: 10, to: 10.5, weight: 0.01),
    .init(from: 11, to: 12, weight: 0),
  ]
  return [
    try Distribution(.constant(3)),
    try Distribution(.exponential(mean: 0.7)),
    try Distribution(.lognormal(p50: 1, p99: 6)),
    try Distribution(.lognormalTail(mean: 2, p99: 9)),
    try Distribution(.lognormalSpread(mean: 1, cv: 1.31083)),
    try Distribution(.gamma(mean: 2, cv: 0.5)),
    try Distribution(.gamma(mean: 1, cv: 1)),
    try Distribution(.gamma(mean: 1, cv: 2)),
    try Distribution(.pareto(min: 1, alpha: 4.5)),
    try Distribution(.uniform(min: 2, max: 5)),
    try Distribution(.empirical(buckets)),
    try Distribution(.exponential(mean: 1), min: 0.2, max: 2.5),
    try Distribution(.lognormal(p50: 1, p99: 6), min: 0.5, max: 6),
    try Distribution(.lognormalSpread(mean: 1, cv: 0.4), max: 1.5),
    try Distribution(.gamma(mean: 1, cv: 2), max: 3),
    try Distribution(.gamma(mean: 1, cv: 0.5), min: 1),
    try Distribution(.pareto(min: 1, alpha: 1), max: 50),
    try Distribution(.pareto(min: 1, alpha: 2), max: 50),
    try Distribution(.pareto(min: 1, alpha: 0.5), min: 2, max: 50),
    try Distribution(.uniform(min: 2, max: 5), min: 1, max: 3),
    try Distribution(.empirical(buckets), min: 0.5, max: 4),
  ]
}

@Suite struct DistributionTests {
  @Test func `draws follow the stated probabilities`() throws {
    for (index, law) in try laws().enumerated() {
      var builder = SamplingTables.Builder()
      let compiled = builder.compile(law)
      let tables = SamplingTables(builder)
      var random = RandomStream(seed: 21, name: "draws", index: UInt64(index))
      let draws = (0..<50_000).map { _ in compiled.sample(using: &random, tables.sampler) }
      #expect(kolmogorovSmirnov(draws, law.probability(atMost:)) < 1.95, "\(law.law)")
    }
  }

  @Test func `draws have the stated mean and variance`() throws {
    for (index, law) in try laws().enumerated() {
      var builder = SamplingTables.Builder()
      let compiled = builder.compile(law)
      let tables = SamplingTables(builder)
      var random = RandomStream(seed: 22, name: "moments", index: UInt64(index))
      let mean = try #require(law.mean)
      let variance = try #require(law.variance)
      let count = 100_000.0
      var (sum, squares, fourth) = (0.0, 0.0, 0.0)
      for _ in 0..<Int(count) {
        let offset = compiled.sample(using: &random, tables.sampler) - mean
        sum += offset
        squares += offset * offset
        fourth += offset * offset * offset * offset
      }
      #expect((sum / count).magnitude <= 4 * (variance / count).squareRoot(), "\(law.law)")
      let varianceError = ((fourth / count - variance * variance) / count).squareRoot()
      let tolerance = variance == 0 ? 0 : 5 * varianceError
      #expect((squares / count - variance).magnitude <= tolerance, "\(law.law)")
    }
  }

  // E X = ∫ P(X > x) dx and E X² = ∫ 2x·P(X > x) dx tie the moments to the probabilities.
  @Test func `moments are the integrals of the probabilities`() throws {
    for law in try laws() {
      let mean = try #require(law.mean)
      let variance = try #require(law.variance)
      // Steps grow with x, so that tails of any length are covered.
      var (x, first, second) = (0.0, 0.0, 0.0)
      while x < 3000 {
        let width = 0.0004 + 0.0008 * x
        let middle = x + 0.5 * width
        let above = 1 - law.probability(atMost: middle)
        if above == 0 && middle > 100 { break }
        first += width * above
        second += width * 2 * middle * above
        x += width
      }
      let secondMoment = variance + mean * mean
      #expect((first / mean - 1).magnitude < 2e-3, "\(law.law)")
      #expect((second / secondMoment - 1).magnitude < 4e-3, "\(law.law)")
    }
  }

  @Test func `a lognormal law hits its median and 99th percentile`() throws {
    for (p50, p99) in [(0.006, 0.040), (1e-6, 1e-6 * 1.001), (3.0, 4000.0)] {
      let law = try Distribution(.lognormal(p50: p50, p99: p99))
      #expect((law.probability(atMost: p50) - 0.5).magnitude < 1e-11)
      #expect((law.probability(atMost: p99) - 0.99).magnitude < 1e-11)
    }
  }

  @Test func `a lognormal law hits its mean and 99th percentile, as far as they go together`()
    throws
  {
    for ratio in [1.0001, 2, 10, 14.96] {
      let law = try Distribution(.lognormalTail(mean: 0.3, p99: 0.3 * ratio))
      let mean = try #require(law.mean)
      #expect((mean / 0.3 - 1).magnitude < 1e-12)
      #expect((law.probability(atMost: 0.3 * ratio) - 0.99).magnitude < 1e-9)
    }
    #expect(throws: DistributionError.self) {
      try Distribution(.lognormalTail(mean: 0.3, p99: 0.3 * 14.98))
    }
    #expect(throws: DistributionError.self) {
      try Distribution(.lognormalTail(mean: 0.3, p99: 0.29))
    }
  }

  @Test func `closed forms`() throws {
    let spread = try Distribution(.lognormalSpread(mean: 4, cv: 1.5))
    #expect((try #require(spread.mean) / 4 - 1).magnitude < 1e-14)
    #expect((try #require(spread.variance) / 36 - 1).magnitude < 1e-13)
    let narrow = try Distribution(.lognormalSpread(mean: 4, cv: 1e-5))
    #expect((try #require(narrow.variance) / 16e-10 - 1).magnitude < 1e-6)
    let gamma = try Distribution(.gamma(mean: 3, cv: 2))
    #expect(gamma.mean == 3)
    #expect((try #require(gamma.variance) / 36 - 1).magnitude < 1e-14)
    let pareto = try Distribution(.pareto(min: 2, alpha: 3))
    #expect(pareto.mean == 3)
    #expect(pareto.variance == 3)
    #expect(pareto.probability(atMost: 4) == 0.875)
    #expect(try Distribution(.pareto(min: 2, alpha: 1)).mean == nil)
    #expect(try Distribution(.pareto(min: 2, alpha: 2)).variance == nil)
    #expect(try Distribution(.pareto(min: 2, alpha: 1), min: 4).mean == nil)
    // Erlang of two stages of mean 1: P(X ≤ 2) = 1 - 3e⁻².
    let erlang = try Distribution(.gamma(mean: 2, cv: 0.5.squareRoot()))
    #expect((erlang.probability(atMost: 2) - (1 - 3 * RealMath.exp(-2))).magnitude < 1e-13)
    // What remains of an exponential law beyond a limit is the law again.
    let rest = try Distribution(.exponential(mean: 2), min: 3)
    #expect((try #require(rest.mean) - 5).magnitude < 1e-12)
    #expect((try #require(rest.variance) - 4).magnitude < 1e-10)
  }

  @Test func `no spread at all is a constant`() throws {
    for law: Distribution.Law in [
      .lognormal(p50: 2, p99: 2), .lognormalTail(mean: 2, p99: 2),
      .lognormalSpread(mean: 2, cv: 0), .gamma(mean: 2, cv: 0), .uniform(min: 2, max: 2),
      .empirical([.init(from: 2, to: 2, weight: 1)]),
    ] {
      var builder = SamplingTables.Builder()
      let distribution = try Distribution(law)
      let compiled = builder.compile(distribution)
      let tables = SamplingTables(builder)
      var random = RandomStream(seed: 23, name: "constant")
      for _ in 0..<100 { #expect(compiled.sample(using: &random, tables.sampler) == 2) }
      #expect(distribution.mean == 2)
      #expect(distribution.variance == 0)
    }
  }

  @Test(arguments: [
    Distribution.Law.constant(-1), .constant(.nan), .constant(.infinity), .constant(1e19),
    .exponential(mean: 0), .exponential(mean: -.infinity),
    .lognormal(p50: 0, p99: 1), .lognormal(p50: 2, p99: 1), .lognormal(p50: 1, p99: .nan),
    .lognormalSpread(mean: 1, cv: -0.1), .lognormalSpread(mean: 1, cv: 1001),
    .gamma(mean: 1, cv: 0.0001), .gamma(mean: 0, cv: 1), .gamma(mean: 1, cv: .nan),
    .pareto(min: 0, alpha: 2), .pareto(min: 1, alpha: 0), .pareto(min: 1, alpha: 0.09),
    .uniform(min: 3, max: 2), .uniform(min: -1, max: 2),
    .empirical([]), .empirical([.init(from: 0, to: 1, weight: 0)]),
    .empirical([.init(from: 0, to: 1, weight: -1)]),
    .empirical([.init(from: 2, to: 1, weight: 1)]),
    .empirical([.init(from: 0, to: 1, weight: 1), .init(from: 0.5, to: 2, weight: 1)]),
    .empirical([.init(from: 0, to: .infinity, weight: 1)]),
    .empirical(.init(repeating: .init(from: 0, to: 0, weight: 1), count: 65_537)),
  ])
  func `a wrong parameter is an error`(law: Distribution.Law) {
    #expect(throws: DistributionError.self) { try Distribution(law) }
  }

  @Test func `limits must leave a hundredth of the law`() throws {
    #expect(throws: DistributionError.self) {
      try Distribution(.exponential(mean: 1), min: 2, max: 1)
    }
    #expect(throws: DistributionError.self) { try Distribution(.constant(3), max: 2) }
    #expect(throws: DistributionError.self) { try Distribution(.exponential(mean: 1), max: .nan) }
    #expect(throws: DistributionError.self) {
      try Distribution(.uniform(min: 1, max: 2), min: 2, max: 3)
    }
    let edge = -RealMath.log(0.01)
    _ = try Distribution(.exponential(mean: 1), min: edge - 1e-6)
    #expect(throws: DistributionError.self) {
      try Distribution(.exponential(mean: 1), min: edge + 1e-6)
    }
  }

  @Test func `an error states the fact and the range`() {
    let error = #expect(throws: DistributionError.self) {
      try Distribution(.lognormal(p50: 0.5, p99: 0.25))
    }
    #expect(error?.description == "'p99' must be 0.5...1e+18, is 0.25")
  }

  @Test func `limits that exclude nothing change no draw`() throws {
    var builder = SamplingTables.Builder()
    let free = builder.compile(try Distribution(.pareto(min: 1, alpha: 2)))
    let bound = builder.compile(try Distribution(.pareto(min: 1, alpha: 2), min: 0.5))
    let tables = SamplingTables(builder)
    var (left, right) = (RandomStream(state: 5), RandomStream(state: 5))
    for _ in 0..<100 {
      #expect(
        free.sample(using: &left, tables.sampler) == bound.sample(using: &right, tables.sampler))
    }
  }
}
