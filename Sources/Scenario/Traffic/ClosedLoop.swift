public import TimeAndChance

/// Users who wait for an answer, think, and ask again.
public struct ClosedLoop: Sendable, Equatable {
  /// How often a user asks.
  public enum Iterations: Sendable, Equatable {
    /// Until its time is over.
    case unlimited
    /// Each user that often, at least 1 (k6 `per-vu-iterations`).
    case perUser(Int)
    /// All users together that often, at least 1 (k6 `shared-iterations`).
    case shared(Int)
  }

  /// A number of users from an instant on.
  public struct Stage: Sendable, Equatable {
    /// Where it starts.
    public var start: SimTime
    /// Where it ends.
    public var end: SimTime
    /// Users at its start, at least 0.
    public var startUsers: Int
    /// Users at its end, at least 0; between, the straight line rounded to whole users: down while
    /// it rises, up while it falls, as k6 does.
    public var endUsers: Int
    /// A straight stage.
    public init(start: SimTime, end: SimTime, startUsers: Int, endUsers: Int) {
      self.start = start
      self.end = end
      self.startUsers = startUsers
      self.endUsers = endUsers
    }
  }

  /// The number of users over time, in order, without gaps.
  public var stages: [Stage]
  /// The time between an answer and the next request; also before a user's first request when
  /// ``startsThinking``.
  public var thinkTime: Distribution
  /// Whether a user thinks before its first request; else it asks when it appears.
  public var startsThinking: Bool
  /// How often a user asks.
  public var iterations: Iterations
  /// How long open requests may go on when users leave or the source ends; then they are given up.
  public var gracefulStop: SimDuration

  /// Users from their parts; k6's 30 s of grace by default.
  public init(
    stages: [Stage], thinkTime: Distribution, startsThinking: Bool = false,
    iterations: Iterations = .unlimited, gracefulStop: SimDuration = .seconds(30)
  ) {
    self.stages = stages
    self.thinkTime = thinkTime
    self.startsThinking = startsThinking
    self.iterations = iterations
    self.gracefulStop = gracefulStop
  }
}
