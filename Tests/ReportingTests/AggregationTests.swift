import Results
import Scenario
import Statistics
import Testing
import TimeAndChance

@Suite struct AggregationTests {
  /// A run of one source, a random one for each seed.
  private func replication(_ index: Int) -> ReplicationResult {
    var noise = FeedFixture.Noise(UInt64(index) &* 77 &+ 5)
    var fixture = FeedFixture()
    fixture.seconds = 30
    return ReplicationResult(
      index: index,
      sources: [fixture.flow(rate: 50, median: 0.02, touched: 0, noise: &noise)],
      simulatedEvents: UInt64(index))
  }

  private var run: RunDescription {
    RunDescription(
      scenario: "s", duration: .seconds(130), warmup: .seconds(60), sources: [.init(name: "users")])
  }

  @Test func `results do not depend on the order in which replications are handed over`() {
    let replications = (0..<7).map(replication)
    let inOrder = RunResult(run, replications)
    #expect(RunResult(run, replications.reversed()) == inOrder)
    #expect(RunResult(run, [3, 6, 0, 2, 5, 1, 4].map { replications[$0] }) == inOrder)
  }

  @Test func `totals are exact and merge in any order`() {
    var fixture = FeedFixture()
    fixture.seconds = 90
    let flows = (0..<5).map { index -> FlowFigures in
      var noise = FeedFixture.Noise(UInt64(index))
      return fixture.flow(rate: 50, median: 0.02, touched: 1, noise: &noise)
    }
    let merged = flows.reduce(into: FlowFigures()) { $0.merge($1) }
    let backwards = flows.reversed().reduce(into: FlowFigures()) { $0.merge($1) }
    #expect(merged == backwards)
    #expect(merged.offered == flows.reduce(0) { $0 + $1.offered })
    #expect(merged.latency.count == flows.reduce(0) { $0 + $1.latency.count })
    #expect(merged.isConserved)
  }

  @Test func `an estimate is the interval of Student's t`() throws {
    let estimate = try #require(StudentFactors(upTo: 5).estimate([9, 10, nil, 11]))
    let reference = try #require(ReplicationInterval([9, 10, 11]))
    #expect(estimate.mean == reference.mean)
    #expect((estimate.halfWidth - reference.halfWidth).magnitude < 1e-12)
    #expect(estimate.count == 3)
    #expect(StudentFactors(upTo: 5).estimate([Double?]()) == nil)
    #expect(StudentFactors(upTo: 1).estimate([4])?.hasInterval == false)
  }

  @Test func `a quantile is the mean over replications of each one's quantile`() throws {
    let results = [10, 30].enumerated().map { index, milliseconds -> ReplicationResult in
      var flow = FlowFigures(offered: 100)
      flow.add(100, status: 200)
      flow.latency.record(Int64(milliseconds) * 1_000_000, times: 100)
      return ReplicationResult(index: index, sources: [flow])
    }
    let median = try #require(RunResult(run, results).sources[0].quantile(0.5))
    #expect((median.mean - 0.020).magnitude < 1e-9)  // the pooled median would be 10 or 30 ms
  }

  @Test func `the representative replication is the one nearest the median`() {
    let results = [0.1, 0.9, 0.2, 0.3, 0.25].enumerated().map { index, share -> ReplicationResult in
      var flow = FlowFigures(offered: 1_000, attempts: 1_000)
      flow.add(UInt64(share * 1_000), status: 503)
      flow.add(1_000 - UInt64(share * 1_000), status: 200)
      return ReplicationResult(index: index, sources: [flow])
    }
    #expect(RunResult(run, results).representative.index == 4)
  }

  @Test func `lost requests are reported`() {
    var flow = FlowFigures(offered: 10, open: 2)
    flow.add(8, status: 200)
    #expect(flow.isConserved)
    flow.open = 1
    #expect(!flow.isConserved)
    let result = RunResult(run, [ReplicationResult(index: 3, sources: [flow])])
    #expect(result.warnings.contains(.notConserved(subject: .source(0), replication: 3)))
    #expect(result.warnings.contains(.singleReplication))
  }

