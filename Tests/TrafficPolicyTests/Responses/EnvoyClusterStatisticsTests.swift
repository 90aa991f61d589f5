import Testing
import TrafficPolicy

@Suite struct EnvoyClusterStatisticsTests {
  /// The counters that recorded runs are judged by.
  static let judged = [
    "upstream_rq_total", "upstream_rq_retry", "upstream_rq_retry_success",
    "upstream_rq_retry_limit_exceeded", "upstream_rq_retry_overflow",
    "upstream_rq_retry_backoff_exponential", "upstream_rq_retry_backoff_ratelimited",
    "upstream_rq_timeout", "upstream_rq_per_try_timeout", "upstream_rq_pending_overflow",
    "upstream_rq_active_overflow", "upstream_cx_total", "upstream_cx_connect_fail",
    "upstream_cx_connect_timeout", "upstream_cx_max_requests", "upstream_cx_none_healthy",
    "lb_healthy_panic",
  ]

  @Test func `every counter has its own name, sorted, none is missing`() {
    let names = EnvoyClusterStatistics().named.map(\.name)
    #expect(names == names.sorted())
    #expect(Set(names).count == names.count)
    #expect(names.count == MemoryLayout<EnvoyClusterStatistics>.size / 8)
    #expect(Set(Self.judged).isSubset(of: names))
  }

  @Test func `counters add up`() {
    var one = EnvoyClusterStatistics()
    one.count(status: 200)
    one.count(status: 503)
    one.upstreamRqRetry = 4
    var sum = one
    sum.add(one)
    #expect(sum.upstreamRq2xx == 2 && sum.upstreamRq5xx == 2 && sum.upstreamRqCompleted == 4)
    #expect(sum.upstreamRqRetry == 8)
    #expect(sum.named.reduce(0) { $0 + $1.value } == 2 * one.named.reduce(0) { $0 + $1.value })
  }
}
