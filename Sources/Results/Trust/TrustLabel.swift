import TimeAndChance

/// How far a service's figures of a phase can be trusted, in plain words.
public struct TrustLabel: Sendable, Equatable {
  /// The service's state.
  public enum State: String, Sendable, Equatable, CaseIterable {
    /// Work is done as it comes.
    case stable
    /// Work piled up for a while.
    case backlogged
    /// More work came than could be done, to the end of the phase.
    case overloaded
    /// No request came.
    case idle
  }
  /// What became of the work that an overloaded service could not do.
  public enum Excess: Sendable, Equatable {
    /// It waits for a worker, ever more of it.
    case queues
    /// It is in service, ever more of it: workers are unlimited or many, and what they need is short.
    case staysInService
    /// The queue is full; that share of arrivals is refused.
    case isRefused(share: Double)
  }
  /// The state.
  public var state: State
  /// What becomes of the excess, of an overloaded service.
  public var excess: Excess
  /// What its figures are worth.
  public var advice: String {
    switch state {
    case .stable: "all figures hold"
    case .backlogged: "rates hold; latency tells of this backlog, not of a steady state"
    case .overloaded:
      switch excess {
      case .queues: "throughput holds; queue and latency would grow with a longer run"
      case .staysInService:
        "throughput holds; requests in service and latency would grow with a longer run"
      case .isRefused(let share):
        "throughput holds; \(Self.percent(share)) of arrivals are refused, "
          + "latency is that of a full queue"
      }
    case .idle: "no requests, no figures"
    }
  }

  /// A label of that state.
  public init(state: State, excess: Excess = .queues) {
    self.state = state
    self.excess = excess
  }

  private static func percent(_ share: Double) -> String {
    let whole = Int((share * 100).rounded())
    return whole < 1 ? "less than 1 %" : "\(whole) %"
  }

  /// Judges a service by its mean series over some windows, each as much as it is long.
  ///
  /// By Little's law queue ÷ throughput is the time that work waits. Backlogged is a service whose
  /// wait reaches both a second and ten times its median in a tenth of the time, or that
  /// refuses some arrivals. Overloaded is one that refuses a twentieth of its arrivals, or whose
  /// queue is at least a second's work in the last third of the phase and half as long again
  /// there as in the first third, or whose workers are all busy with a second's work waiting
  /// throughout; or in whose pods requests stay ever longer (``ServiceStay``), which is all that
  /// there is to see where workers are unlimited.
  init(_ service: RunResult.ServiceSummary, in all: Range<Int>, of grid: WindowGrid) {
    let series = service.server.series
    let flow = service.flow.series
    let arrivals = flow.tries.mean(all, of: grid)
    guard arrivals > 0 else {
      self.init(state: .idle)
      return
    }
    let thirds = grid.thirds(of: all)
    let done = max(flow.good.mean(all, of: grid) + flow.errors.mean(all, of: grid), 1e-9)
    let early = series.queue.mean(thirds.first, of: grid)
    let late = series.queue.mean(thirds.last, of: grid)
    let refused = series.refused.mean(all, of: grid) / arrivals
    let isFull = series.utilisation.mean(all, of: grid) > 0.97
    let secondsEarly = early / done
    let secondsLate = late / done
    let queues = secondsLate >= 1 && (late >= 1.5 * early || isFull && secondsEarly >= 1)
    // Only a full queue refuses: where it does, the queue has its greatest length.
    if refused >= 0.05 || queues && refused > 0.001 {
      self.init(state: .overloaded, excess: .isRefused(share: refused))
      return
    }
    if queues {
      self.init(state: .overloaded, excess: .queues)
      return
    }
    let stay = ServiceStay(service, grid)
    if stay.grows(over: all) {
      self.init(state: .overloaded, excess: .staysInService)
      return
    }
    let waits = all.compactMap { window in
      series.queue.points.at(window).flatMap { point in
        point.map { (time: $0.mean / done, weight: grid.weight(of: window)) }
      }
    }
    let isBacklogged =
      refused > 0.001 || Self.median(of: waits) >= 1 || Self.isLongAtTimes(waits)
      || stay.hasUnlimitedWorkers(in: all) && Self.isLongAtTimes(stay.times(in: all))
    self.init(state: isBacklogged ? .backlogged : .stable)
  }

  /// Whether for a tenth of the time they are both a second and ten times the median.
  private static func isLongAtTimes(_ times: [(time: Double, weight: Double)]) -> Bool {
    let usual = median(of: times)
    let long = times.reduce(0) { sum, entry in
      entry.time >= 1 && entry.time >= 10 * usual ? sum + entry.weight : sum
    }
    return long > 0 && long * 10 >= times.reduce(0) { $0 + $1.weight }
  }

  /// What is not exceeded for half of the time.
  private static func median(of times: [(time: Double, weight: Double)]) -> Double {
    let all = times.reduce(0) { $0 + $1.weight }
    var passed = 0.0
    for entry in times.sorted(by: { $0.time < $1.time }) {
      passed += entry.weight
      if passed > all / 2 { return entry.time }
    }
    return 0
  }
}

extension WindowGrid {
  /// The whole windows of the first and of the last third of some, one each at least, and those
  /// between them.
  func thirds(
    of windows: Range<Int>
  ) -> (first: Range<Int>, middle: Range<Int>, last: Range<Int>) {
    guard let first = windows.first, let last = windows.last else {
      return (windows, windows, windows)
    }
    let start = start(of: first)
    let end = end(of: last)
    let third = (end - start).nanoseconds / 3
    let head = windows.prefix { (self.end(of: $0) - start).nanoseconds <= third }
    let tail = windows.reversed().prefix { (end - self.start(of: $0)).nanoseconds <= third }
    let headEnd = max(first + 1, head.endIndex)
    let tailStart = min(last, tail.last ?? last)
    return (first..<headEnd, headEnd..<max(headEnd, tailStart), tailStart..<last + 1)
  }
}

extension SeriesBand {
  /// The mean over some windows, each as much as it is long; 0 where there is none.
  func mean(_ windows: Range<Int>, of grid: WindowGrid) -> Double {
    var (sum, weights) = (0.0, 0.0)
    for window in windows {
      guard let value = points.at(window)??.mean else { continue }
      let weight = grid.weight(of: window)
      sum += value * weight
      weights += weight
    }
    return weights > 0 ? sum / weights : 0
  }
}
