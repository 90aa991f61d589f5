/// A Kubernetes quantity: `250m`, `2`, `0.5Gi`, `12e6`.
///
/// - Source: Kubernetes `staging/src/k8s.io/apimachinery/pkg/api/resource/quantity.go`.
struct Quantity {
  /// The number before the suffix.
  let number: ExactDecimal
  /// The suffix, empty for none.
  let suffix: String

  /// The quantity that a text writes; nil when it writes none.
  init?(_ text: String) {
    let digits = text.prefix { ($0.isASCII && $0.isNumber) || $0 == "." || $0 == "-" }
    let rest = text.dropFirst(digits.count)
    if Self.decimal[String(rest)] != nil || Self.binary[String(rest)] != nil {
      guard let number = ExactDecimal(digits) else { return nil }
      self.number = number
      suffix = String(rest)
    } else {
      guard let number = ExactDecimal(text[...], allowsExponent: true) else { return nil }
      self.number = number
      suffix = ""
    }
  }

  /// The quantity in thousandths, rounded up as Kubernetes does; nil when it does not fit.
  var thousandths: Int64? { scaled(by: 1_000) }

  /// The quantity in whole units, rounded up; nil when it does not fit.
  var units: Int64? { scaled(by: 1) }

  private func scaled(by factor: Int64) -> Int64? {
    if let power = Self.binary[suffix] {
      let (scale, overflow) = factor.multipliedReportingOverflow(by: 1 << power)
      return overflow ? nil : number.rounded(times: scale, up: true)
    }
    guard let power = Self.decimal[suffix],
      let shifted = ExactDecimal(digits: number.digits, exponent: number.exponent + power)
    else { return nil }
    return shifted.rounded(times: factor, up: true)
  }

  private static let decimal = [
    "n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18,
  ]
  private static let binary = ["Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60]
}

extension ExactDecimal {
  /// A number of those digits; nil when the exponent is out of range.
  init?(digits: Int128, exponent: Int) {
    guard abs(exponent) <= 60 else { return nil }
    self.digits = digits
    self.exponent = exponent
  }
}
