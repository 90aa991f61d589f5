/// How long requests are in service, by Little's law: those in service ÷ those that end a second.
///
/// Unlike latency it counts requests that do not end as well, which is all of an overload that can be
/// seen where workers are unlimited: nothing waits in a queue, ever more is begun and not ended.
struct ServiceStay {
  private let service: RunResult.ServiceSummary
  /// The length of a window in seconds.
  private let width: Double

  init(_ service: RunResult.ServiceSummary, width: Double) {
    self.service = service
    self.width = width
  }

  /// Whether requests stay ever longer, to the end of some windows.
  ///
  /// In the last third of them a request stays for a second at least, and either half as long again
  /// as in the first third and still longer than in the middle, or so much longer from third to third
  /// that a twentieth of arrivals piles up. A rate that rises is no sign: more requests are in service
  /// then, each as long as before. Nor is chance: three standard deviations of a Poisson count.
  func grows(over windows: [Int]) -> Bool {
    let third = windows.count / 3
    guard third >= 1 else { return false }
    let parts = [
      windows.prefix(third), windows.dropFirst(third).dropLast(third), windows.suffix(third),
    ]
    let busy = parts.map { service.server.series.busy.mean($0) }
    let times = parts.map { time(in: $0) }
    guard times[2] >= 1, busy[2] - busy[0] >= 3 * (busy[0] + 1).squareRoot() else { return false }
    if times[2] >= 1.5 * times[0], times[2] >= 1.15 * times[1] { return true }
    let step = 0.05 * Double(third) * width
    return times[1] - times[0] >= step && times[2] - times[1] >= step
  }

  /// How long requests stay in each of some windows, in seconds; windows without requests apart.
  ///
  /// Where few end, as if as many did as on average.
  func times(in windows: [Int]) -> [Double] {
    let usual = max(ended(windows[...]), 1e-9)
    return windows.indices.compactMap { place in
      let window = windows[place...place]
      let busy = service.server.series.busy.mean(window)
      return busy > 0 ? busy / max(ended(window), usual) : nil
    }
  }

  /// Whether no window tells how many workers there are.
  func hasUnlimitedWorkers(in windows: [Int]) -> Bool {
    let utilisation = service.server.series.utilisation.points
    return windows.allSatisfy { utilisation.at($0).flatMap { $0 } == nil }
  }

  /// The time over a stretch; where nothing ends, as if one request did.
  private func time(in windows: ArraySlice<Int>) -> Double {
    let least = 1 / (Double(max(1, windows.count)) * width)
    return service.server.series.busy.mean(windows) / max(ended(windows), least)
  }

  /// Requests that end, per second.
  private func ended(_ windows: ArraySlice<Int>) -> Double {
    let series = service.flow.series
    return series.good.mean(windows) + series.errors.mean(windows) + series.rejected.mean(windows)
  }
}
