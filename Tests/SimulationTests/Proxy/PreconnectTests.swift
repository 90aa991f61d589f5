import Simulation
import Testing
import TimeAndChance
import TrafficPolicy

/// Connections that a pool opens before it needs them.
///
/// - Source: Envoy `source/common/conn_pool/conn_pool_base.cc` (shouldConnect,
///   tryCreateNewConnections).
@Suite struct PreconnectTests {
  private func record(
    ratio: Double, _ phases: [ClientPhase], limit: Int = CircuitBreakerThresholds.unlimited,
    streams: Int? = nil
  ) -> RunRecord {
    var sample = ProxySample()
    sample.hosts = [ProxySample.host("A", 150)]
    sample.cluster.preconnectRatio = ratio
    sample.cluster.thresholds.maxConnections = limit
    if let streams {
      sample.cluster.upstreamProtocol = .http2
      sample.cluster.maxConcurrentStreams = streams
    }
    sample.phases = phases
    return sample.run()
  }

  @Test(arguments: [(1, 1), (1.5, 2), (2, 2), (3, 3)])
  func `a request opens as many connections as the ratio says`(ratio: Double, count: UInt64) {
    let record = record(ratio: ratio, [.burst(count: 1, abortAfter: nil)])
    #expect(record.ends == ["200 -"])
    #expect(record.counters.upstreamCxTotal == count)
  }

  @Test func `two at once want twice as many`() {
    let record = record(ratio: 2, [.burst(count: 2, abortAfter: nil)])
    #expect(record.counters.upstreamCxTotal == 4)
  }

  @Test func `idle connections do not count`() {
    // Two for the first request, and one more for each that finds a connection ready.
    let record = record(ratio: 2, [.sequential(count: 5, gap: .zero, abortAfter: nil)])
    #expect(record.counters.upstreamCxTotal == 6)
  }

  @Test func `streams that connections will take count`() {
    let phase = ClientPhase.burst(count: 3, abortAfter: nil)
    // Six streams wanted, four a connection.
    #expect(record(ratio: 2, [phase], streams: 4).counters.upstreamCxTotal == 2)
  }

  @Test func `the limit on connections ends it`() {
    let record = record(ratio: 3, [.burst(count: 1, abortAfter: nil)], limit: 1)
    #expect(record.counters.upstreamCxTotal == 1)
    #expect(record.counters.upstreamCxOverflow == 1)
  }
}
