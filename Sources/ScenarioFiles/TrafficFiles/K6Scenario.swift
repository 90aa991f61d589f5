import Scenario
import TimeAndChance

/// One scenario of k6.
///
/// - Source: k6 `lib/executor`: each executor's defaults, and what its `Validate` refuses.
struct K6Scenario {
  let node: YAMLNode
  let name: String
  let base: TrafficSource
  let think: Distribution
  /// Whether the end of `base` is one that somebody stated.
  let knowsEnd: Bool
  /// Whether these are a test's own options, of which some have other names there.
  let isShorthand: Bool
  /// The test's `minIterationDuration`.
  let minIterationDuration: SimDuration
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
    checkKeys(executor)
    return source(executor: executor)
  }

  /// Finds options that the executor does not have, which k6 refuses.
  ///
  /// - Source: k6 `lib/executors.go` (`GetParsedExecutorConfig`), which reads strictly.
  private mutating func checkKeys(_ executor: String) {
    let common = ["executor", "startTime", "gracefulStop", "exec", "env", "tags", "options"]
    let own =
      switch executor {
      case "constant-arrival-rate": ["rate", "duration", "timeUnit", "preAllocatedVUs", "maxVUs"]
      case "ramping-arrival-rate":
        ["startRate", "stages", "timeUnit", "preAllocatedVUs", "maxVUs"]
      case "constant-vus": ["vus", "duration"]
      case "ramping-vus": ["startVUs", "stages", "gracefulRampDown"]
      default: ["vus", "iterations", "maxDuration"]
      }
    for entry in node.entries ?? [] where !(common + own).contains(entry.key) {
      diagnostics.error(
        .badK6Options, at: entry.keySpan, "executor \(executor) has no option \(entry.key.quoted)",
        help: Spelling.help(for: entry.key, among: common + own))
    }
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
    checkStart(of: source)
    switch executor {
    case "constant-arrival-rate": return arrivalRate(&source, isRamping: false)
    case "ramping-arrival-rate": return arrivalRate(&source, isRamping: true)
    case "constant-vus":
      let most = count("vus") ?? 1
      guard let length = duration("duration", isRequired: true) else { return nil }
      end(&source, length)
      return users(source, constant(source, most), .unlimited)
    case "ramping-vus":
      let first = count(isShorthand ? "vus" : "startVUs", from: 0) ?? 1
      guard let stages = stages(source.start, first: Double(first)) else { return nil }
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
      let longest = duration(isShorthand ? "duration" : "maxDuration")
      end(&source, longest ?? .minutes(10))
      let users = count("vus") ?? 1
      let iterations = count("iterations") ?? (isShorthand ? users : 1)
      let isShared = executor == "shared-iterations"
      if isShared { checkIterations(iterations, users) }
      return self.users(
        source, constant(source, users), isShared ? .shared(iterations) : .perUser(iterations))
    }
  }

  /// A start behind the end would send nothing without a word.
  private mutating func checkStart(of source: TrafficSource) {
    guard knowsEnd, base.start < base.end, source.start >= base.end, let start = node["startTime"]
    else { return }
    diagnostics.error(
      .outsideRun, at: start.span,
      "k6 scenario \(name.quoted) begins at \((source.start - .zero).written), "
        + "its traffic ends at \((base.end - .zero).written)")
  }

  private mutating func checkIterations(_ iterations: Int, _ users: Int) {
    guard iterations < users, let place = node["iterations"] ?? node["vus"] else { return }
    diagnostics.error(
      .badK6Options, at: place.span,
      "'iterations' must be at least 'vus' (\(users)), is \(iterations)")
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
      ClosedLoop(
        stages: stages, thinkTime: think, iterations: iterations,
        minIterationDuration: minIterationDuration, gracefulStop: stop))
    return source
  }

  /// An executor that starts iterations at a rate: k6 spaces them evenly.
  ///
  /// A constant rate begins with an iteration, a ramp waits for its first.
  ///
  /// - Source: k6 `constant_arrival_rate.go`, `ramping_arrival_rate.go`.
  private mutating func arrivalRate(
    _ source: inout TrafficSource, isRamping: Bool
  ) -> TrafficSource? {
    if minIterationDuration > .zero {
      diagnostics.warning(
        .unreadK6Option, at: node.span,
        "'minIterationDuration' is not read for arrival rates: it would only keep users busy",
        help: "fewer iterations are dropped here than k6 would, if users run short")
    }
    // All that is wrong is told, not the first alone.
    let timeUnit = duration("timeUnit") ?? .seconds(1)
    if timeUnit <= .zero {
      diagnostics.error(
        .badK6Options, at: node["timeUnit"]?.span ?? node.span, "'timeUnit' must be more than 0")
    }
    let most = mostUsers()
    let unit = timeUnit.inSeconds
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
      let length = duration("duration", isRequired: true)
      let rate = count("rate")
      if node["rate"] == nil { missing("rate") }
      guard let length, let rate else { return nil }
      end(&source, length)
      curve = RateCurve(
        constant: Double(rate) / unit, from: source.start, to: max(source.start, source.end))
    }
    guard timeUnit > .zero else { return nil }
    guard curve.pieces.allSatisfy({ max($0.startRate, $0.endRate) <= 1e9 }) else {
      diagnostics.error(
        .badK6Options, at: node["timeUnit"]?.span ?? node.span,
        "the rate of k6 scenario \(name.quoted) must be at most 1000000000/s")
      return nil
    }
    source.pattern = .open(
      OpenLoop(
        rate: curve, arrivals: .evenly(first: isRamping ? 1 : 0), maxInFlight: most))
    return source
  }

  /// The iterations of a rate that can be open at once: one for each user.
  private mutating func mostUsers() -> Int? {
    guard node["preAllocatedVUs"] != nil else {
      missing("preAllocatedVUs")
      return nil
    }
    guard let reserved = count("preAllocatedVUs", from: 0) else { return nil }
    let most = count("maxVUs") ?? reserved
    if most < max(1, reserved), let place = node["maxVUs"] ?? node["preAllocatedVUs"] {
      diagnostics.error(
        .badK6Options, at: place.span,
        "'maxVUs' must be at least 'preAllocatedVUs' and 1, is \(most)")
    }
    return most
  }

  /// The straight pieces of `stages`; a stage of no length is a jump.
  private mutating func stages(_ start: SimTime, first: Double) -> [RateCurve.Piece]? {
    guard let stages = node["stages"]?.elements, !stages.isEmpty,
      stages.count <= ReadingLimits.listLength
    else {
      missing("stages")
      return nil
    }
    var pieces: [RateCurve.Piece] = []
    var time = start
    var value = first
    var isSound = true
    for stage in stages {
      let length = duration("duration", of: stage, isRequired: true)
      let target = count("target", of: stage, from: 0)
      if stage["target"] == nil { missing("target", of: stage) }
      guard let length, let target else {
        isSound = false
        continue
      }
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
    return isSound ? pieces : nil
  }

  private mutating func end(_ source: inout TrafficSource, _ length: SimDuration) {
    source.end = max(source.start, min(base.end, source.start + length))
  }

  private mutating func missing(_ key: String, of stage: YAMLNode? = nil) {
    diagnostics.error(
      .badK6Options, at: (stage ?? node).span,
      "\(stage == nil ? "" : "a stage of ")k6 scenario \(name.quoted) has no '\(key)'")
  }

  /// A length of time: a text with units, or a number of milliseconds.
  private mutating func duration(
    _ key: String, of holder: YAMLNode? = nil, isRequired: Bool = false
  ) -> SimDuration? {
    guard let value = (holder ?? node)[key] else {
      if isRequired { missing(key, of: holder) }
      return nil
    }
    return Self.duration(value, key, &diagnostics)
  }

  /// The length of time that is an option's value.
  static func duration(
    _ value: YAMLNode, _ key: String, _ diagnostics: inout DiagnosticList
  ) -> SimDuration? {
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
