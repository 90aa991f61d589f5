public import TimeAndChance

/// The kernel's CPU limit of a container: `limit × 100 ms` of CPU in each period of 100 ms.
///
/// Every running thread has a core of its own and makes the same progress. When the quota is used
/// up, all of them stand still until the next period, even on an idle node: with T threads after
/// `100 ms × limit / T`, so that many threads are throttled though their mean use is low. Unused
/// quota is not carried over. As all threads progress alike, one number tells how far each is: a
/// thread that begins `w` of work at progress `v` is done at `v + w`.
///
/// Left out: the kernel hands quota to each core in slices of 5 ms, so real throttling may come that
/// much earlier.
///
/// - Source: Linux `kernel/sched/fair.c` (CFS bandwidth control), Kubernetes `pkg/kubelet/cm`;
///   issue kubernetes/kubernetes#67577.
@frozen public struct CFSBandwidth: Sendable, Equatable, BitwiseCopyable {
  /// The length of a period in nanoseconds.
  private let period: Int64
  /// CPU time per period in nanoseconds; `unlimited` without a limit.
  private let quota: Int64
  /// The beginning of the present period, in nanoseconds.
  private var periodStart: Int64
  /// What is left of the present period's quota.
  private var left: Int64
  /// Up to where all of this is known.
  private var now: Int64 = 0
  /// The share of each core that neighbours leave, 1 as a rule.
  private var speed = 1.0

  /// Threads that want to run.
  public private(set) var running: Int64 = 0
  /// CPU time that each thread has had that ran all the time.
  public private(set) var progress: SimDuration = .zero
  /// CPU time that all threads used.
  public private(set) var used: SimDuration = .zero
  /// Periods in which threads had to stand still.
  public private(set) var throttledPeriods: UInt64 = 0
  /// How long threads had to stand still, as the kernel counts it for the container.
  public private(set) var throttledTime: SimDuration = .zero
  /// When threads last began to stand still.
  public private(set) var throttledSince = SimTime(nanoseconds: .min)

  private static var unlimited: Int64 { 1 << 62 }

  /// A limit, in thousandths of a core.
  ///
  /// - Parameters:
  ///   - limitMilli: the limit, at least 1; nil is none. Below 10 the kernel's least quota of 1 ms
  ///     applies; beyond a million cores it does not matter any more.
  ///   - period: the length of a period.
  ///   - phase: the start of some period; every container has its own.
  public init(
    limitMilli: Int64?, period: SimDuration = .milliseconds(100), phase: SimTime = .zero
  ) {
    self.period = period.nanoseconds
    if let limitMilli {
      precondition(limitMilli > 0, "a CPU limit must be positive, is \(limitMilli)m")
      quota = max(1_000_000, period.nanoseconds / 1000 * min(limitMilli, 1_000_000_000))
    } else {
      quota = Self.unlimited
    }
    left = quota
    // Any period before the run begins will do: nothing is taken of it.
    periodStart = phase.nanoseconds % period.nanoseconds
    if periodStart > 0 { periodStart -= period.nanoseconds }
  }

  /// Whether threads stand still until the next period.
  public var isThrottled: Bool { running > 0 && left < running }

  /// Lets the threads run, or stand still, up to an instant.
  public mutating func advance(to instant: SimTime) {
    let end = instant.nanoseconds
    while now < end {
      let periodEnd = quota == Self.unlimited ? Int64.max : periodStart + period
      if running == 0 {
        now = end
      } else if left < running {
        if throttledSince.nanoseconds < periodStart {
          throttledPeriods += 1
          throttledSince = SimTime(nanoseconds: now)
        }
        let stop = min(end, periodEnd)
        throttledTime = throttledTime + .nanoseconds(stop - now)
        now = stop
      } else {
        run(until: min(end, periodEnd))
      }
      if now >= periodEnd {
        periodStart += (now - periodStart) / period * period
        left = quota
      }
    }
  }

  /// Runs all threads, to an instant within the period at most.
  private mutating func run(until end: Int64) {
    let share = left / running
    let wall = wallTime(share)
    if wall > end - now {
      take(speed == 1 ? end - now : Int64(Double(end - now) * speed))
      now = end
    } else {
      take(share)
      now += wall
      left = 0  // a rest smaller than a nanosecond for each thread is no use
    }
  }

  private mutating func take(_ share: Int64) {
    progress = progress + .nanoseconds(share)
    used = used + .nanoseconds(share * running)
    if quota != Self.unlimited { left -= share * running }
  }

  /// The time in which a thread that may run makes that much progress.
  private func wallTime(_ share: Int64) -> Int64 {
    if speed == 1 { return share }
    let wall = (Double(share) / speed).rounded(.up)
    return wall < 0x1p61 ? Int64(wall) : 1 << 61
  }

  /// A thread begins work; ``advance(to:)`` first.
  ///
  /// - Returns: the ``progress`` at which it is done.
  public mutating func begin(_ work: SimDuration) -> SimDuration {
    running += 1
    return progress + work
  }

  /// A thread has ended its work; ``advance(to:)`` first.
  public mutating func end() { running = max(0, running - 1) }

  /// All threads are gone.
  public mutating func stop() { running = 0 }

  /// Neighbours leave that share of each core, above 0; ``advance(to:)`` first.
  public mutating func setSpeed(_ share: Double) { speed = max(share, 1e-6) }

  /// The earliest instant at which work that ends at some progress can be done.
  ///
  /// It is done then unless threads have to stand still in between, or neighbours change.
  public func earliest(_ end: SimDuration) -> SimTime {
    let rest = max(0, (end - progress).nanoseconds)
    let start = isThrottled && rest > 0 ? periodStart + period : now
    return SimTime(nanoseconds: start + wallTime(rest))
  }

  /// The wall time of single-threaded work that starts with a whole period and its full quota.
  ///
  /// With `k` stalls the work ends `k` periods plus what is left of it after the start: 30 ms of
  /// work under a limit of 0.2 cores take 110 ms.
  public static func wallTime(
    work: SimDuration, limitMilli: Int64, period: SimDuration = .milliseconds(100)
  ) -> SimDuration {
    var bandwidth = CFSBandwidth(limitMilli: limitMilli, period: period)
    let end = bandwidth.begin(work)
    var instant = bandwidth.earliest(end)
    while true {
      bandwidth.advance(to: instant)
      if bandwidth.progress >= end { return instant - .zero }
      instant = bandwidth.earliest(end)
    }
  }
}
