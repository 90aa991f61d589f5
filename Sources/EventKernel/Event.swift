public import TimeAndChance

/// One pending event: when, in which order, what, and for whom, in one 128-bit key.
///
/// | bits | meaning | limit |
/// |---|---|---|
/// | 56 | nanoseconds since the start | 2.28 years |
/// | 40 | sequence number of the scheduling | 1.1·10¹² events |
/// | 8 | kind | 0 ..< 254; the last two are the kernel's own |
/// | 24 | handle, usually an index into a ``Slab`` | 16 777 216 |
///
/// Keys compare as whole numbers, which orders events by time and then by the order in which they
/// were scheduled. The payload stays in its slab.
@frozen public struct Event: Sendable {
  @usableFromInline let high: UInt64
  @usableFromInline let low: UInt64

  @inlinable @inline(__always) init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  @inlinable @inline(__always)
  init(time: Int64, sequence: UInt64, kind: UInt8, handle: UInt32) {
    high = UInt64(bitPattern: time) &<< 8 | sequence &>> 32
    low = sequence &<< 32 | UInt64(kind) &<< 24 | UInt64(handle)
  }

  @inlinable @inline(__always) init(key: UInt128) {
    high = UInt64(truncatingIfNeeded: key &>> 64)
    low = UInt64(truncatingIfNeeded: key)
  }

  /// When it happens.
  @inlinable @inline(__always) public var time: SimTime {
    SimTime(nanoseconds: Int64(bitPattern: high &>> 8))
  }
  /// What happens: the model's own small number.
  @inlinable @inline(__always) public var kind: UInt8 { UInt8(truncatingIfNeeded: low &>> 24) }
  /// Whom it concerns.
  @inlinable @inline(__always) public var handle: UInt32 { UInt32(low & 0xFF_FFFF) }
  /// The place in the order of all schedulings, from 1; 0 comes before all.
  @inlinable @inline(__always) public var sequence: UInt64 { (high & 0xFF) &<< 32 | low &>> 32 }

  /// The timer that this is, if it is one.
  @inlinable @inline(__always) public var timer: Timer { Timer(sequence: sequence) }

  @inlinable @inline(__always) var key: UInt128 { UInt128(high) &<< 64 | UInt128(low) }

  /// True when both are the same scheduling; kind and handle do not count.
  @inlinable @inline(__always) func isSameScheduling(as other: Event) -> Bool {
    high == other.high && low &>> 32 == other.low &>> 32
  }

  /// The same time and place in the order, for another kind and handle.
  @inlinable @inline(__always) func standingIn(kind: UInt8, handle: UInt32) -> Event {
    Event(high: high, low: low & 0xFFFF_FFFF_0000_0000 | UInt64(kind) &<< 24 | UInt64(handle))
  }
}
