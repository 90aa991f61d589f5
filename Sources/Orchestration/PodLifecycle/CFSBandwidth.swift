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
  /// The start of some period; every container has its own phase.
  public let phase: SimTime
  /// What is taken of each period from ``firstPeriod`` on, in nanoseconds of CPU.
  private var used: [Int64] = []
  private var firstPeriod: Int64 = 0

  /// A limit, in thousandths of a core, at least 10 (the kernel's least quota is 1 ms).
  public init(
    limitMilli: Int64, period: SimDuration = .milliseconds(100), phase: SimTime = .zero
  ) {
    precondition(limitMilli > 0, "a CPU limit must be positive, is \(limitMilli)m")
    self.period = period
    quota = max(.milliseconds(1), .nanoseconds(period.nanoseconds / 1000 * limitMilli))
    self.phase = phase
  }

  /// Runs a piece of work and takes its CPU out of the periods it touches.
  ///
  /// - Parameters:
  ///   - work: CPU time it needs, over all its threads.
  ///   - threads: how many threads share it evenly; at least 1.
  ///   - start: when it could start; must not go back by more than the work still announced.
  /// - Returns: when it is done and how long it stood still.
  public mutating func run(
    work: SimDuration, threads: Int = 1, from start: SimTime
  ) -> Service {
    forgetPeriods(before: start)
    let threads = Int64(max(1, threads))
    var left = max(0, work.nanoseconds)
    var now = start.nanoseconds
    var stalls = 0
    var stalled: Int64 = 0
    while left > 0 {
      let index = periodIndex(now)
      let end = phase.nanoseconds + (index + 1) * period.nanoseconds
      let slot = Int(index - firstPeriod)
      while used.count <= slot { used.append(0) }
      let free = max(0, quota.nanoseconds - used[slot])
      // Rounded up: a thread that has begun a nanosecond uses it whole.
      let runnable = min((left + threads - 1) / threads, end - now)
      let span = min(runnable, free / threads)
      let taken = min(left, span * threads)
      used[slot] += taken
      left -= taken
      now += span
      guard left > 0 else { break }
      if now < end {
        if free < threads * runnable { used[slot] = max(used[slot], quota.nanoseconds) }
        stalls += 1
        stalled += end - now
      }
      now = end
    }
    return Service(
      finish: SimTime(nanoseconds: now), throttledPeriods: stalls,
      throttledTime: .nanoseconds(stalled))
  }

  /// The number of the period an instant falls in.
  private func periodIndex(_ instant: Int64) -> Int64 {
    let offset = instant - phase.nanoseconds
    let (quotient, remainder) = offset.quotientAndRemainder(dividingBy: period.nanoseconds)
    return remainder < 0 ? quotient - 1 : quotient
  }

  private mutating func forgetPeriods(before start: SimTime) {
    let index = periodIndex(start.nanoseconds)
    if used.isEmpty || index - firstPeriod >= Int64(used.count) {
      used.removeAll(keepingCapacity: true)
      firstPeriod = index
    } else if index > firstPeriod {
      used.removeFirst(Int(index - firstPeriod))
      firstPeriod = index
    } else if index < firstPeriod {
      used.insert(contentsOf: repeatElement(0, count: Int(firstPeriod - index)), at: 0)
      firstPeriod = index
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
