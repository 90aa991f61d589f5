import Scenario
import TimeAndChance

extension Format where Value == CurveDraft {
  /// A number of users over time.
  static var users: Format {
    let count = Format<Int>.integer(0...1_000_000).map(Double.init)
    return curve(value: "users", count, scalar: count, expected: "a number of users")
  }

  fileprivate static func curve(
    value: String, _ format: Format<Double>, scalar: Format<Double>, expected: String
  ) -> Format {
    let point = Format<Point>.object(
      Point.init,
      [
        .required("at", .duration(), \.at, "When, from the start of the run."),
        .required(value, format, \.value, "The value there."),
      ]
    ).located
    let points = Format<[Located<Point>]>.list(of: point, minimum: 1).checked(inOrder)
    let constant = scalar.located.map { located in
      CurveDraft(
        form: .constant,
        points: [
          Located(
            value: Point(at: .zero, value: located.value), span: located.span, path: located.path)
        ])
    }
    return .byKind(
      scalar: constant, list: points.map { CurveDraft(form: .linear, points: $0) },
      mapping: .oneKey([
        Alternative(
          "steps", points.map { CurveDraft(form: .steps, points: $0) },
          "Each value until the next.")
      ]), expected: "\(expected), a list of points, or steps")
  }

  typealias Point = CurveDraft.Point

  private static func inOrder(
    _ points: [Located<Point>], _ node: YAMLNode, _ reading: inout Reading
  ) -> [Located<Point>]? {
    for (left, right) in zip(points, points.dropFirst()) where right.value.at < left.value.at {
      reading.error(
        .outOfRange, at: right.span,
        "points must be in order of time, \(right.value.at.written) comes after "
          + left.value.at.written)
      return nil
    }
    return points
  }
}

extension Format where Value == RateDraft {
  /// A rate over time.
  static var rate: Format {
    let rps = Format<Double>.number(0...1e9)
    let spike = Format<SpikeDraft>.object(
      SpikeDraft.init,
      [
        .required("at", .duration(), \.at, "When it begins."),
        .required("for", .atLeastMicrosecond, \.length, "How long it lasts."),
        .required("rps", rps, \.rps, "The whole rate while it lasts."),
      ]
    ).located
    let daily = Format<DailyDraft>.object(
      DailyDraft.init,
      [
        .required("low", .rate, \.low, "The rate at the quietest time."),
        .required("high", .rate, \.high, "The rate at the busiest time."),
        .optional("period", .atLeastMicrosecond, \.period, "The length of a day; 24h."),
        .optional("peakAt", .duration(), \.peakAt, "The busiest time, from the start; 14h."),
      ])
    let csv = Format<CSVDraft>.object(
      CSVDraft.init,
      [
        .required("file", .locatedName, \.file, "A file in this folder."),
        .optional(
          "interval", .atLeastMicrosecond, \.interval,
          "The length of each row's interval, where the file has no times."),
      ])
    let curve = Format<CurveDraft>.curve(
      value: "rps", rps, scalar: .rate, expected: "a rate like 100/s")
    let steps = Format<CurveDraft>(schema: .stepsOnly(of: curve.schema)) { node, reading in
      let entry = YAMLNode.Entry(key: "steps", keySpan: node.span, value: node)
      return curve.read(
        YAMLNode(content: .mapping([entry]), span: node.span, size: node.size), &reading)
    }
    let mapping = Format<RateMapping>.object(
      RateMapping.init,
      rules: [
        .exactlyOne(["steps", "rps", "daily", "csv"]), .needs("spikes", oneOf: ["rps"]),
        .needs("rps", oneOf: ["spikes"]),
      ],
      [
        .optional("steps", steps, \.steps, "Points {at, rps}; each rate until the next."),
        .optional("rps", rps, \.rps, "Requests per second between spikes."),
        .optional("spikes", .list(of: spike, minimum: 1), \.spikes, "Times of another rate."),
        .optional("daily", daily, \.daily, "A daily curve."),
        .optional("csv", csv, \.csv, "Counts per interval from a file."),
      ])
    return .byKind(
      scalar: curve.map { .curve($0) }, list: curve.map { .curve($0) },
      mapping: mapping.checked { value, _, _ in
        if let steps = value.steps { return .curve(steps) }
        if let daily = value.daily { return .daily(daily) }
        if let csv = value.csv { return .csv(csv) }
        return value.rps.map { .spikes(base: $0, value.spikes) }
      }, expected: "a rate like 100/s, a list of points, or a mapping")
  }
}

extension Schema {
  /// What a curve's schema says of the list behind `steps`.
  fileprivate static func stepsOnly(of curve: Schema) -> Schema {
    guard case .anyOf(let kinds) = curve, let list = kinds.dropFirst().first else { return curve }
    return list
  }
}

/// The keys of a rate that is a mapping.
private struct RateMapping {
  var steps: CurveDraft?
  var rps: Double?
  var spikes: [Located<SpikeDraft>] = []
  var daily: DailyDraft?
  var csv: CSVDraft?
}
