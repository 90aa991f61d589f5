public import TimeAndChance

/// A bucket that fills continuously and gives whole tokens.
///
/// Exact: time and tokens are counted in the same whole units (a nanosecond is worth
/// `tokensPerFill` of them, a token costs `fillInterval` of them), so nothing drifts and no rounding
/// decides. Trivial; one per proxy, or per downstream connection.
///
/// - Source: Envoy `source/common/common/token_bucket_impl.h` (AtomicTokenBucketImpl), which keeps
///   the same state as a `double`: the time at which the bucket was last empty.
@frozen public struct TokenBucket: Sendable, Hashable {
  /// The unit-time at which the bucket was, or would have been, empty.
  @usableFromInline var emptyAt: Int128
  /// The units of a full bucket.
  @usableFromInline let capacity: Int128
  /// Units per nanosecond.
  @usableFromInline let unitsPerNanosecond: Int64
  /// Units per token.
  @usableFromInline let unitsPerToken: Int64
  /// Whether everything that is compared fits into 64 bits.
  @usableFromInline let isNarrow: Bool

  /// A bucket that is full at `now`.
  public init(_ settings: TokenBucketSettings, at now: SimTime = .zero) {
    var fill = Int64(max(0, settings.tokensPerFill))
    var interval = max(1, settings.fillInterval.nanoseconds)
    var (a, b) = (interval, fill)
    while b > 0 { (a, b) = (b, a % b) }
    fill /= a
    interval /= a
    unitsPerNanosecond = fill
    unitsPerToken = interval
    capacity = Int128(max(0, settings.maxTokens)) * Int128(interval)
    // Instants are below 2^55 ns, so unit-times then below 2^61, and their differences below 2^62.
    isNarrow = fill < 1 << 6 && capacity < 1 << 61
    emptyAt = Int128(now.nanoseconds) * Int128(fill) - capacity
  }

  /// Takes `tokens` if as many are there; true when they were.
  ///
  /// Calls must come in order of time.
  @inlinable @inline(__always)
  public mutating func admit(at now: SimTime, tokens: Int64 = 1) -> Bool {
    guard isNarrow else { return admitWidely(at: now, tokens: tokens) }
    let time = now.nanoseconds &* unitsPerNanosecond
    let level = min(
      Int64(truncatingIfNeeded: capacity), time &- Int64(truncatingIfNeeded: emptyAt))
    let cost = unitsPerToken.multipliedReportingOverflow(by: tokens)
    guard !cost.overflow, level >= cost.partialValue else { return false }
    emptyAt = Int128(time &- level &+ cost.partialValue)
    return true
  }

  @inlinable @inline(never)
  mutating func admitWidely(at now: SimTime, tokens: Int64) -> Bool {
    let time = Int128(now.nanoseconds) * Int128(unitsPerNanosecond)
    let level = min(capacity, time - emptyAt)
    let cost = Int128(unitsPerToken) * Int128(tokens)
    guard level >= cost else { return false }
    emptyAt = time - level + cost
    return true
  }

  /// Whole tokens that are there.
  @inlinable public func tokens(at now: SimTime) -> Int64 {
    let time = Int128(now.nanoseconds) * Int128(unitsPerNanosecond)
    return Int64(min(capacity, time - emptyAt) / Int128(unitsPerToken))
  }

  /// How fast it fills compared with another: true when slower.
  @inlinable public func fillsSlower(than other: TokenBucket) -> Bool {
    unitsPerNanosecond.multipliedFullWidth(by: other.unitsPerToken)
      < other.unitsPerNanosecond.multipliedFullWidth(by: unitsPerToken)
  }
}
