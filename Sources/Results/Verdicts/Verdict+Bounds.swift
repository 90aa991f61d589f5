public import Scenario
import Statistics

extension Verdict {
  /// Judges all expectations by the replications so far, which are in the order of their numbers.
  public static func judge(
    _ run: RunDescription, by replications: [ReplicationResult], factors: StudentFactors? = nil
  ) -> [Verdict] {
    let factors = factors ?? StudentFactors(upTo: replications.count)
    // What a replication did not get to see might have been otherwise.
    let areWhole = replications.allSatisfy { $0.earlyEnd == nil }
    var roots: [RootRequests] = []
    var rootWindow: TimeWindow?
    return run.expectations.enumerated().map { index, expectation in
      var verdict: Verdict
      switch expectation.statement {
      case .bound(let bound):
        if bound.metric == .triesPerRequest, rootWindow != bound.window {
          rootWindow = bound.window
          roots = replications.map { RootRequests($0, in: bound.window, of: run) }
        }
        let measured = replications.indices.map {
          replications[$0].measure(
            bound.metric, of: bound.subject, in: bound.window, of: run, roots: roots.at($0))
        }
        verdict = judge(bound, measured, factors: factors)
        if bound.metric == .errorRate, verdict.isMet {
          verdict.callersErrorRate = callersErrorRate(beyond: bound, in: replications, of: run)
        }
      case .recovered(let recovery):
        let outcomes = replications.map { $0.recovery(recovery, of: run) }
        verdict = judge(recovery, outcomes, factors: factors)
      }
      verdict.expectation = index
      verdict.isCertain = verdict.isCertain && areWhole
      return verdict
    }
  }

  /// The mean share of errors that the callers of a bound's service saw, if it breaks the bound.
  private static func callersErrorRate(
    beyond bound: MetricBound, in replications: [ReplicationResult], of run: RunDescription
  ) -> Double? {
    guard let service = bound.subject.service(in: run) else { return nil }
    let shares = replications.compactMap {
      $0.callersErrorRate(of: service, in: bound.window, of: run)
    }
    guard !shares.isEmpty else { return nil }
    let mean = shares.reduce(0, +) / Double(shares.count)
    return bound.comparison.holds(mean) ? nil : mean
  }

  /// Judges a bound by what each replication measured.
  public static func judge(
    _ bound: MetricBound, _ measured: [Measurement], factors: StudentFactors
  ) -> Verdict {
    let unit = bound.metric.unit
    if let grounds = whyUnmeasured(measured) {
      return Verdict(
        expectation: 0, isMet: false, isCertain: true, grounds: grounds, unit: unit,
        values: measured.map(\.number))
    }
    if let share = bound.runs { return judge(share, bound.comparison, measured) }
    // The latency of failures is shown, and never passes.
    let values = measured.map(\.latencyAnyway)
    let estimate = factors.estimate(values)
    let withoutGoodput = measured.count { if case .noGoodput = $0 { true } else { false } }
    if withoutGoodput > 0 {
      return Verdict(
        expectation: 0, isMet: false, isCertain: true,
        grounds: .noGoodput(replications: withoutGoodput), estimate: estimate,
        interval: estimate.flatMap(Interval.init), unit: unit, values: values)
    }
    return judge(bound.comparison, estimate, unit: unit, values: values)
  }

  /// Judges a mean and its interval.
  static func judge(
    _ comparison: MetricBound.Comparison, _ estimate: Estimate?, unit: Metric.Unit,
    values: [Double?]
  ) -> Verdict {
    guard let estimate else {
      return Verdict(
        expectation: 0, isMet: false, isCertain: true, grounds: .noTraffic, unit: unit,
        values: values)
    }
    let interval = Interval(estimate)
    let side = interval.flatMap { comparison.side(low: $0.low, high: $0.high) }
    return Verdict(
      expectation: 0, isMet: side ?? comparison.holds(estimate.mean), isCertain: side != nil,
      grounds: side == nil ? .pointEstimate : .interval, estimate: estimate, interval: interval,
      unit: unit, values: values)
  }

  /// Judges the share of replications in which a bound holds, by Wilson's interval.
  ///
  /// No number of replications proves that a bound always, or never, holds; asked for every run or
  /// for none, it is judged on the runs that were made.
  ///
  /// - Source: E. B. Wilson, "Probable inference, the law of succession, and statistical
  ///   inference", JASA 22, 1927.
  static func judge(
    _ runs: MetricBound.RunShare, _ comparison: MetricBound.Comparison, _ measured: [Measurement]
  ) -> Verdict {
    let values = measured.map(\.number)
    let count = Double(measured.count)
    let held = Double(measured.count { $0.number.map(comparison.holds) ?? false })
    let share = held / count
    let z = 1.959963984540054
    let middle = (held + z * z / 2) / (count + z * z)
    let half = z / (count + z * z) * (held * (1 - share) + z * z / 4).squareRoot()
    let interval = Interval(low: max(0, middle - half), high: min(1, middle + half))
    let isMet = share >= runs.atLeast && share <= runs.atMost
    let inside =
      (interval.low >= runs.atLeast || runs.atLeast >= 1)
      && (interval.high <= runs.atMost || runs.atMost <= 0)
    let outside = interval.high < runs.atLeast || interval.low > runs.atMost
    return Verdict(
      expectation: 0, isMet: isMet, isCertain: isMet ? inside : outside, grounds: .shareOfRuns,
      estimate: Estimate(
        count: measured.count, mean: share, standardDeviation: (share * (1 - share)).squareRoot(),
        halfWidth: measured.count > 1 ? half : .infinity),
      interval: interval, unit: .share, values: values)
  }

  /// Why a figure cannot be judged; nil when it can.
  private static func whyUnmeasured(_ measured: [Measurement]) -> Grounds? {
    if measured.isEmpty || measured.contains(.notRecorded) { return .notRecorded }
    let silent = measured.count { $0 == .nothingEnded }
    if silent > 0 { return .nothingEnded(replications: silent) }
    return measured.allSatisfy { $0 == .noTraffic } ? .noTraffic : nil
  }
}

extension Verdict.Interval {
  /// The interval of an estimate; nil with a single replication.
  init?(_ estimate: Estimate) {
    guard estimate.hasInterval else { return nil }
    self.init(low: estimate.low, high: estimate.high)
  }
}

extension Measurement {
  /// The figure, also when it is the latency of nothing but failures.
  fileprivate var latencyAnyway: Double? {
    switch self {
    case .value(let value), .noGoodput(let value): value
    case .noTraffic, .nothingEnded, .notRecorded: nil
    }
  }
}
