/// A number's decimal digits, rounded on the digits themselves, so the text is the same everywhere.
///
/// Starts from the shortest text that stands for the number and rounds half up.
struct DecimalText {
  /// The digits without leading and trailing zeros; empty for 0.
  private(set) var digits: [UInt8]
  /// The power of ten of the first digit: 2 for 123.
  private(set) var exponent: Int
  let isNegative: Bool

  /// The digits of a finite number, so many at most.
  init(_ value: Double, significant: Int) {
    isNegative = value < 0
    digits = []
    exponent = 0
    var point: Int?
    var power = 0
    let parts = "\(value.magnitude)".split(separator: "e")
    if parts.count == 2 { power = Int(parts[1]) ?? 0 }
    for byte in parts[0].utf8 {
      if byte == UInt8(ascii: ".") {
        point = digits.count
      } else {
        digits.append(byte &- UInt8(ascii: "0"))
      }
    }
    exponent = (point ?? digits.count) - 1 + power
    let leading = digits.prefix { $0 == 0 }.count
    digits.removeFirst(leading)
    exponent -= leading
    round(to: significant)
  }

  private mutating func round(to count: Int) {
    if digits.count > count {
      let roundsUp = digits[count] >= 5
      digits.removeSubrange(count...)
      if roundsUp {
        var place = count - 1
        while place >= 0, digits[place] == 9 {
          digits[place] = 0
          place -= 1
        }
        if place >= 0 {
          digits[place] += 1
        } else {
          digits.insert(1, at: 0)
          exponent += 1
        }
      }
    }
    while digits.last == 0 { digits.removeLast() }
    if digits.isEmpty { exponent = 0 }
  }

  /// The number without an exponent: `0.0123`, `123`, `1200`.
  var plain: String {
    guard !digits.isEmpty else { return "0" }
    var text = isNegative ? "-" : ""
    if exponent < 0 {
      text += "0." + String(repeating: "0", count: -exponent - 1)
      for digit in digits { text += "\(digit)" }
      return text
    }
    for place in 0...max(exponent, digits.count - 1) {
      if place == exponent + 1 { text += "." }
      text += place < digits.count ? "\(digits[place])" : "0"
    }
    return text
  }

  /// The number as JSON has it: without an exponent between 1e-7 and 1e16, else with one.
  var json: String {
    if (-7...15).contains(exponent) || digits.isEmpty { return plain }
    var text = (isNegative ? "-" : "") + "\(digits[0])"
    if digits.count > 1 { text += "." + digits.dropFirst().map { "\($0)" }.joined() }
    return text + "e\(exponent)"
  }
}
