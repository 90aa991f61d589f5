import Results
import Scenario
import Statistics
import TimeAndChance

/// A made-up run with the looks of a real one: a feed whose timeline service slows down.
///
/// Deterministic: the same arguments give the same replications on any machine.
struct FeedFixture {
  var seconds = 720
  var faultStart = 300
  var faultEnd = 480
  var replications = 5
  var names = [
    "frontend", "content", "timeline", "member", "search", "mysql",
  ]

  /// A small generator of its own, so that fixtures do not follow changes of the simulator's.
  struct Noise {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }
    mutating func next() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 11) / Double(1 << 53)
    }
    /// About normal: mean 0, deviation 1.
    mutating func normal() -> Double { 2 * (next() + next() + next() - 1.5) }
  }

  /// The service's place in ``names``.
  enum Place: Int { case frontend, content, timeline, member, search, mysql }

  var expectations: [Expectation] {
    func bound(
      _ subject: Subject, _ metric: Metric, _ comparison: MetricBound.Comparison, _ text: String,
      _ line: Int, _ window: TimeWindow = .counted
    ) -> Expectation {
      Expectation(
        statement: .bound(
          MetricBound(subject: subject, metric: metric, comparison: comparison, window: window)),
        text: text, location: SourceLocation(file: "scenarios/feed.yaml", line: line, column: 5))
    }
    return [
      bound(.source(1), .errorRate, .below(0.01), "writers: errorRate below 1%", 41),
      bound(.source(0), .errorRate, .below(0.01), "readers: errorRate below 1%", 42),
      bound(
        .source(0), .latencyQuantile(0.99), .below(0.3), "readers: p99 below 300ms", 43),
      bound(
        .source(1), .latencyQuantile(0.5), .below(0.05),
        "writers: p50 below 50ms during slow-timeline", 44, .during(fault: 0)),
      Expectation(
        statement: .recovered(Recovery(sources: [0, 1], fault: 0, within: .seconds(60))),
        text: "recovered within 60s after slow-timeline",
        location: SourceLocation(file: "scenarios/feed.yaml", line: 45, column: 5)),
    ]
  }

  var run: RunDescription {
    RunDescription(
      scenario: "feed-retry-storm",
      about: "Timeline slows down eight times for three minutes; what 5 retries of 3 s inside "
        + "10 s really do to readers and writers.",
      duration: .seconds(Int64(seconds)), warmup: .seconds(60), seed: 7,
      version: "0.3.0", command: ["foreshock", "run", "scenarios/feed.yaml"],
      sources: [
        .init(name: "readers", entry: "gateway feed/edge", instances: 3),
        .init(name: "writers", entry: "gateway feed/edge", instances: 3),
      ],
      services: names.enumerated().map { index, name in
        .init(
          name: name, operations: index == 2 ? ["GET /feed", "GET /popular"] : ["GET /"],
          workloads: [index], isDescribed: index != 4)
      },
      workloads: names.enumerated().map { index, name in
        .init(name: name, service: index, replicas: [2, 3, 5, 3, 2, 1][index % 6], workers: 40)
      },
      edges: [
        .init(from: .source(0), to: 0), .init(from: .source(1), to: 0),
        .init(from: .service(0), to: 2), .init(from: .service(0), to: 1),
        .init(from: .service(1), to: 3), .init(from: .service(1), to: 5),
        .init(from: .service(2), to: 3), .init(from: .service(2), to: 1),
        .init(from: .service(2), to: 4), .init(from: .service(4), to: 5),
      ],
      faults: [
        FaultDescription(
          name: "slow-timeline", text: "timeline is slower, × 8",
          occurrences: [
            .init(
              start: .zero + .seconds(Int64(faultStart)), end: .zero + .seconds(Int64(faultEnd)))
          ])
      ],
      expectations: expectations,
      provenance: Provenance(
        inputs: [
          InputFile(path: "scenarios/feed.yaml", sha256: String(repeating: "9f2c41d8", count: 8)),
          InputFile(path: "manifests/feed.yaml", sha256: String(repeating: "07ab33e1", count: 8)),
        ],
        filledDefaults: [
          FilledDefault(
            subject: "gateway → member", field: "retries.attempts", value: "2", origin: "Istio"),
          FilledDefault(
            subject: "services.search", field: "operations",
            value: "every request: cpu 5ms", origin: "Foreshock"),
          FilledDefault(
            subject: "timeline", field: "spec.strategy.rollingUpdate.maxSurge", value: "25%",
            origin: "Kubernetes"),
        ],
        policyPlacements: [
          PolicyPlacement(
            manifest: "VirtualService feed/timeline",
            proxies: ["gateway feed/edge", "sidecar of content"]),
          PolicyPlacement(manifest: "DestinationRule feed/image", proxies: []),
        ],
        fields: [
          ManifestField(
            kind: "DestinationRule", path: "spec.trafficPolicy.connectionPool.tcp.tcpKeepalive",
            handling: .ignored, count: 6),
          ManifestField(
            kind: "VirtualService", path: "spec.http[].mirror", handling: .unmodelled, count: 1),
        ],
        documents: [
          DocumentCount(kind: "Deployment", count: 6, isRead: true),
          DocumentCount(kind: "ServiceAccount", count: 6, isRead: false),
        ]))
  }

  /// How bad things are in a window, 0...1: rises with the fault, lingers behind it.
  private func trouble(_ second: Int) -> Double {
    if second < faultStart { return 0 }
    if second < faultEnd { return min(1, Double(second - faultStart + 1) / 25) }
    return max(0, 1 - Double(second - faultEnd) / 35)
  }

  /// A subject's requests: a rate, and how much the fault touches it (0...1).
  func flow(
    rate: Double, median: Double, touched: Double, noise: inout Noise
  ) -> FlowFigures {
    var flow = FlowFigures()
    var windows: [CompactHistogram] = []
    for second in 0..<seconds {
      let bad = trouble(second) * touched
      let wave = 1 + 0.08 * Double(second % 120 - 60) / 60
      let offered = max(0, rate * wave + noise.normal() * (rate * 0.7).squareRoot())
      let count = UInt32(offered)
      let failed = UInt32(Double(count) * min(1, bad * (0.22 + 0.04 * noise.normal())).magnitude)
      let retries = UInt32(Double(count) * (0.002 + bad * (0.8 + 0.1 * noise.next())))
      var histogram = LatencyHistogram()
      for _ in 0..<min(Int(count), 16) {
        let spread = 1 + 0.25 * noise.normal() + (noise.next() < 0.03 ? 3 * noise.next() : 0)
        let slow = noise.next() < bad * 0.6 ? 1 + 40 * noise.next() * bad : 1
        histogram.record(Int64(max(0.2, spread) * slow * median * 1e9))
      }
      var sample = FlowSample(
        offered: count, succeeded: count - failed, serverErrors: failed, attempts: count + retries,
        retries: retries, retriesRefused: retries / 3)
      sample.p50 = Int64(histogram.quantile(0.5) ?? 0)
      sample.p99 = Int64(histogram.quantile(0.99) ?? 0)
      sample.max = histogram.maximum ?? 0
      flow.samples.append(sample)
      windows.append(CompactHistogram(histogram))
      guard second >= 60 else { continue }
      flow.offered += UInt64(count)
      flow.add(UInt64(count - failed), status: 200)
      flow.add(UInt64(failed), status: 503)
      flow.add(UInt64(count - failed), flags: "-")
      flow.add(UInt64(failed), flags: "URX,UF")
      flow.attempts += UInt64(count + retries)
      flow.retries += UInt64(retries)
      flow.retriesRefused.overflow += UInt64(retries / 3)
      flow.latency.merge(histogram)
      if failed > 0 { flow.lastFailure = .zero + .seconds(Int64(second)) }
    }
    flow.windowLatency = windows
    flow.successLatency = flow.latency
    return flow
  }

  private func server(pods: Int, touched: Double, busy: Double, noise: inout Noise) -> ServerFigures
  {
    var server = ServerFigures(
      meanQueue: 0, peakQueue: 0, meanBusy: 0, workers: Double(pods * 40))
    for second in 0..<seconds {
      let bad = trouble(second) * touched
      let level = min(
        Double(pods * 40), Double(pods * 40) * (busy + bad * 0.9) * (1 + 0.05 * noise.normal()))
      let queue = bad > 0.5 ? bad * 420 * (1 + 0.1 * noise.normal()) : 0.2 * noise.next()
      var sample = ServerSample(
        queue: Float(max(0, queue)), queuePeak: UInt32(max(0, queue * 1.2)),
        busy: Float(max(0, level)),
        workers: UInt32(pods * 40), connections: UInt32(60 + bad * 160 + 4 * noise.next()))
      if touched > 0.9, bad > 0.3 { sample.ejected = UInt32(2 + Int(4 * noise.next())) }
      if touched > 0.9, second == faultStart + 8 { sample.ejections = 6 }
      server.samples.append(sample)
      server.meanQueue += max(0, queue) / Double(seconds)
      server.meanBusy += max(0, level) / Double(seconds)
      server.peakQueue = max(server.peakQueue, Int(max(0, queue * 1.2)))
    }
    server.ejections = touched > 0.9 ? 6 : 0
    server.refused = touched > 0.9 ? 812 : 0
    server.unheard = touched > 0.9 ? 53_400 : 0
    return server
  }

  func replication(_ index: Int) -> ReplicationResult {
    var noise = Noise(UInt64(index + 1))
    let touch = [0.55, 0.12, 1, 0.05, 0, 0]
    let rates = [210.0, 95, 150, 240, 20, 115]
    let medians = [0.031, 0.022, 0.028, 0.006, 0.009, 0.002]
    let sources = [
      flow(rate: 150, median: 0.034, touched: 1, noise: &noise),
      flow(rate: 60, median: 0.026, touched: 0.02, noise: &noise),
    ]
    let services = names.indices.map { place in
      let flow = flow(
        rate: rates[place % 6], median: medians[place % 6], touched: touch[place % 6], noise: &noise
      )
      return ServiceFigures(
        flow: flow,
        operations: place == 2 ? [flow, FlowFigures()] : [flow],
        server: server(
          pods: [2, 3, 5, 3, 2, 1][place % 6], touched: touch[place % 6],
          busy: [0.1, 0.2, 0.3, 0.1, 0.02, 0.25][place % 6], noise: &noise))
    }
    let edges = run.edges.map { edge in
      switch edge.from {
      case .source(let source): sources[source]
      case .service(let caller):
        self.flow(
          rate: rates[caller] * 0.6, median: medians[edge.to], touched: touch[edge.to] * 0.5,
          noise: &noise)
      }
    }
    let start = Int64(faultStart)
    var events: [RunEvent] = []
    for instance in 0..<3 {
      events.append(
        RunEvent(
          at: .zero + .milliseconds(start * 1_000 + 900 + Int64(instance) * 40), kind: .ejected,
          service: 2, workload: 2, pod: 2, proxy: "gateway feed/edge", instance: instance,
          instances: 5, detail: "consecutive_gateway_failure"))
    }
    for second in 0..<30 {
      events.append(
        RunEvent(
          at: .zero + .seconds(start + 4 + Int64(second * 2)), kind: .overflowBegan, service: 2,
          proxy: "gateway feed/edge", instance: second % 3, instances: 3, detail: "max_retries"))
      events.append(
        RunEvent(
          at: .zero + .seconds(start + 9 + Int64(second * 3)), kind: .queueFull, service: 2,
          workload: 2, pod: second % 5))
    }
    for instance in 0..<3 {
      events.append(
        RunEvent(
          at: .zero + .seconds(start + 301), kind: .released, service: 2, workload: 2, pod: 2,
          proxy: "gateway feed/edge", instance: instance, instances: 3))
    }
    events.sort { $0.at < $1.at }
    return ReplicationResult(
      index: index, sources: sources, services: services,
      workloads: services.enumerated().map { place, service in
        WorkloadFigures(
          flow: service.flow, server: service.server,
          pods: (0..<[2, 3, 5, 3, 2, 1][place % 6]).map { pod in
            PodFigures(
              attempts: 1_000 + UInt64(pod), errors: place == 2 ? 40 + UInt64(index) : 0,
              ejections: place == 2 && pod == 2
                ? [
                  .init(
                    proxy: "gateway feed/edge", instance: 0,
                    at: .zero + .milliseconds(start * 1_000 + 900),
                    released: .zero + .seconds(start + 301), detector: "consecutive_gateway_failure"
                  )
                ] : [])
          }, replicas: [.init(at: .zero, ready: 5, total: 5)])
      }, edges: edges, events: events, simulatedEvents: 1_234_567,
      end: .zero + .seconds(Int64(seconds)))
  }

  var result: RunResult { RunResult(run, (0..<replications).map(replication)) }
}
