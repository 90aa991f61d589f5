/// Why a text is not a quantity.
public enum QuantityError: Error, Sendable, Equatable {
  /// Not a number with a suffix, or nothing at all.
  case wrongFormat
  /// The suffix is none that Kubernetes knows (`1K`, `5mi`), or its exponent leaves 32 bits.
  case unknownSuffix
  /// Beyond what we hold, 2^125 billionths. Kubernetes would take it; no machine has that much.
  case tooLarge
}

extension ResourceQuantity {
  /// Reads a quantity as Kubernetes does.
  ///
  /// A sign, digits with at most one point, then a suffix: nothing, `n u m k M G T P E`,
  /// `Ki Mi Gi Ti Pi Ei`, or `e`/`E` with a whole exponent. What is finer than a billionth is
  /// rounded away from zero; binary amounts stop at 2⁶³ − 1, and a binary amount below one becomes
  /// decimal. As in the original, a bare sign or point reads as zero.
  ///
  /// - Throws: ``QuantityError``.
  /// - Source: `ParseQuantity` in `quantity.go`, `interpret` in `suffix.go`.
  public init(parsing text: String) throws(QuantityError) {
    let parts = try QuantityText(text)
    guard let suffix = QuantitySuffix(parts.suffix) else { throw .unknownSuffix }

    var magnitude = WideMagnitude()
    for digit in parts.digits { magnitude.multiplyAdd(10, UInt32(digit)) }
    var format = suffix.format
    guard !magnitude.isZero else {
      self.init(nanoUnits: 0, format: format)
      return
    }
    for _ in 0..<suffix.powerOfTwo { magnitude.multiplyAdd(2, 0) }
    // Now scale by ten to reach billionths.
    let shift = suffix.powerOfTen - parts.fractionDigits + 9
    if shift > 40 { throw .tooLarge }
    if shift >= 0 {
      for _ in 0..<shift { magnitude.multiplyAdd(10, 0) }
    } else {
      var inexact = false
      for _ in 0..<(-shift) {
        if magnitude.divideByTen() != 0 { inexact = true }
        if magnitude.isZero { break }
      }
      if inexact { magnitude.multiplyAdd(1, 1) }  // away from zero: ask for little, get some
    }
    guard let amount = magnitude.asInt128, amount <= Self.largestNanoUnits else {
      if format == .binarySI {
        self.init(Int64.max * (parts.isNegative ? -1 : 1), format: format)
        return
      }
      throw .tooLarge
    }
    var nanoUnits = amount
    if format == .binarySI {
      nanoUnits = min(nanoUnits, Int128(Int64.max) * 1_000_000_000)
      if nanoUnits < 1_000_000_000 { format = .decimalSI }
    }
    self.init(nanoUnits: parts.isNegative ? -nanoUnits : nanoUnits, format: format)
  }
}

/// The pieces of a quantity's text.
private struct QuantityText {
  let isNegative: Bool
  /// Whole and fractional digits in a row, each 0…9, without leading zeros of the whole part.
  let digits: [UInt8]
  let fractionDigits: Int
  let suffix: [UInt8]

  init(_ text: String) throws(QuantityError) {
    var bytes = Array(text.utf8)[...]
    guard let first = bytes.first, bytes.count <= 4096 else { throw .wrongFormat }
    isNegative = first == UInt8(ascii: "-")
    if isNegative || first == UInt8(ascii: "+") { bytes = bytes.dropFirst() }
    var digits = bytes.prefix { Self.isDigit($0) }
    bytes = bytes.dropFirst(digits.count)
    digits = digits.drop { $0 == UInt8(ascii: "0") }
    var fraction: ArraySlice<UInt8> = []
    if bytes.first == UInt8(ascii: ".") {
      bytes = bytes.dropFirst()
      fraction = bytes.prefix { Self.isDigit($0) }
      bytes = bytes.dropFirst(fraction.count)
    }
    self.digits = (digits + fraction).map { $0 - UInt8(ascii: "0") }
    fractionDigits = fraction.count
    suffix = Array(bytes)
    // Letters, one sign, digits: anything else is not the shape of a suffix at all.
    let letters = Array("eEinumkKMGTP".utf8)
    var rest = bytes.drop { letters.contains($0) }
    if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") {
      rest = rest.dropFirst()
    }
    guard rest.allSatisfy(Self.isDigit) else { throw .wrongFormat }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }
}

/// What a suffix multiplies by, and how it wants to be printed again.
private struct QuantitySuffix {
  var powerOfTen = 0
  var powerOfTwo = 0
  var format = ResourceQuantity.Format.decimalSI

  init?(_ text: [UInt8]) {
    switch String(decoding: text, as: UTF8.self) {
    case "n": powerOfTen = -9
    case "u": powerOfTen = -6
    case "m": powerOfTen = -3
    case "": break
    case "k": powerOfTen = 3
    case "M": powerOfTen = 6
    case "G": powerOfTen = 9
    case "T": powerOfTen = 12
    case "P": powerOfTen = 15
    case "E": powerOfTen = 18
    case "Ki": (powerOfTwo, format) = (10, .binarySI)
    case "Mi": (powerOfTwo, format) = (20, .binarySI)
    case "Gi": (powerOfTwo, format) = (30, .binarySI)
    case "Ti": (powerOfTwo, format) = (40, .binarySI)
    case "Pi": (powerOfTwo, format) = (50, .binarySI)
    case "Ei": (powerOfTwo, format) = (60, .binarySI)
    default:
      guard text.first == UInt8(ascii: "e") || text.first == UInt8(ascii: "E"),
        let exponent = Int32(String(decoding: text.dropFirst(), as: UTF8.self)),
        exponent != .min
      else { return nil }
      (powerOfTen, format) = (Int(exponent), .decimalExponent)
    }
  }
}

/// A whole number of any size, only as large as reading one text needs.
private struct WideMagnitude {
  /// Least significant first, without leading zeros.
  private var limbs: [UInt32] = []

  var isZero: Bool { limbs.isEmpty }

  mutating func multiplyAdd(_ factor: UInt32, _ summand: UInt32) {
    var carry = UInt64(summand)
    for index in limbs.indices {
      let product = UInt64(limbs[index]) * UInt64(factor) + carry
      limbs[index] = UInt32(truncatingIfNeeded: product)
      carry = product >> 32
    }
    if carry > 0 { limbs.append(UInt32(carry)) }
  }

  /// Divides by ten and returns the remainder.
  mutating func divideByTen() -> UInt32 {
    var remainder: UInt64 = 0
    for index in limbs.indices.reversed() {
      let dividend = remainder << 32 | UInt64(limbs[index])
      limbs[index] = UInt32(dividend / 10)
      remainder = dividend % 10
    }
    while limbs.last == 0 { limbs.removeLast() }
    return UInt32(remainder)
  }

  var asInt128: Int128? {
    guard limbs.count <= 4 else { return nil }
    var value: UInt128 = 0
    for limb in limbs.reversed() { value = value << 32 | UInt128(limb) }
    return Int128(exactly: value)
  }
}
