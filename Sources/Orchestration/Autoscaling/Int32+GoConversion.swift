extension Int32 {
  /// The number as Go's `int32(float64)` gives it on amd64: cut towards zero to 64 bits (the
  /// smallest number when it does not fit), of which the lower 32 bits are kept.
  ///
  /// Nothing reaches the edges with sizes people use; here so that no input can trap.
  @inlinable init(goTruncating value: Double) {
    self.init(truncatingIfNeeded: abs(value) < 0x1p63 ? Int64(value) : .min)
  }

  /// The number cut towards zero, kept inside the range of the type; 0 for not-a-number.
  @inlinable init(saturating value: Double) {
    if value.isNaN {
      self = 0
    } else if value >= 2_147_483_647 {
      self = .max
    } else if value <= -2_147_483_648 {
      self = .min
    } else {
      self.init(value)
    }
  }
}

extension Int64 {
  /// The number cut towards zero, kept inside the range of the type; 0 for not-a-number.
  @inlinable init(saturating value: Double) {
    if value.isNaN {
      self = 0
    } else {
      self = abs(value) < 0x1p63 ? Int64(value) : value < 0 ? .min : .max
    }
  }
}
