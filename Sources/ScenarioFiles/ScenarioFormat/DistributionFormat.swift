import TimeAndChance

/// A law as it is written: one key for the family, and limits.
private struct DistributionDraft {
  var law: Distribution.Law?
  var minimum: Double?
  var maximum: Double?
}

/// The parameters of the laws that take some of several.
private struct LawParameters {
  var mean: Double?
  var p50: Double?
  var p99: Double?
  var cv: Double?
  var min: Double?
  var max: Double?
  var alpha: Double?
  var from: Double?
  var to: Double?
  var weight: Double?
}

extension Format where Value == Distribution {
  /// A law of a length of time: a constant, or a mapping with the family's name.
  static var distribution: Format {
    let constant = Format<SimDuration>.duration().checked { value, node, reading in
      reading.distribution(.constant(value.inSeconds), nil, nil, in: node)
    }
    let seconds = Format<Double>.seconds
    let law = Format<DistributionDraft>.object(
      DistributionDraft.init,
      rules: [
        .exactlyOne([
          "constant", "exponential", "lognormal", "gamma", "pareto", "uniform", "empirical",
        ])
      ],
      [
        .optional("constant", seconds.map { .constant($0) }, \.law, "Always the same."),
        .optional("exponential", .exponential, \.law, "No memory; by its mean."),
        .optional(
          "lognormal", .lognormal, \.law,
          "The usual shape of service times; by p50 and p99, mean and p99, or mean and cv."),
        .optional("gamma", .gamma, \.law, "By mean and cv (deviation / mean)."),
        .optional("pareto", .pareto, \.law, "A power tail; by min and alpha."),
        .optional("uniform", .uniform, \.law, "Even between min and max."),
        .optional("empirical", .empirical, \.law, "As measured: buckets with from, to, weight."),
        .optional("min", seconds, \.minimum, "Only values from here on occur."),
        .optional("max", seconds, \.maximum, "Only values up to here occur."),
      ]
    ).checked { draft, node, reading -> Distribution? in
      guard let law = draft.law else { return nil }
      return reading.distribution(law, draft.minimum, draft.maximum, in: node)
    }
    return Format.byKind(
      scalar: constant, mapping: law, expected: "a length of time or a law like exponential"
    ).named("Distribution")
  }
}

extension Format where Value == Double {
  /// A length of time in seconds, without rounding to nanoseconds mattering.
  fileprivate static var seconds: Format { Format<SimDuration>.duration().map(\.inSeconds) }
}

extension Format where Value == Distribution.Law {
  private static func parameters(
    _ fields: [FieldFormat<LawParameters>], _ law: @escaping (LawParameters) -> Distribution.Law?,
    missing: String = ""
  ) -> Format {
    Format<LawParameters>.object(LawParameters.init, fields).checked { values, node, reading in
      if let law = law(values) { return law }
      if !missing.isEmpty, !reading.hasErrors(inKeysOf: node) {
        reading.error(.missingKey, at: node.span, missing)
      }
      return nil
    }
  }

  fileprivate static var exponential: Format {
    parameters([.required("mean", .seconds, \.mean, "The mean.")]) { values in
      values.mean.map { .exponential(mean: $0) }
    }
  }

  fileprivate static var lognormal: Format {
    parameters(
      [
        .optional("p50", .seconds, \.p50, "The median."),
        .optional("p99", .seconds, \.p99, "The 99th percentile."),
        .optional("mean", .seconds, \.mean, "The mean, instead of the median."),
        .optional("cv", .number(0...1000), \.cv, "Deviation / mean, with the mean."),
      ],
      { values in
        switch (values.p50, values.p99, values.mean, values.cv) {
        case (let p50?, let p99?, nil, nil): .lognormal(p50: p50, p99: p99)
        case (nil, let p99?, let mean?, nil): .lognormalTail(mean: mean, p99: p99)
        case (nil, nil, let mean?, let cv?): .lognormalSpread(mean: mean, cv: cv)
        default: nil
        }
      }, missing: "'lognormal' needs p50 and p99, or mean and p99, or mean and cv")
  }

  fileprivate static var gamma: Format {
    parameters([
      .required("mean", .seconds, \.mean, "The mean."),
      .required("cv", .number(0...1000), \.cv, "Deviation / mean; Erlang for 1/√k."),
    ]) { values in
      guard let mean = values.mean, let cv = values.cv else { return nil }
      return .gamma(mean: mean, cv: cv)
    }
  }

  fileprivate static var pareto: Format {
    parameters([
      .required("min", .seconds, \.min, "The smallest value."),
      .required("alpha", .number(0.1...1000), \.alpha, "The exponent of the tail."),
    ]) { values in
      guard let min = values.min, let alpha = values.alpha else { return nil }
      return .pareto(min: min, alpha: alpha)
    }
  }

  fileprivate static var uniform: Format {
    parameters([
      .required("min", .seconds, \.min, "The smallest value."),
      .required("max", .seconds, \.max, "The largest value."),
    ]) { values in
      guard let min = values.min, let max = values.max else { return nil }
      return .uniform(min: min, max: max)
    }
  }

  fileprivate static var empirical: Format {
    let bucket = Format<LawParameters>.object(
      LawParameters.init,
      [
        .required("from", .seconds, \.from, "The lower end."),
        .required("to", .seconds, \.to, "The upper end."),
        .required("weight", .number(0...1e18), \.weight, "The count or share of values in it."),
      ])
    return Format<[LawParameters]>.list(of: bucket, minimum: 1).map { buckets in
      .empirical(
        buckets.map {
          Distribution.Bucket(from: $0.from ?? 0, to: $0.to ?? 0, weight: $0.weight ?? 0)
        })
    }
  }
}
