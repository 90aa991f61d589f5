import Simulation

extension EnvoyMeasurement {
  /// Where keys were sent, before and after a host was lost.
  func keyPlacement(_ name: String) -> MetricValue? {
    let phases = experiment.requestPhases.filter {
      if case .keys = experiment.client.phases[$0 - 1] { true } else { false }
    }
    guard let first = phases.first, let last = phases.last else { return nil }
    let before = placement(inPhase: first)
    let after = placement(inPhase: last)
    switch name {
    case "keys_per_host_before": return Self.tally(before)
    case "keys_per_host_after": return Self.tally(after)
    case "first_40_keys_before": return .text(before.prefix(40).joined())
    case "first_40_keys_after": return .text(after.prefix(40).joined())
    default:
      let moved = zip(before, after).filter { $0 != $1 }
      let lost = moved.count { lostHosts.contains($0.0) }
      return .number(Double(name == "moved_from_lost_host" ? lost : moved.count - lost))
    }
  }

  /// The host that answered each key, by key.
  private func placement(inPhase number: Int) -> [String] {
    record.requests.filter { phaseNumber(of: $0) == number }.sorted { $0.index < $1.index }
      .map { request in
        request.answeredBy.map { experiment.hosts[experiment.hostIndex(of: $0)].name } ?? "-"
      }
  }

  private var lostHosts: [String] {
    experiment.client.phases.compactMap { phase in
      guard case .change(let change) = phase, case .membership(false) = change.kind else {
        return nil
      }
      return change.host
    }
  }
}
