public import TimeAndChance

/// The clock and everything that is still to happen.
///
/// Three places hold pending events; together they are one order, by (time, sequence):
/// - a heap for delays that vary (``schedule(after:kind:handle:)``), and behind it a ladder of
///   buckets for what is far away, once there are thousands,
/// - one first-in-first-out ring for each constant delay that is never taken back (``DelayLine``),
/// - one linked list for each constant delay that mostly is (``TimerLine``): a timeout that does not
///   fire costs two stores to start and two to cancel, and leaves nothing behind.
///
/// The first entries of the first four rings, which carry most events of a model, are compared with
/// the heap's root on each look. Of any other ring, and of a list, only the first entry stands in the
/// heap. A list's stand-in may be out of date (its timer was cancelled): when it comes up, the list's
/// present head takes its place.
///
/// The kernel knows no model. A run loop takes ``next()`` and switches over ``Event/kind``:
///
/// ```swift
/// var queue = EventQueue()
/// queue.schedule(after: .seconds(1), kind: 0, handle: 0)
/// while let event = queue.next() {
///   switch event.kind { … }
/// }
/// ```
///
/// Delays that vary are at least 0, and count as 2⁵⁵ ns (1.14 years) when they are longer; those of
/// lines are below that. Others stop the program with a message, as does running out of sequence
/// numbers or handles: a wrong order would be worse.
@frozen public struct EventQueue: ~Copyable {
  /// The present: the time of the event that ``next()`` gave last.
  public private(set) var now: SimTime {
    @inlinable @inline(__always) get { SimTime(nanoseconds: clock) }
    set { clock = newValue.nanoseconds }
  }
  @usableFromInline var clock: Int64 = 0
  @usableFromInline var sequence: UInt64 = 0
  @usableFromInline var heap = EventHeap()
  /// What is far away, when there is too much for the heap.
  @usableFromInline let ladder: UnsafeMutablePointer<EventLadder>
  /// The upper half of the key where the ladder begins; the greatest number while it is empty.
  @usableFromInline var horizon = UInt64.max
  /// The keys of the first entries of the first rings; the greatest key for one that is empty.
  @usableFromInline var heads: UnsafeMutablePointer<UInt128>
  @usableFromInline var rings: UnsafeMutablePointer<Ring>
  @usableFromInline var ringCount = 0
  private var ringCapacity = 64
  @usableFromInline var lists: UnsafeMutablePointer<TimerList>
  @usableFromInline var listCount = 0
  private var listCapacity = 64
  @usableFromInline var nodes = Slab<TimerNode>()

  /// The kinds that the kernel keeps for itself: the stand-ins of rings and lists.
  @usableFromInline static var ringKind: UInt8 { 255 }
  @usableFromInline static var listKind: UInt8 { 254 }
  /// The first delay that is too long.
  @usableFromInline static var delayLimit: UInt64 { 1 &<< 55 }
  /// How many rings need no stand-in in the heap.
  @usableFromInline static var headCount: Int { 4 }

  /// An empty queue at time zero.
  public init() {
    ladder = .allocate(capacity: 1)
    ladder.initialize(to: EventLadder())
    heads = .allocate(capacity: Self.headCount)
    heads.initialize(repeating: .max, count: Self.headCount)
    rings = .allocate(capacity: ringCapacity)
    lists = .allocate(capacity: listCapacity)
  }

  @inlinable deinit {
    for index in 0..<ringCount { rings[index].entries.deallocate() }
    freeLadder()
    heads.deallocate()
    rings.deallocate()
    lists.deallocate()
  }

  /// How many events the heap holds before the later ones go to the ladder.
  private static var mostInHeap: Int { 16_384 }

  /// Adds an event to the heap, or to the ladder if it is far away.
  @inlinable @inline(__always) mutating func enqueue(_ event: Event) {
    if event.high >= horizon || heap.isFull { return enqueueSlowly(event) }
    heap.push(event)
  }

  @inline(never) @usableFromInline mutating func enqueueSlowly(_ event: Event) {
    if event.high >= horizon { return ladder.pointee.insert(event) }
    let front = horizon == .max ? Int64.max : Int64(horizon >> 8)
    if heap.count >= Self.mostInHeap, ladder.pointee.take(&heap, before: front) {
      refill()
      return enqueue(event)
    }
    heap.grow()
    heap.push(event)
  }

  /// Full lines in twice the room.
  private static func grown<Line>(
    _ lines: UnsafeMutablePointer<Line>, from capacity: Int
  ) -> UnsafeMutablePointer<Line> {
    let room = UnsafeMutablePointer<Line>.allocate(capacity: capacity * 2)
    room.moveInitialize(from: lines, count: capacity)
    lines.deallocate()
    return room
  }

  @inline(never) @usableFromInline func freeLadder() {
    ladder.deinitialize(count: 1)
    ladder.deallocate()
  }

  /// Fetches what the ladder has next for the empty heap.
  @inline(never) @usableFromInline mutating func refill() {
    let front = ladder.pointee.refill(&heap)
    horizon = front == .max ? .max : UInt64(bitPattern: front) &<< 8
  }

