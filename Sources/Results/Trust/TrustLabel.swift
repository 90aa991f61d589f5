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
  /// The state.
  public var state: State
  /// What its figures are worth.
  public var advice: String {
    switch state {
    case .stable: "all figures hold"
    case .backlogged: "rates hold; latency tells of this backlog, not of a steady state"
    case .overloaded: "throughput holds; queue and latency would grow with a longer run"
    case .idle: "no requests, no figures"
    }
  }

  /// A label of that state.
  public init(state: State) { self.state = state }

  /// Judges a service by its mean series over some windows.
  ///
  /// By Little's law queue ÷ throughput is the time that work waits. Backlogged is a service whose
  /// wait reaches both a second and ten times its median in a tenth of the windows, or that
  /// refuses some arrivals. Overloaded is one that refuses a twentieth of its arrivals, or whose
  /// queue is at least a second's work in the last third of the phase and half as long again
  /// there as in the first third, or whose workers are all busy with a second's work waiting
  /// throughout.
  init(_ service: RunResult.ServiceSummary, in windows: [Int], width: Double) {
    let series = service.server.series
    func mean(_ band: SeriesBand, _ windows: ArraySlice<Int>) -> Double {
      let values = windows.compactMap { band.points.at($0)??.mean }
      return values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
    }
    let all = windows[...]
    let arrivals = mean(service.flow.series.tries, all)
    guard arrivals > 0 else {
      self.init(state: .idle)
      return
    }
    let third = max(1, windows.count / 3)
    let done = max(
      mean(service.flow.series.good, all) + mean(service.flow.series.errors, all), 1e-9)
    let early = mean(series.queue, windows.prefix(third))
    let late = mean(series.queue, windows.suffix(third))
    let refused = mean(series.refused, all) / arrivals
    let isFull = mean(series.utilisation, all) > 0.97
    let secondsEarly = early / done
    let secondsLate = late / done
    if refused >= 0.05 || secondsLate >= 1 && (late >= 1.5 * early || isFull && secondsEarly >= 1) {
      self.init(state: .overloaded)
      return
    }
    let waits = windows.compactMap { series.queue.points.at($0)??.mean }.map { $0 / done }
    let usual = waits.isEmpty ? 0 : waits.sorted()[waits.count / 2]
    let long = waits.count { $0 >= 1 && $0 >= 10 * usual }
    let isBacklogged = refused > 0.001 || long * 10 >= max(1, waits.count) || usual >= 1
    self.init(state: isBacklogged ? .backlogged : .stable)
  }
}
