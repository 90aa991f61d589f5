import Simulation
import TimeAndChance

/// Turns what a run left behind into the metrics of a twin.
///
/// - Source: `vectors/twins/README.md`, "Metrics".
struct TwinMeasurement {
  /// What was built.
  let twin: TwinDocument
  /// What was simulated.
  let model: TwinModel
  /// What the run left behind.
  let record: RunRecord
  private let keys = ResponseKeys()

  /// The measurement of a run.
  init(_ twin: TwinDocument, _ model: TwinModel, _ record: RunRecord) {
    self.twin = twin
    self.model = model
    self.record = record
  }

  /// The phases and when their requests are sent.
  private var phases: [(name: String, span: Range<SimTime>)] {
    let start = SimTime.zero + twin.warmup
    let from = SimTime.zero + twin.window.lowerBound
    let to = SimTime.zero + twin.window.upperBound
    let end = SimTime.zero + twin.duration
    return [
      ("before", start..<max(start, from - .seconds(1))), ("during", from..<to),
      ("after", to..<max(to, end)),
    ]
  }

  /// Everything that is measured, under the recording's names.
  var metrics: MetricValue {
    var entries = phases.map { MetricEntry(key: $0.name, value: phase($0.span)) }
    if let seconds = timeToRecover {
      entries.append(MetricEntry(key: "time_to_recover_s", value: .number(seconds)))
    }
    let end = SimTime.zero + twin.duration
    let last = sent(in: (end - .seconds(10))..<end)
    let latencies = MetricSample(last.map(latency), [])
    entries += [
      MetricEntry(
        key: "last_10s",
        value: .mapping([
          MetricEntry(key: "error_rate", value: .number(errorRate(last))),
          MetricEntry(key: "p50_ms", value: .number(latencies.quantile(0.5))),
          MetricEntry(key: "p99_ms", value: .number(latencies.quantile(0.99))),
        ])),
      MetricEntry(
        key: "peak_queue",
        value: perService { service in Double(service.windows.map(\.queue).max() ?? 0) }),
      MetricEntry(
        key: "peak_queue_of_one_pod",
        value: perService { service in Double(service.pods.map(\.peakQueue).max() ?? 0) }),
      MetricEntry(key: "ejections", value: ejections),
    ]
    return .mapping(entries)
  }

  /// Seconds from the window's end until requests go well again for 5 s; nil when they never do.
  var timeToRecover: Double? {
    let before = MetricSample(sent(in: phases[0].span).map(latency), []).quantile(0.99)
    let end = SimTime.zero + twin.duration
    var start = SimTime.zero + twin.window.upperBound
    while start + .seconds(5) <= end {
      let requests = sent(in: start..<(start + .seconds(5)))
      if !requests.isEmpty, errorRate(requests) < 0.01,
        MetricSample(requests.map(latency), []).quantile(0.99) < 2 * before
      {
        return (start - (.zero + twin.window.upperBound)).inSeconds
      }
      start = start + .milliseconds(100)
    }
    return nil
  }

  // MARK: - One phase

  private func phase(_ span: Range<SimTime>) -> MetricValue {
    let requests = sent(in: span)
    let offered = Double(requests.count)
    let successes = requests.filter { $0.status == 200 }
    var outcomes: [String: Double] = [:]
    for request in requests {
      outcomes[keys.key(status: request.status, request.flags), default: 0] += 1
    }
    let tries = requests.reduce(0) { $0 + Double($1.attempts) }
    return .mapping([
      MetricEntry(key: "offered", value: .number(offered)),
      MetricEntry(key: "error_rate", value: .number(errorRate(requests))),
      MetricEntry(
        key: "outcomes",
        value: .mapping(
          outcomes.sorted { $0.key < $1.key }.map {
            MetricEntry(key: $0.key, value: .number($0.value / offered))
          })),
      MetricEntry(key: "amplification", value: amplification(span, offered)),
      MetricEntry(
        key: "tries_per_request",
        value: .mapping([
          MetricEntry(
            key: "ingress/\(twin.target)", value: .number(offered > 0 ? tries / offered : 0))
        ])),
      MetricEntry(key: "latency_ms", value: quantiles(requests)),
      MetricEntry(key: "latency_of_successes_ms", value: quantiles(successes)),
      MetricEntry(
        key: "mean_queue",
        value: perService { service in
          let sampled = samples(service, in: span)
          return sampled.isEmpty ? 0 : sampled.reduce(0, +) / Double(sampled.count)
        }),
      MetricEntry(key: "share_of_service_arrivals", value: shares(span)),
    ])
  }

