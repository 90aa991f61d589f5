import Orchestration
import Testing
import TimeAndChance

@Suite struct ScrapedSeriesTests {
  private func second(_ second: Int64) -> SimTime { .zero + .seconds(second) }

  private func series(_ points: [(Int64, Double)]) -> ScrapedSeries {
    var series = ScrapedSeries()
    for (time, value) in points { series.scrape(value, at: second(time)) }
    return series
  }

  @Test func `a gauge is believed for the look-back only`() {
    let queue = series([(0, 7), (30, 12.5)])
    #expect(queue.latestMilli(at: second(31)) == 12_500)
    #expect(queue.latestMilli(at: second(329)) == 12_500)
    #expect(queue.latestMilli(at: second(330)) == nil)
    #expect(ScrapedSeries().latestMilli(at: .zero) == nil)
  }

  @Test func `a steady counter has its rate whatever the phase`() {
    let requests = series((0...40).map { (Int64($0) * 15, Double($0) * 150 + 1000) })
    for now in Int64(600)..<615 {
      let rate = requests.rateMilli(over: .seconds(60), at: second(now)) ?? 0
      #expect(abs(rate - 10_000) <= 1, "at \(now) s")  // doubles, cut to thousandths
    }
  }

  @Test func `a counter that falls started again at zero`() {
    // 10 before the reset, 5 after it: 15 in 30 s of points, stretched by half an interval a side.
    let requests = series([(300, 100), (315, 110), (330, 5)])
    #expect(requests.rateMilli(over: .seconds(300), at: second(400)) == 75)
  }

  @Test func `a new counter is not stretched to before it was zero`() {
    let requests = series([(300, 0), (315, 30)])
    #expect(requests.rateMilli(over: .seconds(60), at: second(315)) == 500)
  }

  @Test func `one point gives no rate`() {
    #expect(series([(300, 4)]).rateMilli(over: .seconds(60), at: second(300)) == nil)
    #expect(series([(240, 4), (300, 9)]).rateMilli(over: .seconds(60), at: second(300)) == nil)
  }

  @Test func `points older than the retention are dropped`() {
    var long = ScrapedSeries(retention: .seconds(60))
    for time in Int64(0)..<10_000 { long.scrape(Double(time), at: second(time)) }
    #expect(abs((long.rateMilli(over: .seconds(30), at: second(9999)) ?? 0) - 1000) <= 1)
    #expect(long.rateMilli(over: .seconds(600), at: second(9999)) ?? 0 < 300)
  }
}
