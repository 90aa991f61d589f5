import Simulation
import Testing
import TimeAndChance
import TrafficPolicy

/// What hedged tries do to each other.
///
/// - Source: Envoy `source/common/router/router.cc` (onSoftPerTryTimeout, onUpstreamHeaders,
///   onUpstreamReset, onResponseTimeout); the recording `hedge-1`.
@Suite struct HedgingTests {
  /// One host, a per-try timeout of 100 ms, hedged, and one retry.
  private func sample(
    first: HostScript.Reply, then second: HostScript.Reply, retryOn: RetryOn = .fiveXX,
    timeout: SimDuration = .seconds(5)
  ) -> ProxySample {
    var sample = ProxySample()
    sample.hosts = [ProxySample.host("A", 0, [ProxySample.upTo(1, first)], otherwise: second)]
    sample.route = ForwardAction(
      destinations: [.init(cluster: 0)], timeout: timeout,
      retryPolicy: RetryPolicy(
        retryOn: retryOn, numRetries: 1, perTryTimeout: .milliseconds(100),
        backOff: RetryBackOff(baseInterval: .milliseconds(2))),
      hedgeOnPerTryTimeout: true)
    return sample
  }

  @Test func `a bad answer of the last try waits for the one in front of it`() {
    let record = sample(
      first: ProxySample.reply(after: 300), then: ProxySample.reply(503, after: 20)
    ).run()
    // The flag of the refused retry stays.
    #expect(record.ends == ["200 URX"])
    #expect((300...303).contains(record.milliseconds))
    #expect(record.counters.upstreamRqRetryLimitExceeded == 1)
    // The winner was hedged: nobody asks whether it would be retried.
    #expect(record.counters.upstreamRqRetrySuccess == 0)
    #expect(record.counters.upstreamRqPerTryTimeout == 0)
  }

  @Test func `a reset of the last try waits for the one in front of it`() {
    let record = sample(
      first: ProxySample.reply(after: 300), then: ProxySample.reply(200, .reset, after: 20)
    ).run()
    #expect(record.ends == ["200 URX"])
    #expect((300...303).contains(record.milliseconds))
  }

  @Test func `an answer that is not retried wins at once, whatever its status`() {
    let record = sample(
      first: ProxySample.reply(after: 300), then: ProxySample.reply(404, after: 20)
    ).run()
    #expect(record.ends == ["404 -"])
    #expect(record.milliseconds < 130)
    #expect(record.counters.upstreamRqRetrySuccess == 1)
  }

  @Test func `two bad answers end with the later one, and one retry was refused`() {
    let record = sample(
      first: ProxySample.reply(502, after: 300), then: ProxySample.reply(503, after: 20)
    ).run()
    #expect(record.ends == ["502 URX"])
    #expect(record.counters.upstreamRqRetryLimitExceeded == 1)
  }

  @Test func `a reset of a hedged try is dropped though its class is not retried`() {
    let record = sample(
      first: ProxySample.reply(200, .reset, after: 150), then: ProxySample.reply(after: 90),
      retryOn: .retriableStatusCodes
    ).run()
    #expect(record.ends == ["200 -"])
    #expect(record.counters.upstreamRqRetrySuccess == 1)
  }

  @Test func `a reset of the present try that is not retried waits too`() {
    let record = sample(
      first: ProxySample.reply(after: 300), then: ProxySample.reply(200, .reset, after: 20),
      retryOn: .retriableStatusCodes
    ).run()
    #expect(record.ends == ["200 -"])
    #expect((300...303).contains(record.milliseconds))
    // Envoy takes an outcome that it does not retry for a success, even a reset.
    #expect(record.counters.upstreamRqRetrySuccess == 1)
  }

  @Test func `a hedged answer that breaks off is the request's`() {
    let record = sample(
      first: ProxySample.reply(200, .answerThenReset(after: .milliseconds(50)), after: 150),
      then: ProxySample.reply(after: 300)
    ).run()
    #expect(record.ends == ["200 UPE"])
    #expect((200...203).contains(record.milliseconds))
  }

  @Test func `a try that has timed out is not reported again by the route's timer`() {
    var sample = sample(
      first: ProxySample.reply(200, .hang), then: ProxySample.reply(200, .hang),
      timeout: .milliseconds(500))
    var outlier = OutlierDetectionSettings()
    outlier.consecutive5xx = 3
    sample.cluster.outlierDetection = outlier
    let record = sample.run()
    #expect(record.ends == ["504 URX,UT"])
    // Two tries, two time-outs: a third would be the detection.
    #expect(record.proxies[0].outliers[0].detected(.consecutive5xx) == 0)
    #expect(record.proxies[0].hostErrors[0] == [2])
  }
}
