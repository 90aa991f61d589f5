import TimeAndChance

extension SpecialFunctions {
  /// The regularised incomplete beta function I_x(a, b), with `rest` = 1 - x given apart.
  ///
  /// Both are needed because one of them may be too small to be seen in the other.
  /// Lentz's continued fraction on the side where it converges fast.
  static func incompleteBeta(_ a: Double, _ b: Double, x: Double, rest: Double) -> Double {
    if x <= 0 { return 0 }
    if rest <= 0 { return 1 }
    if x > (a + 1) / (a + b + 2) { return 1 - betaFraction(b, a, x: rest, rest: x) }
    return betaFraction(a, b, x: x, rest: rest)
  }

  private static func betaFraction(_ a: Double, _ b: Double, x: Double, rest: Double) -> Double {
    let logX = x < 0.5 ? RealMath.log(x) : log1p(-rest)
    let logRest = rest < 0.5 ? RealMath.log(rest) : log1p(-x)
    let logBeta = logGamma(a) + logGamma(b) - logGamma(a + b)
    let front = RealMath.exp(a * logX + b * logRest - logBeta) / a
    let tiny = 1e-300
    var c = 1.0
    var d = 1 / nonZero(1 - (a + b) * x / (a + 1), tiny)
    var fraction = d
    var m = 1.0
    while m < 100_000 {
      let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      d = 1 / nonZero(1 + even * d, tiny)
      c = nonZero(1 + even / c, tiny)
      fraction *= d * c
      let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      d = 1 / nonZero(1 + odd * d, tiny)
      c = nonZero(1 + odd / c, tiny)
      let step = d * c
      fraction *= step
      if (step - 1).magnitude < 1e-16 { break }
      m += 1
    }
    return front * fraction
  }

  /// The natural logarithm of `1 + x`, without loss for small `x`.
  ///
  /// - Source: W. Kahan: what rounding took from `1 + x` is put back in proportion.
  private static func log1p(_ x: Double) -> Double {
    let sum = 1 + x
    return sum == 1 ? x : RealMath.log(sum) * (x / (sum - 1))
  }

  private static func nonZero(_ value: Double, _ tiny: Double) -> Double {
    value.magnitude < tiny ? tiny : value
  }
}
