import Simulation
import TimeAndChance
import TrafficPolicy

extension EnvoyMeasurement {
  /// The tries that arrived at the recorded hosts, mirrored copies included.
  var hostArrivals: [AttemptRecord] {
    record.attempts.filter { $0.pod.service == EnvoyExperiment.hostService }
  }

  /// A number of each host, under its name.
  func perHost(_ number: (PodRecord) -> Double) -> MetricValue {
    let pods = record.services.first?.pods ?? []
    return .mapping(
      zip(experiment.hosts, pods).map {
        MetricEntry(key: $0.name, value: .number(number($1)))
      })
  }

  /// Arrivals at each host, of the whole run or of each phase of requests.
  func hostAttempts(isSplit: Bool) -> MetricValue {
    let numbers = experiment.requestPhases
    var counts = Array(
      repeating: Array(repeating: 0, count: experiment.hosts.count),
      count: isSplit ? numbers.count : 1)
    for attempt in hostArrivals {
      let row = isSplit ? numbers.firstIndex(of: phaseNumber(of: attempt)) : 0
      if let row { counts[row][attempt.pod.pod] += 1 }
    }
    func mapping(_ row: [Int]) -> MetricValue {
      .counts(zip(experiment.hosts.map(\.name), row).map { ($0, $1) })
    }
    guard isSplit else { return mapping(counts[0]) }
    return .mapping(
      zip(numbers, counts).map { MetricEntry(key: "phase_\($0)", value: mapping($1)) })
  }

  /// The phase of a try: its request's, or the last one that had begun when it arrived.
  private func phaseNumber(of attempt: AttemptRecord) -> Int {
    if attempt.request >= 0 { return phaseNumber(of: record.requests[Int(attempt.request)]) }
    let begun = experiment.requestPhases.filter { number in
      start(ofPhase: number).map { $0 <= attempt.arrived } ?? false
    }
    return begun.last ?? 0
  }

  // MARK: - Counters

  /// The proxy's counters; those of the experiment's cluster without their prefix.
  var statistics: MetricValue {
    guard let proxy = record.proxies.first else { return .mapping([]) }
    var entries: [MetricEntry] = []
    for (index, cluster) in proxy.clusters.enumerated() {
      let name = experiment.clusterNames[index]
      let prefix = name == "svc" ? "" : "cluster.\(name)."
      let outlier = proxy.outliers.indices.contains(index) ? proxy.outliers[index].named : []
      for statistic in cluster.named + outlier where statistic.value > 0 {
        entries.append(
          MetricEntry(key: prefix + statistic.name, value: .number(Double(statistic.value))))
      }
    }
    for filter in proxy.filters where filter.value > 0 {
      entries.append(MetricEntry(key: filter.name, value: .number(Double(filter.value))))
    }
    return .mapping(entries)
  }

  // MARK: - Outlier events

  private func hostName(_ pod: PodReference) -> String {
    experiment.hosts[experiment.hostIndex(of: pod)].name
  }

  private var outlierLog: [EjectionRecord] {
    record.ejections.filter { Int($0.proxy) == EnvoyExperiment.proxy }
  }

  /// The outlier event log in one of its forms.
  func outlierEvents(_ name: String) -> MetricValue? {
    let enforced = outlierLog.filter(\.enforced)
    switch name {
    case "hosts_ejected":
      return .number(Double(Set(enforced.map(\.pod)).count))
    case "ejections_logged_but_not_enforced":
      return Self.tally(
        outlierLog.filter { !$0.enforced }.map { "\(hostName($0.pod)) \($0.type.eventLogName)" })
    default:
      return .list(enforced.map(event))
    }
  }

  private func event(_ ejection: EjectionRecord) -> MetricValue {
    var entries = [
      MetricEntry(key: "host", value: .text(hostName(ejection.pod))),
      MetricEntry(key: "type", value: .text(ejection.type.eventLogName)),
      MetricEntry(key: "at_s", value: .number(seconds(ejection.at))),
      MetricEntry(key: "ejections_so_far", value: .number(Double(ejection.ejectionsSoFar))),
    ]
    if ejection.released != .never {
      let lasted = (ejection.released - ejection.at).inSeconds
      entries.append(MetricEntry(key: "lasted_s", value: .number(lasted)))
    }
    return .mapping(entries)
  }

  /// `times_H_received_traffic` and `share_of_H_percent_after_release` for a host H.
  func hostTimeline(_ name: String) -> MetricValue? {
    if let host = Self.middle(of: name, "times_", "_received_traffic") {
      return .list(trafficSpans(host))
    }
    if let host = Self.middle(of: name, "share_of_", "_percent_after_release") {
      return shareAfterRelease(host, name)
    }
    return nil
  }

  private static func middle(of name: String, _ before: String, _ after: String) -> String? {
    guard name.hasPrefix(before), name.hasSuffix(after), name.count > before.count + after.count
    else { return nil }
    return String(name.dropFirst(before.count).dropLast(after.count))
  }

  /// The spans without a gap of 0.35 s in which a host received requests.
  private func trafficSpans(_ host: String) -> [MetricValue] {
    var spans: [(from: SimTime, to: SimTime, attempts: Int)] = []
    for attempt in hostArrivals where experiment.hosts[attempt.pod.pod].name == host {
      if let last = spans.last, attempt.arrived - last.to < .milliseconds(350) {
        spans[spans.count - 1].to = attempt.arrived
        spans[spans.count - 1].attempts += 1
      } else {
        spans.append((attempt.arrived, attempt.arrived, 1))
      }
    }
    return spans.map { span in
      .mapping([
        MetricEntry(key: "from_s", value: .number(seconds(span.from))),
        MetricEntry(key: "to_s", value: .number(seconds(span.to))),
        MetricEntry(key: "attempts", value: .number(Double(span.attempts))),
      ])
    }
  }

  private func shareAfterRelease(_ host: String, _ name: String) -> MetricValue? {
    let released = outlierLog.first {
      $0.enforced && hostName($0.pod) == host && $0.released != .never
    }?.released
    guard let released else { return .mapping([]) }
    let events = hostArrivals.map {
      (at: ($0.arrived - released).inSeconds, counts: experiment.hosts[$0.pod.pod].name == host)
    }
    return buckets(name, width: 0.5, events)
  }
}
