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

  /// A host that answers at once behind a fault that delays by 300 ms.
  private var delayed: ProxySample {
    var sample = ProxySample()
    sample.hosts = [ProxySample.host()]
    sample.filters = [
      .fault(FaultInjectionSettings(delay: .milliseconds(300), delayFraction: .all))
    ]
    return sample
  }

  @Test func `a stream that idles in a filter times out there`() {
    var sample = delayed
    sample.route.idleTimeout = .milliseconds(100)
    let record = sample.run()
    #expect(record.ends == ["504 DI,SI"])
    #expect(record.milliseconds == 100)
    #expect(record.requests[0].attempts == 0)
  }

  @Test func `an idle limit above the route's counts from the arrival`() {
    var sample = delayed
    sample.hosts = [ProxySample.host(otherwise: ProxySample.reply(200, .hang))]
    sample.route.timeout = .milliseconds(400)
    sample.streamIdle = .milliseconds(500)
    let record = sample.run()
    #expect(record.ends == ["504 DI,SI"])
    #expect(record.milliseconds == 500)
  }

  @Test func `the longest life of a stream begins with the stream`() {
    var sample = delayed
    sample.route.maxStreamDuration = .milliseconds(100)
    let record = sample.run()
    #expect(record.ends == ["504 DI"])
    #expect(record.milliseconds == 100)
    #expect(record.requests[0].details == .maxDurationTimeout)
  }

  @Test func `streams that live long enough are let alone`() {
    var sample = delayed
    sample.route.idleTimeout = .milliseconds(350)
    sample.route.maxStreamDuration = .milliseconds(400)
    #expect(sample.run().ends == ["200 DI"])
  }

  @Test func `a try that idles is ended and tried again`() {
    var sample = ProxySample()
    sample.hosts = [ProxySample.host("A", 600)]
    sample.route.retryPolicy = RetryPolicy(
      retryOn: .fiveXX, perTryTimeout: .milliseconds(500), perTryIdleTimeout: .milliseconds(100),
      backOff: RetryBackOff(baseInterval: .milliseconds(2)))
    let record = sample.run()
    #expect(record.ends == ["504 URX,UT"])
    #expect(record.requests[0].attempts == 2)
    #expect(record.requests[0].details == .upstreamPerTryIdleTimeout)
    #expect((200...206).contains(record.milliseconds))
    #expect(record.counters.upstreamRqPerTryIdleTimeout == 2)
    #expect(record.counters.upstreamRqPerTryTimeout == 0)
  }

  @Test func `the shorter of a try's two timers counts`() {
    var sample = ProxySample()
    sample.hosts = [ProxySample.host("A", 600)]
    sample.route.retryPolicy = RetryPolicy(
      retryOn: .retriable4xx, perTryTimeout: .milliseconds(100),
      perTryIdleTimeout: .milliseconds(500))
    let record = sample.run()
    #expect(record.ends == ["504 UT"])
    #expect(record.requests[0].details == .upstreamPerTryTimeout)
    #expect(record.counters.upstreamRqPerTryIdleTimeout == 0)
  }
}
