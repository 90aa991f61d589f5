import TimeAndChance

/// A duration as Spring Boot writes it.
///
/// `500ms`, `30s`, `1m`, `2h`, `1d`, `250us`, `100ns`, a bare number of milliseconds, or ISO-8601
/// such as `PT1.5S`. No fractions and no spaces in the short form: `1.5s` and `Os` (with the letter)
/// are errors, with which the application does not start.
///
/// - Source: Spring Boot `convert/DurationStyle.java`; the JDK's `Duration.parse`.
enum SpringDuration {
  /// The longest duration we accept, 70 years, so that sums with a run's time cannot overflow.
  static let longest = SimDuration.seconds(70 * 365 * 86_400)

  /// Nil when the text is no duration or longer than ``longest`` either way.
  static func parse(_ text: String) -> SimDuration? {
    let body = text.drop { $0 == "+" || $0 == "-" }
    let parsed = body.first == "P" || body.first == "p" ? iso(text) : simple(text)
    guard let parsed, abs(parsed) <= Double(longest.nanoseconds) else { return nil }
    return SimDuration(nanoseconds: Int64(parsed))
  }

  private static let units: [String: Double] = [
    "ns": 1, "us": 1e3, "ms": 1e6, "": 1e6, "s": 1e9, "m": 60e9, "h": 3_600e9, "d": 86_400e9,
  ]

  private static func simple(_ text: String) -> Double? {
    let sign = text.first == "-" || text.first == "+" ? 1 : 0
    let digits = text.dropFirst(sign).prefix { $0.isASCII && $0.isNumber }
    let unit = text.dropFirst(sign + digits.count).lowercased()
    guard !digits.isEmpty, let count = Double(digits), let factor = units[unit] else { return nil }
    return (text.first == "-" ? -1 : 1) * count * factor
  }

  private static func iso(_ text: String) -> Double? {
    var rest = Substring(text.uppercased())
    var sign = 1.0
    if rest.first == "-" || rest.first == "+" { sign = rest.removeFirst() == "-" ? -1 : 1 }
    guard rest.first == "P" else { return nil }
    rest.removeFirst()
    var sum = 0.0
    var any = false
    // In this order, each at most once; those after the T are times.
    if let days = part(&rest, "D", fraction: false) {
      sum += days * 86_400e9
      any = true
    }
    if rest.first == "T" {
      rest.removeFirst()
      var anyTime = false
      for (letter, factor) in [("H", 3_600e9), ("M", 60e9), ("S", 1e9)] {
        guard let count = part(&rest, Character(letter), fraction: letter == "S") else { continue }
        sum += count * factor
        anyTime = true
      }
      guard anyTime else { return nil }
      any = true
    }
    return any && rest.isEmpty ? (sign * sum).rounded() : nil
  }

  /// Takes a number and its letter off the front, if they stand there.
  private static func part(_ rest: inout Substring, _ letter: Character, fraction: Bool) -> Double?
  {
    let number = rest.prefix { "+-0123456789".contains($0) || fraction && ($0 == "." || $0 == ",") }
    let after = rest.dropFirst(number.count)
    guard !number.isEmpty, after.first == letter,
      let value = Double(String(number.map { $0 == "," ? "." : $0 }))
    else { return nil }
    rest = after.dropFirst()
    return value
  }
}
