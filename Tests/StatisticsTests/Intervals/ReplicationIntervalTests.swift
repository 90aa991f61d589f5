import Statistics
import Testing

@Suite struct ReplicationIntervalTests {
  @Test func `the half-width is t times the standard error`() throws {
    let interval = try #require(ReplicationInterval([10, 12, 11, 13, 9]))
    #expect(interval.mean == 11)
    #expect((interval.standardDeviation - 2.5.squareRoot()).magnitude < 1e-12)
    // t(0.95, 4) = 2.776445105, standard error √0.5.
    #expect((interval.halfWidth - 2.776445105 * 0.5.squareRoot()).magnitude < 1e-8)
    #expect(interval.contains(9.1) && interval.contains(12.9))
    #expect(!interval.contains(9) && !interval.contains(13))
  }

  @Test func `one replication has an infinite interval, none has nothing`() {
    #expect(ReplicationInterval([5])?.halfWidth == .infinity)
    #expect(ReplicationInterval([5])?.contains(1e300) == true)
    #expect(ReplicationInterval([Double]()) == nil)
  }

  @Test func `equal replications leave no doubt`() {
    let interval = ReplicationInterval([3, 3, 3])
    #expect(interval?.halfWidth == 0)
    #expect(interval?.contains(3) == true)
  }

  @Test func `intervals hold the truth as often as they say`() {
    var noise = Noise(seed: 10)
    var hits = 0
    for _ in 0..<4000 {
      let values = (0..<6).map { _ in noise.bell() }
      if ReplicationInterval(values, confidence: 0.9)?.contains(0) == true { hits += 1 }
    }
    // 3600 with a standard deviation of 19.
    #expect((hits - 3600).magnitude < 80)
  }
}
