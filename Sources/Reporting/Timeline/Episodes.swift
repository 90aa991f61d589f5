import Results
import Statistics
import TimeAndChance

/// When rates leave what is usual and return: errors, latency and retries of a source or edge.
enum Episodes {
  /// The quiet time that ends an episode, in windows of the usual length.
  private static let quiet: Int64 = 5

  /// The most lines about one figure of one subject in one act; of more, all are one.
  private static let mostAlike = 6

  /// A stretch of windows in which a figure is beyond what is usual.
  private struct Episode {
    var first: Int
    var last: Int
    /// Its largest value that enough requests tell of, else its value as a whole.
    var peak: Double
    /// Whether ``peak`` is that of a window.
    var isPeak = true
  }

  static func entries(_ result: RunResult) -> [TimelineEntry] {
    let run = result.run
    let sample = result.representative
    let clock = Clock(run)
    var entries: [TimelineEntry] = []
    for (index, flow) in sample.sources.enumerated() where run.sources.indices.contains(index) {
      entries += failures(flow, of: run.sources[index].name, clock)
      entries += rejections(flow, of: run.sources[index].name, clock)
      entries += latency(flow, of: run.sources[index].name, clock)
      entries += retries(flow, of: run.sources[index].name, clock)
      entries += refusedRetries(flow, of: run.sources[index].name, clock)
    }
    for (index, flow) in sample.edges.enumerated() where run.edges.indices.contains(index) {
      let edge = run.edges[index]
      guard case .service(let caller) = edge.from else { continue }
      let name = "\(run.services[caller].name) → \(run.services[edge.to].name)"
      entries += retries(flow, of: name, clock)
      entries += refusedRetries(flow, of: name, clock)
    }
    return entries
  }

  /// The windows of a run, and in which the first fault begins.
  private struct Clock {
    let windows: WindowGrid
    let warmup: SimTime
    let firstFault: Int?
    let acts: Acts

    init(_ run: RunDescription) {
      acts = Acts(run)
      windows = run.windows
      warmup = .zero + run.warmup
      firstFault = run.faults.lazy.flatMap(\.occurrences).map(\.start).min()
        .map { run.windows.window(at: $0) }
    }

    /// Whether less than the quiet time lies between two windows.
    func areNear(_ first: Int, _ second: Int) -> Bool {
      windows.start(of: second) - windows.end(of: first) < windows.width * quiet
    }
  }

  /// A figure over time: its value in each window, and what makes the value.
  private struct Series {
    /// The figure of each window; nil without requests.
    var values: [Double?]
    /// What speaks for a line: failures, extra tries or slow answers among requests.
    var tallies: [Tally]
    /// The figure of some windows together; nil where windows cannot be put together.
    var pooled: ((Range<Int>) -> Double)?
    /// Whether any of it is worth a line, also when it goes on all the time.
    var isNeverUsual = false
  }

  private static func failures(
    _ flow: FlowFigures, of name: String, _ clock: Clock
  ) -> [TimelineEntry] {
    let tallies = flow.samples.map {
      Tally(events: Double($0.errors), requests: Double($0.ended))
    }
    let series = Series(
      values: tallies.map { $0.requests > 0 ? $0.events / $0.requests : nil }, tallies: tallies,
      pooled: { windows in
        let sum = tallies[windows].sum
        return sum.events / sum.requests
      })
    let usual = usualValue(series.values, clock)
    let limit = max(usual.median * 3, usual.median + 0.01, usual.high * 1.2)
    let episodes = episodes(series, above: limit, alone: max(0.05, limit), clock)
    return lines(episodes, .failure, flow, clock) { episode in
      "errors of \(name) \(episode.isPeak ? "up to " : "")" + HumanNumber.share(episode.peak)
    }
  }

  /// When requests end in 429: from a share of a hundredth on, however usual that is in this run.
  private static func rejections(
    _ flow: FlowFigures, of name: String, _ clock: Clock
  ) -> [TimelineEntry] {
    let tallies = flow.samples.map {
      Tally(events: Double($0.rejected), requests: Double($0.ended))
    }
    return lines(shares(tallies, clock), .rejection, flow, clock) { episode in
      "429 for \(share(in: episode, tallies)) of \(name)"
    }
  }

  /// When retries that the policy wants are not sent, and what refuses them where that is one thing.
  private static func refusedRetries(
    _ flow: FlowFigures, of name: String, _ clock: Clock
  ) -> [TimelineEntry] {
    let tallies = flow.samples.map {
      Tally(
        events: Double($0.retriesRefused), requests: Double($0.retries) + Double($0.retriesRefused))
    }
    let cause = RefusedRetriesText.cause(flow.retriesRefused)
    return lines(shares(tallies, clock), .retries, flow, clock) { episode in
      "\(share(in: episode, tallies)) of retries of \(name) refused\(cause)"
    }
  }

