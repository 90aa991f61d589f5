import Statistics
import TimeAndChance
import TrafficPolicy

/// Small numbers for the statuses that occur in a run, so that counts by status are short rows.
struct StatusNumbers: ~Copyable {
  /// How many statuses have a place in every ``FlowRecorder``.
  static var rowLength: Int { 24 }

  /// By status: its number, or 255 when it has not occurred.
  private let numbers: UnsafeMutablePointer<UInt8>
  /// The statuses in the order of their numbers.
  private(set) var statuses = [200]
  /// The number of 200.
  static var ofOK: Int { 0 }

  init() {
    numbers = .allocate(capacity: 1024)
    numbers.initialize(repeating: 255, count: 1024)
    numbers[200] = UInt8(Self.ofOK)
  }

  deinit { numbers.deallocate() }

  /// The number of a status below 1024; 255 for those that come when all places are taken.
  @inline(__always) mutating func number(of status: Int) -> Int {
    let number = numbers[status]
    return number == 255 ? newNumber(of: status) : Int(number)
  }

  @inline(never) private mutating func newNumber(of status: Int) -> Int {
    guard statuses.count < Self.rowLength else { return 255 }
    statuses.append(status)
    numbers[status] = UInt8(statuses.count - 1)
    return statuses.count - 1
  }
}

/// The recording end of a ``FlowRecord``: one bucket for each request that ends well.
///
/// One cache line, which is all that such a request touches: how many ended with 200 is what the
/// histogram holds beyond the others, and the rest is in ``FlowBooks``. Latencies go into the
/// histogram of the window under way, which is emptied into that of the whole run when the window
/// ends, so a time series costs nothing more for each request.
struct FlowRecorder: ~Copyable {
  /// Latencies of the window under way of those answered below 500.
  private var good = LatencyRecorder()
  private let books: UnsafeMutablePointer<FlowBooks>

  init(keepsWindowLatency: Bool) {
    books = .allocate(capacity: 1)
    books.initialize(to: FlowBooks(keepsWindowLatency: keepsWindowLatency))
  }

  deinit {
    books.deinitialize(count: 1)
    books.deallocate()
  }

  /// Requests begun, since the start of the run; where tries are not counted elsewhere.
  var offered: UInt64 {
    get { books.pointee.offered }
    nonmutating set { books.pointee.offered = newValue }
  }
  /// Requests that were due and not started, since the start of the run.
  var dropped: UInt64 {
    get { books.pointee.dropped }
    nonmutating set { books.pointee.dropped = newValue }
  }
  /// What was recorded for the window that ended last.
  var lastWindow: FlowWindow { books.pointee.windows[books.pointee.windows.count - 1] }

  /// The longest time of a request that ended since counting began; nil when none did.
  var longest: Int64? { books.pointee.longest(good) }

  // MARK: For each request

  /// Counts the end of a request with 200, the common one.
  @inline(__always) mutating func countOK(latency: Int64) { good.record(latency) }

  /// Counts the end of a request with a status of that number.
  @inline(never)
  mutating func countEnd(_ status: Int, number: Int, latency: Int64, at now: SimTime) {
    if status != 0, status < 500 {
      good.record(latency)
      if number == StatusNumbers.ofOK { return }
      books.pointee.goodOthers &+= 1
    } else {
      books.pointee.bad.record(latency)
      books.pointee.lastFailure = now
    }
    books.pointee.countEnd(status, number: number)
  }

  /// Counts the end of a request that got no answer and whose time says nothing.
  func countLoss(number: Int, at now: SimTime) {
    books.pointee.countEnd(0, number: number)
    books.pointee.lastFailure = now
  }

  /// Counts the flags of a request that ended with some.
  @inline(never) func countFlags(_ flags: ResponseFlags) { books.pointee.countFlags(flags) }

  // MARK: For each window, and for each run

  /// A window ends; the latencies that ended in it, if they are wanted.
  @discardableResult
  mutating func endWindow(
    _ tries: Tries, statuses: [Int], wantsLatency: Bool = false
  ) -> CompactHistogram? {
    books.pointee.endWindow(&good, tries, statuses: statuses, wantsLatency: wantsLatency)
  }

