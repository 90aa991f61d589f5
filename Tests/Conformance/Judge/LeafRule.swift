/// Holds one measured value against one recorded value by one rule.
struct LeafRule {
  /// The rule.
  let rule: CheckEntry.Rule
  /// The target that replaces the recorded value.
  let expect: Double?
  /// True when values are percentages of the rule's `n`.
  let isPercentage: Bool
  /// Replications that were pooled into the measured value, which is their average.
  let pooled: Int

  /// What is wrong with `measured`, or nil; a value that is missing on one side counts as 0.
  func complaint(_ measured: MetricValue?, _ recorded: MetricValue?) -> (String, String)? {
    if case .exact = rule { return exactComplaint(measured, recorded) }
    guard let value = Self.number(measured) else {
      return ("a number", measured?.description ?? "nothing")
    }
    let got = MetricValue.written(value)
    switch rule {
    case .range(let range):
      return range.contains(value)
        ? nil
        : (
          "\(MetricValue.written(range.lowerBound))...\(MetricValue.written(range.upperBound))", got
        )
    case .atLeast(let limit):
      return value >= limit ? nil : ("at least \(MetricValue.written(limit))", got)
    case .atMost(let limit):
      return value <= limit ? nil : ("at most \(MetricValue.written(limit))", got)
    case .absolute(let by):
      guard let span = target(recorded) else { return ("a recorded number", got) }
      let isInside = value >= span.lowerBound - by && value <= span.upperBound + by
      return isInside ? nil : (Self.text(span, by, ""), got)
    case .relative(let by):
      guard let span = target(recorded) else { return ("a recorded number", got) }
      let isInside =
        value >= span.lowerBound - by * abs(span.lowerBound)
        && value <= span.upperBound + by * abs(span.upperBound)
      return isInside ? nil : (Self.text(span, by * 100, " %"), got)
    case .binomial(let n, let p, let sigma):
      return binomialComplaint(value, recorded, n, p, sigma)
    case .exact, .quantile:
      return ("a rule for single values", got)
    }
  }

  /// What is wrong with the quantile of a whole sample, or nil.
  func quantileComplaint(
    _ quantile: Double, by: Double, _ measured: MetricValue?
  ) -> (String, String)? {
    let value: Double? =
      switch measured {
      case .sample(let sample): sample.sorted.isEmpty ? nil : sample.quantile(quantile)
      case .mapping: Self.number(measured?["quartiles"]?["\(Int((quantile * 4).rounded()) - 1)"])
      default: nil
      }
    guard let expect else { return ("a target for the quantile", "none") }
    let wanted = "\(MetricValue.written(expect)) ± \(MetricValue.written(by * 100)) %"
    guard let value else { return (wanted, "no sample") }
    return abs(value - expect) <= by * expect ? nil : (wanted, MetricValue.written(value))
  }

  private func binomialComplaint(
    _ value: Double, _ recorded: MetricValue?, _ n: Double, _ p: Double?, _ sigma: Double
  ) -> (String, String)? {
    let scale = isPercentage ? n / 100 : 1
    let share = p ?? (Self.number(recorded) ?? 0) * scale / n
    let runs = Double(pooled)
    let count = value * scale * runs
    let deviation = sigma * (n * runs * share * (1 - share)).squareRoot()
    guard abs(count - n * runs * share) > deviation else { return nil }
    return (
      "\(MetricValue.written(n * runs * share)) ± \(MetricValue.written(deviation))",
      MetricValue.written(count)
    )
  }

  private func exactComplaint(
    _ measured: MetricValue?, _ recorded: MetricValue?
  ) -> (String, String)? {
    if let expect {
      let isEqual = Self.number(measured) == expect
      return isEqual ? nil : (MetricValue.written(expect), measured?.description ?? "nothing")
    }
    if Self.agrees(measured, recorded) { return nil }
    return (recorded?.description ?? "nothing", measured?.description ?? "nothing")
  }

  private static func agrees(_ measured: MetricValue?, _ recorded: MetricValue?) -> Bool {
    switch (measured, recorded) {
    case (_, .perRun(let runs)?): runs.contains { agrees(measured, $0) }
    case (.text(let left)?, .text(let right)?): left == right
    case (.text(let left)?, .number(let right)?), (.number(let right)?, .text(let left)?):
      Double(left) == right
    case (_, .span(let low, let high, _)?): number(measured).map { (low...high) ~= $0 } ?? false
    case (.text?, _), (_, .text?): false
    default: number(measured) == number(recorded)
    }
  }

  /// The span that a value must be near: the one target, or all that was recorded.
  private func target(_ recorded: MetricValue?) -> ClosedRange<Double>? {
    if let expect { return expect...expect }
    switch recorded {
    case .span(let low, let high, _)?: return low...max(low, high)
    case .perRun(let runs)?:
      let numbers = runs.compactMap { Self.number($0) }
      guard let low = numbers.min(), let high = numbers.max() else { return nil }
      return low...high
    default: return Self.number(recorded).map { $0...$0 }
    }
  }

  private static func text(_ span: ClosedRange<Double>, _ by: Double, _ unit: String) -> String {
    let low = MetricValue.written(span.lowerBound)
    let middle =
      span.lowerBound == span.upperBound ? low : "\(low)...\(MetricValue.written(span.upperBound))"
    return "\(middle) ± \(MetricValue.written(by))\(unit)"
  }

  private static func number(_ value: MetricValue?) -> Double? {
    switch value {
    case nil: 0
    case .number(let number)?: number
    case .span(_, _, let mean)?: mean
    case .text, .list, .mapping, .sample, .perRun: nil
    }
  }
}