  // MARK: Variable delays

  @inlinable @inline(__always)
  mutating func key(after delay: SimDuration, kind: UInt8, handle: UInt32) -> Event {
    var nanoseconds = delay.nanoseconds
    if UInt64(bitPattern: nanoseconds) >= Self.delayLimit {
      nanoseconds = Self.longest(nanoseconds)
    }
    sequence &+= 1
    return Event(time: clock &+ nanoseconds, sequence: sequence, kind: kind, handle: handle)
  }

  /// What a delay beyond the limit counts as: one that no run lives to see.
  @inline(never) @usableFromInline static func longest(_ nanoseconds: Int64) -> Int64 {
    precondition(nanoseconds >= 0, "a delay is not negative: \(nanoseconds) ns")
    return Int64(delayLimit) - 1
  }

  /// Something happens after a while; the sequence number tells this scheduling from all others.
  @inlinable @inline(__always) @discardableResult
  public mutating func schedule(after delay: SimDuration, kind: UInt8, handle: UInt32) -> UInt64 {
    enqueue(key(after: delay, kind: kind, handle: handle))
    return sequence
  }

  // MARK: Constant delays that are kept

  /// The line of a constant delay; lines of equal delay are one.
  public mutating func delayLine(_ delay: SimDuration) -> DelayLine {
    for index in 0..<ringCount where rings[index].delay == delay {
      return DelayLine(index: UInt32(index))
    }
    precondition(
      UInt64(bitPattern: delay.nanoseconds) < Self.delayLimit, "a delay must be in 0 ..< 2^55 ns")
    if ringCount == ringCapacity {
      rings = Self.grown(rings, from: ringCapacity)
      ringCapacity *= 2
    }
    (rings + ringCount).initialize(to: Ring(delay: delay))
    ringCount += 1
    return DelayLine(index: UInt32(ringCount - 1))
  }

  /// Something happens after the line's delay, and nothing will take it back.
  @inlinable @inline(__always)
  public mutating func schedule(on line: DelayLine, kind: UInt8, handle: UInt32) {
    let ring = rings + Int(line.index)
    sequence &+= 1
    let event = Event(
      time: clock &+ ring.pointee.delay.nanoseconds, sequence: sequence, kind: kind,
      handle: handle)
    if ring.pointee.append(event) { becameFirst(event, of: line.index) }
  }

  /// A ring has a first entry: where ``next()`` will find it.
  @inlinable @inline(__always) mutating func becameFirst(_ event: Event, of ring: UInt32) {
    if ring < Self.headCount {
      heads[Int(ring)] = event.key
    } else {
      enqueue(event.standingIn(kind: Self.ringKind, handle: ring))
    }
  }

  // MARK: Constant delays that are mostly taken back

  /// The line of timers with that delay; lines of equal delay are one.
  public mutating func timerLine(_ delay: SimDuration) -> TimerLine {
    for index in 0..<listCount where lists[index].delay == delay {
      return TimerLine(index: UInt32(index))
    }
    precondition(
      UInt64(bitPattern: delay.nanoseconds) < Self.delayLimit, "a delay must be in 0 ..< 2^55 ns")
    let sentinel = nodes.allocate()
    nodes[sentinel] = TimerNode(
      event: Event(high: 0, low: 0), previous: sentinel, next: sentinel)
    if listCount == listCapacity {
      lists = Self.grown(lists, from: listCapacity)
      listCapacity *= 2
    }
    (lists + listCount).initialize(to: TimerList(delay: delay, sentinel: sentinel))
    listCount += 1
    return TimerLine(index: UInt32(listCount - 1))
  }

  /// Starts a timer that fires after the line's delay unless it is cancelled before.
  @inlinable @inline(__always)
  public mutating func startTimer(on line: TimerLine, kind: UInt8, handle: UInt32) -> Timer {
    let list = lists + Int(line.index)
    sequence &+= 1
    let event = Event(
      time: clock &+ list.pointee.delay.nanoseconds, sequence: sequence, kind: kind,
      handle: handle)
    let index = nodes.allocate()
    let sentinel = list.pointee.sentinel
    let nodes = self.nodes.records
    let last = nodes[Int(sentinel)].previous
    nodes[Int(index)] = TimerNode(event: event, previous: last, next: sentinel)
    nodes[Int(last)].next = index
    nodes[Int(sentinel)].previous = index
    if !list.pointee.isArmed { arm(line.index, with: event) }
    return Timer(index: index)
  }

  /// Starts a timer as if it had been started at `start`: it fires the line's delay after that.
  ///
  /// For a timeout that matters only after something else has gone wrong. The instant must not have
  /// passed. Its place is looked for from the line's end, which is near when timers are started
  /// about as late as each other.
  @inline(never)
  public mutating func startTimer(
    on line: TimerLine, since start: SimTime, kind: UInt8, handle: UInt32
  ) -> Timer {
    let list = lists + Int(line.index)
    let time = start.nanoseconds &+ list.pointee.delay.nanoseconds
    precondition(time >= clock, "a timer's instant has passed")
    sequence &+= 1
    let event = Event(time: time, sequence: sequence, kind: kind, handle: handle)
    let index = nodes.allocate()
    let sentinel = list.pointee.sentinel
    let nodes = self.nodes.records
    var before = nodes[Int(sentinel)].previous
    while before != sentinel, event.key < nodes[Int(before)].event.key {
      before = nodes[Int(before)].previous
    }
    let after = nodes[Int(before)].next
    nodes[Int(index)] = TimerNode(event: event, previous: before, next: after)
    nodes[Int(before)].next = index
    nodes[Int(after)].previous = index
    if !list.pointee.isArmed || event.key < list.pointee.armed.key {
      arm(line.index, with: event)
    }
    return Timer(index: index)
  }

