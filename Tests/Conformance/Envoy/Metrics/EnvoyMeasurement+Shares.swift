import Simulation
import TimeAndChance
import TrafficPolicy

extension EnvoyMeasurement {
  /// A metric in percent of requests or attempts.
  func share(_ name: String) -> MetricValue? {
    switch name {
    case "share_percent": sharePercent
    case "new_host_share_percent": newHostShare(name)
    case "rejected_percent_by_time": buckets(name, width: 2, rejections)
    default: steadyRejected
    }
  }

  /// The share of events that count, in percent, per bucket of `width` seconds.
  ///
  /// Recordings stop at some bucket; only the buckets that they have are measured.
  func buckets(
    _ name: String, width: Double, _ events: [(at: Double, counts: Bool)]
  ) -> MetricValue {
    let entries = (recorded[name]?.children ?? []).map(\.key).map { key in
      let from = Double(key.dropLast()) ?? 0
      let inside = events.filter { $0.at >= from && $0.at < from + width }
      let counted = inside.count { $0.counts }
      return MetricEntry(key: key, value: .number(Self.percent(counted, of: inside.count)))
    }
    return .mapping(entries)
  }

  private static func percent(_ part: Int, of whole: Int) -> Double {
    whole == 0 ? 0 : 100 * Double(part) / Double(whole)
  }

  // MARK: - Hosts and groups

  /// The share of each host, zone, cluster or priority, whichever the recording names.
  private var sharePercent: MetricValue {
    let recordedKeys = (recorded["share_percent"]?.children ?? []).map(\.key)
    let groups = grouping(recordedKeys)
    var counts: [Int] = Array(repeating: 0, count: experiment.hosts.count)
    let whole: Int
    if shareOf["share_percent"] == "attempts" {
      for attempt in hostArrivals { counts[attempt.pod.pod] += 1 }
      whole = hostArrivals.count
    } else {
      for request in record.requests {
        if let pod = request.answeredBy { counts[experiment.hostIndex(of: pod)] += 1 }
      }
      whole = record.requests.count
    }
    var names: [String] = []
    for group in groups where !names.contains(group) { names.append(group) }
    return .mapping(
      names.map { name in
        let sum = zip(groups, counts).filter { $0.0 == name }.reduce(0) { $0 + $1.1 }
        return MetricEntry(key: name, value: .number(Self.percent(sum, of: whole)))
      })
  }

  /// The group of each host, in the terms of the recorded keys.
  private func grouping(_ keys: [String]) -> [String] {
    let hosts = experiment.hosts
    let names = hosts.map(\.name)
    let priorities = hosts.map { "priority_\($0.priority)" }
    let zones = hosts.map(\.zone)
    let clusters = hosts.map { host in
      keys.first { $0.lowercased() == host.cluster.lowercased() } ?? host.cluster
    }
    let candidates = [names, priorities, zones, clusters]
    return candidates.first { groups in keys.contains { groups.contains($0) } } ?? names
  }

  /// The share of the host that joined, per second since the next phase of requests began.
  private func newHostShare(_ name: String) -> MetricValue? {
    guard let host = experiment.client.newHost else { return nil }
    let joins = experiment.client.phases.firstIndex { phase in
      if case .change(let change) = phase, change.host == host, case .membership(true) = change.kind
      {
        true
      } else {
        false
      }
    }
    let next = experiment.requestPhases.first { $0 > (joins ?? 0) + 1 }
    guard let next, let began = start(ofPhase: next) else { return nil }
    let events: [(at: Double, counts: Bool)]
    if shareOf[name] == "attempts" {
      events = hostArrivals.map {
        (($0.arrived - began).inSeconds, experiment.hosts[$0.pod.pod].name == host)
      }
    } else {
      events = record.requests.map { request in
        let answered = request.answeredBy.map {
          experiment.hosts[experiment.hostIndex(of: $0)].name
        }
        return ((request.started - began).inSeconds, answered == host)
      }
    }
    return buckets(name, width: 1, events)
  }

  // MARK: - Admission control

  private var rejections: [(at: Double, counts: Bool)] {
    record.requests.map { (seconds($0.started), $0.details == .deniedByAdmissionControl) }
  }

  private var steadyRejected: MetricValue {
    let after = experiment.client.steadyAfterSeconds ?? 0
    let steady = rejections.filter { $0.at >= after }
    return .number(Self.percent(steady.count { $0.counts }, of: steady.count))
  }
}
