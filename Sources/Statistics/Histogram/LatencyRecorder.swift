/// The recording end of a histogram, for run loops: one bucket, sum, least and greatest per value.
///
/// Owns its counts (32 bits each, in whole octaves of 512 bytes between the smallest and the
/// largest value seen; 20 octaves, as from 1 µs to 1 s, are 10 KB), so it moves but is not copied:
/// keep it in a stored property or behind an `UnsafeMutablePointer`, and take ``histogram`` when
/// values are wanted. A count that outgrows 32 bits carries over; nothing is ever lost.
@frozen public struct LatencyRecorder: ~Copyable {
  @usableFromInline var counts: UnsafeMutablePointer<UInt32>
  /// The upper 32 bits of the counts, once one of them needs it.
  @usableFromInline var carries: UnsafeMutablePointer<UInt32>?
  @usableFromInline var firstBucket: Int32
  @usableFromInline var bucketCount: Int32
  @usableFromInline var least: Int64
  @usableFromInline var greatest: Int64
  @usableFromInline var sum: UInt128

  /// A recorder without values; the first one allocates.
  public init() {
    counts = .allocate(capacity: 0)
    carries = nil
    firstBucket = 0
    bucketCount = 0
    least = .max
    greatest = .min
    sum = 0
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
    sum &+= UInt128(value)
    least = nanoseconds < least ? nanoseconds : least
    greatest = nanoseconds > greatest ? nanoseconds : greatest
  }

  /// Records a value as often as said.
  public mutating func record(_ nanoseconds: Int64, times: UInt64) {
    guard times > 0 else { return }
    record(nanoseconds)
    let slot = LatencyBucket.index(of: UInt64(nanoseconds)) - Int(firstBucket)
    let total = UInt64(counts[slot]) + UInt64(UInt32(truncatingIfNeeded: times - 1))
    counts[slot] = UInt32(truncatingIfNeeded: total)
    carry(slot, UInt32((times - 1) >> 32) + UInt32(total >> 32))
    sum += UInt128(nanoseconds) * UInt128(times - 1)
  }

  /// Forgets all values and keeps the memory: the end of a warm-up.
  public mutating func reset() {
    counts.update(repeating: 0, count: Int(bucketCount))
    carries?.deallocate()
    carries = nil
    least = .max
    greatest = .min
    sum = 0
  }

  /// Whether nothing is recorded.
  public var isEmpty: Bool { greatest < least }

  /// How many values fell into a bucket of the grid.
  func count(ofBucket bucket: Int) -> UInt64 {
    let slot = bucket - Int(firstBucket)
    guard slot >= 0, slot < Int(bucketCount) else { return 0 }
    return UInt64(counts[slot]) | UInt64(carries?[slot] ?? 0) << 32
  }

  /// Hands all values over to another recorder and forgets them; touches only buckets in between
  /// the smallest and the greatest value.
  public mutating func drain(into other: inout LatencyRecorder) {
    guard !isEmpty else { return }
    let first = LatencyBucket.index(of: UInt64(least))
    let last = LatencyBucket.index(of: UInt64(greatest))
    for end in [first, last] where !other.covers(end) { _ = other.cover(end, 0) }
    for bucket in first...last {
      let slot = bucket - Int(firstBucket)
      let number = count(ofBucket: bucket)
      guard number > 0 else { continue }
      let target = bucket - Int(other.firstBucket)
      let total = UInt64(other.counts[target]) + (number & 0xFFFF_FFFF)
      other.counts[target] = UInt32(truncatingIfNeeded: total)
      other.carry(target, UInt32(number >> 32) + UInt32(total >> 32))
      counts[slot] = 0
    }
    carries?.deallocate()
    carries = nil
    other.sum += sum
    other.least = min(other.least, least)
    other.greatest = max(other.greatest, greatest)
    least = .max
    greatest = .min
    sum = 0
  }

  private func covers(_ bucket: Int) -> Bool {
    bucket >= Int(firstBucket) && bucket < Int(firstBucket) + Int(bucketCount)
  }

  /// What was recorded.
  public var histogram: LatencyHistogram {
    let wide = (0..<Int(bucketCount)).map { slot in
      UInt64(counts[slot]) | UInt64(carries?[slot] ?? 0) << 32
    }
    guard
      let first = wide.firstIndex(where: { $0 > 0 }), let last = wide.lastIndex(where: { $0 > 0 })
    else { return LatencyHistogram() }
    return LatencyHistogram(
      firstBucket: Int(firstBucket) + first, counts: Array(wide[first...last]), sum: sum,
      least: least, greatest: greatest)
  }

  /// The memory that the counts take, in bytes.
  public var byteCount: Int { Int(bucketCount) * (carries == nil ? 4 : 8) }

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
  private static func moved(
    _ old: UnsafeMutablePointer<UInt32>, _ count: Int, to offset: Int, of newCount: Int
  ) -> UnsafeMutablePointer<UInt32> {
    let block = UnsafeMutablePointer<UInt32>.allocate(capacity: newCount)
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
