extension ResolvedLaw {
  /// The exact mean; nil where it does not exist.
  var mean: Double? {
    switch self {
    case .constant(let value): value
    case .exponential(let mean): mean
    case .lognormal(let location, let spread): RealMath.exp(location + 0.5 * spread * spread)
    case .gamma(let shape, let scale): shape * scale
    case .pareto(let min, let alpha): alpha > 1 ? min * (alpha / (alpha - 1)) : nil
    case .uniform(let low, let high): 0.5 * (low + high)
    case .empirical(let buckets):
      buckets.reduce(0) { $0 + $1.weight * 0.5 * ($1.from + $1.to) }
    }
  }

  /// The exact variance; nil where it does not exist or exceeds every `Double`.
  var variance: Double? {
    switch self {
    case .constant: return 0
    case .exponential(let mean): return mean * mean
    case .lognormal(let location, let spread):
      let square = spread * spread
      // expm1(s²) through sinh keeps its digits where s² is small.
      let growth = 2 * RealMath.exp(0.5 * square) * Self.sinh(0.5 * square)
      let value = RealMath.exp(2 * location + square) * growth
      return value.isFinite ? value : nil
    case .gamma(let shape, let scale): return shape * scale * scale
    case .pareto(let min, let alpha):
      guard alpha > 2 else { return nil }
      return min * min * alpha / ((alpha - 1) * (alpha - 1) * (alpha - 2))
    case .uniform(let low, let high): return (high - low) * (high - low) / 12
    case .empirical(let buckets):
      let centre = mean ?? 0
      return buckets.reduce(0) {
        let (width, offset) = ($1.to - $1.from, 0.5 * ($1.from + $1.to) - centre)
        return $0 + $1.weight * (offset * offset + width * width / 12)
      }
    }
  }

  /// The hyperbolic sine of a non-negative number.
  private static func sinh(_ x: Double) -> Double {
    if x > 0.3 { return 0.5 * (RealMath.exp(x) - RealMath.exp(-x)) }
    let z = x * x
    return x * (1 + z / 6 * (1 + z / 20 * (1 + z / 42 * (1 + z / 72 * (1 + z / 110)))))
  }

  /// The probability of a value up to `x`.
  func probability(atMost x: Double) -> Double {
    switch self {
    case .constant(let value): x >= value ? 1 : 0
    case .empirical(let buckets): buckets.reduce(0) { $0 + $1.weight * $1.shareBelow(x) }
    default: partialMoment(0, upTo: x) ?? 0
    }
  }

  /// The probability of a value inside the limits, both included.
  func share(within limits: Limits) -> Double {
    switch self {
    case .constant(let value):
      return value >= limits.low && value <= limits.high ? 1 : 0
    case .uniform(let low, let high):
      if limits.low <= low && limits.high >= high { return 1 }
      return max(0, (min(high, limits.high) - max(low, limits.low)) / (high - low))
    case .empirical(let buckets):
      if buckets.allSatisfy({ $0.from >= limits.low && $0.to <= limits.high }) { return 1 }
      return buckets.reduce(0) { $0 + ($1.clipped(to: limits)?.weight ?? 0) }
    default:
      return probability(atMost: limits.high) - probability(atMost: limits.low)
    }
  }

  /// The mean of Xⁿ over the values up to `x`, counting the others as 0; nil where it is infinite.
  ///
  /// Order 0 is the probability. Only the laws with tails need orders 1 and 2.
  func partialMoment(_ order: Int, upTo x: Double) -> Double? {
    if !(x > 0) { return 0 }
    let k = Double(order)
    switch self {
    case .constant, .empirical:
      return nil
    case .exponential(let mean):
      return ResolvedLaw.gamma(shape: 1, scale: mean).partialMoment(order, upTo: x)
    case .lognormal(let location, let spread):
      let whole = RealMath.exp(k * location + 0.5 * k * k * spread * spread)
      if x == .infinity { return whole.isFinite ? whole : nil }
      let z = (RealMath.log(x) - location) / spread - k * spread
      return whole * SpecialFunctions.normalBelow(z)
    case .gamma(let shape, let scale):
      var whole = 1.0
      for step in 0..<order { whole *= (shape + Double(step)) * scale }
      return whole * SpecialFunctions.incompleteGamma(shape: shape + k, x / scale).below
    case .pareto(let min, let alpha):
      if x <= min { return 0 }
      let scale = RealMath.pow(min, k)
      if x == .infinity { return alpha > k ? scale * alpha / (alpha - k) : nil }
      let logRatio = RealMath.log(x / min)
      if alpha == k { return scale * alpha * logRatio }
      return scale * alpha * (RealMath.exp((k - alpha) * logRatio) - 1) / (k - alpha)
    case .uniform(let low, let high):
      return Swift.min(1, Swift.max(0, (x - low) / (high - low)))
    }
  }
}

extension Distribution.Bucket {
  /// The share of the bucket up to `x`.
  func shareBelow(_ x: Double) -> Double {
    if x >= to { return 1 }
    return x <= from ? 0 : (x - from) / (to - from)
  }
}
