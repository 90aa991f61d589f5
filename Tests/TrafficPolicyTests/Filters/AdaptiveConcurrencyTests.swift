import Testing
import TimeAndChance
import TrafficPolicy

@Suite struct AdaptiveConcurrencyTests {
  /// A controller with its timers and requests of one latency.
  struct Bench {
    var controller: AdaptiveConcurrency
    var now = SimTime.zero
    var sampleAt: SimTime?
    var minRTTAt: SimTime?
    var random = RandomStream(seed: 1, name: "jitter")

    init(_ settings: AdaptiveConcurrencySettings) {
      controller = AdaptiveConcurrency(settings, at: .zero)
      start(controller.initialTimers)
    }

    mutating func start(_ timers: AdaptiveConcurrency.Timers) {
      if let sample = timers.sample { sampleAt = now + sample }
      if let minRTT = timers.minRTT { minRTTAt = now + minRTT }
    }

    mutating func advance(to time: SimTime) {
      while let next = [sampleAt, minRTTAt].compactMap({ $0 }).min(), next <= time {
        now = next
        if sampleAt == next {
          sampleAt = nil
          start(controller.sampleTimerFired(at: now))
        } else {
          minRTTAt = nil
          controller.minRTTTimerFired(at: now)
        }
      }
      now = time
    }

    /// Sends `count` requests at once that take `latency`; how many were admitted.
    mutating func burst(_ count: Int, latency: SimDuration) -> Int {
      let sentAt = now
      var admitted = 0
      for _ in 0..<count where controller.admits() { admitted += 1 }
      advance(to: now + latency)
      for _ in 0..<admitted {
        start(controller.finished(sentAt: sentAt, at: now, using: &random))
      }
      return admitted
    }
  }

  let settings = AdaptiveConcurrencySettings(
    maxConcurrencyLimit: 40, concurrencyUpdateInterval: .milliseconds(250),
    minRTTInterval: .seconds(600), minRTTRequestCount: 12, jitterPercent: 0)

  /// Vector `adaptive-concurrency-start`: a burst of 10, 12 and 60 one by one, a burst of 50.
  @Test func `a cold proxy passes three at a time, a warm one up to its maximum`() {
    var bench = Bench(settings)
    let latency = SimDuration.microseconds(61_500)
    var admitted = [bench.burst(10, latency: latency)]
    #expect(bench.controller.isMeasuring)
    admitted.append((0..<12).reduce(0) { sum, _ in sum + bench.burst(1, latency: latency) })
    #expect(!bench.controller.isMeasuring)
    admitted.append((0..<60).reduce(0) { sum, _ in sum + bench.burst(1, latency: latency) })
    admitted.append(bench.burst(50, latency: latency))
    #expect(admitted == [3, 12, 60, 40])
    #expect(bench.controller.blocked == 17)
    #expect(bench.controller.minRTT / 1_000 == 61)
  }

  @Test func `slower answers halve the limit at most, down to its minimum`() {
    var bench = Bench(settings)
    for _ in 0..<40 { _ = bench.burst(3, latency: .milliseconds(50)) }
    #expect(bench.controller.limit == 40)
    _ = bench.burst(10, latency: .milliseconds(500))
    bench.advance(to: bench.now + .milliseconds(260))
    #expect(bench.controller.limit == 24)  // 40 / 2 + sqrt(20)
    var limits: [UInt32] = []
    for _ in 0..<20 {
      _ = bench.burst(3, latency: .milliseconds(500))
      limits.append(bench.controller.limit)
    }
    #expect(limits.min() == 3)
  }

  @Test func `five updates in a row at the minimum measure anew at once`() {
    var bench = Bench(
      AdaptiveConcurrencySettings(
        concurrencyUpdateInterval: .milliseconds(100), minRTTInterval: .seconds(600),
        minRTTRequestCount: 5, minConcurrency: 3, jitterPercent: 0))
    for _ in 0..<2 { _ = bench.burst(3, latency: .milliseconds(10)) }
    #expect(bench.controller.minRTT == 10_500 || bench.controller.minRTT == 10_000)
    var rounds = 0
    while !bench.controller.isMeasuring, rounds < 100 {
      _ = bench.burst(3, latency: .milliseconds(200))
      bench.advance(to: bench.now + .milliseconds(1))
      rounds += 1
    }
    #expect(bench.controller.isMeasuring)
    #expect(bench.controller.limit == 3)
    for _ in 0..<3 { _ = bench.burst(3, latency: .milliseconds(200)) }
    #expect(bench.controller.minRTT >= 190_000)
  }

  @Test func `jitter lengthens the time between measurements by up to its share`() {
    var lengths: Set<Int64> = []
    for seed in UInt64(0)..<200 {
      var bench = Bench(
        AdaptiveConcurrencySettings(
          concurrencyUpdateInterval: .milliseconds(100), minRTTInterval: .milliseconds(100),
          minRTTRequestCount: 1))
      bench.random = RandomStream(seed: seed, name: "jitter")
      _ = bench.burst(1, latency: .milliseconds(10))
      if let at = bench.minRTTAt { lengths.insert((at - bench.now).nanoseconds / 1_000_000) }
    }
    #expect(lengths == Set(100..<115))
  }

  @Test func `outstanding requests never exceed the limit when they are admitted`() {
    for seed in UInt64(0)..<50 {
      var random = RandomStream(seed: seed, name: "load")
      var bench = Bench(settings)
      var underWay: [SimTime] = []
      for _ in 0..<2_000 {
        bench.advance(to: bench.now + .milliseconds(Int64(random.below(20))))
        if random.below(2) == 0 {
          if bench.controller.admits() { underWay.append(bench.now) }
        } else if !underWay.isEmpty {
          let sentAt = underWay.remove(at: Int(random.below(UInt32(underWay.count))))
          if random.below(10) == 0 {
            bench.controller.cancelled()
          } else {
            bench.start(
              bench.controller.finished(sentAt: sentAt, at: bench.now, using: &bench.random))
          }
        }
        #expect(Int(bench.controller.outstanding) == underWay.count, "seed \(seed)")
        #expect((3...40).contains(bench.controller.limit), "seed \(seed)")
      }
    }
  }
}
