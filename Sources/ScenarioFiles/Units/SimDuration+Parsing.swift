import TimeAndChance

/// Why a text is not a length of time.
enum DurationMistake: Error, Equatable {
  /// A bare number.
  case noUnit
  /// Not of the form at all.
  case form
  /// Not a whole number of nanoseconds.
  case tooFine
  /// Longer than a run can be.
  case tooLong
  /// Below zero.
  case negative
}

extension SimDuration {
  /// The longest time that a file may state: 200 days.
  ///
  /// The engine counts to 2^55 ns, 417 days: any time may begin at the end of the longest run.
  static let longestInFiles = SimDuration(nanoseconds: 200 * 86_400_000_000_000)

  private static let units: [(name: String, nanoseconds: Int64)] = [
    ("ns", 1), ("us", 1_000), ("µs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000),
    ("m", 60_000_000_000), ("h", 3_600_000_000_000), ("d", 86_400_000_000_000),
  ]

  /// The length of time that a text writes as numbers with units: `250ms`, `1.5s`, `1h30m`.
  ///
  /// Units are `ns us ms s m h d`; only zero may stand without.
  static func parse(_ text: String) throws(DurationMistake) -> SimDuration {
    if text == "0" { return .zero }
    var rest = Substring(text)
    if rest.first == "-" {
      let positive = rest.dropFirst()
      // One sign is all that a number has; thousands of them must not nest.
      guard positive.first != "-", (try? parse(String(positive))) != nil else { throw .form }
      throw .negative
    }
    guard !rest.isEmpty else { throw .form }
    if ExactDecimal(rest, allowsExponent: true) != nil { throw .noUnit }
    var total: Int64 = 0
    while !rest.isEmpty {
      let number = rest.prefix { ($0.isASCII && $0.isNumber) || $0 == "." }
      rest = rest.dropFirst(number.count)
      let unit = rest.prefix { $0.isLetter }
      rest = rest.dropFirst(unit.count)
      guard !number.isEmpty, let value = ExactDecimal(number),
        let scale = units.first(where: { $0.name == unit })
      else { throw .form }
      guard let part = value.times(scale.nanoseconds) else {
        throw value.double * Double(scale.nanoseconds) > 1e18 ? .tooLong : .tooFine
      }
      let (sum, overflow) = total.addingReportingOverflow(part)
      guard !overflow, sum <= longestInFiles.nanoseconds else { throw .tooLong }
      total = sum
    }
    return SimDuration(nanoseconds: total)
  }

  /// What a clock's text means, `1:30` or `1:02:03`; nil for other texts.
  ///
  /// It is not read so: some would mean hours and minutes.
  init?(clock text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { part in
      part.count <= 4 && part.allSatisfy { $0.isASCII && $0.isNumber } ? Int64(part) : nil
    }
    guard (2...3).contains(parts.count), numbers.count == parts.count else { return nil }
    let seconds = numbers.reduce(0) { $0 * 60 + $1 }
    guard seconds > 0 else { return nil }
    self.init(nanoseconds: seconds * 1_000_000_000)
  }

  /// Whole days: `200d`.
  var inDays: String { "\(nanoseconds / 86_400_000_000_000)d" }

  /// The length of time as a file would write it: `1h30m`, `1.5s`, `250ms`.
  var written: String {
    if nanoseconds == 0 { return "0s" }
    if nanoseconds >= 60_000_000_000 {
      let seconds = SimDuration(nanoseconds: nanoseconds % 60_000_000_000)
      let rest = seconds == .zero ? "" : seconds.written
      let minutes = nanoseconds / 60_000_000_000
      let hours = minutes >= 60 ? "\(minutes / 60)h" : ""
      return hours + (minutes % 60 > 0 ? "\(minutes % 60)m" : "") + rest
    }
    for (name, scale) in [("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000)]
      as [(String, Int64)]
    where nanoseconds >= scale {
      let whole = nanoseconds / scale
      var fraction = String(nanoseconds % scale + scale).dropFirst()
      while fraction.last == "0" { fraction = fraction.dropLast() }
      return fraction.isEmpty ? "\(whole)\(name)" : "\(whole).\(fraction)\(name)"
    }
    return "\(nanoseconds)ns"
  }
}
