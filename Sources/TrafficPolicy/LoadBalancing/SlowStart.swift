public import TimeAndChance

extension SlowStartSettings {
  /// The factor on the weight of a host that has been healthy for `age`: 1 once the window is over.
  ///
  /// `max((max(1 ms, age) / window)^(1/aggression), minWeight)` in whole milliseconds.
  public func factor(age: SimDuration) -> Double {
    let elapsed = age.nanoseconds / 1_000_000
    let length = window.nanoseconds / 1_000_000
    guard elapsed < length else { return 1 }
    let time = Double(max(1, elapsed)) / Double(length)
    let curve =
      aggression == 1 || aggression <= 0 || time == 1
      ? time : RealMath.pow(time, 1 / aggression)
    return max(curve, minWeight)
  }
}
