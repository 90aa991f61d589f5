/// The recording end of a histogram, for run loops: one bucket, sum, least and greatest per value.
///
/// Owns its counts, so it moves but is not copied: keep it in a stored property or behind an
/// `UnsafeMutablePointer`, and take ``histogram`` when values are wanted.
///
/// A count is a byte, in whole octaves of 128 bytes between the smallest and the largest value seen:
/// a run has hundreds of recorders, and what matters is how many of their counts the caches hold. At
/// every 256th value of a bucket the byte goes round and 32 further bits, which exist once one is
/// needed, take the carry. A bucket may so hold 2⁴⁰ values, more than a run has events.
@frozen public struct LatencyRecorder: ~Copyable {
  @usableFromInline var counts: UnsafeMutablePointer<UInt8>
  /// The further bits of the counts, once one of them needs some.
  @usableFromInline var carries: UnsafeMutablePointer<UInt32>?
  @usableFromInline var firstBucket: Int32
  @usableFromInline var bucketCount: Int32
  @usableFromInline var least: Int64
  @usableFromInline var greatest: Int64
  /// The sum's lower half, and how often it went round.
  @usableFromInline var sumLow: UInt64
  @usableFromInline var sumHigh: UInt64

  /// A recorder without values; the first one allocates.
  public init() {
    counts = .allocate(capacity: 0)
    carries = nil
    firstBucket = 0
    bucketCount = 0
    least = .max
    greatest = .min
    sumLow = 0
    sumHigh = 0
  }

  deinit {
    counts.deallocate()
    carries?.deallocate()
  }

  /// Records a value in nanoseconds; a negative one is a mistake of the caller and traps.
  @inlinable @inline(__always) public mutating func record(_ nanoseconds: Int64) {
    let value = UInt64(bitPattern: nanoseconds)
    let bucket = LatencyBucket.index(of: value)
    var slot = bucket &- Int(firstBucket)
    if UInt(bitPattern: slot) >= UInt(bitPattern: Int(bucketCount)) {
      slot = cover(bucket, nanoseconds)
    }
    let count = counts[slot] &+ 1
    counts[slot] = count
    if count == 0 { carry(slot, 1) }
    let (low, wentRound) = sumLow.addingReportingOverflow(value)
    sumLow = low
    if wentRound { sumHigh &+= 1 }
    // Records are rare after the first few values.
    if nanoseconds < least { least = nanoseconds }
    if nanoseconds > greatest { greatest = nanoseconds }
  }

  /// Records a value as often as said, up to 2⁴⁰ times in all.
  public mutating func record(_ nanoseconds: Int64, times: UInt64) {
    guard times > 0 else { return }
    record(nanoseconds)
    add(times - 1, toSlot: LatencyBucket.index(of: UInt64(nanoseconds)) - Int(firstBucket))
    sum += UInt128(nanoseconds) * UInt128(times - 1)
  }

  /// Adds to a bucket's count.
  @inline(__always) private mutating func add(_ number: UInt64, toSlot slot: Int) {
    let total = UInt64(counts[slot]) &+ number
    counts[slot] = UInt8(truncatingIfNeeded: total)
    if total > 255 { carry(slot, UInt32(truncatingIfNeeded: total &>> 8)) }
  }

  /// A bucket's count.
  @inline(__always) private func count(inSlot slot: Int) -> UInt64 {
    UInt64(counts[slot]) | UInt64(carries?[slot] ?? 0) &<< 8
  }

  /// The sum of all values.
  var sum: UInt128 {
    get { UInt128(sumHigh) << 64 | UInt128(sumLow) }
    set {
      sumLow = UInt64(truncatingIfNeeded: newValue)
      sumHigh = UInt64(truncatingIfNeeded: newValue >> 64)
    }
  }

  /// Forgets all values and keeps the memory: the end of a warm-up.
  public mutating func reset() {
    clear(0..<Int(bucketCount))
    least = .max
    greatest = .min
    sum = 0
  }

  private func clear(_ slots: Range<Int>) {
    (counts + slots.lowerBound).update(repeating: 0, count: slots.count)
    if let carries { (carries + slots.lowerBound).update(repeating: 0, count: slots.count) }
  }

  /// Whether nothing is recorded.
  public var isEmpty: Bool { greatest < least }
  /// The longest latency in nanoseconds; nil when there is none.
  public var longest: Int64? { isEmpty ? nil : greatest }

  /// How many values there are; looks at all buckets.
  public var count: UInt64 {
    var total: UInt64 = 0
    if carries == nil {
      for slot in 0..<Int(bucketCount) { total &+= UInt64(counts[slot]) }
    } else {
      forEachCount { _, number in total &+= number }
    }
    return total
  }

  /// Calls with the buckets of the grid that hold something, in order, and their counts.
  ///
  /// Most buckets between the smallest and the greatest value are empty: they are passed over by
  /// eights.
  @inline(__always) func forEachCount(_ body: (_ bucket: Int, _ count: UInt64) -> Void) {
    guard !isEmpty else { return }
    let first = Int(firstBucket)
    var slot = LatencyBucket.index(of: UInt64(least)) - first
    let end = LatencyBucket.index(of: UInt64(greatest)) - first + 1
    while slot < end {
      if slot &+ 8 <= end, isEmpty(eightFrom: slot) {
        slot &+= 8
        continue
      }
      let stop = min(slot &+ 8, end)
      while slot < stop {
        let number = count(inSlot: slot)
        if number != 0 { body(slot &+ first, number) }
        slot &+= 1
      }
    }
  }

