public import TimeAndChance

/// The events of one constant delay: they arrive sorted, so a ring holds them in order.
@frozen @usableFromInline struct Ring {
  @usableFromInline var delay: SimDuration
  @usableFromInline var entries: UnsafeMutablePointer<Event>
  @usableFromInline var mask: Int
  @usableFromInline var head = 0
  @usableFromInline var tail = 0

  @usableFromInline init(delay: SimDuration, capacity: Int = 16) {
    self.delay = delay
    entries = .allocate(capacity: capacity)
    mask = capacity - 1
  }

  @inlinable @inline(__always) var isEmpty: Bool { head == tail }
  @inlinable @inline(__always) var first: Event { entries[head & mask] }
  @inlinable @inline(__always) var count: Int { tail &- head }

  /// Adds an event at the end; true when it is the only one.
  @inlinable @inline(__always) mutating func append(_ event: Event) -> Bool {
    if tail &- head > mask { grow() }
    entries[tail & mask] = event
    tail &+= 1
    return tail &- head == 1
  }

  @inlinable @inline(__always) mutating func dropFirst() { head &+= 1 }

  /// Bytes held.
  var byteCount: Int { (mask + 1) * MemoryLayout<Event>.stride }

  @inline(never) @usableFromInline mutating func grow() {
    let capacity = (mask + 1) * 2
    let moved = UnsafeMutablePointer<Event>.allocate(capacity: capacity)
    for index in head..<tail { moved[index & (capacity - 1)] = entries[index & mask] }
    entries.deallocate()
    entries = moved
    mask = capacity - 1
  }
}

/// The timers of one delay, in order: those that run, and some that were taken back.
@frozen @usableFromInline struct TimerRing {
  @usableFromInline var ring: Ring
  /// How many entries are too few to look for forgotten ones.
  @usableFromInline var patience = 64
  /// True while a stand-in is in the heap; it is never later than the first entry.
  @usableFromInline var isArmed = false
  /// Whose stand-in that is; any other is out of use.
  @usableFromInline var armed = Event(high: 0, low: 0)

  @usableFromInline init(delay: SimDuration) {
    ring = Ring(delay: delay, capacity: 8)
  }

  /// Puts an event that may be earlier than others into its place.
  mutating func insert(_ event: Event) {
    _ = ring.append(event)
    var place = ring.tail - 1
    while place > ring.head, event.key < ring.entries[(place - 1) & ring.mask].key {
      ring.entries[place & ring.mask] = ring.entries[(place - 1) & ring.mask]
      place -= 1
    }
    ring.entries[place & ring.mask] = event
  }

  /// Drops what was taken back from the front.
  @inlinable @inline(__always) mutating func dropForgottenFirst(_ isRunning: (Event) -> Bool) {
    while !ring.isEmpty, !isRunning(ring.first) { ring.dropFirst() }
  }

  /// Drops whatever was taken back.
  @inlinable @inline(__always) mutating func dropForgotten(_ isRunning: (Event) -> Bool) {
    var kept = ring.head
    for place in ring.head..<ring.tail {
      let event = ring.entries[place & ring.mask]
      guard isRunning(event) else { continue }
      ring.entries[kept & ring.mask] = event
      kept += 1
    }
    ring.tail = kept
    patience = max(64, 4 * ring.count)
  }
}
