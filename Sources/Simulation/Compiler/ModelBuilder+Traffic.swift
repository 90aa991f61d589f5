import Scenario
import TimeAndChance

extension ModelBuilder {
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
      let pattern = self.pattern(of: source, limit: &limit)
      sources.append(
        SourceModel(
          name: source.name, pattern: pattern, mix: mix, instances: source.instances,
          limit: limit))
    }
  }

  private mutating func pattern(
    of source: TrafficSource, limit: inout Int?
  ) -> SourceModel.Pattern {
    let subject = "traffic \(source.name)"
    switch source.pattern {
    case .open(let open):
      if open.maxInFlight != nil { note(subject, "requests in flight are not limited") }
      let arrivals: SourceModel.Arrivals
      switch open.arrivals {
      case .poisson: arrivals = .poisson
      case .even: arrivals = .even
      case .bursty(let cv): arrivals = .bursty(cv: cv)
      case .batches(let size):
        if size > 1 {
          note(subject, "requests come in bursts as uneven as the batches, not in batches")
        }
        arrivals = size > 1 ? .bursty(cv: Double(size).squareRoot()) : .poisson
      }
      return .open(rate: Self.points(of: open.rate), arrivals: arrivals)
    case .closed(let closed):
      let users = closed.stages.map { max($0.startUsers, $0.endUsers) }.max() ?? 0
      if closed.stages.contains(where: { $0.startUsers != users || $0.endUsers != users }) {
        note(subject, "all \(users) users are there from start to end")
      }
      let first = closed.stages.first?.start ?? source.start
      if first > .zero || source.end < .zero + scenario.duration {
        note(subject, "its users ask during the whole run")
      }
      if !closed.startsThinking, (closed.thinkTime.mean ?? 1) > 0 {
        note(subject, "each user thinks before its first request")
      }
      switch closed.iterations {
      case .unlimited: break
      case .shared(let count): limit = count
      case .perUser(let count):
        let (all, overflows) = count.multipliedReportingOverflow(by: max(1, users))
        limit = overflows ? .max : all
        note(subject, "its users share their iterations")
      }
      return .closed(users: users, think: closed.thinkTime)
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
