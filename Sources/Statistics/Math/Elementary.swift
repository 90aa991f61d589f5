/// Exponential and logarithm for intervals: slow, within 1e-15, the same bits on every machine.
///
/// This module stands alone, and C libraries differ in the last bit; what is needed here is too
/// little to depend on the module of the simulation's own functions.
enum Elementary {
  private static var logOfTwo: Double { 0.6931471805599453 }

  /// *e* to the power of `x`; 0 and infinity beyond the range of `Double`.
  static func exp(_ x: Double) -> Double {
    if x < -745 { return 0 }
    if x > 709 { return .infinity }
    let k = (x / logOfTwo).rounded()
    // ln 2 in two parts; the product with the first is exact.
    let r = (x - k * 0x1.62e42feep-1) - k * 0x1.a39ef35793c76p-33
    var sum = 1.0
    for n in stride(from: 17.0, through: 1, by: -1) { sum = 1 + r / n * sum }
    let half = Int(k) / 2
    return sum * power(half) * power(Int(k) - half)
  }

  private static func power(_ k: Int) -> Double {
    Double(sign: .plus, exponent: k, significand: 1)
  }

  /// The natural logarithm of a positive number.
  static func log(_ x: Double) -> Double {
    var k = Double(x.exponent)
    var m = x.significand
    if m > 1.4142135623730951 {
      m *= 0.5
      k += 1
    }
    return k * 0x1.62e42feep-1 + (k * 0x1.a39ef35793c76p-33 + series((m - 1) / (m + 1)))
  }

  /// The natural logarithm of `1 + x`, without loss for small `x`.
  static func log1p(_ x: Double) -> Double {
    x > -0.29 && x < 0.41 ? series(x / (2 + x)) : log(1 + x)
  }

  /// `log((1 + s)/(1 - s))` for |s| ≤ 0.172.
  private static func series(_ s: Double) -> Double {
    let z = s * s
    var sum = 0.0
    for n in stride(from: 23.0, through: 3, by: -2) { sum = z * (1 / n + sum) }
    return 2 * s * (1 + sum)
  }
}
