/// A number as the unevaluated sum of two: about 106 bits, for intermediate results.
///
/// - Source: T. J. Dekker, "A floating-point technique for extending the available precision",
///   Numerische Mathematik 18 (1971).
struct LongDouble {
  var high: Double
  var low: Double

  init(high: Double, low: Double) {
    self.high = high
    self.low = low
  }

  /// The exact sum of two numbers, the larger in magnitude first.
  init(sum larger: Double, _ smaller: Double) {
    high = larger + smaller
    low = smaller - (high - larger)
  }

  /// The exact product of two numbers below 2⁹⁹⁵.
  init(product x: Double, _ y: Double) {
    let (xHigh, xLow) = Self.split(x)
    let (yHigh, yLow) = Self.split(y)
    high = x * y
    low = xLow * yLow - (((high - xHigh * yHigh) - xLow * yHigh) - xHigh * yLow)
  }

  /// The upper 26 bits of a number, and the rest.
  private static func split(_ value: Double) -> (high: Double, low: Double) {
    let spread = 0x1.0000002p27 * value
    let high = spread - (spread - value)
    return (high, value - high)
  }

  /// The number divided by a small whole number.
  func divided(by divisor: Double) -> LongDouble {
    let quotient = high / divisor
    let covered = LongDouble(product: quotient, divisor)
    return LongDouble(sum: quotient, (((high - covered.high) - covered.low) + low) / divisor)
  }

  static func + (left: LongDouble, right: LongDouble) -> LongDouble {
    let sum = left.high + right.high
    let part = sum - left.high
    let error = (left.high - (sum - part)) + (right.high - part)
    return LongDouble(sum: sum, error + (left.low + right.low))
  }

  static func * (left: LongDouble, right: LongDouble) -> LongDouble {
    let product = LongDouble(product: left.high, right.high)
    return LongDouble(
      sum: product.high, product.low + (left.high * right.low + left.low * right.high))
  }
}
