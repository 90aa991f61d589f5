import TimeAndChance

/// Student's t law: how far a mean of few values may be from the truth.
public enum StudentT {
  /// The two-sided quantile: |T| stays below it with probability `confidence`.
  ///
  /// `quantile(confidence: 0.95, degreesOfFreedom: 19)` is 2.0930. Relative error below 1e-9.
  /// The confidence lies between 0 and 1, both excluded; the degrees of freedom may be any positive
  /// number (replications less one).
  public static func quantile(confidence: Double, degreesOfFreedom: Double) -> Double {
    precondition(confidence > 0 && confidence < 1, "confidence must be 0...1, not \(confidence)")
    precondition(degreesOfFreedom > 0, "degrees of freedom must be > 0, not \(degreesOfFreedom)")
    if degreesOfFreedom > 1e5 { return nearNormal(confidence, degreesOfFreedom) }
    let outside = 1 - confidence
    var high = 1.0
    while twoSidedTail(high, degreesOfFreedom: degreesOfFreedom) > outside { high *= 2 }
    var low = high == 1 ? 0 : high / 2
    // Halving the interval is slow and cannot fail; this is computed once an interval.
    while high - low > 1e-15 * high {
      let middle = 0.5 * (low + high)
      if middle <= low || middle >= high { break }
      if twoSidedTail(middle, degreesOfFreedom: degreesOfFreedom) > outside {
        low = middle
      } else {
        high = middle
      }
    }
    return 0.5 * (low + high)
  }

  /// The probability that |T| exceeds `t`.
  public static func twoSidedTail(_ t: Double, degreesOfFreedom: Double) -> Double {
    let square = t * t
    let whole = degreesOfFreedom + square
    if whole == .infinity { return 0 }
    return SpecialFunctions.incompleteBeta(
      0.5 * degreesOfFreedom, 0.5, x: degreesOfFreedom / whole, rest: square / whole)
  }

  /// The Cornish-Fisher expansion about the normal law, exact to 1e-15 beyond 10⁵ degrees.
  ///
  /// - Source: M. Abramowitz, I. A. Stegun, "Handbook of Mathematical Functions", 26.7.5.
  private static func nearNormal(_ confidence: Double, _ degrees: Double) -> Double {
    let z = -Normal.quantile(0.5 * (1 - confidence))
    let z2 = z * z
    let first = z * (z2 + 1) / 4
    let second = z * ((5 * z2 + 16) * z2 + 3) / 96
    let third = z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384
    return z + (first + (second + third / degrees) / degrees) / degrees
  }
}
