import Results
import Scenario
import Statistics
import Testing
import TimeAndChance

@testable import Reporting

/// A run of one source over a minute, given what happens in each second.
private func timeline(
  faultAt: Int? = 30, seconds: Int = 60, _ sample: (Int) -> FlowSample
) -> [TimelineEntry] {
  timeline(of: FlowFigures(samples: (0..<seconds).map(sample)), faultAt: faultAt, seconds: seconds)
}

/// The same of what was recorded.
private func timeline(
  of flow: FlowFigures, faultAt: Int? = 30, seconds: Int = 60
) -> [TimelineEntry] {
  let run = RunDescription(
    scenario: "tiny", duration: .seconds(Int64(seconds)),
    sources: [.init(name: "shop")],
    faults: faultAt.map { start in
      [
        FaultDescription(
          name: "fault", text: "something breaks",
          occurrences: [
            .init(start: .zero + .seconds(Int64(start)), end: .zero + .seconds(Int64(start + 5)))
          ])
      ]
    } ?? [])
  let result = RunResult(run, [ReplicationResult(index: 0, sources: [flow])])
  return Episodes.entries(result)
}

@Suite struct TallyTests {
  @Test(arguments: [
    (6.0, 10.0, 0.0, 1_000.0, true),
    (5, 10, 0, 1_000, false),  // five events prove nothing
    (9, 9, 0, 1_000, false),  // nor do nine requests
    (10, 10, 0, 0, false),  // nothing is known of what is usual
    (10, 100, 50, 1_000, false),  // 5.1 expected
    (1_000, 10_000, 500, 10_000, true),
    (600, 10_000, 500, 10_000, false),
    (0, 1_000, 0, 1_000, false),
  ])
  func `a line needs more than what is usual can explain`(
    events: Double, requests: Double, usualEvents: Double, usualRequests: Double, isMore: Bool
  ) {
    let usual = Tally(events: usualEvents, requests: usualRequests)
    #expect(Tally(events: events, requests: requests).exceeds(usual) == isMore)
  }

  @Test func `more of the same ratio never turns a finding down`() {
    for events in 1...20 {
      var wasMore = false
      for size in 1...200 {
        let tally = Tally(events: Double(events * size), requests: Double(20 * size))
        let isMore = tally.exceeds(Tally(events: 100, requests: 10_000))
        #expect(isMore || !wasMore, "\(events) of 20, \(size) times")
        wasMore = isMore
      }
    }
  }
}

@Suite struct TimelineTests {
  @Test func `one request that is tried six times makes no line`() {
    let entries = timeline { second in
      second == 40
        ? FlowSample(offered: 1, succeeded: 1, attempts: 6, retries: 5, p50: 5_000, p99: 5_000)
        : FlowSample(offered: 1, succeeded: 1, attempts: 1, p50: 4_000, p99: 4_000)
    }
    #expect(entries.isEmpty, "\(entries)")
  }

  @Test func `two of twenty requests that are tried six times make no line`() {
    let entries = timeline { second in
      FlowSample(
        offered: 4, succeeded: 4, attempts: second == 40 ? 14 : 4, p50: 4_000, p99: 4_000)
    }
    #expect(entries.isEmpty, "\(entries)")
  }

  @Test func `a few seconds in which every request is tried thrice are told`() {
    let entries = timeline { second in
      let isBad = (30..<35).contains(second)
      return FlowSample(
        offered: 10, succeeded: 10, attempts: isBad ? 30 : 10, p50: 4_000, p99: 4_000)
    }
    #expect(entries.map(\.text) == ["tries per new request of shop 1 → 3, until 00:35"])
    #expect(entries.first?.at == .zero + .seconds(30))
  }

  @Test func `a second without enough requests gives no peak`() {
    // 20 requests fail by half; one of a single request fails whole.
    let entries = timeline { second in
      switch second {
      case 30..<34:
        FlowSample(offered: 20, succeeded: 10, serverErrors: 10, attempts: 20, p50: 9, p99: 9)
      case 34: FlowSample(offered: 1, serverErrors: 1, attempts: 1, p50: 9, p99: 9)
      default: FlowSample(offered: 20, succeeded: 20, attempts: 20, p50: 9, p99: 9)
      }
    }
    #expect(entries.map(\.text) == ["errors of shop up to 50 %, until 00:35"])
  }

  @Test func `a trickle that fails for long is told as a whole`() {
    let entries = timeline { second in
      let isBad = (30..<50).contains(second)
      return FlowSample(
        offered: 1, succeeded: isBad ? 0 : 1, serverErrors: isBad ? 1 : 0, attempts: 1, p50: 9,
        p99: 9)
    }
    #expect(entries.map(\.text) == ["errors of shop 100 %, until 00:50"])
  }

