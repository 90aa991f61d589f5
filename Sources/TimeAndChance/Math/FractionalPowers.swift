/// The 64 numbers 2^(j/64), which the exponential starts from; 1 KB that lives as long as the process.
///
/// Each entry is two numbers, the power rounded and the relative rest, so that the exponential errs
/// by little more than its own rounding.
@frozen public struct FractionalPowers: Sendable {
  /// Power and rest of `j`, at `2j` and `2j + 1`.
  // Written once before it is published, never freed: any thread may read it.
  @usableFromInline nonisolated(unsafe) let entries: UnsafePointer<Double>

  @usableFromInline init(entries: UnsafePointer<Double>) { self.entries = entries }

  /// The one table.
  ///
  /// Hot loops copy it to a local: the access checks that it has been built.
  public static let shared = FractionalPowers()

  /// How many numbers the table has.
  static var size: Int { 128 }

  private init() {
    let table = UnsafeMutablePointer<Double>.allocate(capacity: Self.size)
    for j in 0..<64 {
      let power = Self.power(sixtyFourths: j)
      table[2 * j] = power.high
      table[2 * j + 1] = power.low / power.high
    }
    entries = UnsafePointer(table)
  }

  /// 2^(j/64) by the Taylor series of the exponential, in two parts.
  private static func power(sixtyFourths j: Int) -> LongDouble {
    let log2 = LongDouble(high: 0x1.62e42fefa39efp-1, low: 0x1.abc9e3b39803fp-56)
    let argument = log2 * LongDouble(high: Double(j) / 64, low: 0)
    var sum = LongDouble(high: 1, low: 0)
    for n in stride(from: 28.0, through: 1, by: -1) {
      sum = LongDouble(high: 1, low: 0) + (argument * sum).divided(by: n)
    }
    return sum
  }
}
