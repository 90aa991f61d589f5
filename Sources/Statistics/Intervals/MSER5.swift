/// How much of a run's beginning is warm-up: the cut that makes the rest's mean most certain.
///
/// The series is averaged in fives; for each cut the squared standard error of the rest is
/// estimated as if its values were independent, and the cut with the least one wins. A cut beyond
/// the middle means that the series still drifts at its end: it never settles.
///
/// - Source: K. P. White, "An effective truncation heuristic for bias reduction in simulation
///   output", Simulation 69(6), 1997; K. P. White, M. J. Cobb, S. C. Spratt, "A comparison of five
///   steady-state truncation heuristics for simulation", Winter Simulation Conference 2000.
public enum MSER5: Sendable, Equatable {
  /// The series is settled after that many leading values, a multiple of five.
  case settles(after: Int)
  /// The best cut is in the second half: the run is too short or has no steady state.
  case neverSettles
  /// Fewer than ten batches of five: nothing can be said.
  case tooShort

  /// Judges a series in the order of time.
  public init(_ values: [Double]) {
    let batches = values.count / 5
    guard batches >= 10 else {
      self = .tooShort
      return
    }
    // From the end backwards, so that each cut adds one batch. The last four cuts leave too few
    // batches for a variance: near-equal neighbours there would win by accident.
    var rest = Welford()
    var best = (cut: batches, score: Double.infinity)
    for cut in stride(from: batches - 1, through: 0, by: -1) {
      rest.add(Welford(values[5 * cut..<5 * cut + 5]).mean)
      guard rest.count >= 5 else { continue }
      let size = Double(rest.count)
      let score = rest.squares / (size * size)
      // Of equal scores the earliest cut is kept: it keeps the most data.
      if score <= best.score { best = (cut, score) }
    }
    self = best.cut <= batches / 2 ? .settles(after: 5 * best.cut) : .neverSettles
  }
}
