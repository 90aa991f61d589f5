/// A `limit_req_zone`: the rate and, for every key, its excess and last time.
///
/// All workers share a zone. When it is full, the key that was looked up longest ago is dropped and
/// starts over at 0; each new key also drops up to two of the oldest keys that were idle for a
/// minute and have no excess left.
///
/// - Source: nginx `ngx_http_limit_req_module.c`, `ngx_http_limit_req_lookup` and
///   `ngx_http_limit_req_expire`.
public struct NginxLimitReqZone: Sendable, Equatable {
  private struct Entry: Sendable, Equatable {
    let key: UInt64
    var excess: Int64
    /// Milliseconds; nil until the first charge.
    var last: Int64?
    var older: Int?
    var newer: Int?
  }

  /// Thousandths of a request a second, at least 1.
  public let rate: Int64
  /// How many keys fit; unlimited by default.
  ///
  /// A zone of 1 MB holds about 8 000 on a 64-bit machine.
  public let maximumKeys: Int

  private var entries: [Entry] = []
  private var places: [UInt64: Int] = [:]
  private var free: [Int] = []
  private var newest: Int?
  private var oldest: Int?

  /// `rate=Nr/s`.
  public init(requestsPerSecond: Int, maximumKeys: Int = .max) {
    self.init(rate: Int64(requestsPerSecond) * 1000, maximumKeys: maximumKeys)
  }

  /// `rate=Nr/m`: `N * 1000 / 60`, cut to an integer (100 a minute are 1 666 thousandths a second).
  public init(requestsPerMinute: Int, maximumKeys: Int = .max) {
    self.init(rate: Int64(requestsPerMinute) * 1000 / 60, maximumKeys: maximumKeys)
  }

  private init(rate: Int64, maximumKeys: Int) {
    precondition(rate > 0, "a limit_req rate must be positive, is \(rate) thousandths a second")
    precondition(maximumKeys > 0, "a limit_req zone must hold at least one key")
    self.rate = rate
    self.maximumKeys = maximumKeys
  }

  /// How many keys the zone holds.
  public var keyCount: Int { places.count }

  /// The excess that one more request would have.
  func excess(of key: UInt64, at millisecond: Int64) -> Int64 {
    guard let place = places[key], let last = entries[place].last else { return 0 }
    let passed = Self.elapsed(from: last, to: millisecond)
    return max(0, entries[place].excess - rate * passed / 1000 + 1000)
  }

  /// Counts a request; its excess is at most `burst`, whatever the caller's clock says.
  mutating func charge(_ key: UInt64, at millisecond: Int64, upTo burst: Int64) {
    let excess = min(burst, excess(of: key, at: millisecond))
    let place = lookUp(key, at: millisecond)
    let last = entries[place].last
    entries[place].excess = excess
    if last.map({ Self.elapsed(from: $0, to: millisecond) > 0 }) ?? true {
      entries[place].last = millisecond
    }
  }

  /// Makes the key the newest without counting.
  mutating func touch(_ key: UInt64, at millisecond: Int64) {
    _ = lookUp(key, at: millisecond)
  }

  /// A clock that went back by over a minute counts as one millisecond, by less as none.
  private static func elapsed(from last: Int64, to now: Int64) -> Int64 {
    now - last < -60_000 ? 1 : max(0, now - last)
  }

  private mutating func lookUp(_ key: UInt64, at millisecond: Int64) -> Int {
    if let place = places[key] {
      unlink(place)
      link(place)
      return place
    }
    expire(at: millisecond)
    if places.count >= maximumKeys, let oldest { drop(oldest) }
    let entry = Entry(key: key, excess: 0)
    let place: Int
    if let reused = free.popLast() {
      place = reused
      entries[place] = entry
    } else {
      place = entries.count
      entries.append(entry)
    }
    places[key] = place
    link(place)
    return place
  }

  private mutating func expire(at millisecond: Int64) {
    for _ in 0..<2 {
      guard let oldest else { return }
      if let last = entries[oldest].last {
        let idle = abs(millisecond - last)
        if idle < 60_000 || entries[oldest].excess - rate * idle / 1000 > 0 { return }
      }
      drop(oldest)
    }
  }

  private mutating func drop(_ place: Int) {
    unlink(place)
    places[entries[place].key] = nil
    free.append(place)
  }

  private mutating func link(_ place: Int) {
    entries[place].newer = nil
    entries[place].older = newest
    if let newest { entries[newest].newer = place }
    newest = place
    if oldest == nil { oldest = place }
  }

  private mutating func unlink(_ place: Int) {
    let (older, newer) = (entries[place].older, entries[place].newer)
    if let older { entries[older].newer = newer } else { oldest = newer }
    if let newer { entries[newer].older = older } else { newest = older }
  }
}
