public import TimeAndChance

/// Kong's rate-limiting-advanced plugin: sliding or fixed windows of any length.
///
/// A sliding count is `previous * (window - elapsed) / window + current`, windows aligned to
/// multiples of their size. In sliding mode refused requests count too, unless `disable_penalty` is
/// set, so a client that keeps hammering stays blocked.
///
/// - Source: the public documentation of rate-limiting-advanced; the code is not open.
public struct KongSlidingRateLimiting: Sendable, Equatable {
  /// One entry of the arrays `limit` and `window_size`.
  public struct Limit: Sendable, Equatable {
    /// Requests per window, at least 1.
    public let limit: Int
    /// The window's length in whole seconds, at least 1.
    public let windowSeconds: Int

    /// So many requests per so many seconds.
    public init(_ limit: Int, perSeconds windowSeconds: Int) {
      precondition(limit > 0 && windowSeconds > 0, "limit and window must be positive")
      self.limit = limit
      self.windowSeconds = windowSeconds
    }
  }

  private struct Counts: Sendable, Equatable {
    var window = Int64.min
    var current = 0
    var previous = 0
  }

  /// The limits.
  public let limits: [Limit]
  /// `window_type: sliding`, the default; false for `fixed`.
  public let isSliding: Bool
  /// `disable_penalty`; false by default.
  public let disablesPenalty: Bool
  /// Time from 1970 to the run's start; aligns the windows.
  public let epoch: SimDuration
  private var counts: [UInt64: [Counts]] = [:]

  /// Empty windows.
  public init(
    limits: [Limit], isSliding: Bool = true, disablesPenalty: Bool = false,
    epoch: SimDuration = .zero
  ) {
    self.limits = limits
    self.isSliding = isSliding
    self.disablesPenalty = disablesPenalty
    self.epoch = epoch
  }

  /// The usage of a limit's window, without this request.
  public func usage(of key: UInt64, limit: Int, at now: SimTime) -> Double {
    let (window, elapsed, length) = place(of: limit, at: now)
    guard let counted = counts[key]?[limit] else { return 0 }
    let current = counted.window == window ? counted.current : 0
    if !isSliding { return Double(current) }
    let previous =
      counted.window == window
      ? counted.previous : counted.window == window - 1 ? counted.current : 0
    return Double(previous) * (Double(length - elapsed) / Double(length)) + Double(current)
  }

  /// Judges a request and counts it; true when it passes.
  public mutating func admit(_ key: UInt64, at now: SimTime) -> Bool {
    let passes = limits.indices.allSatisfy {
      usage(of: key, limit: $0, at: now) + 1 <= Double(limits[$0].limit)
    }
    if !passes && (!isSliding || disablesPenalty) { return false }
    var counted = counts[key] ?? limits.map { _ in Counts() }
    for index in limits.indices {
      let window = place(of: index, at: now).window
      if counted[index].window != window {
        let isNext = counted[index].window == window - 1
        counted[index].previous = isNext ? counted[index].current : 0
        counted[index].current = 0
        counted[index].window = window
      }
      counted[index].current += 1
    }
    counts[key] = counted
    return passes
  }

  private func place(of limit: Int, at now: SimTime) -> (
    window: Int64, elapsed: Int64, length: Int64
  ) {
    let time = now.nanoseconds + epoch.nanoseconds
    let length = Int64(limits[limit].windowSeconds) * 1_000_000_000
    return (time / length, time % length, length)
  }
}
