public import TimeAndChance

/// Where requests come from.
public struct SourceModel: Sendable {
  /// How requests are started.
  public enum Pattern: Sendable {
    /// Open loop: at a rate over time, whatever happens to earlier requests.
    ///
    /// A request beyond `maxInFlight` open ones is dropped and counted.
    case open(rate: [RatePoint], arrivals: Arrivals, maxInFlight: Int? = nil)
    /// Closed loop: users that ask, wait for the answer and think, over and over.
    case users(UserLoop)
    /// Phases one after another, as the recorded experiments describe them.
    case phases([ClientPhase])

    /// A closed loop of a fixed number of users, from the start to the end of the run, each of
    /// which thinks before its first request.
    public static func closed(users: Int, think: Distribution) -> Pattern {
      let stage = UserLoop.Stage(start: .zero, end: .zero, startUsers: users, endUsers: users)
      return .users(UserLoop(stages: [stage], think: think, startsThinking: true))
    }
  }

  /// A point of a rate curve.
  public struct RatePoint: Sendable, Equatable {
    /// The time since the start of the run.
    public var at: SimDuration
    /// Requests per second at that time.
    public var perSecond: Double
    /// True when the rate keeps this value until the next point; else it changes evenly.
    public var holds: Bool
    /// A point.
    public init(at: SimDuration, perSecond: Double, holds: Bool = true) {
      self.at = at
      self.perSecond = perSecond
      self.holds = holds
    }
  }

  /// How open-loop arrivals are spaced.
  public enum Arrivals: Sendable, Equatable {
    /// At random, independent of each other.
    case poisson
    /// Evenly: arrival n, from 0, when the area under the rate has grown by n + `first`, 0...1.
    case evenly(first: Double)
    /// Gaps of a gamma law with that coefficient of variation.
    case bursty(cv: Double)
    /// So many requests at once, at random times; the rate counts requests.
    case batches(size: Int)

    /// Evenly, each in the middle of its gap.
    public static let even = Arrivals.evenly(first: 0.5)
  }

  /// The name, as in reports.
  public var name: String
  /// How requests are started.
  public var pattern: Pattern
  /// Where requests go, and each edge's share.
  public var mix: [(edge: Int, weight: Double)]
  /// The number of clients among which requests are spread evenly; each has its own
  /// ``ClientBehaviour`` state.
  public var instances: Int
  /// How many requests are started at most, those that were dropped not counted; nil is unlimited.
  public var limit: Int?

  /// A source.
  public init(
    name: String, pattern: Pattern, mix: [(edge: Int, weight: Double)], instances: Int = 1,
    limit: Int? = nil
  ) {
    self.name = name
    self.pattern = pattern
    self.mix = mix
    self.instances = instances
    self.limit = limit
  }
}

/// One phase of a scripted client; a phase ends when all its requests have ended.
public enum ClientPhase: Sendable {
  /// One request at a time, with a pause after each.
  case sequential(count: Int, gap: SimDuration, abortAfter: SimDuration?)
  /// Request k, from 0, starts `k / rate` after the phase began, whatever happened before.
  case openLoop(count: Int, perSecond: Double, abortAfter: SimDuration?)
  /// All at once on open client connections; opening them takes 50 ms at the start of the phase.
  case burst(count: Int, abortAfter: SimDuration?)
  /// So many users, so many requests in total, no think time.
  case closedLoop(users: Int, count: Int, abortAfter: SimDuration?)
  /// Sequential requests whose hash key is each of these values in turn.
  case keys(hashes: [UInt64])
  /// Nothing, for so long.
  case wait(SimDuration)
  /// Nothing, until that time since the start of the first phase.
  case until(SimDuration)
  /// Something happens at once.
  case act(ActionKind)
  /// A host joins or leaves; the phase takes so long, and the change acts when it began.
  case actDuring(ActionKind, SimDuration)
}

/// Something that happens at a fixed time.
public struct TimedAction: Sendable {
  /// When, since the start of the run.
  public var at: SimDuration
  /// What.
  public var kind: ActionKind
  /// What the causal log says, for instance `fault: slow timeline-2`; empty logs nothing.
  public var label: String
  /// An action.
  public init(at: SimDuration, kind: ActionKind, label: String = "") {
    self.at = at
    self.kind = kind
    self.label = label
  }
}

/// What can happen to pods, clusters and the network.
public enum ActionKind: Sendable {
  /// The pod's address answers differently from now on.
  ///
  /// Going down closes its connections and loses its queue and work.
  case reachability(PodReference, PodModel.Reachability)
  /// The pod answers by another script; its count of requests starts again.
  case script(PodReference, HostScript)
  /// The active health check's answer of the pod.
  case health(PodReference, isHealthy: Bool)
  /// The pod joins or leaves every cluster that names it.
  case membership(PodReference, isMember: Bool)
  /// Work drawn from now on takes so many times as long; 1 ends it.
  case slow(PodReference, factor: Double)
  /// Neighbours take that share of every core of the pod, 0 ..< 1; 0 ends it.
  ///
  /// Only pods of services with ``ServiceModel/cpu`` feel it.
  case steal(PodReference, share: Double)
  /// Requests fail from now on: some as they arrive, others once their work is done.
  case failures(PodReference, atOnce: FailureShares, afterService: FailureShares)
  /// Requests that arrive are never answered; false ends it.
  case hang(PodReference, Bool)
  /// A rule of ``NetworkModel/rules`` acts from now on, or no longer.
  case network(rule: Int, isActive: Bool)
  /// Messages to a service's pods and their answers are held back and delivered when it ends.
  case networkHold(toService: Int, Bool)

  /// That share of requests is answered with a status; share 0 ends it.
  public static func fail(
    _ pod: PodReference, share: Double, status: Int, afterService: Bool
  ) -> ActionKind {
    let shares = FailureShares(share: share, status: status)
    return .failures(
      pod, atOnce: afterService ? FailureShares() : shares,
      afterService: afterService ? shares : FailureShares())
  }
}