  /// The median and the 99th percentile of the values of two recorders, and the greatest; nil of
  /// none.
  ///
  /// By the rule of ``LatencyHistogram/quantile(_:)``, without making a histogram: the one is looked
  /// for from below, the other from above.
  public func middleAndTail(
    with other: borrowing LatencyRecorder
  ) -> (p50: Double, p99: Double, greatest: Int64)? {
    let least = min(least, other.least)
    let greatest = max(greatest, other.greatest)
    guard least <= greatest else { return nil }
    let total = count + other.count

    var bucket = LatencyBucket.index(of: UInt64(least))
    var number = count(inBucket: bucket) + other.count(inBucket: bucket)
    var below: UInt64 = 0
    let half = 0.5 * Double(total)
    while Double(below + number) < half {
      below += number
      bucket += 1
      number = count(inBucket: bucket) + other.count(inBucket: bucket)
    }
    func value(_ rank: Double) -> Double {
      let (low, high) = LatencyBucket.ends(bucket, least: least, greatest: greatest)
      return low + (high - low) * ((rank - Double(below)) / Double(number))
    }
    let p50 = value(half)

    bucket = LatencyBucket.index(of: UInt64(greatest))
    number = count(inBucket: bucket) + other.count(inBucket: bucket)
    below = total - number
    let most = 0.99 * Double(total)
    while Double(below) >= most {
      bucket -= 1
      number = count(inBucket: bucket) + other.count(inBucket: bucket)
      below -= number
    }
    return (p50, value(most), greatest)
  }

  /// A bucket's count, 0 for one that is out of range.
  @inline(__always) private func count(inBucket bucket: Int) -> UInt64 {
    let slot = bucket &- Int(firstBucket)
    return UInt(bitPattern: slot) < UInt(bitPattern: Int(bucketCount)) ? count(inSlot: slot) : 0
  }

  /// Whether eight buckets hold nothing.
  @inline(__always) private func isEmpty(eightFrom slot: Int) -> Bool {
    let bytes = UnsafeRawPointer(counts + slot).loadUnaligned(as: UInt64.self)
    guard let carries, bytes == 0 else { return bytes == 0 }
    return (slot..<(slot &+ 8)).allSatisfy { carries[$0] == 0 }
  }

  /// Hands all values over to another recorder and forgets them; how many there were.
  ///
  /// Touches only buckets in between the smallest and the greatest value.
  @discardableResult public mutating func drain(into other: inout LatencyRecorder) -> UInt64 {
    guard !isEmpty else { return 0 }
    let first = LatencyBucket.index(of: UInt64(least))
    let last = LatencyBucket.index(of: UInt64(greatest))
    for end in [first, last] where !other.covers(end) { _ = other.cover(end, 0) }
    var total: UInt64 = 0
    forEachCount { bucket, number in
      total &+= number
      other.add(number, toSlot: bucket - Int(other.firstBucket))
    }
    clear((first - Int(firstBucket))..<(last - Int(firstBucket) + 1))
    other.sum += sum
    other.least = min(other.least, least)
    other.greatest = max(other.greatest, greatest)
    least = .max
    greatest = .min
    sum = 0
    return total
  }

  private func covers(_ bucket: Int) -> Bool {
    bucket >= Int(firstBucket) && bucket < Int(firstBucket) + Int(bucketCount)
  }

  /// What was recorded.
  public var histogram: LatencyHistogram {
    let wide = (0..<Int(bucketCount)).map { count(inSlot: $0) }
    guard
      let first = wide.firstIndex(where: { $0 > 0 }), let last = wide.lastIndex(where: { $0 > 0 })
    else { return LatencyHistogram() }
    return LatencyHistogram(
      firstBucket: Int(firstBucket) + first, counts: Array(wide[first...last]), sum: sum,
      least: least, greatest: greatest)
  }

  /// The memory that the counts take, in bytes.
  public var byteCount: Int { Int(bucketCount) * (carries == nil ? 1 : 5) }

  /// Extends the counts to whole octaves around a bucket; the bucket's place in them.
  @usableFromInline @inline(never)
  mutating func cover(_ bucket: Int, _ nanoseconds: Int64) -> Int {
    precondition(nanoseconds >= 0, "a latency is not negative: \(nanoseconds) ns")
    let octave = bucket & ~127
    let oldFirst = Int(firstBucket)
    let oldCount = Int(bucketCount)
    let first = oldCount == 0 ? octave : min(octave, oldFirst)
    let end = oldCount == 0 ? octave + 128 : max(octave + 128, oldFirst + oldCount)
    counts = Self.moved(counts, oldCount, to: oldFirst - first, of: end - first)
    if let old = carries {
      carries = Self.moved(old, oldCount, to: oldFirst - first, of: end - first)
    }
    firstBucket = Int32(first)
    bucketCount = Int32(end - first)
    return bucket - first
  }

  /// The numbers in a new block, at an offset among zeros; the old block is freed.
  private static func moved<Count: FixedWidthInteger>(
    _ old: UnsafeMutablePointer<Count>, _ count: Int, to offset: Int, of newCount: Int
  ) -> UnsafeMutablePointer<Count> {
    let block = UnsafeMutablePointer<Count>.allocate(capacity: newCount)
    block.initialize(repeating: 0, count: newCount)
    if count > 0 { (block + offset).update(from: old, count: count) }
    old.deallocate()
    return block
  }

  /// Notes that a count went round, so many times.
  @usableFromInline @inline(never) mutating func carry(_ slot: Int, _ rounds: UInt32) {
    guard rounds > 0 else { return }
    if carries == nil {
      let block = UnsafeMutablePointer<UInt32>.allocate(capacity: Int(bucketCount))
      block.initialize(repeating: 0, count: Int(bucketCount))
      carries = block
    }
    carries?[slot] += rounds
  }
}
