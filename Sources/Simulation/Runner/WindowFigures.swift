import Results
import Statistics
import TimeAndChance

extension FlowSample {
  /// A window as a source saw it; its tries are not known here.
  init(_ window: SourceWindow) {
    self.init(
      offered: window.offered, succeeded: window.succeeded, clientErrors: window.clientErrors,
      rejected: window.limited, serverErrors: window.serverErrors, unanswered: window.unanswered,
      attempts: window.offered, p50: window.p50, p99: window.p99, max: window.max)
  }

  /// A window as pods saw it: arrivals that did not fail count as succeeded.
  init(_ window: ServiceWindow) {
    let failures = min(window.failures, window.arrivals)
    self.init(
      offered: window.arrivals, succeeded: window.arrivals - failures, serverErrors: failures,
      attempts: window.arrivals, retries: min(window.retries, window.arrivals), p50: window.p50,
      p99: window.p99, max: window.p99)
  }
}

extension [FlowSample] {
  /// Windows of two groups of pods taken together.
  ///
  /// The median is weighed by what ended, the 99th percentile is the larger one.
  func adding(_ other: [FlowSample]) -> [FlowSample] {
    var result = self
    for index in result.indices where index < other.count {
      let (one, two) = (result[index], other[index])
      let (first, second) = (Double(one.ended), Double(two.ended))
      result[index].offered += two.offered
      result[index].succeeded += two.succeeded
      result[index].clientErrors += two.clientErrors
      result[index].rejected += two.rejected
      result[index].serverErrors += two.serverErrors
      result[index].unanswered += two.unanswered
      result[index].attempts += two.attempts
      result[index].retries += two.retries
      result[index].retriesRefused += two.retriesRefused
      if first + second > 0 {
        let sum = Double(one.p50) * first + Double(two.p50) * second
        result[index].p50 = Int64(sum / (first + second))
      }
      result[index].p99 = Swift.max(one.p99, two.p99)
      result[index].max = Swift.max(one.max, two.max)
    }
    return result
  }
}

extension ServerFigures {
  /// Adds another group of pods.
  mutating func add(_ other: ServerFigures) {
    meanQueue += other.meanQueue
    peakQueue = max(peakQueue, other.peakQueue)
    meanBusy += other.meanBusy
    if let more = other.workers { workers = workers.map { $0 + more } } else { workers = nil }
    refused += other.refused
    unheard += other.unheard
    connectionsAccepted += other.connectionsAccepted
    ejections += other.ejections
    restarts += other.restarts
    throttled = throttled + other.throttled
    for index in samples.indices where index < other.samples.count {
      let two = other.samples[index]
      samples[index].queue += two.queue
      samples[index].queuePeak += two.queuePeak
      samples[index].busy += two.busy
      let areLimited = samples[index].workers > 0 && two.workers > 0
      samples[index].workers = areLimited ? samples[index].workers + two.workers : 0
      samples[index].connections += two.connections
      samples[index].refused += two.refused
      samples[index].ejected += two.ejected
      samples[index].ejections += two.ejections
    }
  }
}

/// The latencies of a window as far as its median, 99th percentile and greatest value tell them.
enum WindowLatency {
  /// Values in the proportions of a law through those three points: half of them at the median, the
  /// others on straight lines upward.
  static func histogram(_ sample: FlowSample) -> CompactHistogram {
    var histogram = LatencyHistogram()
    let count = sample.ended
    guard count > 0, sample.p50 > 0 || sample.max > 0 else { return CompactHistogram(histogram) }
    let below = max(1, (count + 1) / 2)
    histogram.record(sample.p50, times: below)
    let rest = count - below
    guard rest > 0 else { return CompactHistogram(histogram) }
    let pieces = min(rest, 40)
    for piece in 0..<pieces {
      let share = 0.5 + 0.5 * (Double(piece) + 1) / Double(pieces)
      let times = rest * (piece + 1) / pieces - rest * piece / pieces
      let value: Double
      if share < 0.99 {
        value =
          Double(sample.p50) + Double(sample.p99 - sample.p50) * (share - 0.5) / 0.49
      } else {
        value =
          Double(sample.p99) + Double(sample.max - sample.p99) * (share - 0.99) / 0.01
      }
      histogram.record(Int64(value), times: times)
    }
    return CompactHistogram(histogram)
  }
}
