public import TimeAndChance

/// The periods of Kong's open-source rate-limiting plugin: calendar windows in UTC.
public enum KongRatePeriod: Int, Sendable, CaseIterable {
  /// A second of the clock.
  case second
  /// A minute of the clock.
  case minute
  /// An hour of the clock.
  case hour
  /// A day in UTC.
  case day
  /// A month in UTC.
  case month
  /// A year in UTC.
  case year

  /// The window that holds an instant, in whole seconds since 1970: its start and its end.
  public func window(at second: Int) -> (start: Int, end: Int) {
    switch self {
    case .second: return (second, second + 1)
    case .minute: return Self.even(second, 60)
    case .hour: return Self.even(second, 3600)
    case .day: return Self.even(second, 86_400)
    case .month:
      let (year, month) = CivilDate.yearAndMonth(ofDay: second / 86_400)
      let (nextYear, nextMonth) = month == 12 ? (year + 1, 1) : (year, month + 1)
      return (
        CivilDate.day(year: year, month: month) * 86_400,
        CivilDate.day(year: nextYear, month: nextMonth) * 86_400
      )
    case .year:
      let year = CivilDate.yearAndMonth(ofDay: second / 86_400).year
      return (
        CivilDate.day(year: year, month: 1) * 86_400,
        CivilDate.day(year: year + 1, month: 1) * 86_400
      )
    }
  }

  private static func even(_ second: Int, _ length: Int) -> (start: Int, end: Int) {
    let start = second - second % length
    return (start, start + length)
  }
}

/// Days since 1970-01-01 in the Gregorian calendar.
///
/// - Source: H. Hinnant, "chrono-compatible low-level date algorithms" (public domain).
enum CivilDate {
  static func day(year: Int, month: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  static func yearAndMonth(ofDay day: Int) -> (year: Int, month: Int) {
    let shifted = day + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let index = (5 * dayOfYear + 2) / 153
    let month = index < 10 ? index + 3 : index - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month)
  }
}

/// One limit: so many requests per period.
public struct KongRateLimit: Sendable, Equatable {
  /// The period.
  public let period: KongRatePeriod
  /// Requests per window, at least 1.
  public let limit: Int

  /// So many requests per period.
  public init(_ limit: Int, per period: KongRatePeriod) {
    precondition(limit > 0, "a rate limit must be positive, is \(limit)")
    self.limit = limit
    self.period = period
  }
}

/// Kong's open-source rate-limiting plugin: fixed calendar windows, checked first and counted later.
///
/// A request passes when `usage < limit` in every configured window; refused ones are not counted.
/// **The count runs in a timer after the check**, so requests that arrive within that gap all pass:
/// call ``check(_:at:)`` when the request comes and ``count(_:at:)`` one gap later with the time of
/// the check. Around a window's border up to twice the limit passes. With policy `local` use one
/// value per node: N nodes admit up to N times the limit.
///
/// - Source: Kong `kong/plugins/rate-limiting/`.
public struct KongRateLimiting: Sendable, Equatable {
  /// The plugin's answer.
  public enum Verdict: Sendable, Equatable {
    /// Go on; the fewest requests left in any window.
    case pass(remaining: Int)
    /// Refused (429 by default); whole seconds until the window ends, at least 1.
    case refuse(retryAfterSeconds: Int)
  }

  private struct Window: Sendable, Equatable {
    var start: Int
    var usage: Int
  }

  /// The limits, at least one.
  public let limits: [KongRateLimit]
  /// Seconds from 1970 to the run's start, with fractions; places the calendar windows.
  public let epoch: SimDuration
  /// Per key one window a limit.
  private var usage: [UInt64: [Window]] = [:]

  /// Empty windows.
  public init(limits: [KongRateLimit], epoch: SimDuration = .zero) {
    precondition(!limits.isEmpty, "the rate-limiting plugin needs a limit")
    self.limits = limits
    self.epoch = epoch
  }

  /// Requests counted in the window that holds `now`.
  public func usage(of key: UInt64, limit: Int, at now: SimTime) -> Int {
    let start = limits[limit].period.window(at: second(of: now)).start
    guard let window = usage[key]?[limit], window.start == start else { return 0 }
    return window.usage
  }

  /// Judges a request; counts nothing.
  public func check(_ key: UInt64, at now: SimTime) -> Verdict {
    let second = second(of: now)
    var remaining = Int.max
    for index in limits.indices {
      let left = limits[index].limit - usage(of: key, limit: index, at: now)
      if left <= 0 {
        return .refuse(
          retryAfterSeconds: max(1, limits[index].period.window(at: second).end - second))
      }
      remaining = min(remaining, left - 1)
    }
    return .pass(remaining: remaining)
  }

  /// Counts a request that passed at `now`.
  public mutating func count(_ key: UInt64, at now: SimTime) {
    let second = second(of: now)
    var windows = usage[key] ?? limits.map { _ in Window(start: .min, usage: 0) }
    for index in limits.indices {
      let start = limits[index].period.window(at: second).start
      // A late count of a window that is over does not disturb the present one.
      if start < windows[index].start { continue }
      if start > windows[index].start { windows[index] = Window(start: start, usage: 0) }
      windows[index].usage += 1
    }
    usage[key] = windows
  }

  /// Kong reads the clock in whole seconds.
  private func second(of now: SimTime) -> Int {
    Int((now.nanoseconds + epoch.nanoseconds) / 1_000_000_000)
  }
}
