/// The functions behind the law of means.
enum SpecialFunctions {
  /// The natural logarithm of the gamma function of a positive number.
  static func logGamma(_ x: Double) -> Double {
    var shifted = x
    var product = 1.0
    while shifted < 12 {
      product *= shifted
      shifted += 1
    }
    let z = 1 / (shifted * shifted)
    let series =
      1.0 / 12 - z * (1.0 / 360 - z * (1.0 / 1260 - z * (1.0 / 1680 - z * (1.0 / 1188))))
    let halfLogTwoPi = 0.9189385332046727
    return (shifted - 0.5) * Elementary.log(shifted) - shifted + halfLogTwoPi + series / shifted
      - Elementary.log(product)
  }

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
    let logX = x < 0.5 ? Elementary.log(x) : Elementary.log1p(-rest)
    let logRest = rest < 0.5 ? Elementary.log(rest) : Elementary.log1p(-x)
    let logBeta = logGamma(a) + logGamma(b) - logGamma(a + b)
    let front = Elementary.exp(a * logX + b * logRest - logBeta) / a
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

  private static func nonZero(_ value: Double, _ tiny: Double) -> Double {
    value.magnitude < tiny ? tiny : value
  }
}