  /// Counting begins: what is reported is what comes from now on.
  mutating func warmupOver(_ tries: Tries) { books.pointee.warmupOver(&good, tries) }

  /// What was recorded.
  mutating func record(_ tries: Tries, open: UInt64, statuses: [Int]) -> FlowRecord {
    books.pointee.record(&good, tries, open: open, statuses: statuses)
  }

  /// Tries along edges, counted there.
  struct Tries {
    /// Calls begun, where the recorder does not count them itself.
    var calls: UInt64 = 0
    var attempts: UInt64 = 0
    var retries: UInt64 = 0
    var retriesRefused: UInt64 = 0
  }
}

/// What a ``FlowRecorder`` keeps beside the histogram of the window under way.
private struct FlowBooks: ~Copyable {
  var offered: UInt64 = 0
  var dropped: UInt64 = 0
  /// Failures of the window under way.
  var bad = LatencyRecorder()
  var lastFailure = SimTime(nanoseconds: -1)
  /// Values of the present window's histogram that ended otherwise than with 200.
  var goodOthers: UInt64 = 0
  /// Ends by the number of their status; those with 200 up to the last window.
  private var ends = InlineArray<24, UInt64>(repeating: 0)
  private var furtherEnds: [Int: UInt64] = [:]
  private var flags: [(flags: ResponseFlags, count: UInt64)] = []
  private var allGood = LatencyRecorder()
  private var allBad = LatencyRecorder()
  /// Of the window's beginning, and of the end of the warm-up.
  private var mark = Counts()
  private var base = Counts()
  /// Latencies of the window under way from before the end of the warm-up.
  private var early: CompactHistogram?
  private(set) var windows: [FlowWindow] = []
  private var windowLatency: [CompactHistogram] = []
  private let keepsWindowLatency: Bool

  /// Counts at some time.
  struct Counts {
    var offered: UInt64 = 0
    var dropped: UInt64 = 0
    var attempts: UInt64 = 0
    var retries: UInt64 = 0
    var retriesRefused: UInt64 = 0
    fileprivate var ends = InlineArray<24, UInt64>(repeating: 0)
    fileprivate var furtherEnds: [Int: UInt64] = [:]
  }

  init(keepsWindowLatency: Bool) { self.keepsWindowLatency = keepsWindowLatency }

  mutating func countEnd(_ status: Int, number: Int) {
    if number < 24 {
      ends[unchecked: number] &+= 1
    } else {
      furtherEnds[status, default: 0] &+= 1
    }
  }

  mutating func countFlags(_ text: ResponseFlags) {
    for index in flags.indices where flags[index].flags == text {
      flags[index].count &+= 1
      return
    }
    flags.append((text, 1))
  }

  // MARK: For each window

  mutating func endWindow(
    _ good: inout LatencyRecorder, _ tries: FlowRecorder.Tries, statuses: [Int],
    wantsLatency: Bool
  ) -> CompactHistogram? {
    var latency: CompactHistogram?
    var window = FlowWindow()
    if wantsLatency || keepsWindowLatency || early != nil {
      var all = CompactHistogram(good, bad)
      if let early {
        all = CompactHistogram(merging: [early, all])
        self.early = nil
      }
      window.add(all)
      latency = all
    } else if let (p50, p99, greatest) = good.middleAndTail(with: bad) {
      window.p50 = Int64(p50)
      window.p99 = Int64(p99)
      window.max = greatest
    }
    carryOver(&good)
    let counts = counts(tries)
    window.offered = UInt32(clamping: counts.offered &- mark.offered)
    window.dropped = UInt32(clamping: counts.dropped &- mark.dropped)
    window.attempts = UInt32(clamping: counts.attempts &- mark.attempts)
    window.retries = UInt32(clamping: counts.retries &- mark.retries)
    window.retriesRefused = UInt32(clamping: counts.retriesRefused &- mark.retriesRefused)
    for (number, status) in statuses.enumerated() {
      window.add(ends[number] &- mark.ends[number], status)
    }
    for (status, count) in furtherEnds {
      window.add(count &- (mark.furtherEnds[status] ?? 0), status)
    }
    mark = counts
    windows.append(window)
    if keepsWindowLatency, let latency { windowLatency.append(latency) }
    return latency
  }

