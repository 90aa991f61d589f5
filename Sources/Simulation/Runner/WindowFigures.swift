import Results
import Statistics
import TimeAndChance
import TrafficPolicy

extension FlowFigures {
  /// Figures of what a run recorded; refused retries without their causes.
  init(_ record: FlowRecord) {
    self.init(
      offered: record.offered, dropped: record.dropped, open: record.open,
      attempts: record.attempts,
      retries: record.retries, latency: record.latency, successLatency: record.successLatency,
      lastFailure: record.lastFailure, samples: record.windows.map { FlowSample($0) },
      windowLatency: record.windowLatency)
    for (status, count) in record.byStatus { add(count, status: status) }
    for (flags, count) in record.byFlags {
      add(count, flags: flags.rawValue == 0 ? "-" : flags.text)
    }
  }

  /// Counts open requests as ended without an answer, though the run has seen no end of them.
  ///
  /// Whoever sent them waits in vain, for all that can be told. Each counts where it began, as the
  /// time of its end is unknown, with its age for a latency, which is less than it would be.
  mutating func giveUp(_ starts: [SimTime], at end: SimTime, in grid: WindowGrid) {
    guard !starts.isEmpty else { return }
    let count = UInt64(starts.count)
    open -= count
    unanswered += count
    add(count, status: 0)
    add(count, flags: "-")
    lastFailure = end
    var ages: [Int: LatencyHistogram] = [:]
    for start in starts {
      let age = (end - start).nanoseconds
      latency.record(age)
      ages[grid.window(at: start), default: LatencyHistogram()].record(age)
    }
    for (window, ages) in ages where samples.indices.contains(window) {
      samples[window].giveUp(ages)
      guard windowLatency.indices.contains(window) else { continue }
      windowLatency[window] = CompactHistogram(
        merging: [windowLatency[window], CompactHistogram(ages)])
      samples[window].note(windowLatency[window])
    }
  }

  /// Some subjects taken together; their windows by the latencies that were kept.
  static func together(_ parts: [FlowFigures]) -> FlowFigures {
    guard var sum = parts.first else { return FlowFigures() }
    guard parts.count > 1 else { return sum }
    for part in parts.dropFirst() { sum.merge(part) }
    let count = parts.map(\.samples.count).min() ?? 0
    for window in 0..<count {
      let latency = CompactHistogram(
        merging: parts.compactMap {
          $0.windowLatency.indices.contains(window) ? $0.windowLatency[window] : nil
        })
      var sample = FlowSample()
      for part in parts { sample.addCounts(part.samples[window]) }
      sample.note(latency)
      sum.samples.append(sample)
      sum.windowLatency.append(latency)
    }
    return sum
  }
}

extension FlowSample {
  /// A window as the engine recorded it.
  init(_ window: FlowWindow) {
    self.init(
      offered: window.offered, succeeded: window.succeeded, clientErrors: window.clientErrors,
      rejected: window.limited, serverErrors: window.serverErrors, unanswered: window.unanswered,
      attempts: window.attempts, retries: window.retries, retriesRefused: window.retriesRefused,
      p50: window.p50, p99: window.p99, max: window.max)
  }

  /// Notes the quantiles of the window's latencies.
  fileprivate mutating func note(_ latency: CompactHistogram) {
    p50 = Int64(latency.quantile(0.5) ?? 0)
    p99 = Int64(latency.quantile(0.99) ?? 0)
    max = latency.maximum ?? 0
  }

  /// Adds requests without answer, each older than the others took.
  fileprivate mutating func giveUp(_ ages: LatencyHistogram) {
    unanswered += UInt32(clamping: ages.count)
    max = ages.maximum ?? max
    let share = Double(ages.count) / Double(ended)
    func quantile(_ part: Double) -> Int64? {
      // They are the greatest of all.
      let place = 1 - (1 - part) / share
      return place >= 0 ? ages.quantile(place).map { Int64($0) } : nil
    }
    p50 = quantile(0.5) ?? p50
    p99 = quantile(0.99) ?? p99
  }

  fileprivate mutating func addCounts(_ other: FlowSample) {
    offered += other.offered
    succeeded += other.succeeded
    clientErrors += other.clientErrors
    rejected += other.rejected
    serverErrors += other.serverErrors
    unanswered += other.unanswered
    attempts += other.attempts
    retries += other.retries
    retriesRefused += other.retriesRefused
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
