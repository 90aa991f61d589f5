import Statistics
import Testing

@Suite struct MSER5Tests {
  @Test func `a series without warm-up keeps nearly everything`() {
    for seed in UInt64(0)..<40 {
      var noise = Noise(seed: seed)
      let verdict = MSER5((0..<2000).map { _ in noise.bell() })
      guard case .settles(let after) = verdict else {
        Issue.record("seed \(seed): \(verdict)")
        continue
      }
      #expect(after <= 900 && after.isMultiple(of: 5), "seed \(seed)")
    }
  }

  @Test func `a decaying start is cut off`() {
    for seed in UInt64(0)..<40 {
      var noise = Noise(seed: seed)
      var bias = 20.0
      let verdict = MSER5(
        (0..<2000).map { _ in
          bias *= 0.99
          return bias + noise.bell()
        })
      guard case .settles(let after) = verdict else {
        Issue.record("seed \(seed): \(verdict)")
        continue
      }
      // At 250 values the bias is 1.6, at 600 it is 0.05.
      #expect(after >= 250 && after <= 1000, "seed \(seed): \(after)")
    }
  }

  @Test func `a step is cut at the step`() {
    let values = (0..<100).map { $0 < 30 ? 50.0 : Double($0 % 2) }
    #expect(MSER5(values) == .settles(after: 30))
  }

  @Test func `a drift never settles`() {
    #expect(MSER5((0..<1000).map(Double.init)) == .neverSettles)
    var noise = Noise(seed: 14)
    #expect(MSER5((0..<1000).map { Double($0) / 50 + noise.bell() }) == .neverSettles)
  }

  @Test func `a constant series is settled from the start`() {
    #expect(MSER5([Double](repeating: 4, count: 200)) == .settles(after: 0))
  }

  @Test func `fewer than fifty values say nothing`() {
    #expect(MSER5([Double](repeating: 4, count: 49)) == .tooShort)
    #expect(MSER5([Double](repeating: 4, count: 50)) == .settles(after: 0))
  }
}
