public import TimeAndChance

/// Users of a closed loop: how many there are over time, and what each of them does.
///
/// Users are counted from the first: when their number falls, the last to come are the first to
/// leave, and when it rises again before they have gone, they stay.
///
/// - Source: k6 `lib/executor/ramping_vus.go`, `constant_vus.go`, `per_vu_iterations.go`,
///   `shared_iterations.go`; "Graceful stop" in its documentation.
public struct UserLoop: Sendable {
  /// A stretch of time in which the number of users changes evenly, or not at all.
  public struct Stage: Sendable, Equatable {
    /// When it starts, since the start of the run.
    public var start: SimDuration
    /// When it ends.
    public var end: SimDuration
    /// Users at its start.
    public var startUsers: Int
    /// Users at its end.
    ///
    /// Between, a user comes or leaves when the straight line reaches the next whole number: the
    /// line rounded down on its way up, and rounded up on its way down.
    public var endUsers: Int
    /// A straight stage.
    public init(start: SimDuration, end: SimDuration, startUsers: Int, endUsers: Int) {
      self.start = start
      self.end = end
      self.startUsers = startUsers
      self.endUsers = endUsers
    }
  }

  /// The number of users over time, in order; before the first stage there are none, and the last
  /// number stays.
  public var stages: [Stage]
  /// From when on no user starts a request, since the start of the run; nil: as long as it goes on.
  public var end: SimDuration?
  /// The time between an answer and the next request.
  public var think: Distribution
  /// True when a user thinks before its first request too; else it asks as soon as it comes.
  public var startsThinking: Bool
  /// How many requests each user makes; nil is unlimited.
  ///
  /// ``SourceModel/limit`` is the number that all of them share.
  public var iterations: Int?
  /// The least time from one request of a user to its next.
  public var minIterationDuration: SimDuration
  /// The time from a request that took none to the user's next, unless other values say one; above 0.
  public var pauseAtOnce: SimDuration
  /// How long the request of a user that leaves may go on, then it is given up; nil is for ever.
  public var gracefulStop: SimDuration?

  /// Users that come and go.
  public init(
    stages: [Stage], end: SimDuration? = nil, think: Distribution, startsThinking: Bool = false,
    iterations: Int? = nil, minIterationDuration: SimDuration = .zero,
    pauseAtOnce: SimDuration = .milliseconds(1), gracefulStop: SimDuration? = nil
  ) {
    self.stages = stages
    self.end = end
    self.think = think
    self.startsThinking = startsThinking
    self.iterations = iterations
    self.minIterationDuration = minIterationDuration
    self.pauseAtOnce = pauseAtOnce
    self.gracefulStop = gracefulStop
  }
}