  @Test func `slow answers to a handful of requests make no line, to many they do`() {
    for (requests, isTold) in [(1, false), (200, true)] as [(UInt32, Bool)] {
      let entries = timeline { second in
        let latency: Int64 = (40..<42).contains(second) ? 500_000_000 : 10_000_000
        return FlowSample(
          offered: requests, succeeded: requests, attempts: requests, p50: latency, p99: latency)
      }
      #expect(entries.map(\.kind) == (isTold ? [.latency] : []))
    }
  }

  @Test func `latencies of a window tell how many of its requests are slow`() {
    // Ten of two hundred requests are slow in one second: more than a hundredth, less than half.
    let flow = FlowFigures(
      samples: (0..<60).map { second in
        FlowSample(
          offered: 200, succeeded: 200, attempts: 200, p50: 10_000_000,
          p99: second == 40 ? 500_000_000 : 12_000_000, max: second == 40 ? 500_000_000 : 12_000_000
        )
      },
      windowLatency: (0..<60).map { second in
        var latency = LatencyHistogram()
        for request in 0..<200 {
          latency.record(second == 40 && request < 10 ? 500_000_000 : 10_000_000)
        }
        return CompactHistogram(latency)
      })
    #expect(timeline(of: flow).map(\.text) == ["p99 of shop 12 ms → 500 ms, until 00:41"])
    var blind = flow
    blind.windowLatency = []
    #expect(timeline(of: blind).isEmpty)
  }

  @Test func `requests that are refused with 429 are told, also when that is usual`() {
    func told(_ rejected: (Int) -> UInt32) -> [String] {
      timeline { second in
        let rejected = rejected(second)
        return FlowSample(
          offered: 100, succeeded: 100 - rejected, rejected: rejected, attempts: 100, p50: 9,
          p99: 9)
      }.map(\.text)
    }
    #expect(told { _ in 63 } == ["429 for 63 % of shop, to the end"])
    #expect(told { (10..<20).contains($0) ? 40 : 0 } == ["429 for 40 % of shop, until 00:20"])
    #expect(
      told { $0 < 10 ? 0 : $0 < 15 ? 80 : 10 }
        == ["429 for 17 % (at times 80 %) of shop, to the end"])
    #expect(told { _ in 0 }.isEmpty)
    #expect(told { $0 == 30 ? 3 : 0 }.isEmpty)
  }

  @Test(arguments: [
    (FlowFigures.RefusedRetries(budget: 9), " by the retry budget"),
    (.init(overflow: 9), " by maxRetries"), (.init(bucket: 9), " by the client's token bucket"),
    (.init(breaker: 9), " by the client's breaker"), (.init(budget: 9, overflow: 1), ""),
  ])
  func `refused retries are told with what refused them`(
    refused: FlowFigures.RefusedRetries, cause: String
  ) {
    let samples = (0..<60).map { second in
      (30..<40).contains(second)
        ? FlowSample(
          offered: 100, succeeded: 100, attempts: 101, retries: 1, retriesRefused: 4, p50: 9, p99: 9
        ) : FlowSample(offered: 100, succeeded: 100, attempts: 100, p50: 9, p99: 9)
    }
    let flow = FlowFigures(retriesRefused: refused, samples: samples)
    #expect(
      timeline(of: flow).map(\.text) == ["80 % of retries of shop refused\(cause), until 00:40"])
  }

  @Test func `failures that come time and again are one line`() {
    func told(_ times: Int) -> [String] {
      timeline(faultAt: 15, seconds: 200) { second in
        let isBad = second >= 20 && second % 20 < 2 && second / 20 <= times
        return FlowSample(
          offered: 100, succeeded: isBad ? 40 : 100, serverErrors: isBad ? 60 : 0, attempts: 100,
          p50: 9, p99: 9)
      }.map(\.text)
    }
    #expect(told(6).count == 6)
    #expect(told(8) == ["errors of shop up to 60 %, 8 times until 02:42"])
  }

  @Test(arguments: [0.5, 2, 20])
  func `chance alone makes next to no lines`(rate: Double) throws {
    var lines: [String] = []
    for seed in UInt64(0)..<200 {
      var random = RandomStream(seed: seed, name: "timeline")
      lines +=
        timeline(seconds: 120) { _ in
          var sample = FlowSample(p50: 10_000_000, p99: 12_000_000)
          // About Poisson: many chances of a small one.
          for _ in 0..<100 where random.unit() < rate / 100 {
            sample.offered += 1
            sample.attempts += 1
            let fails = random.unit() < 0.03
            if fails { sample.attempts += 3 }
            if fails, random.unit() < 0.5 {
              sample.serverErrors += 1
            } else {
              sample.succeeded += 1
            }
          }
          return sample
        }.map(\.text)
    }
    #expect(lines.count <= 4, "in 200 quiet runs: \(lines)")
  }
}
