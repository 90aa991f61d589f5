import Simulation
import Testing
import TimeAndChance
import TrafficPolicy

/// What a second proxy passes on to the first one.
///
/// - Source: Envoy `source/common/router/router.cc` (onUpstreamHeaders: the headers go downstream as
///   they came); the recording `two-hops-retry-amplification`.
@Suite struct ForwardingTests {
  private typealias Header = HostScript.Header

  /// The same policy in both proxies.
  private func sample(_ policy: RetryPolicy, _ reply: HostScript.Reply) -> ProxySample {
    var own = policy
    own.backOff = RetryBackOff(baseInterval: .milliseconds(2))
    var sample = ProxySample()
    sample.hosts = [ProxySample.host(otherwise: reply)]
    sample.route.retryPolicy = own
    sample.bridge = sample.route
    return sample
  }

  private func arrivals(_ record: RunRecord) -> UInt64 { record.services[0].pods[0].arrivals }

  @Test func `grpc-status multiplies retries as a status does`() {
    let headers = [
      Header(name: "content-type", value: "application/grpc"),
      Header(name: "grpc-status", value: "14"),
    ]
    let record = sample(
      RetryPolicy(retryOn: .unavailable, numRetries: 2), ProxySample.reply(headers: headers)
    ).run()
    #expect(record.ends == ["200 URX"])
    #expect(record.requests[0].attempts == 3)
    #expect(arrivals(record) == 9)
  }

  @Test func `x-envoy-ratelimited stops retries in both proxies`() {
    let headers = [Header(name: "x-envoy-ratelimited", value: "true")]
    let record = sample(
      RetryPolicy(retryOn: .fiveXX, numRetries: 2), ProxySample.reply(503, headers: headers)
    ).run()
    #expect(record.ends == ["503 -"])
    #expect(arrivals(record) == 1)
  }

  @Test func `a header asks both proxies for their waits`() {
    let policy = RetryPolicy(
      retryOn: .fiveXX,
      rateLimitedBackOff: RateLimitedBackOff(
        resetHeaders: [.init(name: "retry-after", format: .seconds)]))
    var sample = sample(
      policy, ProxySample.reply(503, headers: [Header(name: "retry-after", value: "1")]))
    sample.route.timeout = .seconds(60)
    sample.bridge?.timeout = .seconds(60)
    let record = sample.run()
    #expect(record.ends == ["503 URX"])
    #expect(record.counters.upstreamRqRetryBackoffRatelimited == 1)
    #expect(record.proxies[1].clusters[0].upstreamRqRetryBackoffRatelimited == 2)
  }

  @Test func `an answer that breaks off does so in both proxies`() {
    let record = sample(
      RetryPolicy(retryOn: .fiveXX),
      ProxySample.reply(200, .answerThenReset(after: .milliseconds(50)))
    ).run()
    #expect(record.ends == ["200 UR"])
    #expect(record.requests[0].client == .connectionBroken)
    #expect(arrivals(record) == 1)
    #expect((50...60).contains(record.milliseconds))
  }

  @Test func `after a retry a plain answer is passed on as it is`() {
    let headers = [Header(name: "x-a", value: "b")]
    var sample = sample(
      RetryPolicy(retryOn: .fiveXX, numRetries: 2), ProxySample.reply(404))
    sample.hosts = [
      ProxySample.host(
        "A", 0, [ProxySample.upTo(1, ProxySample.reply(503, headers: headers))],
        otherwise: ProxySample.reply(404))
    ]
    let record = sample.run()
    #expect(record.ends == ["404 -"])
    #expect(arrivals(record) == 2)
  }
}
