public import TimeAndChance

/// The gradient controller of a proxy: a concurrency limit that follows latency.
///
/// It starts inside a measurement of the smallest round trip, with the limit at `min_concurrency`.
/// The engine keeps two timers, told by the effects; a timer that fires when it is no longer due is
/// ignored. One per proxy, shared by its workers.
///
/// - Source: Envoy `source/extensions/filters/http/adaptive_concurrency/controller/
///   gradient_controller.cc`.
public struct AdaptiveConcurrency: Sendable {
  /// Timers to start; each replaces the pending one of its kind.
  @frozen public struct Timers: Sendable, Hashable {
    /// ``AdaptiveConcurrency/sampleTimerFired(at:)`` after that time; nil starts none.
    public var sample: SimDuration?
    /// ``AdaptiveConcurrency/minRTTTimerFired(at:)`` after that time; nil starts none.
    public var minRTT: SimDuration?
    /// Timers of those lengths.
    public init(sample: SimDuration? = nil, minRTT: SimDuration? = nil) {
      self.sample = sample
      self.minRTT = minRTT
    }
  }

  private let settings: AdaptiveConcurrencySettings
  /// The limit on outstanding requests.
  public private(set) var limit: UInt32
  /// Requests under way.
  public private(set) var outstanding: UInt32 = 0
  /// The limit to come back to after the running measurement; 0 outside of one.
  private var deferredLimit: UInt32 = 0
  private var histogram = LatencyHistogram()
  /// The smallest round trip, microseconds.
  public private(set) var minRTT: Int64 = 0
  /// The last interval's round trip, microseconds.
  public private(set) var sampleRTT: Int64 = 0
  private var minRTTEpoch = SimTime.zero
  private var updatesAtMinimum = 0
  private var sampleDueAt: SimTime
  private var minRTTDueAt = SimTime.never
  /// `rq_blocked`.
  public private(set) var blocked: UInt64 = 0

  /// A controller that begins to measure at `now`.
  ///
  /// Its sample timer is to be started with the update interval.
  public init(_ settings: AdaptiveConcurrencySettings, at now: SimTime) {
    self.settings = settings
    limit = UInt32(clamping: max(1, settings.minConcurrency))
    sampleDueAt = now + settings.concurrencyUpdateInterval
    measureMinRTT(at: now)
  }

  /// The timers to start with the controller.
  public var initialTimers: Timers { Timers(sample: settings.concurrencyUpdateInterval) }

  /// True while the smallest round trip is measured.
  public var isMeasuring: Bool { deferredLimit > 0 }

  /// True when the request may go on; false answers 503 (``AdaptiveConcurrencySettings/status``)
  /// without a flag, `reached_concurrency_limit`.
  public mutating func admits() -> Bool {
    if outstanding < limit {
      outstanding += 1
      return true
    }
    blocked += 1
    return false
  }

  /// An admitted request that was sent at `sentAt` got its answer.
  ///
  /// Draws one number when this ends a measurement and the interval has a jitter.
  public mutating func finished(
    sentAt: SimTime, at now: SimTime, using random: inout RandomStream
  ) -> Timers {
    outstanding -= 1
    guard sentAt >= minRTTEpoch else { return Timers() }  // from before the measurement
    histogram.insert((now - sentAt).nanoseconds / 1_000)
    guard isMeasuring, histogram.count >= UInt64(max(1, settings.minRTTRequestCount)) else {
      return Timers()
    }
    minRTT = takeQuantile()
    setLimit(deferredLimit)
    deferredLimit = 0
    let interval = minRTTInterval(using: &random)
    minRTTDueAt = now + interval
    sampleDueAt = now + settings.concurrencyUpdateInterval
    return Timers(sample: settings.concurrencyUpdateInterval, minRTT: interval)
  }

  /// An admitted request ended without an answer that counts.
  public mutating func cancelled() { outstanding -= 1 }

  /// The sample timer fired: the limit follows the interval's latency.
  public mutating func sampleTimerFired(at now: SimTime) -> Timers {
    guard sampleDueAt <= now else { return Timers() }
    sampleDueAt = .never
    // During a measurement the timer rests; the end of the measurement starts it again.
    guard !isMeasuring else { return Timers() }
    var timers = Timers(sample: settings.concurrencyUpdateInterval)
    sampleDueAt = now + settings.concurrencyUpdateInterval
    guard histogram.count > 0 else { return timers }
    sampleRTT = takeQuantile()
    setLimit(nextLimit)
    if updatesAtMinimum >= 5 {
      minRTTDueAt = now
      timers.minRTT = .zero
    }
    return timers
  }

  /// The measurement's timer fired: the smallest round trip is measured again.
  public mutating func minRTTTimerFired(at now: SimTime) {
    guard minRTTDueAt <= now, !isMeasuring else { return }
    minRTTDueAt = .never
    measureMinRTT(at: now)
  }

  private mutating func measureMinRTT(at now: SimTime) {
    deferredLimit = limit
    setLimit(UInt32(clamping: max(1, settings.minConcurrency)))
    histogram.removeAll()
    minRTTEpoch = now
  }

  private mutating func takeQuantile() -> Int64 {
    let value = histogram.quantile(min(1, max(0, settings.samplePercentile / 100)))
    histogram.removeAll()
    return Int64(value)
  }

  /// `clamp(L g + sqrt(L g))` with g the gradient of the buffered smallest round trip.
  private var nextLimit: UInt32 {
    let buffered = Double(minRTT) + Double(minRTT) * settings.bufferPercent / 100
    let gradient = max(0.5, min(2, buffered / Double(max(1, sampleRTT))))
    let scaled = Double(limit) * gradient
    let wanted = UInt32(min(scaled + scaled.squareRoot(), 4_294_967_295))
    return max(
      UInt32(clamping: max(1, settings.minConcurrency)),
      min(UInt32(clamping: settings.maxConcurrencyLimit), wanted))
  }

  /// Sets the limit and counts updates in a row that leave it at the minimum.
  private mutating func setLimit(_ new: UInt32) {
    let minimum = UInt32(clamping: max(1, settings.minConcurrency))
    if !isMeasuring, limit == minimum, new == minimum {
      updatesAtMinimum += 1
    } else {
      updatesAtMinimum = 0
    }
    limit = new
  }

  private func minRTTInterval(using random: inout RandomStream) -> SimDuration {
    let milliseconds = Double(settings.minRTTInterval.nanoseconds / 1_000_000)
    let range = (milliseconds * settings.jitterPercent / 100).rounded(.up)
    guard range >= 1 else { return settings.minRTTInterval }
    let extra = random.below(UInt32(min(range, 4_294_967_295)))
    return settings.minRTTInterval + .milliseconds(Int64(extra))
  }
}