  /// When a share of requests that should be none is a hundredth and more.
  private static func shares(_ tallies: [Tally], _ clock: Clock) -> [Episode] {
    let series = Series(
      values: tallies.map { $0.requests > 0 ? $0.events / $0.requests : nil }, tallies: tallies,
      pooled: { windows in
        let sum = tallies[windows].sum
        return sum.events / sum.requests
      }, isNeverUsual: true)
    return episodes(series, above: 0.01, alone: 0.05, clock)
  }

  /// The share over an episode, and where it is much larger at times, that as well.
  private static func share(in episode: Episode, _ tallies: [Tally]) -> String {
    let sum = tallies[episode.first..<episode.last + 1].sum
    let whole = sum.events / sum.requests
    let isUneven = episode.isPeak && episode.peak > 1.5 * whole
    return HumanNumber.share(whole)
      + (isUneven ? " (at times \(HumanNumber.share(episode.peak)))" : "")
  }

  private static func latency(
    _ flow: FlowFigures, of name: String, _ clock: Clock
  ) -> [TimelineEntry] {
    let values = flow.samples.map { $0.ended > 0 ? Double($0.p99) / 1e9 : nil }
    let usual = usualValue(values, clock)
    guard usual.median > 0 else { return [] }
    let limit = max(usual.median * 2, usual.high * 1.2)
    let tallies = flow.samples.indices.map { window in
      Tally(
        events: slow(window, of: flow, beyond: limit), requests: Double(flow.samples[window].ended))
    }
    let series = Series(values: values, tallies: tallies)
    let episodes = episodes(series, above: limit, alone: limit * 2, clock)
    return lines(episodes, .latency, flow, clock) { episode in
      "p99 of \(name) \(HumanNumber.duration(usual.median)) → "
        + HumanNumber.duration(episode.peak)
    }
  }

  /// How many requests of a window took longer, in seconds.
  ///
  /// Where a run keeps no latencies of windows, what the quantiles of the window make certain: half of
  /// the requests, a hundredth, or one.
  private static func slow(_ window: Int, of flow: FlowFigures, beyond limit: Double) -> Double {
    let sample = flow.samples[window]
    let ended = Double(sample.ended)
    guard Double(sample.max) / 1e9 > limit || Double(sample.p99) / 1e9 > limit else { return 0 }
    guard window < flow.windowLatency.count, flow.windowLatency[window].count > 0 else {
      if Double(sample.p50) / 1e9 > limit { return (ended / 2).rounded(.up) }
      return Double(sample.p99) / 1e9 > limit ? min(ended, max(1, ended / 100)) : 0
    }
    let latency = flow.windowLatency[window]
    // The first rank beyond the limit, by halving.
    var ranks = UInt64(0)..<latency.count
    while !ranks.isEmpty {
      let middle = (ranks.lowerBound + ranks.upperBound) / 2
      let value = latency.quantile((Double(middle) + 0.5) / Double(latency.count)) ?? 0
      ranks = value / 1e9 > limit ? ranks.lowerBound..<middle : middle + 1..<ranks.upperBound
    }
    return Double(latency.count - ranks.lowerBound)
  }

  private static func retries(
    _ flow: FlowFigures, of name: String, _ clock: Clock
  ) -> [TimelineEntry] {
    let tallies = flow.samples.map {
      Tally(events: Double($0.attempts) - Double($0.offered), requests: Double($0.offered))
    }
    let series = Series(
      values: tallies.map { $0.requests > 0 ? 1 + $0.events / $0.requests : nil }, tallies: tallies,
      pooled: { windows in
        let sum = tallies[windows].sum
        return 1 + sum.events / sum.requests
      })
    let usual = usualValue(series.values, clock)
    let base = max(1, usual.median)
    let limit = max(base * 1.1, usual.high * 1.1)
    let episodes = episodes(
      series, above: limit, alone: limit * 1.2, inClusters: true, clock)
    return lines(episodes, .retries, flow, clock) { episode in
      // Tries of a window are of requests that began in it or earlier: thrice the requests that
      // begin need not be three tries of each.
      "tries per new request of \(name) \(HumanNumber.count(base)) → "
        + HumanNumber.count(episode.peak)
    }
  }

  /// A line for each episode of a subject; one for all of an act when there are many.
  private static func lines(
    _ episodes: [Episode], _ kind: TimelineEntry.Kind, _ flow: FlowFigures, _ clock: Clock,
    _ text: (Episode) -> String
  ) -> [TimelineEntry] {
    let count = flow.samples.count
    var acts: [[Episode]] = []
    for episode in episodes {
      let act = clock.acts.act(at: time(episode.first, clock))
      if let last = acts.last?.last, clock.acts.act(at: time(last.first, clock)) == act {
        acts[acts.count - 1].append(episode)
      } else {
        acts.append([episode])
      }
    }
    return acts.flatMap { episodes -> [TimelineEntry] in
      guard episodes.count > mostAlike, let first = episodes.first, let last = episodes.last else {
        return episodes.map { episode in
          TimelineEntry(
            at: time(episode.first, clock), kind: kind,
            text: text(episode) + returns(episode, count, clock))
        }
      }
      var all = episodes.max { $0.peak < $1.peak } ?? first
      (all.first, all.last) = (first.first, last.last)
      let isOver = !clock.areNear(last.last, count)
      let end = isOver ? "until \(HumanNumber.clock(time(last.last + 1, clock)))" : "to the end"
      return [
        TimelineEntry(
          at: time(first.first, clock), kind: kind,
          text: text(all) + ", \(episodes.count) times \(end)")
      ]
    }
  }

