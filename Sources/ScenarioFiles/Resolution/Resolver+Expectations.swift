import Scenario
import TimeAndChance

extension ScenarioResolver {
  /// The expectations, with their subjects and windows.
  mutating func resolveExpectations() {
    // A fault at an impossible time, or a broken 'for', has its own diagnostic.
    let isBroken = ["at", "for"].map { key in
      diagnostics.hasErrors
        && draft.faults.contains { diagnostics.hasError(at: $0.path.key(key)) }
    }
    let broken = BrokenFaults(time: isBroken[0], length: isBroken[1])
    let allSources = Array(scenario.traffic.indices)
    for located in draft.expectations {
      switch located.value {
      case .bounds(let subject, let bounds):
        guard let resolved = self.subject(subject) else { continue }
        for bound in bounds { add(bound, of: resolved, subject) }
      case .recovered(let recovery): add(recovery, broken, allSources)
      }
    }
  }

  private mutating func add(
    _ bound: BoundDraft, of subject: Subject, _ written: Located<String>
  ) {
    guard fits(bound, subject), let window = window(of: bound) else { return }
    scenario.expectations.append(
      Expectation(
        statement: .bound(
          MetricBound(
            subject: subject, metric: bound.metric, comparison: bound.comparison, window: window,
            runs: bound.runs)),
        text: "\(written.value): \(bound.metricName) \(bound.text)\(Self.windowText(bound))",
        location: Self.location(bound.location.span)))
  }

  private static func windowText(_ bound: BoundDraft) -> String {
    var text = ""
    if let by = bound.by { text += " by \(by.value.written)" }
    if let from = bound.from { text += " from \(from.value.written)" }
    if let to = bound.to { text += " to \(to.value.written)" }
    if let during = bound.during { text += " during \(during.value)" }
    if let runs = bound.runs {
      // Shares are read from percent; what binary fractions add to them is rounded off.
      let least = (runs.atLeast * 1e6).rounded() / 1e4
      let most = (runs.atMost * 1e6).rounded() / 1e4
      switch (least, most) {
      case (100, _): text += " in every run"
      case (_, 100): text += " in at least \(least.short)% of runs"
      case (0, 0): text += " in no run"
      case (0, _): text += " in at most \(most.short)% of runs"
      default: text += " in \(least.short)% to \(most.short)% of runs"
      }
    }
    return text
  }

  private static func location(_ span: SourceSpan) -> SourceLocation {
    SourceLocation(file: span.file, line: span.line, column: span.column)
  }

  /// Whether a metric has a meaning for a subject.
  private mutating func fits(_ bound: BoundDraft, _ subject: Subject) -> Bool {
    let isPods: Bool =
      switch subject {
      case .service, .workload: true
      case .source, .operation, .edge: false
      }
    let needsPods: Bool =
      switch bound.metric {
      case .meanQueue, .maxQueue, .utilisation, .ejections: true
      default: false
      }
    var problem: String?
    var help: String?
    if needsPods, !isPods {
      problem = "is measured of a service or workload"
      if case .operation(let service, _) = subject {
        help = "write \(subjectName(service: service).quoted)"
      }
    }
    if case .trafficShare = bound.metric {
      if case .workload = subject {
      } else {
        problem = "is measured of a workload"
        help = helpForShare(of: subject)
      }
    }
    guard let problem else { return true }
    diagnostics.error(
      .metricDoesNotFit, at: bound.location.span, path: bound.location.path,
      "'\(bound.metricName)' \(problem)", help: help)
    return false
  }

  /// How an expectation names a service of whose operation, or traffic, there is another subject.
  private func subjectName(service: Int) -> String {
    let name = scenario.services[service].name
    return index.traffic[name] == nil ? name : "service \(name)"
  }

  /// The workloads whose share may be meant: those of the subject's service.
  private func helpForShare(of subject: Subject) -> String? {
    let meant: [Int]
    switch subject {
    case .service(let service), .operation(let service, _), .edge(_, let service):
      meant = scenario.services[service].workloads
    case .source, .workload: meant = Array(scenario.workloads.indices)
    }
    let names = meant.map { workload in
      let name = scenario.workloads[workload].name
      let isTaken = serviceIndex(named: name) != nil || index.traffic[name] != nil
      return isTaken ? "workload \(name)" : name
    }
    return names.isEmpty ? nil : "write \(NameList.choice(names))"
  }

