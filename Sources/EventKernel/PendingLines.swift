public import TimeAndChance

/// The events of one constant delay: they arrive sorted, so a ring holds them in order.
@frozen @usableFromInline struct Ring {
  @usableFromInline let delay: SimDuration
  @usableFromInline var entries: UnsafeMutablePointer<Event>
  @usableFromInline var mask: Int
  @usableFromInline var head = 0
  @usableFromInline var tail = 0

  @usableFromInline init(delay: SimDuration, capacity: Int = 64) {
    self.delay = delay
    entries = .allocate(capacity: capacity)
    mask = capacity - 1
  }

  @inlinable @inline(__always) var isEmpty: Bool { head == tail }
  @inlinable @inline(__always) var first: Event { entries[head & mask] }

  /// Adds an event at the end; true when it is the only one.
  @inlinable @inline(__always) mutating func append(_ event: Event) -> Bool {
    if tail &- head > mask { grow() }
    entries[tail & mask] = event
    tail &+= 1
    return tail &- head == 1
  }

  @inlinable @inline(__always) mutating func dropFirst() { head &+= 1 }

  @inline(never) @usableFromInline mutating func grow() {
    let capacity = (mask + 1) * 2
    let moved = UnsafeMutablePointer<Event>.allocate(capacity: capacity)
    for index in head..<tail { moved[index & (capacity - 1)] = entries[index & mask] }
    entries.deallocate()
    entries = moved
    mask = capacity - 1
  }
}

/// The running timers of one delay: a circular list through a sentinel, oldest first.
@frozen @usableFromInline struct TimerList {
  @usableFromInline let delay: SimDuration
  @usableFromInline let sentinel: UInt32
  /// True while a stand-in is in the heap; it is never later than the list's head.
  @usableFromInline var isArmed = false
  /// Whose stand-in that is; any other is out of use.
  @usableFromInline var armed = Event(high: 0, low: 0)

  @usableFromInline init(delay: SimDuration, sentinel: UInt32) {
    self.delay = delay
    self.sentinel = sentinel
  }
}

/// A running timer and its neighbours.
@frozen @usableFromInline struct TimerNode: BitwiseCopyable {
  @usableFromInline var event: Event
  @usableFromInline var previous: UInt32
  @usableFromInline var next: UInt32

  @inlinable @inline(__always) init(event: Event, previous: UInt32, next: UInt32) {
    self.event = event
    self.previous = previous
    self.next = next
  }
}
