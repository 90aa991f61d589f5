import Scenario
import TimeAndChance

/// An expectation as it is written: some bounds for a subject, or a recovery.
enum ExpectationDraft {
  case bounds(subject: Located<String>, [BoundDraft])
  case recovered(RecoveryDraft)
}

/// A bound of one metric, with its window.
struct BoundDraft {
  var metric: Metric
  var metricName: String
  var comparison: MetricBound.Comparison
  /// The bound as it is written.
  var text: String
  var from: Located<SimDuration>?
  var to: Located<SimDuration>?
  var by: Located<SimDuration>?
  var during: Located<String>?
  var runs: MetricBound.RunShare?
  var location: Located<Void>
}

struct RecoveryDraft {
  var within = SimDuration.seconds(60)
  var after: Located<String>?
  var of: [Located<String>] = []
  var location: Located<Void>?
}

extension Format where Value == ExpectationDraft {
  static var expectation: Format {
    let recovery = Format<RecoveryDraft>.object(
      RecoveryDraft.init,
      [
        .required("within", .duration(), \.within, "How long after the fault's end."),
        .required("after", .locatedName, \.after, "A fault's name, or fault when there is one."),
        .optional("of", .list(of: .locatedName, minimum: 1), \.of, "Traffic; all by default."),
      ])
    let schema = Schema.oneEntry(
      known: [
        Schema.Field(
          name: "recovered", schema: recovery.schema,
          documentation: "Error rate and p99 back within 10 % of before the fault, for 10 s.",
          isRequired: false)
      ], others: Schema.definition("Metrics", { MetricFormats.schema }))
    return Format(schema: schema) { node, reading in
      guard let entries = node.entries, entries.count == 1 else {
        reading.wrongKind(
          node, expected: "a mapping with one key",
          instead: node.entries.map { $0.isEmpty ? "has none" : "has \($0.count)" },
          help: "for instance - content POST /posts: { p99: { below: 300ms } }")
        return nil
      }
      let entry = entries[0]
      return reading.inside(entry.key) { reading in
        if entry.key == "recovered" {
          guard var draft = recovery.read(entry.value, &reading) else { return nil }
          draft.location = Located(value: (), span: entry.keySpan, path: reading.path)
          return .recovered(draft)
        }
        let example = "for instance p99: {below: 300ms}"
        guard let metrics = entry.value.entries else {
          reading.wrongKind(entry.value, expected: "a mapping of metrics", help: example)
          return nil
        }
        guard !metrics.isEmpty else {
          reading.error(
            .missingKey, at: entry.value.span,
            "\(entry.key.quoted) must hold at least one metric", help: example)
          return nil
        }
        // What has the keys of a recovery is no subject whose name happens to be near.
        if metrics.contains(where: { ["within", "after", "of"].contains($0.key) }),
          Spelling.nearest(to: entry.key, among: ["recovered"]) != nil
        {
          reading.diagnostics.error(
            .unknownKey, at: entry.keySpan, path: reading.path, "unknown key \(entry.key.quoted)",
            help: "did you mean 'recovered'?")
          return nil
        }
        let subject = Located(value: entry.key, span: entry.keySpan, path: reading.path)
        return .bounds(
          subject: subject, metrics.flatMap { MetricFormats.read($0, &reading) })
      }
    }
  }
}

/// The metrics by name, and how their bounds are written.
enum MetricFormats {
  private static let names: [(name: String, metric: Metric, documentation: String)] = [
    ("errorRate", .errorRate, "Share of 5xx and of requests without answer."),
    ("rejectedRate", .rejectedRate, "Share of 429."),
    ("mean", .meanLatency, "Mean latency."), ("max", .maxLatency, "Longest latency."),
    ("offered", .offeredRate, "Requests begun per second."),
    ("goodput", .goodput, "Requests answered without error per second."),
    ("tryRate", .tryRate, "Tries per second; at a service, arrivals."),
    ("triesPerRequest", .triesPerRequest, "Tries per request."),
    (
      "deniedRetries", .deniedRetriesPerRequest, "Retries not sent for want of budget, per request."
    ),
    ("meanQueue", .meanQueue, "Mean number of waiting requests."),
    ("maxQueue", .maxQueue, "Most waiting requests."),
    ("utilisation", .utilisation, "Busy workers / workers."),
    ("ejections", .ejections, "Ejections of the service's pods over all proxies."),
    ("trafficShare", .trafficShare, "Share of a service's arrivals that came to a workload."),
    ("lastFailure", .lastFailure, "The instant at which the last request failed."),
  ]

