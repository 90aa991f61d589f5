import Statistics
import Testing
import TimeAndChance
import TrafficPolicy

@testable import Simulation

@Suite struct OpenLoopTests {
  @Test func `requests beyond the limit of open ones are dropped and counted by window`() throws {
    // One a second, 5 s each, two at once: those at 1, 2, 6, 7, 11, 12, 16 and 17 s go out.
    var model = Small.model(
      try Small.server(seconds: 5), Small.even(1, maxInFlight: 2), duration: .seconds(20))
    model.recording.window = .seconds(5)
    let record = SimulationRun.run(model, seed: 1)
    #expect(record.sources[0].offered == 8)
    #expect(record.sources[0].dropped == 11)
    #expect(record.sources[0].windows.map(\.dropped) == [2, 3, 3, 3])
    #expect(record.sources[0].windows.map(\.offered) == [2, 2, 2, 2])
    model.warmup = .seconds(5)
    let warm = SimulationRun.run(model, seed: 1)
    #expect(warm.sources[0].offered == 6)
    #expect(warm.sources[0].dropped == 9)
  }

  @Test func `dropped requests do not use the source's number up, and clients count too`() throws {
    let model = Small.model(
      try Small.server(seconds: 5), Small.even(1, limit: 8, maxInFlight: 2),
      client: ClientBehaviour(tryTimeout: .seconds(60)))
    let record = SimulationRun.run(model, seed: 1)
    #expect(record.sources[0].offered == 8)
    #expect(record.sources[0].byStatus == [200: 8])
    #expect(record.end.seconds == 22)
  }

