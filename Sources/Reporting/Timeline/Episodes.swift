import Results
import TimeAndChance

/// When rates leave what is usual and return: errors, latency and retries of a source or edge.
enum Episodes {
  /// How many quiet windows end an episode.
  private static let quiet = 5

  /// A stretch of windows in which a figure is beyond what is usual.
  private struct Episode {
    var first: Int
    var last: Int
    var peak: Double
  }

  static func entries(_ result: RunResult) -> [TimelineEntry] {
    let run = result.run
    let sample = result.representative
    var entries: [TimelineEntry] = []
    for (index, flow) in sample.sources.enumerated() where run.sources.indices.contains(index) {
      entries += failures(flow, of: run.sources[index].name, run)
      entries += latency(flow, of: run.sources[index].name, run)
      entries += retries(flow, of: run.sources[index].name, run)
    }
    for (index, flow) in sample.edges.enumerated() where run.edges.indices.contains(index) {
      let edge = run.edges[index]
      guard case .service(let caller) = edge.from else { continue }
      let name = "\(run.services[caller].name) → \(run.services[edge.to].name)"
      entries += retries(flow, of: name, run)
    }
    return entries
  }

  private static func failures(
    _ flow: FlowFigures, of name: String, _ run: RunDescription
  ) -> [TimelineEntry] {
    let values = flow.samples.map { sample -> Double? in
      sample.ended > 0 ? Double(sample.errors) / Double(sample.ended) : nil
    }
    let usual = usualValue(values, run)
    let limit = max(usual.median * 3, usual.median + 0.01, usual.high * 1.2)
    return episodes(values, above: limit, alone: max(0.05, limit), run).map { episode in
      TimelineEntry(
        at: time(episode.first, run), kind: .failure,
        text: "errors of \(name) up to \(HumanNumber.share(episode.peak))"
          + returns(episode, values.count, run))
    }
  }

  private static func latency(
    _ flow: FlowFigures, of name: String, _ run: RunDescription
  ) -> [TimelineEntry] {
    let values = flow.samples.map { $0.ended > 0 ? Double($0.p99) / 1e9 : nil }
    let usual = usualValue(values, run)
    guard usual.median > 0 else { return [] }
    let limit = max(usual.median * 2, usual.high * 1.2)
    return episodes(values, above: limit, alone: limit * 2, run).map { episode in
      TimelineEntry(
        at: time(episode.first, run), kind: .latency,
        text: "p99 of \(name) \(HumanNumber.duration(usual.median)) → "
          + HumanNumber.duration(episode.peak) + returns(episode, values.count, run))
    }
  }

  private static func retries(
    _ flow: FlowFigures, of name: String, _ run: RunDescription
  ) -> [TimelineEntry] {
    let values = flow.samples.map { sample -> Double? in
      sample.offered > 0 ? Double(sample.attempts) / Double(sample.offered) : nil
    }
    let usual = usualValue(values, run)
    let base = max(1, usual.median)
    let limit = max(base * 1.1, usual.high * 1.1)
    return episodes(values, above: limit, alone: limit * 1.2, run).map { episode in
      TimelineEntry(
        at: time(episode.first, run), kind: .retries,
        text: "tries of \(name) × \(HumanNumber.count(episode.peak / base))"
          + returns(episode, values.count, run))
    }
  }

  /// What is usual: the median and the 99th percentile of the counted windows before the first
  /// fault; of all counted ones without a fault.
  private static func usualValue(
    _ values: [Double?], _ run: RunDescription
  ) -> (median: Double, high: Double) {
    let width = run.window.nanoseconds
    let first = Int((run.warmup.nanoseconds + width - 1) / width)
    let starts = run.faults.flatMap { $0.occurrences.map { Int($0.start.nanoseconds / width) } }
    let end = min(starts.min() ?? values.count, values.count)
    let range = first < end ? first..<end : min(first, values.count)..<values.count
    let known = values[range].compactMap { $0 }.sorted()
    if known.isEmpty { return (0, 0) }
    return (known[known.count / 2], known[min(known.count - 1, known.count * 99 / 100)])
  }

  /// Stretches above a limit; short pauses do not end one, and a single window is noise unless it
  /// is above the limit for windows alone.
  private static func episodes(
    _ values: [Double?], above limit: Double, alone: Double, _ run: RunDescription
  ) -> [Episode] {
    var episodes: [Episode] = []
    let first = Int(run.warmup.nanoseconds / run.window.nanoseconds)
    for (window, value) in values.enumerated() where window >= first {
      guard let value, value > limit else { continue }
      if let last = episodes.last, window - last.last <= quiet {
        episodes[episodes.count - 1].last = window
        episodes[episodes.count - 1].peak = max(last.peak, value)
      } else {
        episodes.append(Episode(first: window, last: window, peak: value))
      }
    }
    return episodes.filter { $0.last > $0.first || $0.peak > alone }
  }

  private static func time(_ window: Int, _ run: RunDescription) -> SimTime {
    SimTime(nanoseconds: Int64(window) * run.window.nanoseconds)
  }

  private static func returns(_ episode: Episode, _ count: Int, _ run: RunDescription) -> String {
    episode.last + quiet >= count
      ? ", to the end" : ", until \(HumanNumber.clock(time(episode.last + 1, run)))"
  }
}
