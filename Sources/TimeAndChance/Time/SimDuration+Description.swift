extension SimDuration: CustomStringConvertible {
  /// The length for people: three digits up to a minute ("1.25 s", "340 ms", "12 µs"), then two
  /// units ("1 min 3.5 s", "12 min 5 s", "3 h 20 min", "1 d 4 h").
  public var description: String {
    let sign = nanoseconds < 0 ? "-" : ""
    return sign + Self.text(nanoseconds.magnitude)
  }

  private static func text(_ exact: UInt64) -> String {
    let rounded = threeDigits(exact)
    switch rounded {
    case 0..<1_000: return "\(rounded) ns"
    case 1_000..<1_000_000: return decimal(rounded, unit: 1_000) + " µs"
    case 1_000_000..<1_000_000_000: return decimal(rounded, unit: 1_000_000) + " ms"
    case 1_000_000_000..<60_000_000_000: return decimal(rounded, unit: 1_000_000_000) + " s"
    default: break
    }
    // Below ten minutes people state and compare tenths of a second.
    let tenths = nearest(exact, 100_000_000)
    if tenths < 6_000 {
      let rest = tenths % 600
      return "\(tenths / 600) min" + (rest == 0 ? "" : " " + decimal(rest, unit: 10) + " s")
    }
    let seconds = nearest(exact, 1_000_000_000)
    if seconds < 3_600 { return pair(seconds / 60, "min", seconds % 60, "s") }
    let minutes = nearest(exact, 60_000_000_000)
    if minutes < 1_440 { return pair(minutes / 60, "h", minutes % 60, "min") }
    let hours = nearest(exact, 3_600_000_000_000)
    return pair(hours / 24, "d", hours % 24, "h")
  }

  /// The number with three significant digits, the others 0.
  private static func threeDigits(_ value: UInt64) -> UInt64 {
    var unit: UInt64 = 1
    while value / unit >= 1_000 { unit *= 10 }
    return nearest(value, unit) * unit
  }

  /// How often the unit goes into the value, rounded half up.
  private static func nearest(_ value: UInt64, _ unit: UInt64) -> UInt64 {
    value / unit + (value % unit >= unit - unit / 2 ? 1 : 0)
  }

  /// A number of units with as many decimals as it has, without trailing zeros.
  private static func decimal(_ value: UInt64, unit: UInt64) -> String {
    var text = "\(value / unit)"
    var rest = value % unit
    if rest > 0 { text += "." }
    var place = unit / 10
    while rest > 0 {
      text += "\(rest / place)"
      rest %= place
      place /= 10
    }
    return text
  }

  private static func pair(
    _ large: UInt64, _ largeUnit: String, _ small: UInt64, _ smallUnit: String
  ) -> String {
    small == 0 ? "\(large) \(largeUnit)" : "\(large) \(largeUnit) \(small) \(smallUnit)"
  }
}
