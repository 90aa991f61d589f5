import Scenario
import TimeAndChance

extension ReplicationResult {
  /// Since when a bound is broken: the first of windows in a row that break it, each by itself, and
  /// are as long as three usual ones; nil when there are none or the figure has no series.
  func firstMissed(_ expectation: Expectation, in run: RunDescription) -> SimTime? {
    guard case .bound(let bound) = expectation.statement, bound.runs == nil,
      let flow = flow(of: bound.subject, in: run)
    else { return nil }
    switch bound.comparison {
    case .equals: return nil
    case .below, .atMost, .above, .atLeast: break
    }
    var inRow = SimDuration.zero
    var first = SimTime.zero
    for window in run.windows(in: bound.window, upTo: flow.samples.count) {
      let sample = flow.samples[window]
      let length = run.windows.length(of: window)
      let value = sample.figure(bound.metric, seconds: length.inSeconds)
      guard let value, !bound.comparison.holds(value) else {
        inRow = .zero
        continue
      }
      if inRow == .zero { first = run.windows.start(of: window) }
      inRow = inRow + length
      if inRow >= run.window * 3 { return first }
    }
    return nil
  }
}

extension FlowSample {
  /// A figure of one window; nil when it cannot be told from a window.
  fileprivate func figure(_ metric: Metric, seconds: Double) -> Double? {
    switch metric {
    case .errorRate: ended > 0 ? Double(errors) / Double(ended) : nil
    case .rejectedRate: ended > 0 ? Double(rejected) / Double(ended) : nil
    case .latencyQuantile(0.5): ended > 0 ? Double(p50) / 1e9 : nil
    case .latencyQuantile(0.99): ended > 0 ? Double(p99) / 1e9 : nil
    case .maxLatency: ended > 0 ? Double(max) / 1e9 : nil
    case .goodput: Double(good) / seconds
    case .tryRate: Double(attempts) / seconds
    case .triesPerRequest: offered > 0 ? Double(attempts) / Double(offered) : nil
    default: nil
    }
  }
}
