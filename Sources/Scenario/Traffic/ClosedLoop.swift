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
  /// The least time from one request of a user to its next, at least 0: whoever is done earlier
  /// waits for the rest (k6 `minIterationDuration`).
  ///
  /// A request that is answered in no time at all, where neither this nor ``thinkTime`` says when
  /// the next one comes, is followed by the next after ``pauseAtOnce``.
  public var minIterationDuration: SimDuration
  /// How long open requests may go on when users leave or the source ends; then they are given up.
  public var gracefulStop: SimDuration

  /// From a request that took no time to the next one of that user: 1 ms.
  ///
  /// A dead pod refuses, and a proxy without hosts answers, at once where the network has no
  /// latency. Real users are held up by their own work, or they would ask without end at one instant.
  public static var pauseAtOnce: SimDuration { .milliseconds(1) }

  /// Users from their parts; k6's 30 s of grace by default.
  public init(
    stages: [Stage], thinkTime: Distribution, startsThinking: Bool = false,
    iterations: Iterations = .unlimited, minIterationDuration: SimDuration = .zero,
    gracefulStop: SimDuration = .seconds(30)
  ) {
    self.stages = stages
    self.thinkTime = thinkTime
    self.startsThinking = startsThinking
    self.iterations = iterations
    self.minIterationDuration = minIterationDuration
    self.gracefulStop = gracefulStop
  }
}
