import Middleware
import Testing
import TimeAndChance

@Suite struct HAProxyRetryTests {
  private func settings(
    retries: Int = 3, redispatch: Int? = nil, connectMs: Int64 = 200
  ) -> HAProxyRetrySettings {
    HAProxyRetrySettings(
      retries: retries, redispatch: redispatch, connectTimeout: .milliseconds(connectMs),
      serverTimeout: .seconds(5))
  }

  @Test func `the same server waits the shorter of a second and timeout connect`() {
    var short = HAProxyRequestRetries(settings: settings(retries: 1))
    #expect(
      short.failed(.refused, balancing: .roundrobin, activeServers: 2)
        == .sameServer(after: .milliseconds(200)))
    #expect(short.failed(.refused, balancing: .roundrobin, activeServers: 2) == .answer)
    #expect(short.logField == "1")
    var long = HAProxyRequestRetries(settings: settings(connectMs: 5_000))
    #expect(
      long.failed(.refused, balancing: .roundrobin, activeServers: 2)
        == .sameServer(after: .seconds(1)))
    #expect(
      long.failed(.connectTimeout, balancing: .roundrobin, activeServers: 2)
        == .sameServer(after: .zero))
  }

  @Test func `round robin with redispatch moves at once`() {
    var one = HAProxyRequestRetries(settings: settings(redispatch: -1))
    #expect(
      one.failed(.refused, balancing: .roundrobin, activeServers: 3) == .redispatch(after: .zero))
    one.redispatched(from: 0, to: 1)
    #expect(one.logField == "+1")
  }

  @Test(arguments: [(-1, [3]), (-2, [2]), (1, [1, 2, 3]), (2, [2])])
  func `a hash moves by the interval only`(interval: Int, moving: [Int]) {
    var one = HAProxyRequestRetries(settings: settings(redispatch: interval))
    var moved: [Int] = []
    for retry in 1...3 {
      let step = one.failed(.refused, balancing: .hashMap, activeServers: 3)
      if case .redispatch = step { moved.append(retry) }
    }
    #expect(moved == moving)
  }

  @Test func `a single server is waited for even when moving`() {
    var one = HAProxyRequestRetries(settings: settings(redispatch: 1))
    #expect(
      one.failed(.refused, balancing: .roundrobin, activeServers: 1)
        == .redispatch(after: .milliseconds(200)))
  }

  @Test func `only listed failures are retried`() {
    var plain = HAProxyRequestRetries(settings: settings())
    #expect(plain.failed(.status(503), balancing: .roundrobin, activeServers: 2) == .answer)
    var listed = settings()
    listed.retryOn = .allRetryableErrors
    var one = HAProxyRequestRetries(settings: listed)
    #expect(
      one.failed(.status(503), balancing: .roundrobin, activeServers: 2)
        == .sameServer(after: .zero))
    #expect(one.failed(.status(404), balancing: .roundrobin, activeServers: 2) == .answer)
  }
}
