import Statistics
import Testing

@Suite struct TimeWeightedAverageTests {
  @Test func `a level counts as long as it holds`() {
    var queue = TimeWeightedAverage(level: 2, at: 100)
    queue.set(6, at: 110)  // 2 for 10
    queue.add(-5, at: 130)  // 6 for 20
    #expect(queue.level == 1)
    #expect(queue.highest == 6)
    #expect(queue.integral(at: 140) == 2 * 10 + 6 * 20 + 1 * 10)
    #expect(queue.average(at: 140) == 3.75)
  }

  @Test func `two changes at one instant leave the first without weight`() {
    var level = TimeWeightedAverage()
    level.set(1_000_000, at: 50)
    level.set(3, at: 50)
    #expect(level.integral(at: 60) == 30)
    #expect(level.highest == 1_000_000)
  }

  @Test func `at its start the average is the present level`() {
    #expect(TimeWeightedAverage(level: 7, at: 10).average(at: 10) == 7)
  }

  @Test func `a restart keeps the level and forgets the past`() {
    var level = TimeWeightedAverage(level: 100)
    level.set(4, at: 1000)
    level.restart(at: 1500)
    #expect(level.highest == 4)
    level.set(8, at: 1600)
    #expect(level.average(at: 1700) == 6)
  }

  @Test func `integrals beyond 64 bits and below zero are exact`() {
    var level = TimeWeightedAverage(level: 1 << 40)
    level.set(-(1 << 41), at: 1 << 50)
    #expect(level.integral(at: 1 << 50) == Int128(1) << 90)
    level.set(0, at: 1 << 51)
    #expect(level.integral(at: 1 << 51) == -(Int128(1) << 90))
  }
}

@Suite struct WindowedSeriesTests {
  @Test func `a value belongs to the window that begins at or before it`() {
    var series = WindowedSeries(start: 100, width: 10)
    series.record(5, at: 100)
    series.record(9, at: 109)
    series.record(-3, at: 110)
    series.record(4, at: 145)
    #expect(series.windows.map(\.count) == [2, 1, 0, 0, 1])
    #expect(series.windows.map(\.sum) == [14, -3, 0, 0, 4])
    #expect(series.windows.map(\.highest) == [9, -3, 0, 0, 4])
    #expect(series.windows[0].mean == 7)
    #expect(series.windows[2].mean == nil)
  }

  @Test func `late values find their window, values outside are counted`() {
    var series = WindowedSeries(start: 100, width: 10, limit: 3)
    series.record(1, at: 125)
    series.record(2, at: 104)
    series.record(3, at: 129)
    series.record(4, at: 99)
    series.record(5, at: 130)
    series.record(6, at: .max)
    #expect(series.windows.map(\.sum) == [2, 0, 4])
    #expect(series.outside == 3)
  }

  @Test func `merged series equal one that saw everything`() {
    var noise = Noise(seed: 8)
    var whole = WindowedSeries(width: 1000, limit: 50, histograms: true)
    var parts = [WindowedSeries](repeating: whole, count: 3)
    for round in 0..<3000 {
      let (value, time) = (noise.latency(), Int64(noise.next() % 60_000))
      whole.record(value, at: time)
      parts[round % 3].record(value, at: time)
    }
    #expect(whole.outside > 0)
    var merged = parts[2]
    merged.merge(parts[0])
    merged.merge(parts[1])
    #expect(merged == whole)
    #expect(whole.histograms.map(\.count) == whole.windows.map(\.count))
    #expect(whole.histograms.map(\.maximum) == whole.windows.map { Optional($0.highest) })
  }
}
