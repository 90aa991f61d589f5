import Scenario
import TimeAndChance

/// Reads the options of a k6 test (JSON, as `k6 inspect` prints them): each of its scenarios becomes
/// a traffic source.
///
/// - Source: Grafana k6 documentation, "Executors".
enum K6Options {
  /// The sources, each like `base` with its own times and pattern.
  static func sources(
    _ text: String, file: String, base: TrafficSource, think: Distribution,
    _ diagnostics: inout DiagnosticList
  ) -> [TrafficSource] {
    let documents = YAMLDocuments.read(text, file: file, diagnostics: &diagnostics)
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
    guard let scenarios = options["scenarios"] else {
      return shorthand(options, base, think, &diagnostics).map { [$0] } ?? [base]
    }
    var sources: [TrafficSource] = []
    for entry in scenarios.entries ?? [] {
      var reader = K6Scenario(
        node: entry.value, name: entry.key, base: base, think: think, diagnostics: diagnostics)
      if let source = reader.source() { sources.append(source) }
      diagnostics = reader.diagnostics
    }
    if sources.isEmpty, !diagnostics.hasErrors {
      diagnostics.error(.badK6Options, at: scenarios.span, "'scenarios' must hold a scenario")
    }
    return sources
  }

  /// Options without scenarios: `vus` with `duration`, `iterations` or `stages`.
  private static func shorthand(
    _ options: YAMLNode, _ base: TrafficSource, _ think: Distribution,
    _ diagnostics: inout DiagnosticList
  ) -> TrafficSource? {
    let executor: String
    if options["stages"] != nil {
      executor = "ramping-vus"
    } else if options["iterations"] != nil {
      executor = "shared-iterations"
    } else if options["duration"] != nil {
      executor = "constant-vus"
    } else {
      diagnostics.error(
        .badK6Options, at: options.span, "these k6 options have neither scenarios nor vus")
      return nil
    }
    var reader = K6Scenario(
      node: options, name: "default", base: base, think: think, diagnostics: diagnostics)
    let source = reader.source(executor: executor)
    diagnostics = reader.diagnostics
    return source
  }
}

/// One scenario of k6.
private struct K6Scenario {
  let node: YAMLNode
  let name: String
  let base: TrafficSource
  let think: Distribution
  var diagnostics: DiagnosticList

  private static let executors = [
    "constant-arrival-rate", "ramping-arrival-rate", "constant-vus", "ramping-vus",
    "per-vu-iterations", "shared-iterations",
  ]

  mutating func source() -> TrafficSource? {
    guard let written = node["executor"], let executor = written.text else {
      diagnostics.error(
        .badK6Options, at: node.span, "k6 scenario \(name.quoted) has no 'executor'")
      return nil
    }
    guard Self.executors.contains(executor) else {
      diagnostics.error(
        .badK6Options, at: written.span, "executor \(executor.quoted) is not one that is read",
        help: Spelling.help(
          for: executor, among: Self.executors,
          otherwise: NameList.known(Self.executors)))
      return nil
    }
    return source(executor: executor)
  }

  mutating func source(executor: String) -> TrafficSource? {
    for key in ["exec", "env"] {
      guard let value = node[key], value.text != "default" else { continue }
      diagnostics.warning(
        .unreadK6Option, at: value.span,
        "'\(key)' of k6 scenario \(name.quoted) is not read: JavaScript is not run")
    }
    var source = base
    source.name = "\(base.name) (\(name))"
    source.start = base.start + (duration("startTime") ?? .zero)
    switch executor {
    case "constant-arrival-rate": return arrivalRate(&source, isRamping: false)
    case "ramping-arrival-rate": return arrivalRate(&source, isRamping: true)
    case "constant-vus":
      guard let length = duration("duration", isRequired: true) else { return nil }
      end(&source, length)
      return users(source, constant(source, count("vus") ?? 1), .unlimited)
    case "ramping-vus":
      guard let stages = stages(source.start, first: Double(count("startVUs", from: 0) ?? 1)) else {
        return nil
      }
      if let last = stages.last { source.end = min(base.end, last.end) }
      let users = stages.map { stage in
        // A stage that the run's end cuts off is as steep as it was meant to be.
        let end = min(stage.end, base.end)
        let whole = (stage.end - stage.start).inSeconds
        let share = whole > 0 ? max(0, (end - stage.start).inSeconds / whole) : 1
        return ClosedLoop.Stage(
          start: stage.start, end: end, startUsers: Int(stage.startRate),
          endUsers: Int(stage.startRate + (stage.endRate - stage.startRate) * share))
      }
      return self.users(source, users.filter { $0.start < $0.end }, .unlimited, "gracefulRampDown")
    default:
      end(&source, duration("maxDuration") ?? .minutes(10))
      let iterations = count("iterations") ?? 1
      return users(
        source, constant(source, count("vus") ?? 1),
        executor == "per-vu-iterations" ? .perUser(iterations) : .shared(iterations))
    }
  }

