import Results

/// What became of a service's pods and of what was sent to them, a few words each.
enum ServiceFacts {
  static func facts(of service: Int, in result: RunResult) -> [String] {
    let server = result.services[service].server
    var facts: [String] = []
    func add(_ estimate: Estimate?, _ words: String) {
      if let count = estimate?.mean, count > 0 { facts.append(HumanNumber.count(count) + words) }
    }
    add(server.ejections, " ejections")
    add(server.refused, " refused by full queues")
    add(server.unheard, " requests whose callers had gone")
    facts += retriesRefused(of: service, in: result)
    if let peak = server.peakQueue, peak.mean > 0 {
      facts.append("queue up to \(HumanNumber.count(peak.mean))")
    }
    add(server.restarts, " restarts")
    if let throttled = server.throttled, throttled.mean > 0 {
      facts.append("throttled for \(HumanNumber.duration(throttled.mean))")
    }
    return facts
  }

  /// How many retries of all callers were wanted and not sent, a fact for each thing that refused
  /// them.
  private static func retriesRefused(of service: Int, in result: RunResult) -> [String] {
    var all = FlowFigures.RefusedRetries()
    for (edge, flow) in zip(result.run.edges, result.edges) where edge.to == service {
      all.add(flow.total.retriesRefused)
    }
    return RefusedRetriesText.causes(all).map { cause in
      let mean = Double(cause.count) / Double(result.replications)
      return "\(HumanNumber.count(mean)) retries refused by \(cause.name)"
    }
  }
}
