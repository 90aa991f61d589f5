extension ResourceQuantity: CustomStringConvertible {
  /// The canonical form: no fraction, the largest suffix that loses nothing.
  ///
  /// `1.5` prints as `1500m`, `1.5Gi` as `1536Mi`, zero always as `0`. A binary amount below 1024
  /// or with a fraction prints in decimal form. Beyond the last suffix (`E`, `Ei`) the exponent
  /// form is used; older Kubernetes releases drop the power of ten there and print a wrong number.
  ///
  /// - Source: `CanonicalizeBytes` in `quantity.go`, `AsCanonicalBytes` in `amount.go`.
  public var description: String {
    guard nanoUnits != 0 else { return "0" }
    var format = format
    if format == .binarySI {
      let (units, fraction) = nanoUnits.quotientAndRemainder(dividingBy: 1_000_000_000)
      if fraction != 0 || units.magnitude < 1024 {
        format = .decimalSI
      } else {
        let power = units.trailingZeroBitCount / 10
        if power < Self.binarySuffixes.count {
          return "\(units >> (10 * power))\(Self.binarySuffixes[power])"
        }
        format = .decimalExponent
      }
    }
    var mantissa = nanoUnits
    var exponent = -9
    while mantissa % 10 == 0 {
      mantissa /= 10
      exponent += 1
    }
    while exponent % 3 != 0 {
      mantissa *= 10
      exponent -= 1
    }
    if format == .decimalSI, exponent <= 18 {
      return "\(mantissa)\(Self.decimalSuffixes[(exponent + 9) / 3])"
    }
    return exponent == 0 ? "\(mantissa)" : "\(mantissa)e\(exponent)"
  }

  private static let binarySuffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]
  private static let decimalSuffixes = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"]
}
