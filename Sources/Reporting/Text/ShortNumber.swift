import TimeAndChance

/// Numbers of six digits for tables with millions of them.
///
/// Multiplication by a power of ten and rounding are exact by IEEE 754, so the digits are the same
/// on every machine.
enum ShortNumber {
  /// Powers of ten that a `Double` holds exactly.
  private static let powers: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
  ]

  /// Appends a finite number, as JSON and CSV have it.
  static func append(_ value: Double, to out: inout [UInt8]) {
    let size = value.magnitude
    if size < 1e15, value == value.rounded(.towardZero) {
      append(Int64(value), to: &out)
      return
    }
    guard size >= 1e-5, size < 1e6 else {
      out += Array(DecimalText(value, significant: 6).json.utf8)
      return
    }
    // The number of decimals that makes six digits.
    var decimals = 5
    var ten = size
    while ten >= 10 {
      ten /= 10
      decimals -= 1
    }
    while size * powers[decimals] < 100_000, decimals < 10 { decimals += 1 }
    var digits = Int64((size * powers[decimals]).rounded())
    while decimals > 0, digits % 10 == 0 {
      digits /= 10
      decimals -= 1
    }
    if value < 0 { out.append(UInt8(ascii: "-")) }
    let scale = Int64(powers[decimals])
    append(digits / scale, to: &out)
    guard decimals > 0 else { return }
    out.append(UInt8(ascii: "."))
    let rest = digits % scale
    var place = scale / 10
    while place > 0 {
      out.append(UInt8(ascii: "0") + UInt8(rest / place % 10))
      place /= 10
    }
  }

  /// Appends an instant in seconds, with as many digits as it has: windows must not seem to begin
  /// together.
  static func append(_ instant: SimTime, to out: inout [UInt8]) {
    let second: Int64 = 1_000_000_000
    append(instant.nanoseconds / second, to: &out)
    var rest = instant.nanoseconds % second
    guard rest > 0 else { return }
    out.append(UInt8(ascii: "."))
    var place = second / 10
    while rest > 0 {
      out.append(UInt8(ascii: "0") + UInt8(rest / place))
      rest %= place
      place /= 10
    }
  }

  private static func append(_ value: Int64, to out: inout [UInt8]) {
    if value < 0 { out.append(UInt8(ascii: "-")) }
    let size = value.magnitude
    var place: UInt64 = 1
    while size / place >= 10 { place *= 10 }
    while place > 0 {
      out.append(UInt8(ascii: "0") + UInt8(size / place % 10))
      place /= 10
    }
  }
}
