/// Elementary functions whose results have the same bits on every machine.
///
/// C libraries differ in the last bit of `exp`, `log` and `pow`; one such bit may turn the order of
/// two events and with it a whole run. These use nothing but IEEE 754 addition, subtraction,
/// multiplication, division and bit patterns, which are exact everywhere, and Swift never fuses a
/// multiplication with an addition.
///
/// Errors, the largest over eight million arguments against results of 64 bits, stated in units in
/// the last place (0.5 is perfect): ``exp(_:)`` 0.53, ``log(_:)`` 0.83, ``pow(_:_:)`` 0.70.
/// Special cases (zeros, infinities, not-a-number, subnormal numbers) are those of IEEE 754.
public enum RealMath {
  /// *e* to the power of `x`.
  public static func exp(_ x: Double) -> Double { exp(x, powers: .shared) }

  /// *e* to the power of `x`, for hot paths that hold the table of powers themselves.
  ///
  /// The argument is cut into `k·ln 2/64 + r` with |r| ≤ ln 2 / 128. The result is 2^(k/64), from
  /// the table, times a minimax polynomial of degree 5 in `r`. The same bits as ``exp(_:)``.
  @inlinable @inline(__always)
  public static func exp(_ x: Double, powers: FractionalPowers) -> Double {
    guard x.magnitude < 704 else { return exponentialAtTheEdges(x) }
    let cut = ExponentialArgument(x)
    let entry = powers.entries + cut.fraction &* 2
    let shift = UInt64(truncatingIfNeeded: cut.power) &<< 52
    let scale = Double(bitPattern: entry[0].bitPattern &+ shift)
    return scale + scale * (entry[1] + cut.growth)
  }

  /// The exponential of arguments whose result overflows, is nearly subnormal, or is not a number.
  @usableFromInline @inline(never) static func exponentialAtTheEdges(_ x: Double) -> Double {
    if x.isNaN { return x }
    if x > 709.782712893384 { return .infinity }
    if x < -745.1332191019412 { return 0 }
    return exponential(x, plus: 0)
  }

  /// `exp(high + low)` for a sum given in two parts, |low| ≪ 1, and any result in range.
  ///
  /// Rounds once, also where the result is subnormal.
  static func exponential(_ high: Double, plus low: Double) -> Double {
    let cut = ExponentialArgument(high)
    let entry = FractionalPowers.shared.entries + cut.fraction * 2
    let value = entry[0] + entry[0] * (entry[1] + (cut.growth + low * (1 + cut.growth)))
    // The first factor leaves a normal number, so it is exact; only the second can round.
    let half = cut.power / 2
    return value * powerOfTwo(half) * powerOfTwo(cut.power - half)
  }

  /// 2ᵏ for a `k` whose power is a normal number.
  private static func powerOfTwo(_ k: Int) -> Double {
    Double(bitPattern: UInt64(truncatingIfNeeded: k + 1023) &<< 52)
  }
}

/// An argument of the exponential, cut into a power of two, 64ths of one, and the small rest.
@frozen @usableFromInline struct ExponentialArgument {
  /// The whole power of two.
  @usableFromInline let power: Int
  /// The 64ths of a power of two, `0 ..< 64`.
  @usableFromInline let fraction: Int
  /// `exp(r) - 1` of the rest `r`.
  @usableFromInline let growth: Double

  @inlinable @inline(__always) init(_ x: Double) {
    // Adding 1.5·2⁵² rounds to a whole number and leaves it in the lowest bits.
    let shifted = x * 0x1.71547652b82fep+6 + 0x1.8p+52
    let bits = Int(truncatingIfNeeded: shifted.bitPattern &<< 12) &>> 12
    power = bits &>> 6
    fraction = bits & 63
    let k = shifted - 0x1.8p+52
    let r = (x - k * 0x1.62e42fef8p-7) - k * 0x1.1cf79abc9e3b4p-42
    let square = r * r
    let lower = 0x1.fffffffffdefap-2 + r * 0x1.5555555500b8bp-3
    let upper = 0x1.5555733fb597bp-5 + r * 0x1.1113dc9d243a1p-7
    growth = r + square * (lower + square * upper)
  }
}
