import Simulation
import Testing
import TimeAndChance
import TrafficPolicy

/// What a proxy's timers end, and what is counted of it.
@Suite struct TimeoutTests {
  @Test func `a route timeout in a back-off times no try out`() {
    var sample = ProxySample()
    sample.hosts = [ProxySample.host(otherwise: ProxySample.reply(503))]
    sample.route = ForwardAction(
      destinations: [.init(cluster: 0)], timeout: .milliseconds(50),
      retryPolicy: RetryPolicy(
        retryOn: .fiveXX, backOff: RetryBackOff(baseInterval: .seconds(3_600))))
    let record = sample.run()
    #expect(record.ends == ["504 UT"])
    #expect(record.counters.upstreamRqRetry == 1)
    #expect(record.counters.upstreamRqTimeout == 0)
  }

  @Test func `a route timeout times every hedged try out`() {
    var sample = ProxySample()
    sample.hosts = [ProxySample.host(otherwise: ProxySample.reply(200, .hang))]
    sample.route = ForwardAction(
      destinations: [.init(cluster: 0)], timeout: .milliseconds(500),
      retryPolicy: RetryPolicy(
        retryOn: .fiveXX, numRetries: 2, perTryTimeout: .milliseconds(100),
        backOff: RetryBackOff(baseInterval: .milliseconds(2))),
      hedgeOnPerTryTimeout: true)
    let record = sample.run()
    #expect(record.ends == ["504 URX,UT"])
    #expect(record.counters.upstreamRqTimeout == 3)
  }

  @Test func `a route timeout times a try out that waits for a connection`() {
    var sample = ProxySample()
    sample.hosts = [PodModel(name: "A", reachability: .blackhole)]
    sample.route.timeout = .milliseconds(100)
    let record = sample.run()
    #expect(record.ends == ["504 UT"])
    #expect(record.counters.upstreamRqTimeout == 1)
  }
}
