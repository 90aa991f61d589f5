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

@Suite struct BatchMeansTests {
  @Test func `batches are equal, and the surplus is left out at the beginning`() throws {
    let values = [100.0, 200] + (0..<12).map { Double($0 / 3) }
    let batches = try #require(BatchMeans(values, batches: 4))
    #expect(batches.batchSize == 3)
    #expect(batches.means == [0, 1, 2, 3])
    #expect(batches.interval.mean == 1.5)
    // Offsets -1.5 … 1.5: products 0.75 - 0.25 + 0.75 over squares of 5.
    #expect((batches.lagOneCorrelation - 0.25).magnitude < 1e-12)
  }

  @Test func `too few values make no batches`() {
    #expect(BatchMeans([1, 2, 3], batches: 4) == nil)
  }

  @Test func `long batches free a correlated series of its correlation`() throws {
    var noise = Noise(seed: 11)
    var level = 0.0
    var hits = 0
    var correlation = 0.0
    for _ in 0..<200 {
      let values = (0..<4000).map { _ -> Double in
        level = 0.9 * level + noise.unit() - 0.5
        return level
      }
      let batches = try #require(BatchMeans(values, batches: 20))
      if batches.interval.contains(0) { hits += 1 }
      correlation += batches.lagOneCorrelation / 200
    }
    // 190 with a standard deviation of 3; taken as independent the values would give 68 or so.
    #expect(hits >= 178)
    #expect(correlation.magnitude < 0.1)
  }
}
