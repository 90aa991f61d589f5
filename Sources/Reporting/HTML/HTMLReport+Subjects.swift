import Results
import Scenario
import TimeAndChance

extension HTMLReport {
  /// What users see: charts and phases of every traffic source.
  func sources(_ out: inout HTMLText) {
    guard !result.sources.isEmpty else { return }
    out.raw("<section><h2>What users see</h2>")
    for (index, source) in result.sources.enumerated() {
      let name = result.run.sources[index].name
      out.raw("<div class=\"card\"><div class=\"title\">")
      out.element("h3", name)
      out.raw(" ")
      let instances = result.run.sources[index].instances
      out.element(
        "span",
        "through \(result.run.sources[index].entry)"
          + (instances > 1 ? ", \(instances) instances" : ""), attributes: "class=\"soft small\"")
      out.raw("</div>")
      charts(
        Chart.charts(of: source, isCaller: true, in: result.run.windows), of: name, &out)
      let columns = [
        "", "req/s", "errors", RejectedColumn.title, "p50", "p99", "max", "tries/req",
      ]
      var rows = [
        [
          "whole run", HumanNumber.optional(source.offeredRate, .number),
          HumanNumber.optional(source.errorRate, .share),
          HumanNumber.optional(source.rejectedRate, .share),
          HumanNumber.optional(source.quantile(0.5), .seconds),
          HumanNumber.optional(source.quantile(0.99), .seconds),
          HumanNumber.optional(source.maxLatency, .seconds),
          source.total.offered > 0
            ? HumanNumber.count(Double(source.total.attempts) / Double(source.total.offered))
            : "–",
        ]
      ]
      if result.phases.count > 1 {
        for (phase, figures) in zip(result.phases, result.sourcePhases[index]) {
          rows.append([
            " " + PhaseName.full(phase, among: result.phases),
            HumanNumber.optional(figures.rate, .number),
            HumanNumber.optional(figures.errorRate, .share),
            HumanNumber.optional(figures.rejectedRate, .share),
            HumanNumber.optional(figures.p50, .seconds),
            HumanNumber.optional(figures.p99, .seconds), "",
            HumanNumber.optional(figures.triesPerRequest, .number),
          ])
        }
      }
      figures(columns, rows, &out)
      outcomes(source, &out)
      numbers(source, server: nil, isCaller: true, &out)
      out.raw("</div>\n")
    }
    out.raw("</section>\n")
  }

  /// Every service: an overview, then the charts of each.
  func services(_ out: inout HTMLText) {
    guard !result.services.isEmpty else { return }
    out.raw("<section><h2>Services</h2><div class=\"card\">")
    let rows = result.services.indices.map { overview(of: $0) }
    figures(
      [
        "service", "state", "req/s", "errors", RejectedColumn.title, "p50", "p99", "retries",
        "busy", "ejections",
      ], rows, &out)
    out.raw("</div>\n")
    let charted = self.charted
    for index in charted { service(index, &out) }
    if charted.count < result.services.count {
      out.element(
        "p",
        "Charts of the \(charted.count) services with the worst news and the most traffic; "
          + "timeseries.csv has the others.", attributes: "class=\"soft small\"")
    }
    out.raw("</section>\n")
  }

  private func overview(of index: Int) -> [String] {
    let service = result.services[index]
    let worst = worstState(of: index)
    return [
      result.run.services[index].name, worst.rawValue,
      HumanNumber.optional(service.flow.tryRate, .number),
      HumanNumber.optional(service.flow.errorRate, .share),
      HumanNumber.optional(service.flow.rejectedRate, .share),
      HumanNumber.optional(service.flow.quantile(0.5), .seconds),
      HumanNumber.optional(service.flow.quantile(0.99), .seconds),
      HumanNumber.optional(service.flow.retriesPerRequest, .share),
      HumanNumber.optional(service.server.utilisation, .share),
      HumanNumber.optional(service.server.ejections, .number),
    ]
  }

  private func worstState(of index: Int) -> TrustLabel.State {
    let states = result.trust[index].map(\.state)
    if states.contains(.overloaded) { return .overloaded }
    if states.contains(.backlogged) { return .backlogged }
    return states.contains(.stable) ? .stable : .idle
  }

  /// The services with charts, in their order.
  private var charted: [Int] {
    let rank: [TrustLabel.State] = [.overloaded, .backlogged, .stable, .idle]
    return result.services.indices.sorted { left, right in
      let places = [left, right].map { rank.firstIndex(of: worstState(of: $0)) ?? rank.count }
      if places[0] != places[1] { return places[0] < places[1] }
      let rates = [left, right].map { result.services[$0].flow.tryRate?.mean ?? 0 }
      return rates[0] == rates[1] ? left < right : rates[0] > rates[1]
    }.prefix(Self.mostCharted).sorted()
  }

