public import TimeAndChance

/// The results of the last *N* seconds: a ring of one total a second, and the sum of them.
///
/// A synchronised window has one slice for each **whole clock second**, so a call made at x.999 s
/// leaves it *N* whole seconds after the second it was made in. A lock-free window counts its slices
/// from its creation, and after a gap of more than *N* seconds from the moment it is next touched.
/// Reading the window advances it too.
///
/// - Source: Resilience4j `core/metrics/SlidingTimeWindowMetrics.java`,
///   `LockFreeSlidingTimeWindowMetrics.java`.
@frozen public struct TimeWindow: Hashable, Sendable {
  @usableFromInline static var second: Int64 { 1_000_000_000 }

  /// One total a slice, written in place, never grown.
  @usableFromInline var slices: ContiguousArray<WindowTotals>
  /// The slice of the present second.
  @usableFromInline var current: Int32 = 0
  /// Whether slices keep to clock seconds after a long gap.
  @usableFromInline let followsClock: Bool
  /// When the present slice ends, in nanoseconds of the run.
  @usableFromInline var sliceEnd: Int64
  /// The sum over all slices.
  @usableFromInline var totals = WindowTotals()

  /// A window of whole seconds.
  ///
  /// - Parameters:
  ///   - seconds: The window's length; 0 for a window that is not used.
  ///   - now: When it is created.
  ///   - clockPhase: How far into a whole clock second the run began; nil for a lock-free window,
  ///     whose seconds begin at `now`.
  public init(seconds: Int, createdAt now: SimTime, clockPhase: SimDuration?) {
    slices = ContiguousArray(repeating: WindowTotals(), count: seconds)
    followsClock = clockPhase != nil
    let intoSecond = clockPhase.map { ($0.nanoseconds + now.nanoseconds) % Self.second } ?? 0
    sliceEnd = now.nanoseconds - intoSecond + Self.second
  }

  /// What the window holds at `now`.
  public mutating func read(at now: SimTime) -> WindowTotals {
    advance(to: now)
    return totals
  }

  /// Adds a result to the present second; the time is when it **arrived**, not when the call began.
  @inlinable @inline(__always)
  public mutating func record(_ result: CallResult, at now: SimTime) {
    advance(to: now)
    slices[Int(current)].add(result)
    totals.add(result)
  }

  @inlinable @inline(__always) mutating func advance(to now: SimTime) {
    if now.nanoseconds >= sliceEnd { advanceSlices(to: now.nanoseconds) }
  }

  @usableFromInline @inline(never) mutating func advanceSlices(to now: Int64) {
    let elapsed = now - (sliceEnd - Self.second)
    let passed = elapsed / Self.second
    let moved = min(passed, Int64(slices.count))
    for _ in 0..<moved {
      current = Int(current) + 1 == slices.count ? 0 : current + 1
      totals.remove(slices[Int(current)])
      slices[Int(current)] = WindowTotals()
    }
    let intoSlice = moved == passed || followsClock ? elapsed % Self.second : 0
    sliceEnd = now - intoSlice + Self.second
  }
}