  /// The metric of that name: one of the list, or a quantile like `p99` or `p99.9`.
  private static func metric(_ name: String) -> Metric? {
    if let known = names.first(where: { $0.name == name }) { return known.metric }
    guard name.hasPrefix("p"), let share = ExactDecimal(name.dropFirst())?.hundredth,
      share > 0, share < 1
    else { return nil }
    return .latencyQuantile(share)
  }

  /// A mapping of metrics to bounds.
  static var schema: Schema {
    let known = names.map { name, metric, documentation in
      Schema.Field(
        name: name, schema: format(metric).schema, documentation: documentation, isRequired: false)
    }
    let quantiles = ["p50", "p90", "p95", "p99", "p99.9"].map {
      Schema.Field(
        name: $0, schema: format(.latencyQuantile(0.5)).schema,
        documentation: "The \($0.dropFirst()) % quantile of latency.", isRequired: false)
    }
    return .object(
      Schema.Object(
        fields: quantiles + known, rules: [],
        others: ("^p[0-9]+(\\.[0-9]+)?$", format(.latencyQuantile(0.5)).schema), minimum: 1))
  }

  /// The bounds that an entry of metrics writes.
  static func read(_ entry: YAMLNode.Entry, _ reading: inout Reading) -> [BoundDraft] {
    guard let metric = metric(entry.key) else {
      reading.diagnostics.error(
        .unknownKey, at: entry.keySpan, path: reading.path.key(entry.key),
        "unknown metric \(entry.key.quoted)",
        help: Spelling.help(
          for: entry.key, among: names.map(\.name),
          otherwise: "for instance errorRate, p99, goodput, triesPerRequest"))
      return []
    }
    return reading.inside(entry.key) { reading in
      guard let draft = format(metric).read(entry.value, &reading) else { return [] }
      let path = reading.path
      return draft.bounds.map { bound in
        BoundDraft(
          metric: metric, metricName: entry.key, comparison: bound.comparison, text: bound.text,
          from: draft.from, to: draft.to, by: draft.by, during: draft.during, runs: draft.runs,
          location: Located(value: (), span: entry.keySpan, path: path))
      }
    }
  }

  private struct Draft {
    var below: Located<Double>?
    var atMost: Located<Double>?
    var atLeast: Located<Double>?
    var above: Located<Double>?
    var equals: Located<Double>?
    var from: Located<SimDuration>?
    var to: Located<SimDuration>?
    var by: Located<SimDuration>?
    var during: Located<String>?
    var runs: MetricBound.RunShare?
    var unit = Metric.Unit.number

    var bounds: [(comparison: MetricBound.Comparison, text: String)] {
      let all: [(String, Located<Double>?, (Double) -> MetricBound.Comparison)] = [
        ("below", below, { .below($0) }), ("at most", atMost, { .atMost($0) }),
        ("at least", atLeast, { .atLeast($0) }), ("above", above, { .above($0) }),
        ("equals", equals, { .equals($0) }),
      ]
      return all.compactMap { word, value, make in
        value.map { (make($0.value), "\(word) \(Self.written($0.value, unit))") }
      }
    }