  private mutating func window(of bound: BoundDraft) -> TimeWindow? {
    if let during = bound.during {
      return fault(during).map { .during(fault: $0) }
    }
    guard let from = bound.from ?? bound.by, draft.duration != nil else { return .counted }
    let end = bound.to?.value ?? scenario.duration
    if from.value >= scenario.duration || end > scenario.duration || from.value >= end {
      diagnostics.error(
        .outsideRun, at: from.span, path: from.path,
        "the window \(from.value.written) to \(end.written) does not lie in the run of "
          + scenario.duration.written)
      return nil
    }
    return .between(SimTime.zero + from.value, SimTime.zero + end)
  }

  private mutating func fault(_ name: Located<String>) -> Int? {
    if name.value == "fault" {
      if scenario.faults.count == 1 { return 0 }
      if draft.faults.count == 1 { return nil }
      diagnostics.error(
        .unknownFault, at: name.span, path: name.path,
        scenario.faults.isEmpty
          ? "'fault' stands for the only fault, and there is none"
          : "'fault' stands for the only fault, and there are \(scenario.faults.count)",
        help: scenario.faults.isEmpty
          ? nil : "name one of them: \(NameList.choice(scenario.faults.map(\.name)))")
      return nil
    }
    if let index = index.faults[name.value] { return index }
    // A fault that is written and broken has its own diagnostic.
    let written =
      writtenFaults
      ?? Set(
        draft.faults.compactMap { $0.value.name?.value ?? $0.value.effect.map(Self.name(of:)) })
    writtenFaults = written
    if written.contains(name.value) { return nil }
    diagnostics.error(
      .unknownFault, at: name.span, path: name.path, "there is no fault \(name.value.quoted)",
      help: suggestion(for: name.value, among: scenario.faults.map(\.name)))
    return nil
  }

  /// What is wrong with any fault.
  private struct BrokenFaults {
    var time: Bool
    var length: Bool
  }

  private mutating func add(
    _ recovery: RecoveryDraft, _ broken: BrokenFaults, _ allSources: [Int]
  ) {
    guard let after = recovery.after, let fault = fault(after), let place = recovery.location else {
      return
    }
    let known = scenario.faults[fault]
    if broken.time { return }
    let isKill = if case .kill = known.effect { true } else { false }
    let end = lastEnd(of: known)
    if let end, end >= SimTime.zero + scenario.duration, draft.duration != nil {
      diagnostics.error(
        .outsideRun, at: after.span, path: after.path,
        "fault \(known.name.quoted) ends at \((end - .zero).written), "
          + "the run at \(scenario.duration.written)")
      return
    }
    if let end, SimTime.zero + scenario.duration - end < Recovery.stretch, draft.duration != nil {
      diagnostics.error(
        .endsTooSoon, at: after.span, path: after.path,
        "the run ends \((SimTime.zero + scenario.duration - end).written) after fault "
          + "\(known.name.quoted), and a recovery is seen after \(Recovery.stretch.written)",
        help: known.repetition != nil && known.repetition?.times == nil
          ? "say how many 'times' it repeats"
          : "let the run last until "
            + (end - .zero + recovery.within + Recovery.stretch).written)
      return
    }
    if end == nil, !isKill {
      if broken.length { return }
      diagnostics.error(
        .outsideRun, at: after.span, path: after.path,
        "fault \(known.name.quoted) never ends", help: "give it a 'for'")
      return
    }
    var sources: [Int] = []
    for name in recovery.of {
      guard let index = index.traffic[name.value] else {
        unknownSubject(name, amongTrafficAlone: true)
        continue
      }
      sources.append(index)
    }
    if recovery.of.isEmpty { sources = allSources }
    let whose =
      recovery.of.isEmpty ? "" : recovery.of.map(\.value).joined(separator: ", ") + ": "
    scenario.expectations.append(
      Expectation(
        statement: .recovered(
          Recovery(sources: sources, fault: fault, within: recovery.within)),
        text: whose + "recovered within \(recovery.within.written) after \(known.name)",
        location: Self.location(place.span)))
  }

