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

  /// Judges a service by its mean series over some windows.
  ///
  /// By Little's law queue ÷ throughput is the time that work waits. Backlogged is a service whose
  /// wait reaches both a second and ten times its median in a tenth of the windows, or that
  /// refuses some arrivals. Overloaded is one that refuses a twentieth of its arrivals, or whose
  /// queue is at least a second's work in the last third of the phase and half as long again
  /// there as in the first third, or whose workers are all busy with a second's work waiting
  /// throughout; or in whose pods requests stay ever longer (``ServiceStay``), which is all that
  /// there is to see where workers are unlimited.
  init(_ service: RunResult.ServiceSummary, in windows: [Int], width: Double) {
    let series = service.server.series
    let all = windows[...]
    let arrivals = service.flow.series.tries.mean(all)
    guard arrivals > 0 else {
      self.init(state: .idle)
      return
    }
    let third = max(1, windows.count / 3)
    let done = max(service.flow.series.good.mean(all) + service.flow.series.errors.mean(all), 1e-9)
    let early = series.queue.mean(windows.prefix(third))
    let late = series.queue.mean(windows.suffix(third))
    let refused = series.refused.mean(all) / arrivals
    let isFull = series.utilisation.mean(all) > 0.97
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
    let stay = ServiceStay(service, width: width)
    if stay.grows(over: windows) {
      self.init(state: .overloaded, excess: .staysInService)
      return
    }
    let waits = windows.compactMap { series.queue.points.at($0)??.mean }.map { $0 / done }
    let usual = waits.sorted().at(waits.count / 2) ?? 0
    let isBacklogged =
      refused > 0.001 || usual >= 1 || Self.isLongAtTimes(waits)
      || stay.hasUnlimitedWorkers(in: windows) && Self.isLongAtTimes(stay.times(in: windows))
    self.init(state: isBacklogged ? .backlogged : .stable)
  }

  /// Whether a tenth of the times are both a second and ten times the median.
  private static func isLongAtTimes(_ times: [Double]) -> Bool {
    let usual = times.sorted().at(times.count / 2) ?? 0
    return times.count { $0 >= 1 && $0 >= 10 * usual } * 10 >= max(1, times.count)
  }
}

extension SeriesBand {
  /// The mean over some windows; 0 where there is none.
  func mean(_ windows: ArraySlice<Int>) -> Double {
    let values = windows.compactMap { points.at($0)??.mean }
    return values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
  }
}
