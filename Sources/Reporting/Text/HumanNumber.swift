import Results
import Scenario
import TimeAndChance

/// Numbers for people: three digits, a unit, no more.
enum HumanNumber {
  /// A length of time: `840 ms`, `2.4 s`, `2 min 5 s`.
  static func duration(_ seconds: Double) -> String {
    guard seconds.magnitude < 9e9 else { return seconds < 0 ? "-∞" : "∞" }
    if seconds == 0 { return "0 s" }
    return SimDuration(seconds: seconds).description
  }

  /// Something per second: `150/s`, `12.3k/s`.
  static func rate(_ perSecond: Double) -> String { count(perSecond) + "/s" }

  /// A bare number: `0.35`, `1.35`, `243`, `12.3k`, `4.5M`; two digits below 1.
  static func count(_ value: Double) -> String {
    guard value.isFinite else { return value < 0 ? "-∞" : "∞" }
    if value.magnitude < 1 { return DecimalText(value, significant: 2).plain }
    var scaled = value
    for unit in ["", "k", "M", "G", "T"] {
      let text = DecimalText(scaled, significant: 3)
      // 999.6 is 1000 in three digits, which is the next unit's 1.
      if text.exponent < 3 || unit == "T" { return text.plain + unit }
      scaled /= 1_000
    }
    return DecimalText(scaled, significant: 3).plain
  }

  /// A share in 0...1: `0.05 %`, `12.3 %`, `99.95 %`, `100 %`.
  ///
  /// Near 100 % what is missing keeps its digits: 99.95 % is not 100 %. Two digits below 1 %.
  static func share(_ share: Double) -> String {
    guard share.isFinite else { return "–" }
    if share > 0.99, share < 1 {
      let missing = DecimalText((1 - share) * 100, significant: 2)
      let decimals = min(6, max(1, 1 - missing.exponent))
      var scale = 1.0
      for _ in 0..<decimals { scale *= 10 }
      let text = DecimalText((share * 100 * scale).rounded(.down) / scale, significant: 9).plain
      return text + " %"
    }
    return DecimalText(share * 100, significant: share < 0.01 ? 2 : 3).plain + " %"
  }

  /// A value in a metric's unit.
  static func text(_ value: Double, _ unit: Metric.Unit) -> String {
    switch unit {
    case .share: share(value)
    case .seconds: duration(value)
    case .perSecond: rate(value)
    case .number: count(value)
    }
  }

  /// An interval in a metric's unit; figures are never negative, so its lower end is not shown so.
  static func interval(_ low: Double, _ high: Double, _ unit: Metric.Unit) -> String {
    let top = unit == .share ? min(1, high) : high
    return "\(text(max(0, low), unit)) to \(text(max(0, top), unit))"
  }

  /// A moment of the run: `05:00`, `05:00.9`, `1:05:00`.
  static func clock(_ time: SimTime) -> String {
    let tenths = (time.nanoseconds + 50_000_000) / 100_000_000
    let seconds = tenths / 10
    let hours = seconds / 3_600
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let text =
      (hours > 0 ? "\(hours):" : "") + two(seconds / 60 % 60) + ":" + two(seconds % 60)
    return tenths % 10 == 0 ? text : text + ".\(tenths % 10)"
  }

  /// A number of things with their name: `1 replication`, `3 replications`.
  static func things(_ count: Int, _ name: String) -> String {
    count == 1 ? "1 \(name)" : "\(count) \(name)s"
  }
}