  private func constant(_ source: TrafficSource, _ users: Int) -> [ClosedLoop.Stage] {
    [ClosedLoop.Stage(start: source.start, end: source.end, startUsers: users, endUsers: users)]
  }

  private mutating func users(
    _ source: TrafficSource, _ stages: [ClosedLoop.Stage], _ iterations: ClosedLoop.Iterations,
    _ grace: String = "gracefulStop"
  ) -> TrafficSource {
    var source = source
    let stop = duration(grace) ?? duration("gracefulStop") ?? .seconds(30)
    source.pattern = .closed(
      ClosedLoop(stages: stages, thinkTime: think, iterations: iterations, gracefulStop: stop))
    return source
  }

  /// An executor that starts iterations at a rate: k6 spaces them evenly.
  private mutating func arrivalRate(
    _ source: inout TrafficSource, isRamping: Bool
  ) -> TrafficSource? {
    let unit = (duration("timeUnit") ?? .seconds(1)).inSeconds
    let curve: RateCurve
    if isRamping {
      let first = Double(count("startRate", from: 0) ?? 0)
      guard let stages = stages(source.start, first: first) else { return nil }
      if let last = stages.last { source.end = min(base.end, last.end) }
      let clipped = stages.compactMap { piece -> RateCurve.Piece? in
        guard piece.start < base.end else { return nil }
        var piece = piece
        if piece.end > base.end {
          let share = (base.end - piece.start).inSeconds / (piece.end - piece.start).inSeconds
          piece.endRate = piece.startRate + (piece.endRate - piece.startRate) * share
          piece.end = base.end
        }
        piece.startRate /= unit
        piece.endRate /= unit
        return piece
      }
      curve = RateCurve(pieces: clipped)
    } else {
      guard let length = duration("duration", isRequired: true), let rate = count("rate") else {
        if node["rate"] == nil { missing("rate") }
        return nil
      }
      end(&source, length)
      curve = RateCurve(
        constant: Double(rate) / unit, from: source.start, to: max(source.start, source.end))
    }
    let limit = count("maxVUs") ?? count("preAllocatedVUs")
    source.pattern = .open(OpenLoop(rate: curve, arrivals: .even, maxInFlight: limit))
    return source
  }

  /// The straight pieces of `stages`; a stage of no length is a jump.
  private mutating func stages(_ start: SimTime, first: Double) -> [RateCurve.Piece]? {
    guard let stages = node["stages"]?.elements, stages.count <= ReadingLimits.listLength else {
      missing("stages")
      return nil
    }
    var pieces: [RateCurve.Piece] = []
    var time = start
    var value = first
    for stage in stages {
      guard let length = duration("duration", of: stage, isRequired: true),
        let target = count("target", of: stage, from: 0)
      else { return nil }
      guard time + length <= SimTime.zero + .longestInFiles else {
        diagnostics.error(
          .badK6Options, at: stage.span,
          "the stages are longer than \(SimDuration.longestInFiles.inDays)")
        return nil
      }
      if length > .zero {
        pieces.append(
          RateCurve.Piece(
            start: time, end: time + length, startRate: value, endRate: Double(target)))
      }
      time = time + length
      value = Double(target)
    }
    return pieces
  }

  private mutating func end(_ source: inout TrafficSource, _ length: SimDuration) {
    source.end = max(source.start, min(base.end, source.start + length))
  }

  private mutating func missing(_ key: String) {
    diagnostics.error(
      .badK6Options, at: node.span, "k6 scenario \(name.quoted) has no '\(key)'")
  }

  /// A length of time: a text with units, or a number of milliseconds.
  private mutating func duration(
    _ key: String, of holder: YAMLNode? = nil, isRequired: Bool = false
  ) -> SimDuration? {
    guard let value = (holder ?? node)[key] else {
      if isRequired { missing(key) }
      return nil
    }
    let text = value.text ?? ""
    let isNumber = ExactDecimal(text[...]) != nil
    if let result = try? SimDuration.parse(isNumber ? text + "ms" : text) { return result }
    diagnostics.error(
      .badK6Options, at: value.span,
      "'\(key)' must be a length of time like 1m30s, is \(value.quoted)")
    return nil
  }

  /// A whole number.
  private mutating func count(
    _ key: String, of holder: YAMLNode? = nil, from least: Int64 = 1
  ) -> Int? {
    guard let value = (holder ?? node)[key] else { return nil }
    if let text = value.text, let number = ExactDecimal(text[...])?.times(1),
      (least...1_000_000_000).contains(number)
    {
      return Int(number)
    }
    diagnostics.error(
      .badK6Options, at: value.span,
      "'\(key)' must be a whole number of \(least)...1000000000, is \(value.quoted)")
    return nil
  }
}
