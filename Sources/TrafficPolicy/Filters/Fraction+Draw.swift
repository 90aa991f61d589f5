public import TimeAndChance

extension Fraction {
  /// True for the share of calls that the fraction says.
  ///
  /// One draw, none for 0 and for all.
  @inlinable @inline(__always)
  public func draws(using random: inout RandomStream) -> Bool {
    if numerator >= denominator { return true }
    if numerator == 0 { return false }
    return random.below(denominator) < numerator
  }
}
