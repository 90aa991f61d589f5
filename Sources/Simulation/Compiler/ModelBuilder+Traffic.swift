import Scenario
import TimeAndChance

extension ModelBuilder {
  /// Users of one source; each has a record of its own.
  static let mostUsers = 10_000_000

  /// The sources, and an edge for each target and class of each.
  mutating func addTraffic() throws(CompilationError) {
    for (index, source) in scenario.traffic.enumerated() {
      var mix: [(edge: Int, weight: Double)] = []
      for entry in source.mix where entry.weight > 0 {
        for kind in source.classes where kind.weight > 0 {
          let headers = kind.headers.map { RequestKind.Header(name: $0.name, value: $0.value) }
          let edge = try addEdge(
            from: .source(index), to: entry.target, headers: headers, client: source.client,
            label: kind.name.isEmpty ? "" : " (\(kind.name))")
          mix.append((edge, entry.weight * kind.weight))
        }
      }
      var limit: Int?
      let pattern = try self.pattern(of: source, limit: &limit)
      sources.append(
        SourceModel(
          name: source.name, pattern: pattern, mix: mix, instances: source.instances,
          limit: limit))
    }
  }

  private func pattern(
    of source: TrafficSource, limit: inout Int?
  ) throws(CompilationError) -> SourceModel.Pattern {
    switch source.pattern {
    case .open(let open):
      let arrivals: SourceModel.Arrivals
      switch open.arrivals {
      case .poisson, .batches(size: 1): arrivals = .poisson
      case .evenly(let first): arrivals = .evenly(first: first)
      case .bursty(let cv): arrivals = .bursty(cv: cv)
      case .batches(let size): arrivals = .batches(size: size)
      }
      return .open(
        rate: Self.points(of: open.rate), arrivals: arrivals, maxInFlight: open.maxInFlight)
    case .closed(let closed):
      let most = closed.stages.map { max($0.startUsers, $0.endUsers) }.max() ?? 0
      guard most <= Self.mostUsers else {
        throw .tooMany("users of traffic \(source.name)", count: most, limit: Self.mostUsers)
      }
      var iterations: Int?
      switch closed.iterations {
      case .unlimited: break
      case .shared(let count): limit = count
      case .perUser(let count): iterations = count
      }
      return .users(
        UserLoop(
          stages: closed.stages.map { stage in
            UserLoop.Stage(
              start: stage.start - .zero, end: stage.end - .zero, startUsers: stage.startUsers,
              endUsers: stage.endUsers)
          }, end: source.end - .zero < scenario.duration ? source.end - .zero : nil,
          think: closed.thinkTime, startsThinking: closed.startsThinking, iterations: iterations,
          minIterationDuration: closed.minIterationDuration, pauseAtOnce: ClosedLoop.pauseAtOnce,
          gracefulStop: closed.gracefulStop))
    }
  }

  /// A rate curve as points; the first is at the start of the run.
  static func points(of curve: RateCurve) -> [SourceModel.RatePoint] {
    var points: [SourceModel.RatePoint] = []
    var end = SimTime.zero
    for piece in curve.pieces where piece.start < piece.end {
      if piece.start > end || points.isEmpty && piece.start > .zero {
        points.append(SourceModel.RatePoint(at: end - SimTime.zero, perSecond: 0))
      }
      let isFlat = piece.startRate == piece.endRate
      points.append(
        SourceModel.RatePoint(
          at: piece.start - SimTime.zero, perSecond: piece.startRate, holds: isFlat))
      if !isFlat {
        points.append(SourceModel.RatePoint(at: piece.end - SimTime.zero, perSecond: piece.endRate))
      }
      end = piece.end
    }
    points.append(SourceModel.RatePoint(at: end - SimTime.zero, perSecond: 0))
    return points
  }
}
