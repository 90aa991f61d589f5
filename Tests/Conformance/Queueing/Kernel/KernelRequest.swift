import EventKernel
import TimeAndChance

/// A request as the kernel models keep it, in a slab.
struct KernelRequest: BitwiseCopyable {
  /// The request behind it in its line; a free record's link otherwise.
  var next: UInt32
  /// The request before it in its line.
  var previous: UInt32
  /// How often it has asked for the server.
  var tries: Int32 = 1
  /// A timer that it has running.
  var timer: UInt32 = 0
  /// When it arrived.
  var arrival: SimTime
  /// Its service time.
  var work: SimDuration
  /// The scheduling of the event that will move it; 0 when none will.
  var event: UInt64 = 0

  /// A request that has just arrived.
  init(arrival: SimTime, work: SimDuration) {
    next = KernelLine.none
    previous = KernelLine.none
    self.arrival = arrival
    self.work = work
  }
}

/// Requests that wait, first come first; any of them can leave.
struct KernelLine {
  /// Who is served next.
  private(set) var first = KernelLine.none
  private var last = KernelLine.none

  /// The handle of no request.
  static var none: UInt32 { Slab<KernelRequest>.none }

  /// True when nobody waits.
  var isEmpty: Bool { first == Self.none }

  /// A request goes to the end.
  mutating func append(_ handle: UInt32, _ requests: borrowing Slab<KernelRequest>) {
    let request = requests.pointer(handle)
    request.pointee.next = Self.none
    request.pointee.previous = last
    if isEmpty { first = handle } else { requests.pointer(last).pointee.next = handle }
    last = handle
  }

  /// A request leaves the line, wherever it stands.
  mutating func remove(_ handle: UInt32, _ requests: borrowing Slab<KernelRequest>) {
    let request = requests.pointer(handle).pointee
    if request.previous == Self.none {
      first = request.next
    } else {
      requests.pointer(request.previous).pointee.next = request.next
    }
    if request.next == Self.none {
      last = request.previous
    } else {
      requests.pointer(request.next).pointee.previous = request.previous
    }
  }

  /// The first request, taken out of the line; nil when nobody waits.
  mutating func removeFirst(_ requests: borrowing Slab<KernelRequest>) -> UInt32? {
    guard !isEmpty else { return nil }
    let handle = first
    remove(handle, requests)
    return handle
  }
}

/// The mean of some times, exact.
struct KernelMean {
  private var sum: Int128 = 0
  private var count: Int64 = 0

  /// Adds a time.
  @inline(__always) mutating func add(_ time: SimDuration) {
    sum += Int128(time.nanoseconds)
    count += 1
  }

  /// The mean in nanoseconds; nil of none.
  var mean: Double? { count > 0 ? Double(sum) / Double(count) : nil }
}
