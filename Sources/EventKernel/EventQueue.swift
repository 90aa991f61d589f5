public import TimeAndChance

/// The clock and everything that is still to happen.
///
/// Three places hold pending events; together they are one order, by (time, sequence):
/// - a heap for delays that vary (``schedule(after:kind:handle:)``), and behind it a ladder of
///   buckets for what is far away, once there are thousands,
/// - one first-in-first-out ring for each constant delay that is never taken back (``DelayLine``),
/// - one ring for each constant delay that mostly is (``TimerLine``). Whoever starts a timer keeps its
///   ``Timer/ticket``, and takes it back by forgetting it: the queue asks whether it is still held
///   only when its time has come, or when ``dropForgotten(_:)`` makes room. A timeout that does not
///   fire costs its one store.
///
/// The first entries of four rings, the lanes, which carry most events of a model, are compared with
/// the heap's root on each look. Of any other ring, and of the timers of a line, only the first entry
/// stands in the heap. A stand-in for timers may be out of date: when it comes up, the first that
/// still runs takes its place.
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
/// A model with timers says which still run, ``next(isRunning:)``, or handles
/// ``timersDueKind`` by itself, which spares it to have the answer ready for every event.
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
  /// The keys of the first entries of the lanes, the first rings; the greatest key for one that is
  /// empty.
  @usableFromInline var heads: UnsafeMutablePointer<UInt128>
  @usableFromInline var laneCount = 0
  @usableFromInline var rings: UnsafeMutablePointer<Ring>
  @usableFromInline var ringCount = 0
  private var ringCapacity = 64
  @usableFromInline var timers: UnsafeMutablePointer<TimerRing>
  @usableFromInline var timerLineCount = 0
  private var timerLineCapacity = 64

  /// The kinds that the kernel keeps for itself: the stand-ins of rings and of timers.
  @usableFromInline static var ringKind: UInt8 { 255 }
  @usableFromInline static var timersKind: UInt8 { 254 }
  /// The kind of an event that says no more than that timers may be due; see ``timer(dueAt:_:)``.
  public let timersDueKind: UInt8
  /// The first delay that is too long.
  @usableFromInline static var delayLimit: UInt64 { 1 &<< 55 }
  /// How many rings need no stand-in in the heap.
  @usableFromInline static var mostLanes: Int { 4 }

  /// An empty queue at time zero.
  ///
  /// A model that switches over its kinds may choose one for ``timersDueKind``.
  public init(timersDueKind: UInt8 = 254) {
    self.timersDueKind = timersDueKind
    ladder = .allocate(capacity: 1)
    ladder.initialize(to: EventLadder())
    heads = .allocate(capacity: Self.mostLanes)
    heads.initialize(repeating: .max, count: Self.mostLanes)
    rings = .allocate(capacity: ringCapacity)
    // Places of lanes that no delay has taken yet.
    for lane in 0..<Self.mostLanes { (rings + lane).initialize(to: Ring(delay: .nanoseconds(-1))) }
    ringCount = Self.mostLanes
    timers = .allocate(capacity: timerLineCapacity)
  }

  @inlinable deinit {
    for index in 0..<ringCount { rings[index].entries.deallocate() }
    for index in 0..<timerLineCount { timers[index].ring.entries.deallocate() }
    freeLadder()
    heads.deallocate()
    rings.deallocate()
    timers.deallocate()
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
  @inline(never) @usableFromInline mutating func refill(_ soon: (Event) -> Void = { _ in }) {
    let front = ladder.pointee.refill(&heap)
    horizon = front == .max ? .max : UInt64(bitPattern: front) &<< 8
    heap.forEach(soon)
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

  /// Something happens after a while, before everything else of that instant.
  ///
  /// Of several such events the one of the lower kind comes first. The delay is above 0: what has
  /// happened already cannot come later. They have no place in the order of schedulings, and their
  /// ``Event/sequence`` is 0.
  public mutating func scheduleFirst(after delay: SimDuration, kind: UInt8, handle: UInt32) {
    precondition(delay > .zero, "an instant that has begun has its first event")
    let nanoseconds = min(delay.nanoseconds, Int64(Self.delayLimit) - 1)
    enqueue(Event(time: clock &+ nanoseconds, sequence: 0, kind: kind, handle: handle))
  }

  /// Stops the program when a line's delay is negative or too long.
  private static func checkLine(_ delay: SimDuration) {
    precondition(
      UInt64(bitPattern: delay.nanoseconds) < delayLimit, "a delay must be in 0 ..< 2^55 ns")
  }

  // MARK: Constant delays that are kept

  /// The line of a constant delay; lines of equal delay are one.
  ///
  /// The first entries of four lines are looked at on each ``next()``; a line that is not `isBusy`
  /// takes none of those places.
  public mutating func delayLine(_ delay: SimDuration, isBusy: Bool = true) -> DelayLine {
    Self.checkLine(delay)
    for index in 0..<ringCount where rings[index].delay == delay {
      return DelayLine(index: UInt32(index))
    }
    if isBusy, laneCount < Self.mostLanes {
      rings[laneCount].delay = delay
      laneCount += 1
      return DelayLine(index: UInt32(laneCount - 1))
    }
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
    if ring < Self.mostLanes {
      heads[Int(ring)] = event.key
    } else {
      enqueue(event.standingIn(kind: Self.ringKind, handle: ring))
    }
  }

  // MARK: Constant delays that are mostly taken back

  /// The line of timers with that delay; lines of equal delay are one.
  public mutating func timerLine(_ delay: SimDuration) -> TimerLine {
    for index in 0..<timerLineCount where timers[index].ring.delay == delay {
      return TimerLine(index: UInt32(index))
    }
    Self.checkLine(delay)
    if timerLineCount == timerLineCapacity {
      timers = Self.grown(timers, from: timerLineCapacity)
      timerLineCapacity *= 2
    }
    (timers + timerLineCount).initialize(to: TimerRing(delay: delay))
    timerLineCount += 1
    return TimerLine(index: UInt32(timerLineCount - 1))
  }

  /// Starts a timer that fires after the line's delay, unless its ticket is forgotten before.
  @inlinable @inline(__always)
  public mutating func startTimer(on line: TimerLine, kind: UInt8, handle: UInt32) -> Timer {
    let timers = self.timers + Int(line.index)
    sequence &+= 1
    let event = Event(
      time: clock &+ timers.pointee.ring.delay.nanoseconds, sequence: sequence, kind: kind,
      handle: handle)
    _ = timers.pointee.ring.append(event)
    if !timers.pointee.isArmed { arm(line.index, with: event) }
    return event.timer
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
    let timers = self.timers + Int(line.index)
    let time = start.nanoseconds &+ timers.pointee.ring.delay.nanoseconds
    precondition(time >= clock, "a timer's instant has passed")
    sequence &+= 1
    let event = Event(time: time, sequence: sequence, kind: kind, handle: handle)
    timers.pointee.insert(event)
    if !timers.pointee.isArmed || event.key < timers.pointee.armed.key {
      arm(line.index, with: event)
    }
    return event.timer
  }

  /// Timers have a new first: its stand-in takes the place of any other.
  @inline(never) @usableFromInline mutating func arm(_ line: UInt32, with event: Event) {
    timers[Int(line)].isArmed = true
    timers[Int(line)].armed = event
    enqueue(event.standingIn(kind: Self.timersKind, handle: line))
  }

  /// The timer that fires at an event of ``timersDueKind``; nil when all of that time were taken back.
  ///
  /// Moves the clock if there is one. `isRunning` tells whether the event's ``Event/timer`` is still held by its owner.
  @inline(never)
  public mutating func timer(dueAt due: Event, _ isRunning: (Event) -> Bool) -> Event? {
    let timers = self.timers + Int(due.handle)
    guard due.isSameScheduling(as: timers.pointee.armed) else { return nil }
    timers.pointee.isArmed = false
    timers.pointee.dropForgottenFirst(isRunning)
    guard !timers.pointee.ring.isEmpty else { return nil }
    let event = timers.pointee.ring.first
    guard event.isSameScheduling(as: due) else {
      arm(due.handle, with: event)
      return nil
    }
    timers.pointee.ring.dropFirst()
    if !timers.pointee.ring.isEmpty { arm(due.handle, with: timers.pointee.ring.first) }
    clock = event.time.nanoseconds
    return event
  }

  /// Makes room: drops timers that were taken back and whose time has not come.
  ///
  /// To be called every thousand events or so. Looks only at lines that have grown to four times of what
  /// ran when they were last looked at, so that for each new timer a third of an old one is looked at
  /// again.
  @inlinable @inline(__always)
  public mutating func dropForgotten(_ isRunning: (Event) -> Bool) {
    for index in 0..<timerLineCount where timers[index].ring.count >= timers[index].patience {
      timers[index].dropForgotten(isRunning)
    }
  }

  // MARK: Taking events

  /// The next event in the order of all, or nil when nothing is pending; moves the clock.
  ///
  /// An event of ``timersDueKind`` is none yet, and does not move the clock: it is for
  /// ``timer(dueAt:_:)``.
  ///
  /// Thousands of pending events have records that have long left the cache. When some of them come
  /// near, `soon` is called for each, to ask for its record: so the waits for memory overlap, which
  /// one by one would stop the run at each event.
  @inlinable @inline(__always)
  public mutating func next(soon: (Event) -> Void = { _ in }) -> Event? {
    heap.settle()
    if heap.count == 0, horizon != .max { refill(soon) }
    let top = heap.root
    // By value: an index would have to be loaded through, twice, before the next event is known.
    let heads = self.heads
    var first = heads[0]
    var lane = 0
    if laneCount > 1 {
      let isOne = heads[1] < heads[0]
      first = isOne ? heads[1] : heads[0]
      lane = isOne ? 1 : 0
      if laneCount > 2 {
        let isThree = heads[3] < heads[2]
        let right = isThree ? heads[3] : heads[2]
        let isRight = right < first
        first = isRight ? right : first
        lane = isRight ? (isThree ? 3 : 2) : lane
      }
    }
    if first < top.key {
      let ring = rings + lane
      ring.pointee.dropFirst()
      heads[lane] = ring.pointee.isEmpty ? .max : ring.pointee.first.key
      let event = Event(key: first)
      clock = event.time.nanoseconds
      return event
    }
    if heap.count == 0 { return nil }
    heap.pop()
    if top.kind >= Self.timersKind { return standInCameUp(top) }
    clock = top.time.nanoseconds
    return top
  }

  /// The next event, if `isRunning` tells of an event whether its ``Event/timer`` is still held.
  @inlinable @inline(__always)
  public mutating func next(isRunning: (Event) -> Bool) -> Event? {
    while let event = next() {
      if event.kind != timersDueKind { return event }
      if let timer = timer(dueAt: event, isRunning) { return timer }
    }
    return nil
  }

  /// A stand-in's turn: the event that it stood for, or that timers may be due.
  @inline(never) @usableFromInline mutating func standInCameUp(_ standIn: Event) -> Event {
    guard standIn.kind == Self.ringKind else {
      return standIn.standingIn(kind: timersDueKind, handle: standIn.handle)
    }
    let ring = rings + Int(standIn.handle)
    let event = ring.pointee.first
    ring.pointee.dropFirst()
    if !ring.pointee.isEmpty { becameFirst(ring.pointee.first, of: standIn.handle) }
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
    var bytes = heap.byteCount + ladder.pointee.byteCount
    for index in 0..<ringCount { bytes += rings[index].byteCount }
    for index in 0..<timerLineCount { bytes += timers[index].ring.byteCount }
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

/// A timer that was started; it runs for as long as its owner holds the ticket.
@frozen public struct Timer: Sendable, Equatable {
  /// The number to keep and, to take the timer back, to forget: 31 bits of the place in the order of
  /// all schedulings, and a 1 above them, so that no handle and no small number looks like it.
  ///
  /// Unique while fewer than 2³¹ further events are scheduled before the timer's time.
  public let ticket: UInt32
  @inlinable @inline(__always) init(sequence: UInt64) {
    ticket = UInt32(truncatingIfNeeded: sequence) | 0x8000_0000
  }
}