  @Test func `a compact histogram gives the same quantiles, and windows merge`() throws {
    var noise = FeedFixture.Noise(9)
    for size in [1, 2, 3, 50, 4_000] {
      var whole = LatencyHistogram()
      for _ in 0..<size { whole.record(Int64(noise.next() * noise.next() * 5e9)) }
      // In three windows and together again.
      var windows = [LatencyHistogram](repeating: LatencyHistogram(), count: 3)
      for (index, bucket) in whole.buckets.enumerated() {
        let value = min(max(Int64(bucket.lowerEnd), whole.minimum ?? 0), whole.maximum ?? 0)
        windows[index % 3].record(value, times: bucket.count)
      }
      let parts = CompactHistogram(merging: windows.map { CompactHistogram($0) })
      #expect(parts.count == whole.count)
      let back = CompactHistogram(merging: [CompactHistogram(whole), CompactHistogram()])
      #expect(back.count == whole.count && back.mean == whole.mean)
      #expect(back.minimum == whole.minimum && back.maximum == whole.maximum)
      for share in [0.1, 0.5, 0.9, 0.99] {
        let (one, other) = (try #require(whole.quantile(share)), try #require(back.quantile(share)))
        #expect(one == other, "\(share) of \(size)")
        let part = try #require(parts.quantile(share))
        #expect((one - part).magnitude <= 0.008 * one, "\(share) of \(size)")
      }
    }
  }

  @Test func `counts by status are sorted whatever order they come in`() {
    let flow = FlowFigures(
      statuses: [
        .init(status: 503, count: 1), .init(status: 0, count: 2), .init(status: 200, count: 3),
        .init(status: 429, count: 4), .init(status: 503, count: 5),
      ], flags: [.init(flags: "UF", count: 1), .init(flags: "-", count: 1)])
    #expect(flow.statuses.map(\.status) == [0, 200, 429, 503] as [Int])
    #expect(flow.statuses.map(\.count) == [2, 3, 4, 6] as [UInt64])
    #expect(flow.flags.map(\.flags) == ["-", "UF"])
    #expect([flow.errors, flow.rejected, flow.good] == [8, 4, 3] as [UInt64])
  }
}

@Suite struct MeasurementTests {
  private let run = RunDescription(
    scenario: "m", duration: .seconds(10), warmup: .seconds(2), sources: [.init(name: "users")],
    faults: [
      FaultDescription(
        name: "f", text: "f",
        occurrences: [
          .init(start: .zero + .seconds(4), end: .zero + .seconds(6)),
          .init(start: .zero + .seconds(8), end: .zero + .seconds(9)),
        ])
    ])

  private var replication: ReplicationResult {
    var flow = FlowFigures(offered: 80, attempts: 100)
    flow.add(72, status: 200)
    flow.add(8, status: 503)
    for second in 0..<10 {
      let failed: UInt32 = (4..<6).contains(second) ? 5 : 0
      flow.samples.append(
        FlowSample(
          offered: 10, succeeded: 10 - failed, serverErrors: failed, attempts: UInt32(10 + second)))
    }
    return ReplicationResult(index: 0, sources: [flow])
  }

  private func measure(_ metric: Metric, _ window: TimeWindow) -> Measurement {
    replication.measure(metric, of: .source(0), in: window, of: run)
  }

  @Test func `the whole run is measured by its counters`() {
    #expect(measure(.errorRate, .counted) == .value(0.1))
    #expect(measure(.offeredRate, .counted) == .value(10))
    #expect(measure(.triesPerRequest, .counted) == .value(1.25))
  }

