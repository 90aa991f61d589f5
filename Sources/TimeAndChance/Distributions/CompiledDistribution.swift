/// A law made ready for drawing: 48 bytes without references, to be kept in tables of plain data.
///
/// Made by ``SamplingTables/Builder``. The common laws are drawn where the call stands; gamma,
/// Pareto and truncated laws take a call.
@frozen public struct CompiledDistribution: Sendable {
  /// How to draw.
  @frozen @usableFromInline enum Method: UInt8, Sendable {
    case constant, exponential, lognormal, uniform, empirical, gamma, pareto, truncated
  }

  @usableFromInline let method: Method
  /// The method whose draws a truncated law picks from.
  @usableFromInline let untruncated: Method
  // What these mean depends on the method; see the initialisers.
  @usableFromInline let a: Double
  @usableFromInline let b: Double
  @usableFromInline let c: Double
  @usableFromInline let low: Double
  @usableFromInline let high: Double

  init(_ method: Method, _ a: Double, _ b: Double = 0, _ c: Double = 0, within limits: Limits?) {
    self.method = limits == nil ? method : .truncated
    untruncated = method
    self.a = a
    self.b = b
    self.c = c
    low = limits?.low ?? 0
    high = limits?.high ?? .infinity
  }

  /// A law that always gives this value, and takes no draw.
  public static func constant(_ value: Double) -> CompiledDistribution {
    CompiledDistribution(.constant, value, within: nil)
  }

  /// A draw, in seconds or the law's own unit; never negative.
  ///
  /// Takes no random number for a constant, one for uniform and empirical laws, mostly one for
  /// exponential and lognormal laws, several for the others.
  @inlinable @inline(__always)
  public func sample(using random: inout RandomStream, _ sampler: Sampler) -> Double {
    switch method {
    case .constant: return a
    case .exponential: return a * sampler.exponential(using: &random)
    case .lognormal:
      return RealMath.exp(a + b * sampler.normal(using: &random), powers: sampler.powers)
    case .uniform: return a + b * random.unit()
    case .empirical: return measured(using: &random, sampler)
    case .gamma, .pareto, .truncated: return rareSample(using: &random, sampler)
    }
  }

  /// A draw of a law in seconds, as the nearest whole number of nanoseconds.
  ///
  /// Draws of more than 2⁵⁵ ns (1.14 years, half of what an instant can hold) become 2⁵⁵ ns: they
  /// outlast every run, and the sum with the present instant stays an instant.
  @inlinable @inline(__always)
  public func sampleNanoseconds(using random: inout RandomStream, _ sampler: Sampler) -> Int64 {
    let nanoseconds = sample(using: &random, sampler) * 1e9
    guard nanoseconds < 0x1p51 else { return Self.manyNanoseconds(nanoseconds) }
    // Adding 1.5·2⁵² rounds to a whole number and leaves it in the lowest 51 bits.
    return Int64(bitPattern: (nanoseconds + 0x1.8p52).bitPattern & 0x7_FFFF_FFFF_FFFF)
  }

  /// The whole nanoseconds of a draw of more than 26 days.
  @usableFromInline @inline(never) static func manyNanoseconds(_ nanoseconds: Double) -> Int64 {
    nanoseconds < 0x1p55 ? Int64(nanoseconds + 0.5) : 1 &<< 55
  }

  /// A draw from a histogram by Walker's alias method.
  ///
  /// `a` and `b` hold, as bit patterns, the number of the first slot and of all slots. One random
  /// number picks the slot, which of its two pieces, and the place in the piece; which piece is as
  /// good as a coin, so it is chosen without a branch.
  @inlinable @inline(__always)
  func measured(using random: inout RandomStream, _ sampler: Sampler) -> Double {
    let place = random.next().multipliedFullWidth(by: b.bitPattern)
    let slot = sampler.pieces + Int(truncatingIfNeeded: (a.bitPattern &+ place.high) &* 2)
    let u = Double(place.low &>> 11) * 0x1p-53
    let piece = slot + (u < slot[1].start ? 0 : 1)
    return piece.pointee.low + (u - piece.pointee.start) * piece.pointee.slope
  }

  @usableFromInline @inline(never)
  func rareSample(using random: inout RandomStream, _ sampler: Sampler) -> Double {
    if method != .truncated { return rareSample(method, using: &random, sampler) }
    // At least 1 % of the draws are inside the limits; `Distribution` checks that.
    while true {
      let value = rareSample(untruncated, using: &random, sampler)
      if value >= low && value <= high { return value }
    }
  }

  private func rareSample(
    _ method: Method, using random: inout RandomStream, _ sampler: Sampler
  ) -> Double {
    switch method {
    case .constant: a
    case .exponential: a * sampler.exponential(using: &random)
    case .lognormal:
      RealMath.exp(a + b * sampler.normal(using: &random), powers: sampler.powers)
    case .uniform: a + b * random.unit()
    case .empirical, .truncated: measured(using: &random, sampler)
    case .gamma: gamma(using: &random, sampler)
    case .pareto: a * RealMath.exp(b * sampler.exponential(using: &random), powers: sampler.powers)
    }
  }

  /// A gamma draw: `a` is shape - 1/3 (of shape + 1 if below 1), `b` the scale, `c` 1/shape then.
  ///
  /// - Source: G. Marsaglia, W. W. Tsang, "A simple method for generating gamma variables",
  ///   ACM TOMS 26(3), 2000; shapes below 1 by their note at the end.
  private func gamma(using random: inout RandomStream, _ sampler: Sampler) -> Double {
    let slope = 1 / (3 * a.squareRoot())
    while true {
      let x = sampler.normal(using: &random)
      let root = 1 + slope * x
      guard root > 0 else { continue }
      let v = root * root * root
      let u = random.unit()
      let square = x * x
      if u < 1 - 0.0331 * square * square
        || RealMath.log(u) < 0.5 * square + a * (1 - v + RealMath.log(v))
      {
        let value = a * v * b
        if c == 0 { return value }
        return value
          * RealMath.exp(-c * sampler.exponential(using: &random), powers: sampler.powers)
      }
    }
  }
}

/// A part of an alias table's slot that belongs to one bucket; each slot has two.
@frozen @usableFromInline struct AliasPiece: Sendable {
  /// Where in the slot the piece begins, `0...1`; the second piece lasts to the slot's end.
  @usableFromInline var start: Double
  /// The value at the piece's beginning: the lower end of its bucket.
  @usableFromInline var low: Double
  /// How the value grows along the piece, up to the upper end of its bucket.
  @usableFromInline var slope: Double
}