  /// Adds the values of the window under way to those of the run.
  private mutating func carryOver(_ good: inout LatencyRecorder) {
    ends[StatusNumbers.ofOK] &+= good.drain(into: &allGood) &- goodOthers
    goodOthers = 0
    bad.drain(into: &allBad)
  }

  private func counts(_ tries: FlowRecorder.Tries) -> Counts {
    Counts(
      offered: offered &+ tries.calls, dropped: dropped, attempts: tries.attempts,
      retries: tries.retries, retriesRefused: tries.retriesRefused, ends: ends,
      furtherEnds: furtherEnds)
  }

  // MARK: For each run

  borrowing func longest(_ good: borrowing LatencyRecorder) -> Int64? {
    let all = [good.longest, bad.longest, allGood.longest, allBad.longest]
    return all.compactMap(\.self).max()
  }

  mutating func warmupOver(_ good: inout LatencyRecorder, _ tries: FlowRecorder.Tries) {
    early = CompactHistogram(good, bad)
    carryOver(&good)
    base = counts(tries)
    flags = []
    lastFailure = SimTime(nanoseconds: -1)
    allGood.reset()
    allBad.reset()
  }

  mutating func record(
    _ good: inout LatencyRecorder, _ tries: FlowRecorder.Tries, open: UInt64, statuses: [Int]
  ) -> FlowRecord {
    carryOver(&good)
    var record = FlowRecord()
    record.offered = offered &+ tries.calls &- base.offered
    record.dropped = dropped &- base.dropped
    record.attempts = tries.attempts &- base.attempts
    record.retries = tries.retries &- base.retries
    record.retriesRefused = tries.retriesRefused &- base.retriesRefused
    var ended: UInt64 = 0
    for (number, status) in statuses.enumerated() {
      let count = ends[number] &- base.ends[number]
      if count > 0 { record.byStatus[status] = count }
      ended &+= count
    }
    for (status, count) in furtherEnds {
      let count = count &- (base.furtherEnds[status] ?? 0)
      if count > 0 { record.byStatus[status] = count }
      ended &+= count
    }
    var flagged: UInt64 = 0
    for entry in flags {
      record.byFlags[entry.flags] = entry.count
      flagged &+= entry.count
    }
    if ended > flagged { record.byFlags[[]] = ended - flagged }
    record.open = open
    record.successLatency = allGood.histogram
    record.latency = record.successLatency
    if !allBad.isEmpty { record.latency.merge(allBad.histogram) }
    if lastFailure >= .zero { record.lastFailure = lastFailure }
    record.windows = windows
    record.windowLatency = windowLatency
    return record
  }
}

extension FlowWindow {
  /// Adds requests that ended with a status.
  fileprivate mutating func add(_ count: UInt64, _ status: Int) {
    let count = UInt32(clamping: count)
    switch status {
    case 0: unanswered &+= count
    case 429: limited &+= count
    case ..<400: succeeded &+= count
    case ..<500: clientErrors &+= count
    default: serverErrors &+= count
    }
  }

  /// Notes the quantiles of the window's latencies.
  mutating func add(_ latency: CompactHistogram) {
    p50 = Int64(latency.quantile(0.5) ?? 0)
    p99 = Int64(latency.quantile(0.99) ?? 0)
    max = latency.maximum ?? 0
  }

  /// Adds another subject's counts of the same window; latencies have to be merged by themselves.
  mutating func addCounts(_ other: FlowWindow) {
    offered &+= other.offered
    dropped &+= other.dropped
    succeeded &+= other.succeeded
    clientErrors &+= other.clientErrors
    limited &+= other.limited
    serverErrors &+= other.serverErrors
    unanswered &+= other.unanswered
    attempts &+= other.attempts
    retries &+= other.retries
    retriesRefused &+= other.retriesRefused
  }
}