  /// The counted windows before the first fault; all counted ones without a fault.
  ///
  /// Short windows scatter more than others, so they tell what is usual only where there are no others.
  private static func usualWindows(_ count: Int, _ clock: Clock) -> [Int] {
    let first = clock.windows.firstWindow(from: clock.warmup)
    let end = min(clock.firstFault ?? count, count)
    let range = first < end ? first..<end : min(first, count)..<count
    let long = range.filter { clock.windows.length(of: $0) == clock.windows.width }
    return long.isEmpty ? Array(range) : long
  }

  /// What is usual: the median and the 99th percentile of the usual windows.
  private static func usualValue(
    _ values: [Double?], _ clock: Clock
  ) -> (median: Double, high: Double) {
    let known = usualWindows(values.count, clock).compactMap { values[$0] }.sorted()
    if known.isEmpty { return (0, 0) }
    return (known[known.count / 2], known[min(known.count - 1, known.count * 99 / 100)])
  }

  /// Stretches above a limit that enough requests tell of.
  ///
  /// Short pauses do not end one, and no more than a window is noise unless it is above the limit for
  /// windows alone. The requests of a stretch taken together must show more than what is usual can
  /// explain (``Tally/exceeds(_:)``); so must those of the window that gives the peak, else the
  /// stretch's common figure stands for it.
  ///
  /// Events that come in clusters count as so many clusters, as large as the scatter of the usual
  /// windows tells, and with extra tries, several of which go to a request that fails, also as large
  /// as the stretch itself does: see ``triesOfARequest(in:)``.
  private static func episodes(
    _ series: Series, above limit: Double, alone: Double, inClusters: Bool = false,
    _ clock: Clock
  ) -> [Episode] {
    var episodes: [Episode] = []
    let first = clock.windows.window(at: clock.warmup)
    for (window, value) in series.values.enumerated() where window >= first {
      guard let value, value > limit else { continue }
      if let last = episodes.last, clock.areNear(last.last, window) {
        episodes[episodes.count - 1].last = window
        episodes[episodes.count - 1].peak = max(last.peak, value)
      } else {
        episodes.append(Episode(first: window, last: window, peak: value))
      }
    }
    let calm =
      series.isNeverUsual
      ? [] : usualWindows(series.tallies.count, clock).map { series.tallies[$0] }
    let usual =
      series.isNeverUsual ? Tally(requests: series.tallies.sum.requests) : calm.sum
    let scatter = calm.dispersion
    return episodes.compactMap { episode in
      let length = clock.windows.end(of: episode.last) - clock.windows.start(of: episode.first)
      guard length > clock.windows.width || episode.peak > alone else { return nil }
      let windows = episode.first..<(episode.last + 1)
      let cluster = max(scatter, inClusters ? triesOfARequest(in: series.tallies[windows]) : 1)
      func isMore(_ tally: Tally) -> Bool {
        Tally(events: tally.events / cluster, requests: tally.requests)
          .exceeds(Tally(events: usual.events / cluster, requests: usual.requests))
      }
      guard isMore(series.tallies[windows].sum) else { return nil }
      guard let pooled = series.pooled else { return episode }
      var result = episode
      let told = windows.filter { isMore(series.tallies[$0]) }.compactMap { series.values[$0] }
      result.isPeak = !told.isEmpty
      result.peak = told.max() ?? pooled(windows)
      return result
    }
  }

  /// How many extra tries one failing request may have had, at least 1.
  ///
  /// As many as there are to a request in the worst window that has its share of requests; or as many
  /// as the scatter of a trickle tells, up to ten: a crowd that fails together scatters more.
  private static func triesOfARequest(in tallies: ArraySlice<Tally>) -> Double {
    let mean = tallies.sum.requests / Double(max(1, tallies.count))
    let ratios = tallies.filter { $0.requests > 0 && $0.requests * 2 >= mean }
      .map { ($0.events / $0.requests).rounded(.up) }
    return max(min(10, tallies.dispersion), ratios.max() ?? 1)
  }

  private static func time(_ window: Int, _ clock: Clock) -> SimTime {
    clock.windows.start(of: window)
  }

  private static func returns(_ episode: Episode, _ count: Int, _ clock: Clock) -> String {
    clock.areNear(episode.last, count)
      ? ", to the end" : ", until \(HumanNumber.clock(time(episode.last + 1, clock)))"
  }
}
