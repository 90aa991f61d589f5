/// So many of something among so many requests: failures, extra tries, slow answers.
struct Tally: Equatable {
  /// How many of them.
  var events = 0.0
  /// Among how many requests.
  var requests = 0.0

  /// The fewest requests that a line may rest on.
  private static let fewest = 10.0
  /// How many standard deviations a line is beyond what is usual.
  ///
  /// A run has thousands of windows in which chance may look like something, and what is usual is
  /// often known from a minute only.
  private static let deviations = 5.0

  /// Whether this is more than what is usual can explain.
  ///
  /// Of `n` requests, 10 at least, a usual share `p` makes `n p` events expected. What is counted
  /// must be above that by five standard deviations, `√(n p + 1)` each: the Poisson law's, and one
  /// event more, so that without any usual events at least six are needed. `p` is itself known from
  /// a limited number of requests, so that one event and one request are added to what was usual: a
  /// rate that only few requests tell is no proof of calm.
  func exceeds(_ usual: Tally) -> Bool {
    guard requests >= Self.fewest else { return false }
    let share = min(1, max(0, usual.events + 1) / (usual.requests + 1))
    let expected = share * requests
    return events - expected >= Self.deviations * (expected + 1).squareRoot()
  }

  static func + (left: Tally, right: Tally) -> Tally {
    Tally(events: left.events + right.events, requests: left.requests + right.requests)
  }
}

extension Sequence<Tally> {
  /// All of them together.
  var sum: Tally { reduce(Tally(), +) }
}

extension Collection<Tally> {
  /// How many events come together: the variance over the mean of those of a window, at least 1.
  ///
  /// The index of dispersion, 1 for events that know nothing of one another (a Poisson law), the size
  /// of the clusters for events that come in clusters.
  var dispersion: Double {
    let mean = sum.events / Double(Swift.max(1, count))
    guard count > 1, mean > 0 else { return 1 }
    let squares = reduce(0) { $0 + ($1.events - mean) * ($1.events - mean) }
    return Swift.max(1, squares / Double(count - 1) / mean)
  }
}
