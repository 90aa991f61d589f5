import Simulation
import TimeAndChance
import TrafficPolicy

/// Turns what a run left behind into the metrics that a recording names, in its shape.
///
/// - Source: `vectors/envoy/README.md`, "observed".
struct EnvoyMeasurement {
  /// What was simulated.
  let experiment: EnvoyExperiment
  /// What the run left behind.
  let record: RunRecord
  /// What was recorded: its keys say which metrics are wanted and whether they are split by phase.
  let recorded: MetricValue
  /// For each metric in percent, the whole that it is a share of.
  let shareOf: [String: String]
  /// The spelling of statuses with flags.
  let keys: ResponseKeys

  /// The measurement of a run.
  init(
    _ experiment: EnvoyExperiment, _ record: RunRecord, recorded: MetricValue,
    shareOf: [String: String]
  ) {
    self.experiment = experiment
    self.record = record
    self.recorded = recorded
    self.shareOf = shareOf
    keys = ResponseKeys(spelledAsIn: recorded)
  }

  /// The metrics under the names of the recording; counters are always among them.
  var metrics: MetricValue {
    var names = (recorded.children ?? []).map(\.key)
    if !names.contains("stats") { names.append("stats") }
    return .mapping(
      names.compactMap { name in value(of: name).map { MetricEntry(key: name, value: $0) } })
  }

  private func value(of name: String) -> MetricValue? {
    switch name {
    case "responses":
      perPhase(name) { requests in
        Self.tally(requests.map { keys.key(status: $0.status, $0.flags) })
      }
    case "response_details":
      perPhase(name) { Self.tally($0.map(\.details.withoutReason)) }
    case "attempts_per_request":
      perPhase(name) { Self.tally($0.map { "\($0.attempts)" }) }
    case "client_saw":
      perPhase(name) { Self.tally($0.map(Self.clientOutcome)) }
    case "duration_ms": perPhase(name, durations)
    case "retry_gap_ms": perPhase(name, retryGaps)
    case "host_attempts": hostAttempts(isSplit: isSplit(name))
    case "connections_accepted_per_host": perHost { Double($0.connectionsAccepted) }
    case "peak_concurrency_per_host": perHost { Double($0.peakConcurrency) }
    case "stats": statistics
    case "share_percent", "new_host_share_percent", "rejected_percent_by_time",
      "steady_rejected_percent":
      share(name)
    case "ejections", "ejections_logged_but_not_enforced", "hosts_ejected":
      outlierEvents(name)
    case "keys_per_host_before", "keys_per_host_after", "moved_from_lost_host",
      "moved_between_surviving_hosts", "first_40_keys_before", "first_40_keys_after":
      keyPlacement(name)
    default: hostTimeline(name)
    }
  }

  // MARK: - Phases

  /// When the first phase began.
  var start: SimTime { record.phaseStarts.first?.first ?? .zero }

  /// Seconds since the start of the first phase.
  func seconds(_ time: SimTime) -> Double { (time - start).inSeconds }

  /// The file's number of the phase of a request.
  func phaseNumber(of request: RequestRecord) -> Int {
    let phase = Int(request.phase)
    return experiment.phaseNumbers.indices.contains(phase) ? experiment.phaseNumbers[phase] : 0
  }

  /// When the phase with the file's number `number` began.
  func start(ofPhase number: Int) -> SimTime? {
    guard let index = experiment.phaseNumbers.firstIndex(of: number),
      let starts = record.phaseStarts.first, starts.indices.contains(index)
    else { return nil }
    return starts[index]
  }

  /// True when the recording has the metric split as `phase_N`.
  func isSplit(_ name: String) -> Bool {
    (recorded[name]?.children ?? []).contains { $0.key.hasPrefix("phase_") }
  }

  /// A metric of all requests, or of those of each phase.
  private func perPhase(
    _ name: String, _ measure: ([RequestRecord]) -> MetricValue
  ) -> MetricValue {
    guard isSplit(name) else { return measure(record.requests) }
    return .mapping(
      experiment.requestPhases.map { number in
        MetricEntry(
          key: "phase_\(number)",
          value: measure(record.requests.filter { phaseNumber(of: $0) == number }))
      })
  }

  // MARK: - Requests

  /// How often each key occurs, by key.
  static func tally(_ keys: [String]) -> MetricValue {
    var counts: [String: Int] = [:]
    for key in keys { counts[key, default: 0] += 1 }
    return .counts(counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
  }

  private static func clientOutcome(_ request: RequestRecord) -> String {
    switch request.client {
    case .answered: "\(request.status)"
    case .gaveUp: "client_gave_up"
    case .connectionBroken: "connection_broken"
    case .open: "open"
    }
  }

  private func durations(_ requests: [RequestRecord]) -> MetricValue {
    var values: [String: [Double]] = [:]
    for request in requests where request.ended != .never {
      let duration = (request.ended - request.arrived).inMilliseconds
      values[keys.key(status: request.status, request.flags), default: []].append(duration)
    }
    return .mapping(
      values.sorted { $0.key < $1.key }.map {
        MetricEntry(key: $0.key, value: .sample(MetricSample($0.value, [.min, .median, .max])))
      })
  }

  /// The gaps between consecutive tries of a request, as they arrived at the hosts.
  private func retryGaps(_ requests: [RequestRecord]) -> MetricValue {
    let wanted = Set(requests.map { Self.identity($0) })
    var tries: [Int32: [AttemptRecord]] = [:]
    for attempt in record.attempts where attempt.request >= 0 && !attempt.isMirror {
      tries[attempt.request, default: []].append(attempt)
    }
    var gaps: [Int: [Double]] = [:]
    for (index, attempts) in tries.sorted(by: { $0.key < $1.key })
    where wanted.contains(Self.identity(record.requests[Int(index)])) {
      let inOrder = attempts.sorted { $0.number < $1.number }
      for (earlier, later) in zip(inOrder, inOrder.dropFirst()) {
        gaps[Int(later.number) - 1, default: []]
          .append((later.arrived - earlier.arrived).inMilliseconds)
      }
    }
    return .mapping(
      gaps.sorted { $0.key < $1.key }.map { retry, values in
        MetricEntry(
          key: "before_retry_\(retry)",
          value: .sample(MetricSample(values, [.n, .min, .mean, .max, .quartiles])))
      })
  }

  private static func identity(_ request: RequestRecord) -> Int64 {
    Int64(request.phase) << 32 | Int64(request.index)
  }
}
