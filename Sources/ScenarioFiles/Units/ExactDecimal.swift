/// A decimal number as it is written, without rounding: `digits · 10^exponent`.
struct ExactDecimal: Equatable {
  /// The digits without point, at most 30 of them.
  let digits: Int128
  /// The power of ten, -30...30.
  let exponent: Int

  /// The number that the text writes in plain decimal form, with an exponent only when allowed.
  ///
  /// Nil for anything else: signs other than a leading minus, underscores, hexadecimal, `.nan`,
  /// infinities and numbers with more than 30 digits.
  init?(_ text: Substring, allowsExponent: Bool = false) {
    var rest = text
    let isNegative = rest.first == "-"
    if isNegative { rest = rest.dropFirst() }
    var digits: Int128 = 0
    var count = 0
    var fraction = 0
    var sawPoint = false
    var sawDigit = false
    var power = 0
    while let character = rest.first {
      if let digit = character.isASCII ? character.wholeNumberValue : nil {
        sawDigit = true
        if digits > 0 || digit > 0 { count += 1 }
        if sawPoint { fraction += 1 }
        guard count <= 30, fraction <= 30 else { return nil }
        digits = digits * 10 + Int128(digit)
      } else if character == ".", !sawPoint {
        sawPoint = true
      } else if character == "e" || character == "E", allowsExponent, sawDigit {
        // A range and not `abs`, which has no answer for the least of integers.
        guard let value = Int(rest.dropFirst()), (-30...30).contains(value) else { return nil }
        power = value
        break
      } else {
        return nil
      }
      rest = rest.dropFirst()
    }
    guard sawDigit, text.last != "." else { return nil }
    self.digits = isNegative ? -digits : digits
    exponent = power - fraction
    guard (-30...30).contains(exponent) else { return nil }
  }

  /// The number times `factor`, when that is a whole number that fits.
  func times(_ factor: Int64) -> Int64? {
    let (scaled, overflow) = digits.multipliedReportingOverflow(by: Int128(factor))
    guard !overflow else { return nil }
    var result = scaled
    for _ in 0..<max(0, exponent) {
      let (next, overflow) = result.multipliedReportingOverflow(by: 10)
      guard !overflow else { return nil }
      result = next
    }
    for _ in 0..<max(0, -exponent) {
      guard result % 10 == 0 else { return nil }
      result /= 10
    }
    return Int64(exactly: result)
  }

  /// The number times `factor`, to the next whole number up or down; nil when it does not fit.
  func rounded(times factor: Int64, up: Bool) -> Int64? {
    let (scaled, overflow) = digits.multipliedReportingOverflow(by: Int128(factor))
    guard !overflow else { return nil }
    var result = scaled
    for _ in 0..<max(0, exponent) {
      let (next, overflow) = result.multipliedReportingOverflow(by: 10)
      guard !overflow else { return nil }
      result = next
    }
    var isExact = true
    for _ in 0..<max(0, -exponent) {
      if result % 10 != 0 { isExact = false }
      result /= 10
    }
    if !isExact, up, digits > 0 { result += 1 }
    return Int64(exactly: result)
  }

  /// The nearest `Double`.
  var double: Double { nearest(exponent) }

  /// The nearest `Double` to a hundredth of the number.
  var hundredth: Double { nearest(exponent - 2) }

  /// The powers of ten that a `Double` holds exactly.
  private static let powers: [Double] = (0...22).map { power in
    (0..<power).reduce(1.0) { product, _ in product * 10 }
  }

  private func nearest(_ exponent: Int) -> Double {
    // One operation on two exact numbers is rounded correctly.
    if digits.magnitude <= 1 << 53, (-22...22).contains(exponent) {
      let number = Double(Int64(digits))
      return exponent < 0
        ? number / Self.powers[-exponent] : number * Self.powers[exponent]
    }
    // Decimal text to binary is correctly rounded by the standard library.
    return Double("\(digits)e\(exponent)") ?? 0
  }
}
