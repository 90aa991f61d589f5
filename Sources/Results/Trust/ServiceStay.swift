import TimeAndChance

/// How long requests are in service, by Little's law: those in service ÷ those that end a second.
///
/// Unlike latency it counts requests that do not end as well, which is all of an overload that can be
/// seen where workers are unlimited: nothing waits in a queue, ever more is begun and not ended.
struct ServiceStay {
  private let service: RunResult.ServiceSummary
  private let grid: WindowGrid

  init(_ service: RunResult.ServiceSummary, _ grid: WindowGrid) {
    self.service = service
    self.grid = grid
  }

  /// Whether requests stay ever longer, to the end of some windows.
  ///
  /// In the last third of them a request stays for a second at least, and either half as long again
  /// as in the first third and still longer than in the middle, or so much longer from third to third
  /// that a twentieth of arrivals piles up. A rate that rises is no sign: more requests are in service
  /// then, each as long as before. Nor is chance: three standard deviations of a Poisson count.
  func grows(over windows: Range<Int>) -> Bool {
    let thirds = grid.thirds(of: windows)
    guard !thirds.middle.isEmpty else { return false }
    let parts = [thirds.first, thirds.middle, thirds.last]
    let busy = parts.map { service.server.series.busy.mean($0, of: grid) }
    let times = parts.map { time(in: $0) }
    guard times[2] >= 1, busy[2] - busy[0] >= 3 * (busy[0] + 1).squareRoot() else { return false }
    if times[2] >= 1.5 * times[0], times[2] >= 1.15 * times[1] { return true }
    let step = 0.05 * seconds(windows) / 3
    return times[1] - times[0] >= step && times[2] - times[1] >= step
  }

  /// How long requests stay in each of some windows, in seconds, and how long the window is; windows
  /// without requests apart.
  ///
  /// Where few end, as if as many did as on average.
  func times(in windows: Range<Int>) -> [(time: Double, weight: Double)] {
    let usual = max(ended(windows), 1e-9)
    return windows.compactMap { window in
      let alone = window..<window + 1
      let busy = service.server.series.busy.mean(alone, of: grid)
      return busy > 0 ? (busy / max(ended(alone), usual), grid.weight(of: window)) : nil
    }
  }

  /// Whether no window tells how many workers there are.
  func hasUnlimitedWorkers(in windows: Range<Int>) -> Bool {
    let utilisation = service.server.series.utilisation.points
    return windows.allSatisfy { utilisation.at($0).flatMap { $0 } == nil }
  }

  /// The time over a stretch; where nothing ends, as if one request did.
  private func time(in windows: Range<Int>) -> Double {
    let least = 1 / max(seconds(windows), 1e-9)
    return service.server.series.busy.mean(windows, of: grid) / max(ended(windows), least)
  }

  /// Requests that end, per second.
  private func ended(_ windows: Range<Int>) -> Double {
    let series = service.flow.series
    return series.good.mean(windows, of: grid) + series.errors.mean(windows, of: grid)
      + series.rejected.mean(windows, of: grid)
  }

  private func seconds(_ windows: Range<Int>) -> Double {
    guard let first = windows.first, let last = windows.last else { return 0 }
    return (grid.end(of: last) - grid.start(of: first)).inSeconds
  }
}
