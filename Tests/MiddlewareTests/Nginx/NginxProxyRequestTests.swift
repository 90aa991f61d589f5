import Middleware
import Testing
import TimeAndChance

@Suite struct NginxProxyRequestTests {
  private static let three = NginxUpstream(
    settings: NginxUpstreamSettings(
      servers: (1...3).map { NginxServerSettings(address: "10.0.0.\($0):80") }))

  private func request(
    _ settings: NginxProxySettings, isIdempotent: Bool = true
  ) -> NginxProxyRequest {
    NginxProxyRequest(
      settings: settings, isIdempotent: isIdempotent, upstream: Self.three, start: .zero)
  }

  @Test func `a listed status counts only while it is passed on`() {
    var one = request(NginxProxySettings(nextUpstream: [.error, .timeout, .http503]))
    for _ in 0..<2 {
      let (report, step) = one.ended(.status(503), at: .zero)
      #expect(report == .failed)
      #expect(step == .tryNext)
    }
    let (report, step) = one.ended(.status(503), at: .zero)
    #expect(report == .good)
    #expect(step == .answer(503))
  }

  @Test func `an error counts on the last try too`() {
    var one = request(NginxProxySettings(nextUpstreamTries: 1))
    let (report, step) = one.ended(.refused, at: .zero)
    #expect(report == .failed)
    #expect(step == .answer(502))
  }

  @Test func `a POST is passed on when refused and not once it was sent`() {
    var refused = request(NginxProxySettings(), isIdempotent: false)
    #expect(refused.ended(.refused, at: .zero).step == .tryNext)
    var timedOut = request(NginxProxySettings(), isIdempotent: false)
    #expect(timedOut.ended(.readTimeout, at: .zero).step == .answer(504))
    var listed = request(
      NginxProxySettings(nextUpstream: [.error, .timeout, .nonIdempotent]), isIdempotent: false)
    #expect(listed.ended(.closed, at: .zero).step == .tryNext)
  }

  @Test func `403 and 404 are passed on without a failure`() {
    var one = request(NginxProxySettings(nextUpstream: [.error, .http404]))
    #expect(one.ended(.status(404), at: .zero) == (.passedOn, .tryNext))
    #expect(one.ended(.status(403), at: .zero) == (.good, .answer(403)))
  }

  @Test func `the time limit stops further tries only`() {
    let settings = NginxProxySettings(nextUpstreamTimeout: .milliseconds(500))
    var early = request(settings)
    #expect(early.ended(.refused, at: .zero + .milliseconds(499)).step == .tryNext)
    #expect(early.ended(.refused, at: .zero + .milliseconds(500)).step == .answer(502))
  }

  @Test func `a failure on a kept-alive connection gives one extra try`() {
    var one = request(NginxProxySettings(nextUpstreamTries: 1))
    #expect(one.ended(.closed, at: .zero, onCachedConnection: true).step == .tryNext)
    #expect(one.ended(.closed, at: .zero).step == .answer(502))
  }

  @Test func `reasons are read by their names`() {
    #expect(NginxNextUpstream(named: "http_429") == .http429)
    #expect(NginxNextUpstream(named: "off") == [])
    #expect(NginxNextUpstream(named: "http_418") == nil)
  }

  @Test func `limit_conn counts until the request ends`() {
    var limit = NginxLimitConn(limit: 2)
    let answers = [1, 1, 1, nil, 2].map { limit.admit($0) }
    #expect(answers == [true, true, false, true, true])
    limit.release(1)
    #expect(limit.admit(1) == true)
    #expect(limit.active(1) == 2)
  }

  @Test func `the keepalive cache limits idle connections and their age`() {
    var cache = NginxKeepaliveCache(limit: 2, requests: 3)
    let kept = (0..<3).map {
      cache.keep(.init(server: $0, opened: .zero), at: .zero + .seconds(Int64($0)))
    }
    #expect(kept == [true, true, true])
    #expect(cache.idleCount(at: .zero + .seconds(3)) == 2)
    #expect(cache.take(to: 0, at: .zero + .seconds(3)) == nil)
    let second = cache.take(to: 2, at: .zero + .seconds(3))
    #expect(second?.requests == 2)
    #expect(cache.take(to: 1, at: .zero + .seconds(61)) == nil)
  }
}
