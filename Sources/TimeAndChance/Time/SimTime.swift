/// An instant of a run: whole nanoseconds since the run began.
///
/// Whole numbers compare and add exactly, so the order of events is the same on every machine.
/// Valid range: `0 ..< 2^56` nanoseconds, 2.28 years; the event kernel refuses later instants.
@frozen public struct SimTime: Hashable, Comparable, Sendable {
  /// Nanoseconds since the start of the run.
  public var nanoseconds: Int64

  /// The instant that many nanoseconds after the start.
  @inlinable @inline(__always) public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// The start of the run.
  @inlinable public static var zero: SimTime { SimTime(nanoseconds: 0) }

  /// Later than every instant a run can reach: "not set", "never".
  @inlinable public static var never: SimTime { SimTime(nanoseconds: .max) }

  /// Seconds since the start, for people and reports.
  @inlinable public var seconds: Double { Double(nanoseconds) / 1e9 }

  @inlinable @inline(__always) public static func < (left: SimTime, right: SimTime) -> Bool {
    left.nanoseconds < right.nanoseconds
  }

  /// The instant `duration` after `time`.
  @inlinable @inline(__always)
  public static func + (time: SimTime, duration: SimDuration) -> SimTime {
    SimTime(nanoseconds: time.nanoseconds + duration.nanoseconds)
  }

  /// The instant `duration` before `time`.
  @inlinable @inline(__always)
  public static func - (time: SimTime, duration: SimDuration) -> SimTime {
    SimTime(nanoseconds: time.nanoseconds - duration.nanoseconds)
  }

  /// The time that passed from `earlier` to `later`.
  @inlinable @inline(__always)
  public static func - (later: SimTime, earlier: SimTime) -> SimDuration {
    SimDuration(nanoseconds: later.nanoseconds - earlier.nanoseconds)
  }
}

/// A length of time in whole nanoseconds.
@frozen public struct SimDuration: Hashable, Comparable, Sendable {
  /// The length in nanoseconds.
  public var nanoseconds: Int64

  /// The length of that many nanoseconds.
  @inlinable @inline(__always) public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// No time at all.
  @inlinable public static var zero: SimDuration { SimDuration(nanoseconds: 0) }

  /// Whole nanoseconds.
  @inlinable public static func nanoseconds(_ count: Int64) -> SimDuration {
    SimDuration(nanoseconds: count)
  }
  /// Whole microseconds.
  @inlinable public static func microseconds(_ count: Int64) -> SimDuration {
    SimDuration(nanoseconds: count * 1_000)
  }
  /// Whole milliseconds.
  @inlinable public static func milliseconds(_ count: Int64) -> SimDuration {
    SimDuration(nanoseconds: count * 1_000_000)
  }
  /// Whole seconds.
  @inlinable public static func seconds(_ count: Int64) -> SimDuration {
    SimDuration(nanoseconds: count * 1_000_000_000)
  }
  /// Whole minutes.
  @inlinable public static func minutes(_ count: Int64) -> SimDuration {
    SimDuration(nanoseconds: count * 60_000_000_000)
  }

  /// The nearest whole number of nanoseconds to a number of seconds; traps beyond ±292 years.
  @inlinable public init(seconds: Double) {
    self.init(nanoseconds: Int64((seconds * 1e9).rounded()))
  }

  /// The length in seconds, for people and reports.
  @inlinable public var inSeconds: Double { Double(nanoseconds) / 1e9 }
  /// The length in milliseconds, for people and reports.
  @inlinable public var inMilliseconds: Double { Double(nanoseconds) / 1e6 }

  @inlinable @inline(__always)
  public static func < (left: SimDuration, right: SimDuration) -> Bool {
    left.nanoseconds < right.nanoseconds
  }
  /// The sum of two lengths.
  @inlinable @inline(__always)
  public static func + (left: SimDuration, right: SimDuration) -> SimDuration {
    SimDuration(nanoseconds: left.nanoseconds + right.nanoseconds)
  }
  /// The difference of two lengths.
  @inlinable @inline(__always)
  public static func - (left: SimDuration, right: SimDuration) -> SimDuration {
    SimDuration(nanoseconds: left.nanoseconds - right.nanoseconds)
  }
  /// A whole multiple of a length.
  @inlinable @inline(__always)
  public static func * (length: SimDuration, factor: Int64) -> SimDuration {
    SimDuration(nanoseconds: length.nanoseconds * factor)
  }
}
