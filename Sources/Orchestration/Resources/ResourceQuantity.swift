/// An amount of a resource, exact to a billionth: `500m` of a core, `2Gi` of memory.
///
/// Kubernetes keeps quantities as decimal numbers with at most nine decimal places, so a whole
/// number of billionths (nano-units) holds every one of them exactly; no floating point is ever
/// involved. Two quantities are equal when their amounts are, whatever suffix they were written
/// with; the ``format`` only decides how the amount is printed.
///
/// Range: ±2^125 billionths, about ±4·10²⁸. Kubernetes itself has no bound for decimal suffixes;
/// reading refuses what is larger, sums saturate there.
///
/// - Source: Kubernetes `k8s.io/apimachinery/pkg/api/resource/quantity.go`, `amount.go`.
@frozen public struct ResourceQuantity: Sendable, Hashable, Comparable {
  /// The three ways to write an amount.
  @frozen public enum Format: UInt8, Sendable {
    /// `n u m k M G T P E`, powers of 1000; also numbers without suffix.
    case decimalSI
    /// `e3`, `E-6`: a power of ten, printed as a multiple of three.
    case decimalExponent
    /// `Ki Mi Gi Ti Pi Ei`, powers of 1024.
    case binarySI
  }

  /// The amount in billionths.
  public var nanoUnits: Int128
  /// How the amount is printed; taken over from a summand when this one is zero.
  public var format: Format

  /// That many billionths.
  @inlinable public init(nanoUnits: Int128, format: Format = .decimalSI) {
    self.nanoUnits = nanoUnits
    self.format = format
  }

  /// That many whole units: cores, bytes, pods.
  @inlinable public init(_ units: Int64, format: Format = .decimalSI) {
    self.init(nanoUnits: Int128(units) * 1_000_000_000, format: format)
  }

  /// That many thousandths: `milli: 1500` is `1500m`, one and a half cores.
  @inlinable public init(milli: Int64) {
    self.init(nanoUnits: Int128(milli) * 1_000_000)
  }

  /// That many bytes, printed with the powers of 1024.
  @inlinable public static func bytes(_ count: Int64) -> ResourceQuantity {
    ResourceQuantity(count, format: .binarySI)
  }

  /// Nothing, in decimal form.
  @inlinable public static var zero: ResourceQuantity { ResourceQuantity(nanoUnits: 0) }

  /// The largest amount a sum reaches; it stays there instead of wrapping.
  @inlinable public static var largestNanoUnits: Int128 { (Int128(1) << 125) }

  /// Whether the amount is exactly nothing.
  @inlinable public var isZero: Bool { nanoUnits == 0 }

  @inlinable public static func == (left: ResourceQuantity, right: ResourceQuantity) -> Bool {
    left.nanoUnits == right.nanoUnits
  }

  @inlinable public static func < (left: ResourceQuantity, right: ResourceQuantity) -> Bool {
    left.nanoUnits < right.nanoUnits
  }

  /// Feeds the amount, and only the amount, so that equal quantities hash alike.
  @inlinable public func hash(into hasher: inout Hasher) { hasher.combine(nanoUnits) }
}

extension ResourceQuantity {
  /// Adds an amount; a zero takes over the other's format.
  @inlinable public static func += (left: inout ResourceQuantity, right: ResourceQuantity) {
    if left.nanoUnits == 0 { left.format = right.format }
    left.nanoUnits = clamped(left.nanoUnits + right.nanoUnits)
  }

  /// Takes an amount away; a zero takes over the other's format.
  ///
  /// The result may be negative.
  @inlinable public static func -= (left: inout ResourceQuantity, right: ResourceQuantity) {
    if left.nanoUnits == 0 { left.format = right.format }
    left.nanoUnits = clamped(left.nanoUnits - right.nanoUnits)
  }

  /// The sum; a zero takes over the other's format.
  @inlinable public static func + (left: ResourceQuantity, right: ResourceQuantity)
    -> ResourceQuantity
  {
    var sum = left
    sum += right
    return sum
  }

  /// The difference; may be negative.
  @inlinable public static func - (left: ResourceQuantity, right: ResourceQuantity)
    -> ResourceQuantity
  {
    var difference = left
    difference -= right
    return difference
  }

  @inlinable static func clamped(_ nanoUnits: Int128) -> Int128 {
    min(max(nanoUnits, -largestNanoUnits), largestNanoUnits)
  }

  /// The amount in whole units, rounded away from zero; at most ±(2⁶³ − 1).
  @inlinable public var value: Int64 { roundedUp(dividingBy: 1_000_000_000) }

  /// The amount in thousandths, rounded away from zero; at most ±(2⁶³ − 1).
  @inlinable public var milliValue: Int64 { roundedUp(dividingBy: 1_000_000) }

  @inlinable func roundedUp(dividingBy divisor: Int128) -> Int64 {
    let (quotient, remainder) = nanoUnits.quotientAndRemainder(dividingBy: divisor)
    let away = remainder == 0 ? quotient : quotient + (nanoUnits > 0 ? 1 : -1)
    return Int64(clamping: away)
  }

  /// The amount in units as a floating-point number, for reports and for models of speed.
  @inlinable public var approximateValue: Double { Double(nanoUnits) / 1e9 }
}
