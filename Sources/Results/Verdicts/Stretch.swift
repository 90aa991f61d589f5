import Scenario
import Statistics
import TimeAndChance

/// Sums over a part of a replication, from which every figure of a subject follows.
struct Stretch {
  var seconds: Double
  var offered = 0.0
  var ended = 0.0
  var good = 0.0
  var errors = 0.0
  var rejected = 0.0
  var attempts = 0.0
  var retriesRefused = 0.0
  /// Nil when latencies of the part were not kept.
  var latency: Latency?
  var lastFailure: Double?
  var meanQueue: Double?
  var maxQueue: Double?
  var utilisation: Double?
  var ejections: Double?

  /// The whole counted time, from exact counters.
  init(whole flow: FlowFigures, server: ServerFigures?, counted seconds: Double) {
    self.seconds = seconds
    offered = Double(flow.offered)
    ended = Double(flow.completed)
    good = Double(flow.good)
    errors = Double(flow.errors)
    rejected = Double(flow.rejected)
    attempts = Double(flow.attempts)
    retriesRefused = Double(flow.retriesRefused.total)
    latency = .whole(flow.latency)
    lastFailure = flow.lastFailure?.seconds
    guard let server else { return }
    meanQueue = server.meanQueue
    maxQueue = Double(server.peakQueue)
    utilisation = server.workers.flatMap { $0 > 0 ? server.meanBusy / $0 : nil }
    ejections = Double(server.ejections)
  }

  /// Some windows of the series.
  init(
    _ windows: some Collection<Int>, of flow: FlowFigures, server: ServerFigures?,
    in grid: WindowGrid
  ) {
    seconds = windows.reduce(SimDuration.zero) { $0 + grid.length(of: $1) }.inSeconds
    for window in windows where window < flow.samples.count {
      let sample = flow.samples[window]
      offered += Double(sample.offered)
      ended += Double(sample.ended)
      good += Double(sample.good)
      errors += Double(sample.errors)
      rejected += Double(sample.rejected)
      attempts += Double(sample.attempts)
      retriesRefused += Double(sample.retriesRefused)
      // The last failure is known to the window; its exact time only if it was the run's last.
      if sample.errors > 0 {
        let end = grid.end(of: window).seconds
        lastFailure = min(end, flow.lastFailure?.seconds ?? end)
      }
    }
    latency = flow.mergedLatency(of: windows).map(Latency.part)
    guard let server, !server.samples.isEmpty else { return }
    var queue = 0.0
    var busy = 0.0
    var workers = 0.0
    var peak = 0.0
    var ejected = 0.0
    var seen = 0.0
    for window in windows where window < server.samples.count {
      let sample = server.samples[window]
      let weight = grid.weight(of: window)
      queue += Double(sample.queue) * weight
      busy += Double(sample.busy) * weight
      workers += Double(sample.workers) * weight
      peak = max(peak, Double(sample.queuePeak))
      ejected += Double(sample.ejections)
      seen += weight
    }
    guard seen > 0 else { return }
    meanQueue = queue / seen
    maxQueue = peak
    utilisation = workers > 0 ? busy / workers : nil
    ejections = ejected
  }

  /// The share of ended requests that failed; nil when none ended.
  var errorRate: Double? { ended > 0 ? errors / ended : nil }

  /// A figure of the part.
  func measure(_ metric: Metric) -> Measurement {
    switch metric {
    case .errorRate: ofEnded(errors)
    case .rejectedRate: ofEnded(rejected)
    case .latencyQuantile(let share): latency { $0.quantile(share) }
    case .meanLatency: latency { $0.mean }
    case .maxLatency: latency { $0.maximum }
    case .offeredRate: perSecond(offered)
    case .goodput: perSecond(good)
    case .tryRate: perSecond(attempts)
    case .triesPerRequest: offered > 0 ? .value(attempts / offered) : .noTraffic
    case .deniedRetriesPerRequest: offered > 0 ? .value(retriesRefused / offered) : .noTraffic
    case .meanQueue: recorded(meanQueue)
    case .maxQueue: recorded(maxQueue)
    case .utilisation: recorded(utilisation)
    case .ejections: recorded(ejections)
    case .trafficShare: .notRecorded
    case .lastFailure: .value(lastFailure ?? 0)
    }
  }

  private func recorded(_ value: Double?) -> Measurement {
    value.map(Measurement.value) ?? .notRecorded
  }

  private func perSecond(_ count: Double) -> Measurement {
    seconds > 0 ? .value(count / seconds) : .notRecorded
  }

  private func ofEnded(_ count: Double) -> Measurement {
    if ended > 0 { return .value(count / ended) }
    return offered > 0 ? .nothingEnded : .noTraffic
  }

  private func latency(_ figure: (Latency) -> Double?) -> Measurement {
    guard ended > 0 else { return offered > 0 ? .nothingEnded : .noTraffic }
    guard let latency, let nanoseconds = figure(latency) else { return .notRecorded }
    return good > 0 ? .value(nanoseconds / 1e9) : .noGoodput(nanoseconds / 1e9)
  }
}

extension Stretch {
  /// Latencies in nanoseconds: the run's own histogram, or those of windows together.
  enum Latency {
    case whole(LatencyHistogram)
    case part(CompactHistogram)

    func quantile(_ share: Double) -> Double? {
      switch self {
      case .whole(let histogram): histogram.quantile(share)
      case .part(let merged): merged.quantile(share)
      }
    }

    var mean: Double? {
      switch self {
      case .whole(let histogram): histogram.mean
      case .part(let merged): merged.mean
      }
    }

    var maximum: Double? {
      switch self {
      case .whole(let histogram): histogram.maximum.map { Double($0) }
      case .part(let merged): merged.maximum.map { Double($0) }
      }
    }
  }
}

extension FlowFigures {
  /// The latencies of some windows together; nil when they were not kept.
  func mergedLatency(of windows: some Collection<Int>) -> CompactHistogram? {
    guard !windowLatency.isEmpty else { return nil }
    return CompactHistogram(
      merging:
        windows.compactMap { $0 < windowLatency.count ? windowLatency[$0] : nil })
  }
}