  private func service(_ index: Int, _ out: inout HTMLText) {
    let description = result.run.services[index]
    let service = result.services[index]
    let state = worstState(of: index)
    let tone =
      switch state {
      case .overloaded: "bad"
      case .backlogged: "doubt"
      case .stable: "good"
      case .idle: "soft"
      }
    out.raw("<div class=\"card\"><div class=\"title\">")
    out.element("h3", description.name)
    let isAlways = result.trust[index].allSatisfy { $0.state == state }
    let isCalm = state == .stable || state == .idle
    let label = isCalm || isAlways ? state.rawValue : "\(state.rawValue) at times"
    out.element("span", label, attributes: "class=\"chip \(tone)\"")
    out.raw(" ")
    let pods = description.workloads.reduce(0) { sum, workload in
      sum
        + (result.run.workloads.indices.contains(workload)
          ? result.run.workloads[workload].replicas : 0)
    }
    out.element(
      "span",
      HumanNumber.things(pods, "pod")
        + (description.isDescribed ? "" : " · default behaviour, nothing described"),
      attributes: "class=\"soft small\"")
    out.raw("</div>")
    for (label, text) in TrustText.cautions(of: index, in: result) {
      out.element(
        "p", "\(text.capitalisedFirst).",
        attributes: "class=\"small \(label.state == .overloaded ? "bad" : "doubt")\"")
    }
    let facts = ServiceFacts.facts(of: index, in: result)
    if !facts.isEmpty {
      out.element("p", facts.joined(separator: " · "), attributes: "class=\"soft small\"")
    }
    let charts =
      Chart.charts(of: service.flow, isCaller: false, in: result.run.windows)
      + Chart.charts(of: service.server, in: result.run.windows)
    self.charts(charts, of: description.name, &out)
    callers(of: index, &out)
    self.pods(of: index, &out)
    outcomes(service.flow, &out)
    numbers(service.flow, server: service.server, isCaller: false, &out)
    out.raw("</div>\n")
  }

  private func callers(of index: Int, _ out: inout HTMLText) {
    let edges = result.run.edges.indices.filter { result.run.edges[$0].to == index }
    guard !edges.isEmpty else { return }
    out.raw("<details><summary>Callers</summary>")
    figures(
      [
        "caller", "req/s", "errors", RejectedColumn.title, "p50", "p99", "retries",
        "retries refused",
      ],
      edges.map { edge in
        let flow = result.edges[edge]
        return [
          ServiceTable.caller(edge, result.run), HumanNumber.optional(flow.offeredRate, .number),
          HumanNumber.optional(flow.errorRate, .share),
          HumanNumber.optional(flow.rejectedRate, .share),
          HumanNumber.optional(flow.quantile(0.5), .seconds),
          HumanNumber.optional(flow.quantile(0.99), .seconds),
          HumanNumber.optional(flow.retriesPerRequest, .share),
          HumanNumber.optional(flow.retriesRefusedPerRequest, .share),
        ]
      }, &out)
    let rows = edges.flatMap { edge in
      outcomeRows(result.edges[edge]).map { [ServiceTable.caller(edge, result.run)] + $0 }
    }
    if !rows.isEmpty {
      out.table(["caller", "outcome", "requests in all replications", "share"], rows)
    }
    out.raw("</details>")
  }

  private func pods(of index: Int, _ out: inout HTMLText) {
    var rows: [[String]] = []
    for workload in result.run.services[index].workloads
    where result.workloads.indices.contains(workload) {
      for (ordinal, pod) in result.workloads[workload].pods.enumerated() {
        rows.append([
          result.run.podName(workload: workload, ordinal: ordinal),
          HumanNumber.optional(pod.attempts, .number), HumanNumber.optional(pod.errors, .number),
          HumanNumber.optional(pod.refused, .number), HumanNumber.optional(pod.meanBusy, .number),
          HumanNumber.optional(pod.meanQueue, .number),
          HumanNumber.optional(pod.ejections, .number),
        ])
      }
    }
    guard !rows.isEmpty else { return }
    out.raw("<details><summary>Pods</summary>")
    let columns = ["pod", "tries", "failed", "refused", "in service", "waiting", "ejections"]
    out.table(columns, Array(rows.prefix(Self.mostRows)))
    if rows.count > Self.mostRows {
      out.element(
        "p", "And \(rows.count - Self.mostRows) more pods in summary.json.",
        attributes: "class=\"soft small\"")
    }
    out.raw("</details>")
  }

  /// A table of figures, with the column of 429 where there are some.
  private func figures(
    _ columns: [String], _ rows: [[String]], caption: String = "", _ out: inout HTMLText
  ) {
    let kept = RejectedColumn.kept(columns, rows)
    out.table(kept.columns, kept.rows, caption: caption)
  }

