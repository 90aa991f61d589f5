/// The last *N* results of a circuit breaker: a ring of one byte each, with running totals.
///
/// - Source: Resilience4j `core/metrics/FixedSizeSlidingWindowMetrics.java`.
@frozen public struct CountWindow: Hashable, Sendable {
  /// One byte a result: bit 0 failed, bit 1 slow.
  ///
  /// Written in place, never grown.
  @usableFromInline var ring: ContiguousArray<UInt8>
  /// Where the next result goes; once the ring is full, the oldest result.
  @usableFromInline var next: Int32 = 0
  /// How many results are in the ring and what they were.
  @usableFromInline var totals = WindowTotals()

  /// A window of that many results; 0 for states that keep none.
  @inlinable public init(size: Int) { ring = ContiguousArray(repeating: 0, count: size) }

  /// Adds a result and evicts the one that many calls ago.
  ///
  /// - Returns: False when the window has no room at all: the library divides by zero there, after
  ///   it has counted the result.
  @inlinable @inline(__always)
  mutating func record(_ result: CallResult) -> Bool {
    guard !ring.isEmpty else {
      totals.add(result)
      return false
    }
    let index = Int(next)
    if Int(totals.calls) == ring.count {
      totals.remove(CallResult(rawValue: ring[index]))
    }
    totals.add(result)
    ring[index] = result.rawValue
    next = index + 1 == ring.count ? 0 : next &+ 1
    return true
  }
}

/// What one finished call counts as: failed, slow, both or neither.
@frozen public struct CallResult: Hashable, Sendable {
  /// Bit 0 failed, bit 1 slow.
  public var rawValue: UInt8

  /// The result with those bits.
  @inlinable @inline(__always) public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// A result by its two properties.
  @inlinable @inline(__always) public init(failed: Bool, slow: Bool) {
    rawValue = (failed ? 1 : 0) | (slow ? 2 : 0)
  }
}

/// How many calls a window holds, and how many of them failed, were slow, or both.
@frozen public struct WindowTotals: Hashable, Sendable {
  /// All results in the window.
  public var calls: Int32 = 0
  /// Those that failed.
  public var failed: Int32 = 0
  /// Those that were slow.
  public var slow: Int32 = 0
  /// Those that failed and were slow.
  public var slowFailed: Int32 = 0

  /// Nothing counted yet.
  @inlinable public init() {}

  @inlinable @inline(__always) mutating func add(_ result: CallResult) {
    let failedOne = Int32(result.rawValue & 1)
    let slowOne = Int32(result.rawValue &>> 1)
    calls &+= 1
    failed &+= failedOne
    slow &+= slowOne
    slowFailed &+= failedOne & slowOne
  }

  @inlinable @inline(__always) mutating func remove(_ result: CallResult) {
    let failedOne = Int32(result.rawValue & 1)
    let slowOne = Int32(result.rawValue &>> 1)
    calls &-= 1
    failed &-= failedOne
    slow &-= slowOne
    slowFailed &-= failedOne & slowOne
  }

  @inlinable mutating func remove(_ other: WindowTotals) {
    calls &-= other.calls
    failed &-= other.failed
    slow &-= other.slow
    slowFailed &-= other.slowFailed
  }
}
