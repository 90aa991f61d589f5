import Scenario
import TimeAndChance

/// Reads the options of a k6 test (JSON, as `k6 inspect` prints them): each of its scenarios becomes
/// a traffic source.
///
/// - Source: Grafana k6 documentation, "Executors", and k6 `lib/executor`.
enum K6Options {
  /// The sources, each like `base` with its own times and pattern; `knowsEnd` says whether the end of
  /// `base` is one that somebody stated.
  static func sources(
    _ text: String, file: String, base: TrafficSource, think: Distribution, knowsEnd: Bool,
    _ diagnostics: inout DiagnosticList
  ) -> [TrafficSource] {
    let documents = YAMLDocuments.read(
      text, file: file, language: "JSON", diagnostics: &diagnostics)
    guard let root = documents.first, root.entries != nil else {
      if !diagnostics.hasErrors {
        diagnostics.error(
          .badK6Options, at: SourceSpan(file: file, line: 1), "this is no object of k6 options")
      }
      return [base]
    }
    let options = root["options"] ?? root
    if let thresholds = options["thresholds"] {
      diagnostics.warning(
        .unreadK6Option, at: thresholds.span, "'thresholds' of k6 are not read",
        help: "write them under 'expect'")
    }
    for key in ["rps", "executionSegment"] {
      guard let value = options[key], value.text != "0", !value.isNull else { continue }
      diagnostics.warning(
        .unreadK6Option, at: value.span, "'\(key)' of k6 is not read: it would lower the rate")
    }
    let least =
      options["minIterationDuration"].flatMap {
        K6Scenario.duration($0, "minIterationDuration", &diagnostics)
      } ?? .zero
    checkConflicts(options, &diagnostics)
    guard let scenarios = options["scenarios"] else {
      var reader = K6Scenario(
        node: options, name: "default", base: base, think: think, knowsEnd: knowsEnd,
        isShorthand: true, minIterationDuration: least, diagnostics: diagnostics)
      let source = shorthand(options, &reader)
      diagnostics = reader.diagnostics
      return [source ?? base]
    }
    let entries = scenarios.entries ?? []
    guard entries.count <= ReadingLimits.mapLength else {
      diagnostics.error(
        .tooLong, at: scenarios.span,
        "'scenarios' must have at most \(ReadingLimits.mapLength) entries, has \(entries.count)")
      return [base]
    }
    var sources: [TrafficSource] = []
    for entry in entries where isName(entry, &diagnostics) {
      var reader = K6Scenario(
        node: entry.value, name: entry.key, base: base, think: think, knowsEnd: knowsEnd,
        isShorthand: false, minIterationDuration: least, diagnostics: diagnostics)
      if let source = reader.source() { sources.append(source) }
      diagnostics = reader.diagnostics
    }
    if sources.isEmpty, !diagnostics.hasErrors {
      diagnostics.error(.badK6Options, at: scenarios.span, "'scenarios' must hold a scenario")
    }
    return sources
  }

  /// Whether a scenario's name can be that of traffic.
  private static func isName(
    _ entry: YAMLNode.Entry, _ diagnostics: inout DiagnosticList
  ) -> Bool {
    var reading = Reading(diagnostics: diagnostics)
    defer { diagnostics = reading.diagnostics }
    return reading.isName(entry.key, at: entry.keySpan)
  }

  /// Options without scenarios: `vus` with `duration`, `iterations` or `stages`, or alone.
  ///
  /// - Source: k6 `lib/executor/execution_config_shortcuts.go`.
  private static func shorthand(
    _ options: YAMLNode, _ reader: inout K6Scenario
  ) -> TrafficSource? {
    let executor: String
    if options["iterations"] != nil {
      executor = "shared-iterations"
    } else if options["duration"] != nil {
      executor = "constant-vus"
    } else if hasStages(options) {
      executor = "ramping-vus"
    } else if options["vus"] != nil {
      // Since k6 2: as many iterations as users, one each.
      executor = "shared-iterations"
    } else {
      reader.diagnostics.error(
        .badK6Options, at: options.span, "these k6 options have neither scenarios nor vus")
      return nil
    }
    return reader.source(executor: executor)
  }

  /// Finds options that k6 refuses beside one another.
  private static func checkConflicts(_ options: YAMLNode, _ diagnostics: inout DiagnosticList) {
    let stages = hasStages(options) ? options["stages"] : nil
    for key in ["iterations", "duration"] {
      guard let value = options[key] else { continue }
      for (other, node) in [("stages", stages), ("scenarios", options["scenarios"])]
      where node != nil {
        conflict(key, other, at: value, &diagnostics)
      }
    }
    if let stages, options["scenarios"] != nil {
      conflict("stages", "scenarios", at: stages, &diagnostics)
    }
  }

  private static func conflict(
    _ key: String, _ other: String, at value: YAMLNode, _ diagnostics: inout DiagnosticList
  ) {
    diagnostics.error(
      .badK6Options, at: value.span, "k6 refuses '\(key)' beside '\(other)'",
      help: "keep the one that you mean")
  }

  /// Whether there are stages; an empty list counts as none.
  private static func hasStages(_ options: YAMLNode) -> Bool {
    options["stages"].map { $0.elements?.isEmpty != true } ?? false
  }
}
