extension RealMath {
  /// The base to the power of an exponent, `exp(exponent · log(base))` with a 65-bit logarithm.
  ///
  /// Special cases as in IEEE 754: anything to the 0 and 1 to anything are 1, a negative base has a
  /// power only for whole exponents. About ten times the cost of ``exp(_:)``: not for hot paths.
  public static func pow(_ base: Double, _ exponent: Double) -> Double {
    if exponent == 0 || base == 1 { return 1 }
    if base.isNaN || exponent.isNaN { return .nan }
    let negative = base.sign == .minus && isOdd(exponent)
    let magnitude = base.magnitude
    if base < 0 && base.isFinite && exponent.isFinite && exponent.rounded(.towardZero) != exponent {
      return .nan
    }
    if magnitude == 0 || magnitude == .infinity || magnitude == 1 || exponent.isInfinite {
      return powerAtTheEdges(magnitude, exponent) * (negative ? -1 : 1)
    }
    let result = positivePower(magnitude, exponent)
    return negative ? -result : result
  }

  /// The power of zero, one or infinity, or to an infinite exponent.
  private static func powerAtTheEdges(_ magnitude: Double, _ exponent: Double) -> Double {
    if magnitude == 1 { return 1 }
    return (magnitude > 1) == (exponent > 0) ? .infinity : 0
  }

  /// Whether a number is whole and odd.
  private static func isOdd(_ value: Double) -> Bool {
    guard value.magnitude < 0x1p53 else { return false }
    let whole = Int64(value)
    return Double(whole) == value && whole & 1 != 0
  }

  private static func positivePower(_ base: Double, _ exponent: Double) -> Double {
    let log = longLogarithm(base)
    let estimate = exponent * log.high
    if estimate > 710 { return .infinity }
    if estimate < -746 { return 0 }
    let product = LongDouble(product: exponent, log.high)
    return exponential(product.high, plus: product.low + exponent * log.low)
  }

  /// The natural logarithm of a positive finite number to about 65 bits.
  ///
  /// The same cut as ``log(_:)``; the first three terms of the series in `s` are carried in two
  /// parts, the rest is below 2⁻¹² of the sum and needs one.
  private static func longLogarithm(_ x: Double) -> LongDouble {
    var bits = x.bitPattern
    var k = 0
    if x < .leastNormalMagnitude {
      bits = (x * 0x1p54).bitPattern
      k = -54
    }
    bits &+= 0x3FF0_0000_0000_0000 &- rootOfHalf
    k += Int(bits &>> 52) - 1023
    let m = Double(bitPattern: (bits & 0x000F_FFFF_FFFF_FFFF) &+ rootOfHalf)

    // s = (m - 1)/(m + 1) in two parts; the division's remainder is exact.
    let f = m - 1
    let d = m + 1
    let dLow = m - (d - 1)
    let quotient = f / d
    let covered = LongDouble(product: quotient, d)
    let remainder = ((f - covered.high) - covered.low) - quotient * dLow
    let s = LongDouble(sum: quotient, remainder / d)

    // log m = 2s·(1 + s²·(1/3 + s²/5 + s⁴/7 + …))
    let z = s * s
    let tail = atanhTail(z.high)
    let third = LongDouble(high: 0x1.5555555555555p-2, low: 0x1.5555555555555p-56)
    let series = z * (third + LongDouble(product: z.high, tail))
    let logOfMantissa = s + s * series
    let twice = LongDouble(high: 2 * logOfMantissa.high, low: 2 * logOfMantissa.low)
    let exponent = Double(k)
    let logOfPower = LongDouble(
      high: exponent * 0x1.62e42fefa3800p-1, low: exponent * 0x1.ef35793c76730p-45)
    return logOfPower + twice
  }

  /// `1/5 + z/7 + z²/9 + …` for `z` below 0.0295; the first term left out is below 2⁻⁶¹.
  private static func atanhTail(_ z: Double) -> Double {
    let square = z * z
    let first = (1.0 / 5 + z * (1.0 / 7)) + square * (1.0 / 9 + z * (1.0 / 11))
    let second = (1.0 / 13 + z * (1.0 / 15)) + square * (1.0 / 17 + z * (1.0 / 19))
    let third = (1.0 / 21 + z * (1.0 / 23)) + square * (1.0 / 25 + z * (1.0 / 27))
    let fourth = square * square
    return first + fourth * (second + fourth * third)
  }
}
