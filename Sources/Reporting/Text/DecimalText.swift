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
    var text = "\(value.magnitude)"
    text.withUTF8 { bytes in
      for (place, byte) in bytes.enumerated() {
        if byte == UInt8(ascii: "e") {
          let rest = UnsafeBufferPointer(rebasing: bytes[(place + 1)...])
          power = Int(String(decoding: rest, as: UTF8.self)) ?? 0
          break
        }
        if byte == UInt8(ascii: ".") {
          point = digits.count
        } else {
          digits.append(byte &- UInt8(ascii: "0"))
        }
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
    var bytes: [UInt8] = []
    appendPlain(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The number as JSON has it: without an exponent between 1e-7 and 1e16, else with one.
  var json: String {
    var bytes: [UInt8] = []
    appendJSON(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Appends the number as JSON has it.
  func appendJSON(to out: inout [UInt8]) {
    if (-7...15).contains(exponent) || digits.isEmpty {
      appendPlain(to: &out)
      return
    }
    if isNegative { out.append(UInt8(ascii: "-")) }
    out.append(UInt8(ascii: "0") + digits[0])
    if digits.count > 1 {
      out.append(UInt8(ascii: "."))
      for digit in digits.dropFirst() { out.append(UInt8(ascii: "0") + digit) }
    }
    out += "e\(exponent)".utf8
  }

  private func appendPlain(to out: inout [UInt8]) {
    let zero = UInt8(ascii: "0")
    guard !digits.isEmpty else {
      out.append(zero)
      return
    }
    if isNegative { out.append(UInt8(ascii: "-")) }
    if exponent < 0 {
      out += "0.".utf8
      for _ in 0..<(-exponent - 1) { out.append(zero) }
      for digit in digits { out.append(zero + digit) }
      return
    }
    for place in 0...max(exponent, digits.count - 1) {
      if place == exponent + 1 { out.append(UInt8(ascii: ".")) }
      out.append(place < digits.count ? zero + digits[place] : zero)
    }
  }
}
