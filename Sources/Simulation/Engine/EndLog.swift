/// Requests that have ended well and are still to be counted by their ``FlowRecorder``.
///
/// A histogram is a few kilobytes, and a model has hundreds of them, so nearly every count waits for
/// its cache line. Side by side those waits cost a tenth of what they cost one after the other in
/// between of everything else: an end is noted here, and a hundred are counted together.
/// Whoever reads a recorder calls ``settle()`` before.
struct EndLog: ~Copyable {
  private typealias Entry = (recorder: UnsafeMutablePointer<FlowRecorder>, latency: Int64)
  private static var capacity: Int { 128 }

  private let entries: UnsafeMutablePointer<Entry>
  private var count = 0

  init() { entries = .allocate(capacity: Self.capacity) }

  deinit { entries.deallocate() }

  /// Notes the end of a request with 200; the recorder must not move before ``settle()``.
  @inline(__always)
  mutating func note(_ recorder: UnsafeMutablePointer<FlowRecorder>, latency: Int64) {
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