  @Test func `a service's tries are counted per request of all sources`() throws {
    var run = run
    run.services = [.init(name: "a"), .init(name: "b")]
    var replication = replication
    let source = replication.sources[0]
    replication.sources.append(source)
    replication.services = [3, 5].map { factor in
      var flow = source
      flow.attempts = UInt64(factor) * 160
      for window in flow.samples.indices { flow.samples[window].attempts = UInt32(factor) * 20 }
      return ServiceFigures(flow: flow)
    }
    func bounds(_ subject: Subject) -> [Scenario::Expectation] {
      [TimeWindow.counted, .during(fault: 0), .counted, .between(.zero, .zero)].map { window in
        Scenario::Expectation(
          statement: .bound(
            MetricBound(
              subject: subject, metric: .triesPerRequest, comparison: .below(100), window: window)),
          text: "", location: .init(file: "", line: 1, column: 1))
      }
    }
    run.expectations = bounds(.service(0)) + bounds(.source(0)) + bounds(.service(1))
    let result = RunResult(run, [replication])
    #expect(
      result.verdicts.map { $0.estimate?.mean } == [
        3, 3, 3, nil, 1.25, 47.0 / 30, 1.25, nil, 5, 5, 5, nil,
      ])
    #expect(result.servicePhases[0].allSatisfy { $0.triesPerRequest?.mean == 3 })
    #expect(result.servicePhases[1].allSatisfy { $0.triesPerRequest?.mean == 5 })
    #expect(result.sourcePhases[0].first?.triesPerRequest?.mean == 1.25)
  }

  @Test func `a part that no window is cut for is measured by the windows that begin in it`() {
    #expect(measure(.errorRate, .during(fault: 0)) == .value(10.0 / 30))
    #expect(
      measure(.errorRate, .between(.zero + .milliseconds(3_500), .zero + .seconds(5)))
        == .value(0.5))
    #expect(measure(.goodput, .between(.zero + .seconds(4), .zero + .seconds(5))) == .value(5))
    #expect(measure(.lastFailure, .between(.zero, .zero + .seconds(10))) == .value(6))
    #expect(measure(.lastFailure, .between(.zero, .zero + .seconds(4))) == .value(0))
    #expect(measure(.errorRate, .between(.zero + .seconds(5), .zero + .seconds(5))) == .notRecorded)
    #expect(measure(.latencyQuantile(0.5), .during(fault: 0)) == .notRecorded)
  }

  @Test func `windows that were cut count as much as they are long`() {
    var run = run
    run.windows = WindowGrid(
      width: .seconds(1), end: .zero + .seconds(10), edges: [.zero + .milliseconds(3_500)])
    // The windows that begin at 3 s and at 3.5 s have ten requests each.
    var replication = replication
    replication.sources[0].samples.insert(
      FlowSample(offered: 10, succeeded: 10, attempts: 10), at: 3)
    replication.services = [
      ServiceFigures(
        flow: replication.sources[0],
        server: ServerFigures(
          samples: (0..<11).map { ServerSample(queue: $0 == 4 ? 7 : 1, busy: 1, workers: 2) }))
    ]
    run.services = [.init(name: "a")]
    let second = TimeWindow.between(.zero + .seconds(3), .zero + .seconds(4))
    let half = TimeWindow.between(.zero + .milliseconds(3_500), .zero + .seconds(4))
    func figure(_ metric: Metric, _ subject: Subject, _ window: TimeWindow) -> Measurement {
      replication.measure(metric, of: subject, in: window, of: run)
    }
    #expect(figure(.offeredRate, .source(0), second) == .value(20))
    #expect(figure(.offeredRate, .source(0), half) == .value(20))
    #expect(figure(.meanQueue, .service(0), second) == .value(4))
    #expect(figure(.meanQueue, .service(0), half) == .value(7))
    #expect(figure(.utilisation, .service(0), second) == .value(0.5))
    let series = RunResult(run, [replication]).sources[0].series.offered
    #expect(series.points.map { $0?.mean } == [10, 10, 10, 20, 20, 10, 10, 10, 10, 10, 10])
    #expect(
      RunResult(run, [replication]).sources[0].series.joined(by: run.windows).offered.points
        .map { $0?.mean } == [10, 10, 10, 20, 10, 10, 10, 10, 10, 10])
  }
}
