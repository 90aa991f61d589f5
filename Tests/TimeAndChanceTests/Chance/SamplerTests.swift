import Testing
import TimeAndChance

@Suite struct SamplerTests {
  private let sampler = Sampler.standard

  @Test func `exponential draws have the law's moments`() {
    var random = RandomStream(seed: 11, name: "exponential")
    let count = 400_000
    var powers = [0.0, 0.0, 0.0]
    for _ in 0..<count {
      let x = sampler.exponential(using: &random)
      #expect(x >= 0)
      powers[0] += x
      powers[1] += x * x
      powers[2] += x * x * x
    }
    // E Xⁿ = n!, with a variance of (2n)! - n!²; four standard errors.
    for (order, exact, variance) in [(0, 1.0, 1.0), (1, 2.0, 20.0), (2, 6.0, 684.0)] {
      let error = (variance / Double(count)).squareRoot()
      #expect((powers[order] / Double(count) - exact).magnitude < 4 * error)
    }
  }

  @Test func `normal draws have the law's moments`() {
    var random = RandomStream(seed: 12, name: "normal")
    let count = 400_000
    var powers = [0.0, 0.0, 0.0, 0.0]
    for _ in 0..<count {
      let x = sampler.normal(using: &random)
      var power = x
      for order in 0..<4 {
        powers[order] += power
        power *= x
      }
    }
    for (order, exact, variance) in [(0, 0.0, 1.0), (1, 1.0, 2.0), (2, 0.0, 15.0), (3, 3.0, 96.0)] {
      let error = (variance / Double(count)).squareRoot()
      #expect((powers[order] / Double(count) - exact).magnitude < 4 * error)
    }
  }

  @Test func `exponential draws follow the law everywhere`() {
    var random = RandomStream(seed: 13, name: "exponential")
    let draws = (0..<200_000).map { _ in sampler.exponential(using: &random) }
    #expect(kolmogorovSmirnov(draws) { 1 - RealMath.exp(-$0) } < 1.95)
  }

  @Test func `normal draws follow the law everywhere`() throws {
    var random = RandomStream(seed: 14, name: "normal")
    let draws = (0..<200_000).map { _ in sampler.normal(using: &random) }
    // The lognormal law of location 0 and spread 1 has the normal law's probabilities.
    let law = try Distribution(
      .lognormal(p50: 1, p99: RealMath.exp(2.3263478740408408)))
    #expect(kolmogorovSmirnov(draws) { law.probability(atMost: RealMath.exp($0)) } < 1.95)
  }

  // Beyond 7.697 and 3.654 other code draws than before.
  @Test func `the tails have the right weight and shape`() {
    var random = RandomStream(seed: 15, name: "tails")
    let count = 4_000_000
    var (exponentialTail, exponentialFar, normalTail, normalFar) = (0, 0, 0, 0)
    for _ in 0..<count {
      let x = sampler.exponential(using: &random)
      if x > 7.7 { exponentialTail += 1 }
      if x > 8.7 { exponentialFar += 1 }
      let z = sampler.normal(using: &random).magnitude
      if z > 3.66 { normalTail += 1 }
      if z > 4 { normalFar += 1 }
    }
    for (seen, probability) in [
      (exponentialTail, 0.00045282718288679695), (exponentialFar, 0.00016658581098763354),
      (normalTail, 0.0002522152482769734), (normalFar, 6.334248366623993e-05),
    ] {
      let expected = Double(count) * probability
      #expect((Double(seen) - expected).magnitude < 4 * expected.squareRoot())
    }
  }

  @Test func `half of the normal draws are negative`() {
    var random = RandomStream(seed: 16, name: "sign")
    var negative = 0
    for _ in 0..<100_000 where sampler.normal(using: &random) < 0 { negative += 1 }
    #expect((negative - 50_000).magnitude < 600)
  }

  // The numbers are those of this very code; they fix the bits on every machine and in every build.
  @Test func `the draws are the same everywhere`() {
    var random = RandomStream(seed: 17, name: "golden")
    var digest: UInt64 = 0
    for _ in 0..<100_000 {
      digest = (digest ^ sampler.exponential(using: &random).bitPattern) &* 0x100_0000_01B3
      digest = (digest ^ sampler.normal(using: &random).bitPattern) &* 0x100_0000_01B3
    }
    #expect(digest == 3_756_959_139_910_218_993)
  }
}