  /// By status and by response flags.
  private func outcomes(_ flow: FlowSummary, _ out: inout HTMLText) {
    let rows = outcomeRows(flow)
    guard !rows.isEmpty else { return }
    out.raw("<details><summary>Outcomes by status and response flag</summary>")
    out.table(["outcome", "requests in all replications", "share"], rows)
    out.raw("</details>")
  }

  private func outcomeRows(_ flow: FlowSummary) -> [[String]] {
    let all = flow.total.completed
    func share(_ count: UInt64) -> String { HumanNumber.share(Double(count) / Double(all)) }
    let statuses = flow.total.statuses.map { entry in
      [entry.status == 0 ? "no answer" : "\(entry.status)", "\(entry.count)", share(entry.count)]
    }
    return statuses
      + flow.total.flags.filter { $0.flags != "-" }.map { entry in
        [entry.flags, "\(entry.count)", share(entry.count)]
      }
  }

  private func charts(_ charts: [Chart], of name: String, _ out: inout HTMLText) {
    let points = result.services.count > 20 ? 240 : 480
    out.raw("<div class=\"charts\">")
    for chart in charts where !chart.isEmpty {
      out.raw("<figure class=\"chart\"><figcaption>")
      out.element("span", chart.title)
      if chart.series.count > 1 || chart.series[0].name != chart.title.lowercased() {
        for series in chart.series {
          let dash = series.dash.isEmpty ? "" : " stroke-dasharray=\"\(series.dash)\""
          out.raw(
            " <span class=\"key\"><svg xmlns=\"http://www.w3.org/2000/svg\" width=\"22\" height=\"8\" "
              + "viewBox=\"0 0 22 8\" aria-hidden=\"true\"><line x1=\"0\" x2=\"22\" y1=\"4\" "
              + "y2=\"4\" \(series.ink.stroke) stroke-width=\"2\"\(dash)/></svg> ")
          out.text(series.name)
          out.raw("</span>")
        }
      }
      out.raw("</figcaption>")
      out.raw(
        ChartDrawing(
          chart, of: name, in: result.run, mostPoints: points, background: background
        ).svg)
      out.raw("</figure>\n")
    }
    out.raw("</div>")
    let flat = charts.filter(\.isEmpty).map { $0.title.lowercased() }
    if !flat.isEmpty {
      out.element(
        "p", "Always zero: \(flat.joined(separator: ", ")).", attributes: "class=\"soft small\"")
    }
  }

  /// The numbers behind the charts, in so many rows as one can read.
  private func numbers(
    _ flow: FlowSummary, server: ServerSummary?, isCaller: Bool, _ out: inout HTMLText
  ) {
    let series = flow.series.joined(by: result.run.windows)
    let count = series.offered.points.count
    guard count > 0 else { return }
    let step = (count + Self.mostRows - 1) / Self.mostRows
    var columns = ["from", "req/s", "errors", RejectedColumn.title, "p50", "p99", "retries"]
    if server != nil { columns += ["queue", "in service", "connections", "ejected"] }
    let rows = stride(from: 0, to: count, by: step).map { start -> [String] in
      func values(_ band: SeriesBand) -> [Double] {
        (start..<max(start, min(start + step, band.points.count))).compactMap {
          band.points[$0]?.mean
        }
      }
      func mean(_ band: SeriesBand, _ unit: Metric.Unit) -> String {
        let values = values(band)
        guard !values.isEmpty else { return "–" }
        return HumanNumber.text(values.reduce(0, +) / Double(values.count), unit)
      }
      func sum(_ band: SeriesBand) -> Double { values(band).reduce(0, +) }
      let ended = sum(series.good) + sum(series.errors) + sum(series.rejected)
      let at = SimTime(nanoseconds: Int64(start) * result.run.window.nanoseconds)
      var row = [
        HumanNumber.clock(at), mean(isCaller ? series.offered : series.tries, .number),
        mean(series.errorRate, .share),
        ended > 0 ? HumanNumber.share(sum(series.rejected) / ended) : "–",
        mean(series.p50, .seconds), mean(series.p99, .seconds),
        mean(series.retriesPerRequest, .share),
      ]
      if let server = server?.series.joined(by: result.run.windows) {
        row += [
          mean(server.queue, .number), mean(server.busy, .number),
          mean(server.connections, .number), mean(server.ejected, .number),
        ]
      }
      return row
    }
    out.raw("<details><summary>The numbers over time</summary>")
    figures(columns, rows, caption: "Means of \(result.run.window * Int64(step)) each.", &out)
    out.raw("</details>")
  }
}
