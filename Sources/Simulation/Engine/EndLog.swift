/// Requests that have ended well and are still to be counted by their ``FlowRecorder``.
///
/// A model has hundreds of histograms, so nearly every count waits for its cache line. In between of
/// everything else each wait is on its own; of counts that follow each other they overlap. So an end
/// is only noted here, and a hundred are counted together. Whoever reads a recorder calls
/// ``settle()`` before. What a few recorders count is in the cache anyway, and is counted at once.
struct EndLog: ~Copyable {
  private typealias Entry = (recorder: UnsafeMutablePointer<FlowRecorder>, latency: Int64)
  private static var capacity: Int { 128 }

  private let entries: UnsafeMutablePointer<Entry>
  private var count = 0
  private let countsAtOnce: Bool

  /// A log for so many recorders.
  init(recorderCount: Int) {
    countsAtOnce = recorderCount <= 32
    entries = .allocate(capacity: Self.capacity)
  }

  deinit { entries.deallocate() }

  /// Notes the end of a request with 200; the recorder must not move before ``settle()``.
  @inline(__always)
  mutating func note(_ recorder: UnsafeMutablePointer<FlowRecorder>, latency: Int64) {
    if countsAtOnce { return recorder.pointee.countOK(latency: latency) }
    (entries + count).initialize(to: (recorder, latency))
    count &+= 1
    if count == Self.capacity { settle() }
  }

  /// Counts all that is noted.
  @inline(never) mutating func settle() {
    for index in 0..<count {
      entries[index].recorder.pointee.countOK(latency: entries[index].latency)
    }
    count = 0
  }
}
