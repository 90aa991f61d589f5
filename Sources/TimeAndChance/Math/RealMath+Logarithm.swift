extension RealMath {
  /// The natural logarithm of `x`; -∞ for zero, not a number for negative arguments.
  ///
  /// The argument is cut into 2ᵏ·(1 + f) with 1 + f between √½ and √2; then with `s = f/(2 + f)`
  /// the logarithm of 1 + f is `2s + 2s³/3 + 2s⁵/5 + …`, summed as a minimax polynomial.
  ///
  /// - Source: method and coefficients of FDLIBM's `e_log.c` (Sun Microsystems, freely granted).
  public static func log(_ x: Double) -> Double {
    var bits = x.bitPattern
    var k = 0
    if !(x >= .leastNormalMagnitude && x < .infinity) {
      if x == 0 { return -.infinity }
      if x < 0 { return .nan }
      if x.isNaN || x == .infinity { return x }
      bits = (x * 0x1p54).bitPattern  // subnormal
      k = -54
    }
    if x == 1 { return 0 }
    // Moves the cut between two exponents from 1 to √½, so that 1 + f surrounds 1.
    bits &+= 0x3FF0_0000_0000_0000 &- rootOfHalf
    k += Int(bits &>> 52) - 1023
    let f = Double(bitPattern: (bits & 0x000F_FFFF_FFFF_FFFF) &+ rootOfHalf) - 1
    let halfSquare = 0.5 * f * f
    let s = f / (2 + f)
    let z = s * s
    let w = z * z
    let odd = w * (0x1.999999997fa04p-2 + w * (0x1.c71c51d8e78afp-3 + w * 0x1.39a09d078c69fp-3))
    let even =
      z
      * (0x1.5555555555593p-1 + w
        * (0x1.2492494229359p-2 + w * (0x1.7466496cb03dep-3 + w * 0x1.2f112df3e5244p-3)))
    let exponent = Double(k)
    let correction = s * (halfSquare + (odd + even)) + exponent * 0x1.a39ef35793c76p-33
    return exponent * 0x1.62e42feep-1 - ((halfSquare - correction) - f)
  }

  /// The leading bits of √½: mantissas from here up to twice it surround 1.
  static var rootOfHalf: UInt64 { 0x3FE6_A09E_0000_0000 }
}