  /// A list has a new first timer: its stand-in takes the place of any other.
  @inline(never) @usableFromInline mutating func arm(_ list: UInt32, with event: Event) {
    lists[Int(list)].isArmed = true
    lists[Int(list)].armed = event
    enqueue(event.standingIn(kind: Self.listKind, handle: list))
  }

  /// Takes a timer back; it must neither have fired nor been cancelled.
  @inlinable @inline(__always) public mutating func cancel(_ timer: Timer) {
    unlink(timer.index)
  }

  @inlinable @inline(__always) mutating func unlink(_ index: UInt32) {
    let nodes = self.nodes.records
    let node = nodes[Int(index)]
    nodes[Int(node.previous)].next = node.next
    nodes[Int(node.next)].previous = node.previous
    self.nodes.free(index)
  }

  // MARK: Taking events

  /// The next event in the order of all, or nil when nothing is pending; moves the clock.
  @inlinable @inline(__always) public mutating func next() -> Event? {
    while true {
      heap.settle()
      if heap.count == 0, horizon != .max { refill() }
      let top = heap.root
      if ringCount != 0 {
        let heads = self.heads
        let left = heads[1] < heads[0] ? 1 : 0
        let right = heads[3] < heads[2] ? 3 : 2
        let lane = heads[right] < heads[left] ? right : left
        let first = heads[lane]
        if first < top.key {
          let ring = rings + lane
          ring.pointee.dropFirst()
          heads[lane] = ring.pointee.isEmpty ? .max : ring.pointee.first.key
          let event = Event(key: first)
          clock = event.time.nanoseconds
          return event
        }
      }
      if heap.count == 0 { return nil }
      heap.pop()
      if top.kind < Self.listKind {
        clock = top.time.nanoseconds
        return top
      }
      if let event = standInCameUp(top) { return event }
    }
  }

  /// A stand-in's turn: the event that it stood for, unless that was taken back.
  @inline(never) @usableFromInline mutating func standInCameUp(_ standIn: Event) -> Event? {
    guard standIn.kind == Self.ringKind else { return fireTimer(standIn: standIn) }
    let ring = rings + Int(standIn.handle)
    let event = ring.pointee.first
    ring.pointee.dropFirst()
    if !ring.pointee.isEmpty { becameFirst(ring.pointee.first, of: standIn.handle) }
    clock = event.time.nanoseconds
    return event
  }

  private mutating func fireTimer(standIn: Event) -> Event? {
    let list = lists + Int(standIn.handle)
    guard standIn.isSameScheduling(as: list.pointee.armed) else { return nil }
    list.pointee.isArmed = false
    let sentinel = list.pointee.sentinel
    var first = nodes[sentinel].next
    if first == sentinel { return nil }
    let event = nodes[first].event
    guard event.isSameScheduling(as: standIn) else {
      arm(standIn.handle, with: event)
      return nil
    }
    unlink(first)
    first = nodes[sentinel].next
    if first != sentinel { arm(standIn.handle, with: nodes[first].event) }
    clock = event.time.nanoseconds
    return event
  }

  /// Stops the program when the clock or the sequence numbers are about to run out.
  ///
  /// A run loop calls this once per block of at most 2³² events.
  public func checkLimits() {
    precondition(sequence < 1 &<< 40 - 1 &<< 33, "out of sequence numbers: 2^40 events scheduled")
    precondition(clock < 1 &<< 55, "the clock passed 2^55 ns, 1.14 years")
  }

  /// Bytes held by pending events, timers and lines.
  public var byteCount: Int {
    var bytes = heap.byteCount + ladder.pointee.byteCount + nodes.byteCount
    for index in 0..<ringCount { bytes += (rings[index].mask + 1) * MemoryLayout<Event>.stride }
    return bytes
  }
}

/// A constant delay whose events are never taken back; see ``EventQueue/delayLine(_:)``.
@frozen public struct DelayLine: Sendable {
  @usableFromInline let index: UInt32
  @inlinable init(index: UInt32) { self.index = index }
}

/// A constant delay whose events mostly are taken back; see ``EventQueue/timerLine(_:)``.
@frozen public struct TimerLine: Sendable {
  @usableFromInline let index: UInt32
  @inlinable init(index: UInt32) { self.index = index }
}

/// A running timer.
@frozen public struct Timer: Sendable {
  /// The number under which a record may keep it.
  public let index: UInt32
  /// The timer of that number.
  @inlinable @inline(__always) public init(index: UInt32) { self.index = index }
}
