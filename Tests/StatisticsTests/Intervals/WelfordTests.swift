import Statistics
import Testing

@Suite struct WelfordTests {
  @Test func `mean and variance of a known sample`() {
    let summary = Welford([2, 4, 4, 4, 5, 5, 7, 9])
    #expect(summary.mean == 5)
    #expect((summary.squares - 32).magnitude < 1e-12)
    #expect(((summary.variance ?? 0) - 32.0 / 7).magnitude < 1e-12)
  }

  @Test func `a large offset does not drown the variance`() {
    let summary = Welford([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16])
    #expect(summary.variance == 30)
  }

  @Test func `few values have no variance`() {
    #expect(Welford().variance == nil)
    #expect(Welford([3]).standardDeviation == nil)
    #expect(Welford([3]).mean == 3)
  }

  @Test func `merging parts gives the whole`() {
    var noise = Noise(seed: 9)
    let values = (0..<1000).map { _ in noise.bell() * 3 + 100 }
    let whole = Welford(values)
    for cut in [0, 1, 500, 999, 1000] {
      var merged = Welford(values[..<cut])
      merged.merge(Welford(values[cut...]))
      #expect(merged.count == 1000)
      #expect((merged.mean - whole.mean).magnitude < 1e-12)
      #expect((merged.squares / whole.squares - 1).magnitude < 1e-12)
    }
  }
}
