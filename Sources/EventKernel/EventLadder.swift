import TimeAndChance

/// Events that are too far away for the heap, sorted only as far as needed.
///
/// A heap of thousands of entries misses the cache on its way down, for events that will not happen
/// soon. The ladder keeps them in buckets of time instead, a cheap append each, and hands one bucket
/// after the other to the heap when that has run dry. A bucket that holds many is first spread over
/// a finer rung. What lies beyond the coarsest rung waits unsorted on ``top``.
///
/// - Source: W. T. Tang, R. S. M. Goh, I. L.-J. Thng, "Ladder queue", ACM TOMACS 15(3), 2005; here
///   with a heap at the bottom, so that the order is the heap's.
@usableFromInline struct EventLadder: ~Copyable {
  /// Some events of a bucket: two cache lines.
  private struct Chunk: BitwiseCopyable {
    var events = InlineArray<7, Event>(repeating: Event(high: 0, low: 0))
    var next: UInt32 = 0
    var count: UInt32 = 0
    /// Fills the second line.
    private let rest: UInt64 = 0
  }

  /// A chain of chunks; the first has room unless its count says otherwise.
  private struct Bucket: BitwiseCopyable {
    var chunk = Slab<UInt64>.none
    var count: UInt32 = 0
  }

  /// Buckets of equal width, a power of two, side by side in time.
  private struct Rung: ~Copyable {
    var start: Int64 = 0
    var shift: Int64 = 0
    /// The first bucket that has not been taken.
    var next = 0
    var bucketCount = 0
    /// Where the next coarser rung goes on; the last bucket may reach beyond.
    var end: Int64 = 0
    var buckets: UnsafeMutablePointer<Bucket>
    var capacity: Int

    init(capacity: Int) {
      self.capacity = capacity
      buckets = .allocate(capacity: capacity)
    }

    deinit { buckets.deallocate() }

    /// When the first bucket begins that has not been taken.
    var front: Int64 { min(start + Int64(next) << shift, end) }

    /// Empty buckets over a span of time: about as many as wanted, at least half and at most one more.
    mutating func cover(_ span: Range<Int64>, with wanted: Int) {
      start = span.lowerBound
      end = span.upperBound
      let length = span.upperBound - span.lowerBound
      shift = 0
      while length >> shift > Int64(wanted) { shift += 1 }
      bucketCount = Int((length - 1) >> shift) + 1
      next = 0
      if bucketCount > capacity {
        buckets.deallocate()
        capacity = bucketCount
        buckets = .allocate(capacity: capacity)
      }
      buckets.initialize(repeating: Bucket(), count: bucketCount)
    }
  }

  private var chunks = Slab<Chunk>(capacity: 16)
  /// Rungs in use and some that were, coarsest first.
  private var rungs: UnsafeMutablePointer<Rung>
  private var rungCount = 0
  private var madeCount = 0
  /// Beyond the rungs.
  private var top = Bucket()
  private var topStart = Int64.max
  private var topSpan: Range<Int64> = 0..<0

  /// A bucket of more events is spread over a finer rung.
  private static var mostInBucket: UInt32 { 768 }
  /// How many events a bucket is meant for.
  private static var bucketSize: Int { 24 }
  private static var mostRungs: Int { 8 }

  @usableFromInline init() { rungs = .allocate(capacity: Self.mostRungs) }

  deinit {
    rungs.deinitialize(count: madeCount)
    rungs.deallocate()
  }

  /// Bytes held.
  @usableFromInline var byteCount: Int {
    var bytes = chunks.byteCount
    for index in 0..<madeCount { bytes += rungs[index].capacity * MemoryLayout<Bucket>.stride }
    return bytes
  }

  /// Takes an event that lies at or beyond the front that ``refill(_:)`` gave last.
  mutating func insert(_ event: Event) {
    let time = event.time.nanoseconds
    if time >= topStart {
      let first = top.count == 0 ? time : min(topSpan.lowerBound, time)
      let end = top.count == 0 ? time + 1 : max(topSpan.upperBound, time + 1)
      topSpan = first..<end
      return Self.append(event, to: &top, &chunks)
    }
    // The bucket that a finer rung was made of has been taken, so the coarsest that has not is it.
    for index in 0..<rungCount {
      let place = Int((time - rungs[index].start) >> rungs[index].shift)
      if place >= rungs[index].next {
        return Self.append(event, to: &rungs[index].buckets[place], &chunks)
      }
    }
    preconditionFailure("an event came below the ladder's front")
  }