  /// The end of a fault's last repetition within the run; nil when nothing ends it.
  ///
  /// A kill without an end is over at once: what it killed comes back by itself or never.
  private func lastEnd(of fault: Fault) -> SimTime? {
    let isKill = if case .kill = fault.effect { true } else { false }
    guard let length = fault.duration ?? (isKill ? .zero : nil) else { return nil }
    let left = scenario.duration - (fault.at - .zero)
    guard let repetition = fault.repetition, left > .zero else { return fault.at + length }
    let most = (left.nanoseconds - 1) / repetition.every.nanoseconds
    let further = min(most, Int64(clamping: (repetition.times ?? .max) - 1))
    return fault.at + repetition.every * further + length
  }

  // MARK: Subjects

  /// Whose figures a name speaks of: traffic before services before workloads; `a -> b` are calls.
  private mutating func subject(_ name: Located<String>) -> Subject? {
    if let index = index.traffic[name.value] {
      return .source(index)
    }
    if let edge = edge(name) {
      return hasCalls(along: edge, name) ? .edge(from: edge.from, to: edge.to) : nil
    }
    if let stranger = Self.ends(of: name.value).first(where: { serviceIndex(named: $0) == nil }) {
      _ = service(named: Located(value: stranger, span: name.span, path: name.path))
      return nil
    }
    let text = name.value.hasPrefix("service ") ? name.value.dropFirst(8) : name.value[...]
    let parts = text.split(separator: " ", maxSplits: 1).map(String.init)
    guard let first = parts.first else { return nil }
    if parts.count == 2, let service = serviceIndex(named: first) {
      if let operation = index.operation(parts[1], of: service) {
        return .operation(service: service, operation: operation)
      }
      diagnostics.error(
        .unknownOperation, at: name.span, path: name.path,
        "service \(first.quoted) has no operation \(parts[1].quoted)",
        help: suggestion(for: parts[1], among: scenario.services[service].operations.map(\.name)) {
          NameList.possession("operation", $0, isQuoted: true)
        })
      return nil
    }
    let last = parts.count == 2 && parts[0] == "workload" ? parts[1] : String(text)
    if parts.count == 1, let service = serviceIndex(named: first) { return .service(service) }
    if let workload = index.workloads[last] {
      return .workload(workload)
    }
    unknownSubject(name)
    return nil
  }

  private func edge(_ name: Located<String>) -> ServicePair? {
    let ends = Self.ends(of: name.value)
    guard ends.count == 2, let from = serviceIndex(named: ends[0]),
      let to = serviceIndex(named: ends[1])
    else { return nil }
    return ServicePair(from: from, to: to)
  }

  /// The two sides of an arrow; none without an arrow.
  private static func ends(of name: String) -> [String] {
    for arrow in [" -> ", " → "] {
      let parts = name.split(separator: arrow, maxSplits: 1).map(String.init)
      if parts.count == 2 { return parts }
    }
    return []
  }

  /// Whether a service calls another; else there would be no figure of it, and a certain ✗.
  private mutating func hasCalls(along edge: ServicePair, _ name: Located<String>) -> Bool {
    let known = calledServices ?? scenario.calledServices
    calledServices = known
    if known[edge.from].contains(edge.to) { return true }
    let services = scenario.services
    diagnostics.error(
      .unknownEdge, at: name.span, path: name.path,
      "\(services[edge.from].name.quoted) never calls \(services[edge.to].name.quoted)",
      help: suggestion(
        for: name.value,
        among: known.enumerated().flatMap { from, called in
          called.map { "\(services[from].name) -> \(services[$0].name)" }
        }
      ) { NameList.known($0) ?? "no service calls another" })
    return false
  }

  private mutating func unknownSubject(
    _ name: Located<String>, amongTrafficAlone: Bool = false
  ) {
    var seen: Set<String> = []
    diagnostics.error(
      .unknownSubject, at: name.span, path: name.path,
      "\(name.value.quoted) is no traffic" + (amongTrafficAlone ? "" : ", service or workload"),
      help: helpForJoined(name.value)
        ?? suggestion(
          for: name.value,
          among: (scenario.traffic.map(\.name)
            + (amongTrafficAlone
              ? [] : scenario.services.map(\.name) + scenario.workloads.map(\.name)))
            .filter { seen.insert($0).inserted }))
  }
}

/// Who calls, and who is called.
private struct ServicePair {
  var from: Int
  var to: Int
}