  @Test func `a batch comes whole, and the last one as far as the limit goes`() throws {
    let source = SourceModel(
      name: "load",
      pattern: .open(rate: [.init(at: .zero, perSecond: 100)], arrivals: .batches(size: 10)),
      mix: [(edge: 0, weight: 1)], limit: 25)
    var model = Small.model(try Small.server(seconds: 0.001), source)
    model.recording.requests = true
    let record = SimulationRun.run(model, seed: 4)
    let starts = record.requests.map(\.started)
    #expect(starts.count == 25)
    #expect(Set(starts).count == 3)
    for (index, start) in starts.enumerated() { #expect(start == starts[index / 10 * 10]) }
    // All of a batch beyond the limit of open requests is dropped.
    var limited = model
    limited.sources[0].pattern = .open(
      rate: [.init(at: .zero, perSecond: 10)], arrivals: .batches(size: 10), maxInFlight: 4)
    limited.sources[0].limit = 12
    let few = SimulationRun.run(limited, seed: 4)
    #expect(few.sources[0].offered == 12)
    #expect(few.sources[0].dropped == 12)
  }

  @Test func `batches at a single server wait as theory says`() throws {
    // M^[5]/M/1 with 0.1 batches/s and service of 1 s: 6 s in the system, 3 requests in it.
    let service = ServiceModel(
      name: "server", pods: [PodModel(name: "server-0")], workers: 1,
      operations: [
        OperationModel(name: "op", steps: [.work(try Distribution(.exponential(mean: 1)))])
      ])
    let source = SourceModel(
      name: "load",
      pattern: .open(rate: [.init(at: .zero, perSecond: 0.5)], arrivals: .batches(size: 5)),
      mix: [(edge: 0, weight: 1)])
    var model = Small.model(service, source, duration: .seconds(120_000))
    model.warmup = .seconds(2_000)
    var sojourns: [Double] = []
    var numbers: [Double] = []
    for seed in UInt64(0)..<12 {
      let record = SimulationRun.run(model, seed: seed)
      sojourns.append(try #require(record.sources[0].latency.mean) / 1e9)
      numbers.append(record.services[0].pods[0].meanBusy + record.services[0].pods[0].meanQueue)
    }
    for (values, theory) in [(sojourns, 6.0), (numbers, 3.0)] {
      let mean = values.reduce(0, +) / 12
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 11
      let error = (variance / 12).squareRoot()
      #expect(error < 0.03 * theory)
      #expect(abs(mean - theory) < 4.5 * error, "\(mean) against \(theory)")
    }
  }

  @Test func `a curve that begins late and jumps gives each source its own requests`() throws {
    // Nothing until 2 s, then 10 requests a second until 4.05 s: 20 of them.
    let rate = [
      SourceModel.RatePoint(at: .seconds(2), perSecond: 5),
      SourceModel.RatePoint(at: .seconds(2), perSecond: 10),
      SourceModel.RatePoint(at: .milliseconds(4_050), perSecond: 3),
      SourceModel.RatePoint(at: .milliseconds(4_050), perSecond: 0),
    ]
    func source(_ name: String) -> SourceModel {
      SourceModel(
        name: name, pattern: .open(rate: rate, arrivals: .evenly(first: 1)),
        mix: [(edge: 0, weight: 1)])
    }
    var model = Small.model(
      try Small.server(seconds: 0.001), source("one"), duration: .seconds(10))
    model.sources.append(source("two"))
    model.recording.requests = true
    let record = SimulationRun.run(model, seed: 1)
    for s in 0..<2 {
      let starts = record.requests.filter { $0.source == Int32(s) }.map(\.started)
      #expect(starts.count == 20)
      #expect(starts.first?.nanoseconds == 2_100_000_000)
      #expect(starts.last?.nanoseconds == 4_000_000_000)
    }
  }

  @Test func `requests of a source enter through the proxies of all pods that send them`() throws {
    // Three sidecars, each of which lets one request pass.
    let limit = LocalRateLimitSettings(
      bucket: TokenBucketSettings(maxTokens: 1, fillInterval: .seconds(100_000)), enabled: .all,
      enforced: .all)
    let sender = ServiceModel(
      name: "sender", pods: (0..<3).map { PodModel(name: "sender-\($0)") }, operations: [])
    var model = SimulationModel(
      services: [try Small.server(seconds: 0.001), sender],
      proxies: [
        ProxyModel(
          name: "sidecar",
          configuration: EnvoyConfiguration(
            filters: [.localRateLimit(limit)],
            routes: [Route(action: .forward(ForwardAction(destinations: [.init(cluster: 0)])))],
            clusters: [Cluster(name: "server")]),
          endpoints: [[.init(pod: PodReference(service: 0, pod: 0))]],
          placement: .besideEachCaller(service: 1))
      ], edges: [EdgeModel(name: "e", carrier: .proxy(0))], sources: [Small.even(10, limit: 60)])
    let plain = SimulationRun.run(model, seed: 1)
    #expect(plain.sources[0].byStatus == [200: 3, 429: 57])
    // A client instance is a pod, so its proxy is the pod's.
    model.edges[0].client = ClientBehaviour()
    model.sources[0].instances = 3
    let client = SimulationRun.run(model, seed: 1)
    #expect(client.sources[0].byStatus == [200: 3, 429: 57])
  }

  /// When requests are made under a rate that changes every second.
  private func starts(
    _ counts: [Double], first: Double, every seconds: Double = 1
  ) throws -> [SimTime] {
    let points = counts.indices.map {
      SourceModel.RatePoint(
        at: SimDuration(seconds: Double($0) * seconds), perSecond: counts[$0] / seconds)
    }
    let end = SourceModel.RatePoint(
      at: SimDuration(seconds: Double(counts.count) * seconds), perSecond: 0)
    let source = SourceModel(
      name: "load", pattern: .open(rate: points + [end], arrivals: .evenly(first: first)),
      mix: [(edge: 0, weight: 1)])
    var model = Small.model(
      try Small.server(seconds: 0.001), source,
      duration: SimDuration(seconds: Double(counts.count) * seconds + 1))
    model.recording.requests = true
    return SimulationRun.run(model, seed: 1).requests.map(\.started)
  }

  @Test(arguments: [
    [1.0, 0, 0, 0, 1, 0, 5, 0, 0, 2], [5, 7, 2, 10], [0, 3, 0], [1, 1, 1, 1, 1, 1, 1],
    [997, 13, 0, 0, 331, 3],
  ])
  func `requests in the middle of their gaps replay counts of intervals exactly`(
    counts: [Double]
  ) throws {
    for length in [1.0, 7.3] {
      var found = counts.map { _ in 0.0 }
      for start in try starts(counts, first: 0.5, every: length) {
        found[Int(start.seconds / length)] += 1
      }
      #expect(found == counts, "intervals of \(length) s")
    }
  }

  @Test func `gaps of no whole nanoseconds do not drift from one interval into the next`() throws {
    // 30,000/s: gaps of 33,333⅓ ns, so half a request is lost in 50,000 if each is rounded.
    let times = try starts(Array(repeating: 30_000, count: 4), first: 0.5)
    #expect(times.count == 120_000)
    for second in 0..<4 {
      let own = times[second * 30_000]
      #expect(own.nanoseconds == Int64(second) * 1_000_000_000 + 16_667)
    }
  }

  @Test func `the first of even requests comes at once, in mid-gap or after a gap`() throws {
    let rate: [Double] = [0, 10, 10]
    let first = try [0, 0.5, 1].map { try #require(starts(rate, first: $0).first).seconds }
    #expect(first == [1, 1.05, 1.1])
    let counts = try [0, 0.5, 1].map { try starts(rate, first: $0).count }
    #expect(counts == [20, 20, 19])
    // A ramp from 0 has no gap before what is due at once.
    let ramp = SourceModel(
      name: "load",
      pattern: .open(
        rate: [
          .init(at: .zero, perSecond: 0, holds: false), .init(at: .seconds(10), perSecond: 20),
          .init(at: .seconds(10), perSecond: 0),
        ], arrivals: .evenly(first: 0)), mix: [(edge: 0, weight: 1)])
    var model = Small.model(try Small.server(seconds: 0.001), ramp, duration: .seconds(11))
    model.recording.requests = true
    let record = SimulationRun.run(model, seed: 1)
    // The area under the ramp is t²: one request when it is 0, 1, 4, 9 and so on.
    #expect(record.requests.first?.started == .zero)
    #expect(record.requests.count == 100)
    #expect(record.requests[49].started.seconds == 7)
  }
}
