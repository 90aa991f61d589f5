import Statistics
import Testing

@Suite struct LatencyHistogramTests {
  private func histogram(_ values: some Sequence<Int64>) -> LatencyHistogram {
    var result = LatencyHistogram()
    for value in values { result.record(value) }
    return result
  }

  @Test func `without values nothing is known`() {
    let empty = LatencyHistogram()
    #expect(empty.count == 0)
    #expect(empty.mean == nil && empty.minimum == nil && empty.maximum == nil)
    #expect(empty.quantile(0.5) == nil)
    #expect(empty.share(above: 0) == 0)
    #expect(empty.buckets.isEmpty)
  }

  @Test func `equal values are their own quantiles`() {
    var one = LatencyHistogram()
    one.record(1_234_567, times: 1000)
    for share in [0, 0.3, 0.99, 1] { #expect(one.quantile(share) == 1_234_567) }
    #expect(one.share(above: 1_234_566) == 1)
    #expect(one.share(above: 1_234_567) == 0)
    #expect(one.mean == 1_234_567)
  }

  @Test func `quantiles are within one per cent of the exact ones`() throws {
    var noise = Noise(seed: 2)
    let values = (0..<50_000).map { _ in noise.latency() }
    let sorted = values.sorted()
    let all = histogram(values)
    for share in [0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999] {
      let exact = Double(sorted[Int(share * 50_000)])
      let estimate = try #require(all.quantile(share))
      #expect((estimate / exact - 1).magnitude < 0.01, "\(share)")
    }
    #expect(all.quantile(0) == Double(sorted[0]))
    #expect(all.quantile(1) == Double(sorted[49_999]))
  }

  @Test func `quantile and share above are each other's inverse`() throws {
    var noise = Noise(seed: 3)
    let all = histogram((0..<10_000).map { _ in noise.latency() })
    for percent in 1...99 {
      let share = Double(percent) / 100
      let value = try #require(all.quantile(share))
      #expect((all.share(above: value) - (1 - share)).magnitude < 1e-9)
    }
  }

  @Test func `count, sum and extremes are exact`() {
    var noise = Noise(seed: 4)
    let values = (0..<10_000).map { _ in noise.latency() }
    let all = histogram(values)
    #expect(all.count == 10_000)
    #expect(all.sum == values.reduce(UInt128(0)) { $0 + UInt128($1) })
    #expect(all.minimum == values.min())
    #expect(all.maximum == values.max())
    #expect(all.buckets.reduce(0) { $0 + $1.count } == 10_000)
    var large = LatencyHistogram()
    large.record(.max, times: 1 << 40)
    #expect(large.sum == UInt128(Int64.max) << 40)
    #expect(large.mean == Double(Int64.max))
  }

  @Test func `merging in any order equals recording everything in one`() {
    var noise = Noise(seed: 5)
    let parts = (0..<6).map { part in
      (0..<part * 300).map { _ in noise.latency() >> Int64(part) }
    }
    let whole = histogram(parts.joined())
    for order in [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [3, 0, 5, 1, 4, 2]] {
      var merged = LatencyHistogram()
      for part in order { merged.merge(histogram(parts[part])) }
      #expect(merged == whole)
    }
    var left = histogram(parts[1])
    left.merge(histogram(parts[2]))
    var right = histogram(parts[3])
    right.merge(histogram(parts[4]))
    right.merge(histogram(parts[5]))
    right.merge(left)
    #expect(right == whole)
  }

  @Test func `a limit inside a bucket takes its part of it`() {
    var two = LatencyHistogram()
    // One bucket: 2^20 ..< 2^20 + 8192.
    let start: Int64 = 1 << 20
    two.record(start)
    two.record(start + 8000)
    #expect(two.buckets.count == 1)
    #expect(two.share(above: Double(start + 2000)) == 0.75)
    #expect(two.quantile(0.25) == Double(start + 2000))
  }

  @Test func `whole nanoseconds are told apart below 256, and nothing is part of one`() {
    // Three requests of five take no time at all.
    var mixed = LatencyHistogram()
    mixed.record(0, times: 60)
    mixed.record(200, times: 30)
    mixed.record(1_000_000, times: 10)
    #expect(mixed.quantile(0) == 0 && mixed.quantile(0.5) == 0 && mixed.quantile(0.6) == 0)
    #expect(mixed.quantile(0.75) == 200)
    #expect(mixed.share(above: 0) == 0.4 && mixed.share(above: 199.5) == 0.4)
    #expect(mixed.share(above: 200) == 0.1)
    #expect(CompactHistogram(mixed).quantile(0.55) == 0)
    var recorder = LatencyRecorder()
    recorder.record(0, times: 60)
    recorder.record(3, times: 40)
    let found = recorder.middleAndTail(with: LatencyRecorder())
    #expect(found?.p50 == 0 && found?.p99 == 3)
    let nothing = histogram(Array(repeating: 0, count: 9))
    for share in [0, 0.3, 0.5, 0.999, 1] { #expect(nothing.quantile(share) == 0) }
  }
}
