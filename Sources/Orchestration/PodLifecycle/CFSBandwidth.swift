public import TimeAndChance

/// The kernel's CPU limit: a container may use `limit × 100 ms` of CPU in each period of 100 ms.
///
/// When the quota is used up, all threads of the container stand still until the next period, even
/// on an idle node. Unused quota is not carried over. With T busy threads the quota lasts
/// `100 ms × limit / T`, so that many threads throttle a container whose mean use is low.
///
/// This value keeps what running and announced work takes of the current and later periods. Work is
/// served in the order it is announced: of several pieces in the same period the earlier ones get
/// their CPU first, where the kernel would share it evenly. The total is the same; the first pieces
/// end a little sooner and the last ones no later than in the kernel.
///
/// - Source: Linux `kernel/sched/fair.c` (CFS bandwidth control), Kubernetes `pkg/kubelet/cm`;
///   issue kubernetes/kubernetes#67577.
public struct CFSBandwidth: Sendable, Equatable {
  /// How a piece of work went.
  @frozen public struct Service: Sendable, Equatable {
    /// When it is done.
    public let finish: SimTime
    /// Periods in which it had to stand still.
    public let throttledPeriods: Int
    /// How long it stood still altogether.
    public let throttledTime: SimDuration
  }

  /// The length of a period; 100 ms in Kubernetes.
  public let period: SimDuration
  /// CPU time per period.
  public let quota: SimDuration
  /// The start of the current period, in nanoseconds.
  private var periodStart: Int64
  /// What is taken of the current period, in nanoseconds of CPU.
  private var taken: Int64 = 0
  /// What is already taken of the periods after it, nearest first.
  private var takenLater: [Int64] = []

  /// A limit, in thousandths of a core.
  ///
  /// - Parameters:
  ///   - limitMilli: the limit, at least 1; below 10 the kernel's least quota of 1 ms applies,
  ///     beyond a million cores nothing changes any more.
  ///   - period: the length of a period.
  ///   - phase: the start of some period; every container has its own.
  public init(
    limitMilli: Int64, period: SimDuration = .milliseconds(100), phase: SimTime = .zero
  ) {
    precondition(limitMilli > 0, "a CPU limit must be positive, is \(limitMilli)m")
    self.period = period
    quota = max(
      .milliseconds(1), .nanoseconds(period.nanoseconds / 1000 * min(limitMilli, 1_000_000_000)))
    // Any period before the run begins will do: nothing is taken of it.
    periodStart = phase.nanoseconds % period.nanoseconds
    if periodStart > 0 { periodStart -= period.nanoseconds }
  }

  /// Runs a piece of work and takes its CPU out of the periods it touches.
  ///
  /// - Parameters:
  ///   - work: CPU time it needs, over all its threads.
  ///   - threads: how many threads share it evenly; at least 1.
  ///   - start: when it could start; not in an earlier period than the work before it.
  /// - Returns: when it is done and how long it stood still.
  public mutating func run(
    work: SimDuration, threads: Int = 1, from start: SimTime
  ) -> Service {
    enterPeriod(of: start.nanoseconds)
    let threads = Int64(max(1, threads))
    var left = max(0, work.nanoseconds)
    var now = max(start.nanoseconds, periodStart)
    var end = periodStart + period.nanoseconds
    var slot = 0
    var stalls = 0
    var stalled: Int64 = 0
    while left > 0 {
      if slot > takenLater.count { takenLater.append(0) }
      let before = slot == 0 ? taken : takenLater[slot - 1]
      let free = max(0, quota.nanoseconds - before)
      // Rounded up: a thread that has begun a nanosecond uses it whole.
      let wanted = min(threads == 1 ? left : (left + threads - 1) / threads, end - now)
      let span = min(wanted, threads == 1 ? free : free / threads)
      let used = min(left, span * threads)
      left -= used
      now += span
      let isStalled = left > 0 && now < end
      let after = isStalled ? max(before, quota.nanoseconds) : before + used
      if slot == 0 { taken = after } else { takenLater[slot - 1] = after }
      guard left > 0 else { break }
      if isStalled {
        stalls += 1
        stalled += end - now
      }
      now = end
      end += period.nanoseconds
      slot += 1
    }
    return Service(
      finish: SimTime(nanoseconds: now), throttledPeriods: stalls,
      throttledTime: .nanoseconds(stalled))
  }

  private mutating func enterPeriod(of instant: Int64) {
    guard instant >= periodStart + period.nanoseconds else { return }
    let passed = (instant - periodStart) / period.nanoseconds
    periodStart += passed * period.nanoseconds
    if passed > Int64(takenLater.count) {
      taken = 0
      if !takenLater.isEmpty { takenLater.removeAll(keepingCapacity: true) }
    } else {
      taken = takenLater[Int(passed) - 1]
      takenLater.removeFirst(Int(passed))
    }
  }

  /// The wall time of single-threaded work that starts with a whole period and its full quota.
  ///
  /// With `k` stalls the work ends `k` periods plus what is left of it after the start: 30 ms of
  /// work under a limit of 0.2 cores take 110 ms.
  public static func wallTime(
    work: SimDuration, limitMilli: Int64, period: SimDuration = .milliseconds(100)
  ) -> SimDuration {
    var bandwidth = CFSBandwidth(limitMilli: limitMilli, period: period)
    return bandwidth.run(work: work, from: .zero).finish - .zero
  }
}
