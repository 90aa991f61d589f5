public import TimeAndChance

/// One thing an operation does; steps follow one another, and an operation whose steps have all
/// ended answers 200.
public indirect enum Step: Sendable, Equatable {
  /// Needs that much CPU time, served under the pod's limit and beside its other work.
  case cpu(Distribution)
  /// Passes that much time without CPU (a disk, a lock, a call that is not modelled).
  case wait(Distribution)
  /// Calls another service and waits for the answer.
  case call(Call)
  /// Runs the branches at once and goes on when all have ended; it fails with the first failure in
  /// the order of the branches.
  case parallel([[Step]])
  /// Runs one branch, drawn by weight.
  case branch([WeightedBranch])
  /// Runs the steps again and again.
  case loop(Repetition, [Step])
  /// Answers with that status and ends the operation, for that share of requests in 0...1.
  case fail(status: Int, share: Double)
}

extension Step {
  /// The most steps of one operation, each pass of its loops counted: loops are unrolled.
  public static let most = 100_000
}

/// A branch and its weight.
public struct WeightedBranch: Sendable, Equatable {
  /// The weight relative to the sum over all branches, at least 0 and finite.
  public var weight: Double
  /// What it does; may be empty.
  public var steps: [Step]
  /// A branch of that weight.
  public init(weight: Double, steps: [Step]) {
    self.weight = weight
    self.steps = steps
  }
}

/// How often a loop runs.
public enum Repetition: Sendable, Equatable {
  /// That many times, 0 or more.
  case times(Int)
  /// Once, and after each pass again with that probability, 0..<1.
  case again(probability: Double)
}

extension Repetition {
  /// How often a loop is unrolled: as often as it says, or until hardly any request goes on, and
  /// 200 times at most.
  public var passes: Int {
    switch self {
    case .times(let times): return times
    case .again(let probability):
      var passes = 1
      var reached = probability
      while reached > 1e-7, passes < 200 {
        reached *= probability
        passes += 1
      }
      return passes
    }
  }
}
