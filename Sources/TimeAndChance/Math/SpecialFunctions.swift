/// Areas under densities, for setting up laws; far too slow for draws.
package enum SpecialFunctions {
  /// The natural logarithm of the gamma function of a positive number.
  ///
  /// Stirling's series beyond 12, reached by the recurrence; relative error about 1e-15.
  package static func logGamma(_ x: Double) -> Double {
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
    return (shifted - 0.5) * RealMath.log(shifted) - shifted + halfLogTwoPi + series / shifted
      - RealMath.log(product)
  }

  /// The share of a gamma law of that shape and scale 1 that lies below `x`, and the rest.
  ///
  /// The power series below the mean, Lentz's continued fraction above, so that the smaller of the
  /// two results keeps its digits.
  static func incompleteGamma(shape: Double, _ x: Double) -> (below: Double, above: Double) {
    if !(x > 0) { return (0, 1) }
    if x == .infinity { return (1, 0) }
    let front = RealMath.exp(shape * RealMath.log(x) - x - logGamma(shape))
    if x < shape + 1 {
      var term = 1 / shape
      var sum = term
      var n = shape
      while term > sum * 1e-17 {
        n += 1
        term *= x / n
        sum += term
      }
      let below = min(front * sum, 1)
      return (below, 1 - below)
    }
    var b = x + 1 - shape
    var c = 1e300
    var d = 1 / b
    var fraction = d
    var i = 1.0
    while i < 1e6 {
      let a = -i * (i - shape)
      b += 2
      d = 1 / (a * d + b)
      c = b + a / c
      let step = c * d
      fraction *= step
      if (step - 1).magnitude < 1e-16 { break }
      i += 1
    }
    let above = min(front * fraction, 1)
    return (1 - above, above)
  }

  /// The share of the normal law of mean 0 and deviation 1 that lies below `x`.
  static func normalBelow(_ x: Double) -> Double {
    let parts = incompleteGamma(shape: 0.5, 0.5 * x * x)
    return x < 0 ? 0.5 * parts.above : 0.5 + 0.5 * parts.below
  }
}
