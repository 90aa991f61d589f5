import Simulation
import Testing
import TimeAndChance
import TrafficPolicy

/// What retries choose and what is counted of them.
@Suite struct RetryTests {
  @Test func `a retry without a host is no success`() {
    var sample = ProxySample()
    sample.hosts = [ProxySample.host(otherwise: ProxySample.reply(503))]
    var outlier = OutlierDetectionSettings()
    outlier.consecutive5xx = 1
    outlier.maxEjectionPercent = 100
    sample.cluster.outlierDetection = outlier
    sample.cluster.panicThreshold = 0
    sample.cluster.updateMergeWindow = .zero
    sample.route.retryPolicy = RetryPolicy(
      retryOn: .fiveXX, backOff: RetryBackOff(baseInterval: .milliseconds(2)))
    let record = sample.run()
    #expect(record.ends == ["503 UH"])
    #expect(record.requests[0].attempts == 2)
    #expect(record.counters.upstreamRqRetry == 1)
    #expect(record.counters.upstreamRqRetrySuccess == 0)
  }

  @Test(arguments: [1, 2, 3])
  func `tried priorities are left out after so many tries`(frequency: Int) {
    var sample = ProxySample()
    sample.hosts = [
      ProxySample.host("A", otherwise: ProxySample.reply(503)), ProxySample.host("B"),
    ]
    sample.priorities = [0, 1]
    sample.phases = [.sequential(count: 10, gap: .zero, abortAfter: nil)]
    sample.route.retryPolicy = RetryPolicy(
      retryOn: .fiveXX, numRetries: 3, backOff: RetryBackOff(baseInterval: .milliseconds(2)),
      previousPrioritiesUpdateFrequency: frequency)
    let record = sample.run()
    #expect(record.ends == Array(repeating: "200 -", count: 10))
    #expect(record.requests.allSatisfy { $0.attempts == frequency + 1 })
    #expect(record.services[0].pods.map(\.arrivals) == [UInt64(10 * frequency), 10])
  }
}
