import Statistics
import Testing

@Suite struct QuantileIntervalTests {
  // Computed with exact fractions from the binomial law.
  @Test(arguments: [
    (10, 0.5, 0.95, 2, 9), (100, 0.5, 0.95, 40, 61), (100, 0.9, 0.95, 84, 96),
    (368, 0.99, 0.95, 360, 368), (500, 0.99, 0.95, 490, 500), (600, 0.99, 0.9, 590, 599),
    (1000, 0.95, 0.99, 931, 968),
  ])
  func `ranks follow the binomial law`(
    count: Int, quantile: Double, confidence: Double, lower: Int, upper: Int
  ) throws {
    let ranks = try #require(
      QuantileInterval.ranks(count: count, quantile: quantile, confidence: confidence))
    #expect(ranks.lower == lower)
    #expect(ranks.upper == upper)
  }

  @Test(arguments: [(367, 0.99), (5, 0.5), (0, 0.5), (1, 0.5), (100, 0.001)])
  func `a small sample has no interval`(count: Int, quantile: Double) {
    #expect(QuantileInterval.ranks(count: count, quantile: quantile) == nil)
    let sorted = (0..<count).map(Double.init)
    #expect(QuantileInterval(sorted: sorted, quantile: quantile) == nil)
  }

  @Test func `intervals hold the quantile as often as they say`() throws {
    var noise = Noise(seed: 12)
    var hits = 0
    for _ in 0..<2000 {
      let sorted = (0..<200).map { _ in noise.unit() }.sorted()
      let interval = try #require(QuantileInterval(sorted: sorted, quantile: 0.9))
      if interval.low <= 0.9 && interval.high >= 0.9 { hits += 1 }
    }
    // At least 95 %, and not much more.
    #expect(hits > 1870 && hits < 1960)
  }

  @Test func `a histogram's interval is the sample's within a bucket`() throws {
    var noise = Noise(seed: 13)
    let values = (0..<5000).map { _ in noise.latency() }
    var histogram = LatencyHistogram()
    for value in values { histogram.record(value) }
    let sorted = values.map(Double.init).sorted()
    let exact = try #require(QuantileInterval(sorted: sorted, quantile: 0.95))
    let estimate = try #require(QuantileInterval(histogram, quantile: 0.95))
    #expect((estimate.value / exact.value - 1).magnitude < 0.01)
    #expect((estimate.low / exact.low - 1).magnitude < 0.01)
    #expect((estimate.high / exact.high - 1).magnitude < 0.01)
    #expect(QuantileInterval(LatencyHistogram(), quantile: 0.95) == nil)
  }

  @Test func `over replications it is the mean of the quantiles`() throws {
    let histograms = [100, 110, 120].map { (value: Int64) -> LatencyHistogram in
      var histogram = LatencyHistogram()
      histogram.record(value, times: 10)
      return histogram
    }
    let interval = try #require(
      QuantileInterval.overReplications(histograms + [LatencyHistogram()], quantile: 0.99))
    #expect(interval.count == 3)
    #expect(interval.mean == 110)
    #expect(QuantileInterval.overReplications([LatencyHistogram()], quantile: 0.99) == nil)
  }
}