  /// Takes all events of a heap, which lie before the front of what is here, if there is any.
  ///
  /// False if they are too close together to be kept apart, or the ladder is too fine already.
  mutating func take(_ heap: inout EventHeap, before front: Int64) -> Bool {
    var first = Int64.max
    var last = Int64.min
    heap.forEach { event in
      first = min(first, event.time.nanoseconds)
      last = max(last, event.time.nanoseconds)
    }
    guard last > first, rungCount < Self.mostRungs else { return false }
    if front == .max {
      // There is nothing: what comes later than these is beyond the rung that they will make.
      topStart = first
      heap.forEach { insert($0) }
    } else {
      let count = heap.count
      let rung = addRung(over: first..<front, for: count)
      heap.forEach { event in
        let place = Int((event.time.nanoseconds - rungs[rung].start) >> rungs[rung].shift)
        Self.append(event, to: &rungs[rung].buckets[place], &chunks)
      }
    }
    heap.removeAll()
    return true
  }

  /// Hands the earliest events over to an empty heap; the front of what is left, or `Int64.max` when
  /// that is nothing.
  mutating func refill(_ heap: inout EventHeap) -> Int64 {
    while true {
      if rungCount == 0 {
        guard top.count > 0 else {
          topStart = .max
          return .max
        }
        let bucket = top
        top = Bucket()
        let rung = addRung(over: topSpan, for: Int(bucket.count))
        topStart = rungs[rung].start + Int64(rungs[rung].bucketCount) << rungs[rung].shift
        rungs[rung].end = topStart
        spread(bucket, over: rung)
        continue
      }
      let rung = rungCount - 1
      var place = rungs[rung].next
      while place < rungs[rung].bucketCount, rungs[rung].buckets[place].count == 0 { place += 1 }
      if place == rungs[rung].bucketCount {
        rungs[rung].next = place
        rungCount -= 1
        continue
      }
      let bucket = rungs[rung].buckets[place]
      rungs[rung].next = place + 1
      let shift = rungs[rung].shift
      if bucket.count > Self.mostInBucket, shift > 0, rungCount < Self.mostRungs {
        let start = rungs[rung].start + Int64(place) << shift
        let end = min(start + 1 << shift, rungs[rung].end)
        spread(bucket, over: addRung(over: start..<end, for: Int(bucket.count)))
        continue
      }
      // At one instant, or on the finest rung, there may be any number.
      while heap.capacity < Int(bucket.count) { heap.grow() }
      empty(bucket) { heap.append($0) }
      return rungs[rung].front
    }
  }

  // MARK: Rungs and buckets

  private mutating func addRung(over span: Range<Int64>, for count: Int) -> Int {
    if rungCount == madeCount {
      (rungs + madeCount).initialize(to: Rung(capacity: 64))
      madeCount += 1
    }
    rungs[rungCount].cover(span, with: max(8, count / Self.bucketSize))
    rungCount += 1
    return rungCount - 1
  }

  private mutating func spread(_ bucket: Bucket, over rung: Int) {
    let start = rungs[rung].start
    let shift = rungs[rung].shift
    let buckets = rungs[rung].buckets
    var chunk = bucket.chunk
    while chunk != Slab<UInt64>.none {
      let content = chunks[chunk]
      chunks.free(chunk)
      for index in 0..<Int(content.count) {
        let event = content.events[unchecked: index]
        let place = Int((event.time.nanoseconds - start) >> shift)
        Self.append(event, to: &buckets[place], &chunks)
      }
      chunk = content.next
    }
  }

  @inline(__always)
  private mutating func empty(_ bucket: Bucket, into receive: (Event) -> Void) {
    var chunk = bucket.chunk
    while chunk != Slab<UInt64>.none {
      let content = chunks.pointer(chunk)
      for index in 0..<Int(content.pointee.count) {
        receive(content.pointee.events[unchecked: index])
      }
      let next = content.pointee.next
      chunks.free(chunk)
      chunk = next
    }
  }

  @inline(__always)
  private static func append(
    _ event: Event, to bucket: inout Bucket, _ chunks: inout Slab<Chunk>
  ) {
    var chunk = bucket.chunk
    if chunk == Slab<UInt64>.none || chunks[chunk].count == 7 {
      let fresh = chunks.allocate()
      chunks[fresh].next = chunk
      chunks[fresh].count = 0
      bucket.chunk = fresh
      chunk = fresh
    }
    let content = chunks.pointer(chunk)
    let place = content.pointee.count
    content.pointee.events[unchecked: Int(place)] = event
    content.pointee.count = place &+ 1
    bucket.count &+= 1
  }
}
