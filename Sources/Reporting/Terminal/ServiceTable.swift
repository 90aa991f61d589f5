import Results
import Scenario
import TimeAndChance

/// The table of one service: the whole run, its phases, its operations, and who calls it.
struct ServiceTable {
  private let result: RunResult
  private let index: Int
  private let style: TerminalStyle

  init(_ result: RunResult, _ index: Int, _ style: TerminalStyle) {
    self.result = result
    self.index = index
    self.style = style
  }

  /// The most rows of operations and of callers.
  private static let mostRows = 12

  var lines: [String] {
    let service = result.services[index]
    let name = DisplayText.cut(
      style.plain(result.run.services[index].name), to: style.columns / 2,
      ellipsis: style.usesUnicode ? "…" : "...")
    var lines = ["", style.tinted(name, .heading) + subtitle(after: name)]
    var table = TerminalTable(
      columns: [
        "", "req/s", "errors", RejectedColumn.title, "p50", "p99", "retries", "queue", "busy",
      ], style: style)
    table.add(row("all", service.flow, server: service.server))
    if result.phases.count > 1 {
      for (place, phase) in result.phases.enumerated() {
        table.add(row("  \(PhaseName.short(phase, result))", place))
      }
    }
    let operations = result.run.services[index].operations
    if operations.count > 1 {
      for (operation, flow) in zip(operations, service.operations).prefix(Self.mostRows) {
        table.add(row(operation, flow, server: nil))
      }
    }
    let callers = result.run.edges.indices.filter { result.run.edges[$0].to == index }
    for edge in callers.prefix(Self.mostRows) {
      table.add(row("← \(Self.caller(edge, result.run))", result.edges[edge], server: nil))
    }
    lines += table.lines
    lines += note
    return lines
  }

  /// The name of who calls along an edge.
  static func caller(_ edge: Int, _ run: RunDescription) -> String {
    switch run.edges[edge].from {
    case .source(let source): run.sources[source].name
    case .service(let service): run.services[service].name
    }
  }

  /// How many pods, and how far to trust the figures.
  private func subtitle(after name: String) -> String {
    let pods = result.run.services[index].workloads.reduce(0) { sum, workload in
      sum
        + (result.run.workloads.indices.contains(workload)
          ? result.run.workloads[workload].replicas : 0)
    }
    var text = " · \(HumanNumber.things(pods, "pod"))"
    if !result.run.services[index].isDescribed { text += " · default behaviour" }
    let states = result.trust[index]
    if let first = states.first, states.allSatisfy({ $0.state == first.state }) {
      text += " · \(first.state.rawValue)"
    } else if let worst = states.first(where: { $0.state == .overloaded })
      ?? states.first(where: { $0.state == .backlogged })
    {
      text += " · at times \(worst.state.rawValue)"
    }
    let room = style.columns - DisplayText.width(name)
    return DisplayText.cut(
      " " + style.plain(text), to: room, ellipsis: style.usesUnicode ? "…" : "...")
  }

  /// What the figures are worth where they are not all sound, and what became of the pods.
  private var note: [String] {
    var notes = TrustText.cautions(of: index, in: result).map(\.text)
    let facts = ServiceFacts.facts(of: index, in: result)
    if !facts.isEmpty { notes.append(facts.joined(separator: " · ")) }
    return notes.flatMap { note in
      DisplayText.wrapped(style.plain(note), to: style.columns - 2).map { "  " + $0 }
    }
  }

  private func row(_ name: String, _ flow: FlowSummary, server: ServerSummary?) -> [String] {
    [
      name, HumanNumber.optional(server == nil ? flow.offeredRate : flow.tryRate, .number),
      HumanNumber.optional(flow.errorRate, .share),
      HumanNumber.optional(flow.rejectedRate, .share),
      HumanNumber.optional(flow.quantile(0.5), .seconds),
      HumanNumber.optional(flow.quantile(0.99), .seconds),
      HumanNumber.optional(flow.retriesPerRequest, .share),
      server.map { HumanNumber.optional($0.meanQueue, .number) } ?? "",
      server.map { HumanNumber.optional($0.utilisation, .share) } ?? "",
    ]
  }

  private func row(_ name: String, _ phase: Int) -> [String] {
    let figures = result.servicePhases[index][phase]
    let series = result.services[index].flow.series
    return [
      name, HumanNumber.optional(figures.rate, .number),
      HumanNumber.optional(figures.errorRate, .share),
      HumanNumber.optional(figures.rejectedRate, .share),
      figures.p50.map { HumanNumber.duration($0.mean) } ?? typical(series.p50, phase),
      figures.p99.map { HumanNumber.duration($0.mean) } ?? typical(series.p99, phase),
      PhaseMedian.of(series.retriesPerRequest, in: result.phases[phase], result.run)
        .map(HumanNumber.share) ?? "–",
      HumanNumber.optional(figures.meanQueue, .number),
      HumanNumber.optional(figures.utilisation, .share),
    ]
  }

  /// The median over a phase's windows, marked as such.
  private func typical(_ band: SeriesBand, _ phase: Int) -> String {
    PhaseMedian.of(band, in: result.phases[phase], result.run)
      .map { "~" + HumanNumber.duration($0) } ?? "–"
  }
}

/// A phase's name where there is little room.
enum PhaseName {
  /// `during fault` for the only fault of a run, whose name stands in the timeline; of several
  /// faults each keeps its name.
  static func short(_ phase: Phase, _ result: RunResult) -> String {
    var name = phase.name
    if result.run.faults.count == 1, let fault = result.run.faults.first?.name {
      for word in ["during ", "after "] where name == word + fault { name = word + "fault" }
    }
    return name + start(of: phase, among: result.phases)
  }

  /// The phase's name, which no other has.
  static func full(_ phase: Phase, among phases: [Phase]) -> String {
    phase.name + start(of: phase, among: phases)
  }

  /// When a phase begins whose name others have as well: a fault came again, or one within another.
  private static func start(of phase: Phase, among phases: [Phase]) -> String {
    phases.count { $0.name == phase.name } > 1 ? " from \(HumanNumber.clock(phase.start))" : ""
  }
}

/// What is typical of a figure in a phase where only its windows are known.
enum PhaseMedian {
  /// The median over the windows of a phase; nil when there are none.
  static func of(_ band: SeriesBand, in phase: Phase, _ run: RunDescription) -> Double? {
    let values = run.windows.windows(from: phase.start, to: phase.end, upTo: band.points.count)
      .compactMap { band.points[$0]?.mean }.sorted()
    return values.isEmpty ? nil : values[values.count / 2]
  }
}
