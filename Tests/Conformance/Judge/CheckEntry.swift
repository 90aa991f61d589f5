/// One entry of a `check:` list: a metric, a rule and how replications are judged.
///
/// - Source: `vectors/envoy/README.md`, "check".
struct CheckEntry: Sendable {
  /// When a value satisfies the entry.
  enum Rule: Sendable {
    /// Equal to the target.
    case exact
    /// At most so far from the target.
    case absolute(by: Double)
    /// At most so far from the target, relative to it.
    case relative(by: Double)
    /// Between the two.
    case range(ClosedRange<Double>)
    /// At least.
    case atLeast(Double)
    /// At most.
    case atMost(Double)
    /// A count within `sigma` standard deviations of `n p`; `p` nil takes the recorded share.
    case binomial(n: Double, p: Double?, sigma: Double)
    /// The quantile of a sample within `by` times the target of the target.
    case quantile(Double, by: Double)
  }

  /// How the replications are put together.
  enum Judge: String, Sendable {
    /// Every replication by itself.
    case each
    /// All as one run of many times the length.
    case pooled
    /// Their average.
    case mean
  }

  /// What is judged.
  let path: MetricPath
  /// When it is satisfied.
  let rule: Rule
  /// How replications are put together.
  let judge: Judge
  /// Takes the place of `by` when one run alone is compared.
  let single: Double?
  /// The target; nil takes the recorded value.
  let expect: Double?
  /// True when a percentage of `n` is meant where the rule wants a count.
  let isPercentage: Bool
  /// True when the values are compared as a sorted list.
  let sorted: Bool
  /// With ``Judge/each``: the share of replications that must satisfy the entry.
  let share: Double
  /// The line in the file.
  let line: Int

  /// The rule with the tolerance for one run alone.
  var ruleForOneRun: Rule {
    guard let single else { return rule }
    return switch rule {
    case .absolute: .absolute(by: single)
    case .relative: .relative(by: single)
    case .quantile(let quantile, _): .quantile(quantile, by: single)
    case .exact, .range, .atLeast, .atMost, .binomial: rule
    }
  }
}

extension CheckEntry {
  /// The entry that a document states.
  /// - Throws: ``MalformedVector``.
  init(_ node: VectorNode) throws {
    self = try VectorBlock.read(node, "check") { block in
      let metric = try block.required("metric", block.text("metric"))
      let name = try block.required("rule", block.text("rule"))
      let judgeText = try block.required("judge", block.text("judge"))
      guard let judge = Judge(rawValue: judgeText) else {
        throw MalformedVector(
          line: node.line, reason: "'judge' must be each, pooled or mean, is '\(judgeText)'")
      }
      let exceptions = try block.items("except").compactMap(\.text)
      let scale = try block.text("scale")
      guard scale == nil || scale == "percent" else {
        throw MalformedVector(line: node.line, reason: "'scale' must be percent")
      }
      return CheckEntry(
        path: MetricPath(text: metric, exceptions: exceptions),
        rule: try Self.rule(name, &block), judge: judge, single: try block.double("single"),
        expect: try block.double("expect", in: -1e15...1e15), isPercentage: scale == "percent",
        sorted: try block.bool("sorted") ?? false, share: try block.double("share", in: 0...1) ?? 1,
        line: node.line)
    }
  }

  private static func rule(_ name: String, _ block: inout VectorBlock) throws -> Rule {
    let signed = -1e15...1e15
    switch name {
    case "exact": return .exact
    case "abs", "ms": return .absolute(by: try block.required("by", block.double("by")))
    case "rel": return .relative(by: try block.required("by", block.double("by")))
    case "range":
      let low = try block.required("lo", block.double("lo", in: signed))
      let high = try block.required("hi", block.double("hi", in: signed))
      guard low <= high else {
        throw MalformedVector(line: block.node.line, reason: "'lo' must not exceed 'hi'")
      }
      return .range(low...high)
    case "at_least": return .atLeast(try block.required("value", block.double("value", in: signed)))
    case "at_most": return .atMost(try block.required("value", block.double("value", in: signed)))
    case "binomial":
      let n = try block.required("n", block.double("n"))
      let isRecorded = block.node["p"]?.text == "observed"
      if isRecorded { block.ignore("p") }
      let p = isRecorded ? nil : try block.required("p", block.double("p", in: 0...1))
      return .binomial(n: n, p: p, sigma: try block.required("sigma", block.double("sigma")))
    case "quantile_rel":
      let quantile = try block.required("quantile", block.double("quantile", in: 0...1))
      return .quantile(quantile, by: try block.required("by", block.double("by")))
    default:
      throw MalformedVector(line: block.node.line, reason: "unknown rule '\(name)'")
    }
  }
}