    /// Whether some figure keeps all the bounds; figures are never negative.
    ///
    /// Shares of runs may each hold a bound that the others do not.
    func canHold(_ reading: inout Reading) -> Bool {
      if let below, below.value <= 0 {
        reading.inside("below") {
          $0.error(
            .outOfRange, at: below.span, "'below' must be more than 0: no figure is negative",
            help: "for none at all write atMost: \(Self.written(0, unit))")
        }
        return false
      }
      guard runs == nil else { return true }
      let least = [("above", above), ("atLeast", atLeast), ("equals", equals)]
      let most = [("below", below), ("atMost", atMost), ("equals", equals)]
      for case (let low, let lower?) in least {
        for case (let high, let upper?) in most where low != high {
          let isOpen = low == "above" || high == "below"
          guard lower.value > upper.value || isOpen && lower.value == upper.value else { continue }
          let last = lower.span.startsBefore(upper.span) ? upper : lower
          let first = lower.span.startsBefore(upper.span) ? lower : upper
          let name = lower.span.startsBefore(upper.span) ? low : high
          reading.error(
            .keysDisagree, at: last.span,
            "'\(reading.key)' can never be \(words(low, lower)) and \(words(high, upper))",
            note: Diagnostic.Note(message: "'\(name)' stands", span: first.span))
          return false
        }
      }
      return true
    }

    private func words(_ key: String, _ bound: Located<Double>) -> String {
      let words = ["atLeast": "at least", "atMost": "at most", "equals": "equal to"]
      return "\(words[key] ?? key) \(Self.written(bound.value, unit))"
    }

    private static func written(_ value: Double, _ unit: Metric.Unit) -> String {
      switch unit {
      case .share: "\((value * 1e8).rounded() / 1e6)".trimmed + "%"
      case .seconds: SimDuration(seconds: value).written
      case .perSecond: "\(value)".trimmed + "/s"
      case .number: "\(value)".trimmed
      }
    }
  }

  private static func format(_ metric: Metric) -> Format<Draft> {
    let value = value(metric.unit).located
    let unit = metric.unit
    return Format<Draft>.object(
      { Draft(unit: unit) },
      rules: [.atMostOne(["by", "from", "during"]), .needs("to", oneOf: ["from"])],
      [
        .optional("below", value, \.below, "Less than this."),
        .optional("atMost", value, \.atMost, "At most this."),
        .optional("atLeast", value, \.atLeast, "At least this."),
        .optional("above", value, \.above, "More than this."),
        .optional("equals", value, \.equals, "Exactly this."),
        .optional("from", .locatedDuration(), \.from, "Measured from here on."),
        .optional("to", .locatedDuration(), \.to, "Measured up to here."),
        .optional("by", .locatedDuration(), \.by, "Holds from here to the end."),
        .optional("during", .locatedName, \.during, "Measured while that fault lasts."),
        .optional("runs", .runShare, \.runs, "The share of replications in which it holds."),
      ]
    ).checked { draft, node, reading in
      if draft.bounds.isEmpty {
        // A bound that is written wrongly is not missing as well.
        guard !reading.hasErrors(inKeysOf: node) else { return nil }
        reading.error(
          .missingKey, at: node.span, "'\(reading.key)' needs a bound",
          help: "below, atMost, atLeast, above or equals")
        return nil
      }
      return draft.canHold(&reading) ? draft : nil
    }.namedByUnit(unit)
  }

  private static func value(_ unit: Metric.Unit) -> Format<Double> {
    switch unit {
    case .share: .percent()
    case .seconds: Format<SimDuration>.duration().map(\.inSeconds)
    case .perSecond: .rate
    case .number: .number(0...1e12)
    }
  }
}

extension Format {
  fileprivate func namedByUnit(_ unit: Metric.Unit) -> Format {
    switch unit {
    case .share: named("ShareBound")
    case .seconds: named("TimeBound")
    case .perSecond: named("RateBound")
    case .number: named("NumberBound")
    }
  }
}

extension Format where Value == MetricBound.RunShare {
  fileprivate static var runShare: Format {
    .object(
      { MetricBound.RunShare() },
      [
        .optional("atLeast", .percent(), \.atLeast, "The smallest share; 0% by default."),
        .optional("atMost", .percent(), \.atMost, "The largest share; 100% by default."),
      ])
  }
}

extension SourceSpan {
  /// Whether it begins before another of the same file.
  fileprivate func startsBefore(_ other: SourceSpan) -> Bool {
    (line, column) < (other.line, other.column)
  }
}

extension String {
  /// The number without `.0` at its end.
  fileprivate var trimmed: String { hasSuffix(".0") ? String(dropLast(2)) : self }
}
