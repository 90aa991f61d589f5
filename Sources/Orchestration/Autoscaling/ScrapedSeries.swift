public import TimeAndChance

/// One series of a custom or external metric as Prometheus keeps it, and what an adapter's query
/// makes of it: the pipeline that adds its own scrape interval and query window.
///
/// Feed it a value at every scrape; ask for the latest value of a gauge or the rate of a counter
/// at the moment the autoscaler looks. Points older than ``retention`` are dropped.
///
/// - Source: Prometheus `promql/functions.go` (`extrapolatedRate`) and `promql/engine.go`
///   (look-back); prometheus-adapter `pkg/custom-provider/provider.go` (thousandths).
public struct ScrapedSeries: Sendable, Equatable {
  /// How long a gauge's last value is believed; 5 min, Prometheus' look-back delta.
  public static let lookback = SimDuration.minutes(5)

  /// How long points are kept: at least the longest window that is asked for; 5 min by default.
  public let retention: SimDuration
  private var points: [Point] = []

  private struct Point: Sendable, Equatable {
    var time: SimTime
    var value: Double
  }

  /// An empty series.
  public init(retention: SimDuration = Self.lookback) { self.retention = retention }

  /// A scrape found that value.
  ///
  /// Scrapes come in the order of time.
  public mutating func scrape(_ value: Double, at now: SimTime) {
    // Dropped in bulk, so that a scrape costs the same on average however long the window.
    let kept = points.firstIndex { $0.time >= now - retention } ?? points.count
    if kept > 0 && kept * 2 >= points.count { points.removeFirst(kept) }
    points.append(Point(time: now, value: value))
  }

  /// The latest value, in thousandths cut towards zero; nil when the last scrape is too long ago.
  public func latestMilli(at now: SimTime) -> Int64? {
    guard let last = points.last, last.time > now - Self.lookback else { return nil }
    return Int64(saturating: last.value * 1000)
  }

  /// The rate of a counter per second over the window that ends now, in thousandths cut towards 0;
  /// nil with fewer than two points in it.
  ///
  /// A counter that falls has started again at 0. The rate is stretched to the window's ends, but
  /// no further than half an average interval beyond the points where the window reaches further,
  /// and never to before the counter was 0.
  public func rateMilli(over window: SimDuration, at now: SimTime) -> Int64? {
    let inside = points.filter { $0.time > now - window && $0.time <= now }
    guard let first = inside.first, let last = inside.last, last.time > first.time else {
      return nil
    }
    var increase = last.value - first.value
    for (earlier, later) in zip(inside, inside.dropFirst()) where later.value < earlier.value {
      increase += earlier.value
    }
    let sampled = (last.time - first.time).inSeconds
    let interval = sampled / Double(inside.count - 1)
    let threshold = interval * 1.1
    var toStart = (first.time - (now - window)).inSeconds
    if toStart >= threshold { toStart = interval / 2 }
    if increase > 0 && first.value >= 0 {
      toStart = min(toStart, sampled * (first.value / increase))
    }
    var toEnd = (now - last.time).inSeconds
    if toEnd >= threshold { toEnd = interval / 2 }
    let rate = increase * ((sampled + toStart + toEnd) / sampled) / window.inSeconds
    return Int64(saturating: rate * 1000)
  }
}