  private func sent(in span: Range<SimTime>) -> [RequestRecord] {
    record.requests.filter { span.contains($0.started) }
  }

  private func errorRate(_ requests: [RequestRecord]) -> Double {
    requests.isEmpty
      ? 0 : Double(requests.count { $0.status != 200 }) / Double(requests.count)
  }

  /// Milliseconds from when the request was due to its end, as the client saw it.
  private func latency(_ request: RequestRecord) -> Double {
    let end = request.ended == .never ? record.end : request.ended
    // The record's end is the proxy's; the answer still has to reach the client.
    let oneWay = request.ended == .never ? 0 : twin.hopOverhead.inMilliseconds / 4
    return (end - request.started).inMilliseconds + oneWay
  }

  private func quantiles(_ requests: [RequestRecord]) -> MetricValue {
    let sample = MetricSample(requests.map(latency), [])
    guard !sample.sorted.isEmpty else { return .mapping([]) }
    return .mapping(
      [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)].map {
        MetricEntry(key: $0.0, value: .number(sample.quantile($0.1)))
      })
  }

  private func arrivals(in span: Range<SimTime>) -> [[Double]] {
    var counts = twin.services.map { Array(repeating: 0.0, count: $0.pods) }
    for attempt in record.attempts where span.contains(attempt.arrived) {
      counts[attempt.pod.service][attempt.pod.pod] += 1
    }
    return counts
  }

  private func amplification(_ span: Range<SimTime>, _ offered: Double) -> MetricValue {
    let counts = arrivals(in: span)
    return .mapping(
      zip(model.serviceNames, counts).map {
        MetricEntry(
          key: $0, value: .number(offered > 0 ? $1.reduce(0, +) / offered : 0))
      })
  }

  private func shares(_ span: Range<SimTime>) -> MetricValue {
    let entries = zip(model.serviceNames, arrivals(in: span)).flatMap { name, counts in
      let whole = counts.reduce(0, +)
      return counts.enumerated().map { pod, count in
        MetricEntry(key: "\(name)-\(pod)", value: .number(whole > 0 ? count / whole : 0))
      }
    }
    return .mapping(entries)
  }

  // MARK: - Queues and ejections

  private func perService(_ number: (ServiceRecord) -> Double) -> MetricValue {
    .mapping(
      zip(model.serviceNames, record.services).map {
        MetricEntry(key: $0, value: .number(number($1)))
      })
  }

  /// The waiting requests at the instants of sampling, every 100 ms, within a span.
  private func samples(_ service: ServiceRecord, in span: Range<SimTime>) -> [Double] {
    service.windows.enumerated().compactMap { index, window in
      let at = SimTime.zero + .milliseconds(100) * Int64(index + 1)
      return span.contains(at) ? Double(window.queue) : nil
    }
  }

  private var ejections: MetricValue {
    let enforced = record.ejections.filter(\.enforced)
    var byPod: [String: Int] = [:]
    for ejection in enforced {
      byPod["\(model.serviceNames[ejection.pod.service])-\(ejection.pod.pod)", default: 0] += 1
    }
    var entries = [
      MetricEntry(key: "count", value: .number(Double(enforced.count))),
      MetricEntry(
        key: "by_pod",
        value: .counts(byPod.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })),
    ]
    let from = SimTime.zero + twin.window.lowerBound
    if let first = enforced.first(where: { $0.at >= from }) {
      entries.append(
        MetricEntry(key: "first_after_fault_s", value: .number((first.at - from).inSeconds)))
    }
    return .mapping(entries)
  }
}
