public import TimeAndChance

/// How many pods of an application may be evicted right now.
///
/// Budgets bind the eviction API (drains, the descheduler, the cluster autoscaler) and are
/// respected by preemption where possible. They do not limit node loss, OOM kills, the kubelet's
/// evictions, deletions, rolling updates or scale-down.
///
/// - Source: Kubernetes `pkg/controller/disruption/disruption.go`.
public struct PodDisruptionBudget: Sendable, Equatable {
  /// What must stay up.
  ///
  /// In both forms percentages round up.
  public enum Requirement: Sendable, Equatable {
    /// At least so many healthy pods.
    case minAvailable(IntOrPercent)
    /// At most so many missing ones.
    case maxUnavailable(IntOrPercent)
  }

  /// What an eviction of a pod that is not ready may do.
  public enum UnhealthyPodEvictionPolicy: Sendable, Equatable {
    /// Allowed only while the application has all the healthy pods it needs; the default.
    case ifHealthyBudget
    /// Always allowed.
    case alwaysAllow
  }

  /// The numbers the controller publishes and the eviction API reads.
  public struct Status: Sendable, Equatable {
    /// Evictions that may happen now; never negative.
    public var disruptionsAllowed: Int
    /// Ready pods that are not going away.
    public var currentHealthy: Int
    /// Healthy pods that must stay.
    public var desiredHealthy: Int
    /// Pods the budget counts on.
    public var expectedPods: Int

    /// A status with these numbers; a budget no controller has seen yet allows nothing.
    public init(
      disruptionsAllowed: Int = 0, currentHealthy: Int = 0, desiredHealthy: Int = 0,
      expectedPods: Int = 0
    ) {
      self.disruptionsAllowed = disruptionsAllowed
      self.currentHealthy = currentHealthy
      self.desiredHealthy = desiredHealthy
      self.expectedPods = expectedPods
    }
  }

  /// One matching pod, as the controller sees it.
  public struct Pod: Sendable, Equatable {
    /// Identifies the pod.
    public var id: Int
    /// Its Ready condition is true.
    public var isReady: Bool
    /// It has a deletion timestamp.
    public var isTerminating: Bool

    /// A pod with that identity.
    public init(id: Int, isReady: Bool, isTerminating: Bool = false) {
      self.id = id
      self.isReady = isReady
      self.isTerminating = isTerminating
    }
  }

  /// An eviction that was granted: the pod counts as gone until it is, or until 120 s have passed.
  public struct Disruption: Sendable, Equatable {
    /// The evicted pod.
    public let pod: Int
    /// When it was granted.
    public let at: SimTime
  }

  /// How long a granted eviction is believed to be under way.
  public static let deletionTimeout = SimDuration.seconds(120)

  /// What must stay up.
  public private(set) var requirement: Requirement
  /// What evictions of unready pods may do.
  public var unhealthyPodEvictionPolicy: UnhealthyPodEvictionPolicy
  /// The numbers as last published.
  public internal(set) var status: Status
  /// The controller has not yet seen the latest requirement: evictions are refused meanwhile.
  public private(set) var isStatusStale: Bool
  /// Granted evictions whose pods may still be there.
  public internal(set) var disruptions: [Disruption] = []

  /// A budget.
  ///
  /// Without a status it is stale until the controller's first sync.
  public init(
    _ requirement: Requirement,
    unhealthyPodEvictionPolicy: UnhealthyPodEvictionPolicy = .ifHealthyBudget,
    status: Status? = nil
  ) {
    self.requirement = requirement
    self.unhealthyPodEvictionPolicy = unhealthyPodEvictionPolicy
    self.status = status ?? Status()
    isStatusStale = status == nil
  }

  /// Changes what must stay up; the status is stale until the next sync.
  public mutating func update(_ requirement: Requirement) {
    self.requirement = requirement
    isStatusStale = true
  }

  /// One sync of the controller.
  ///
  /// - Parameters:
  ///   - pods: all matching pods.
  ///   - controllerScales: the wanted sizes of the controllers that own them, each once; nil when
  ///     one of the pods has no controller that can be scaled, which is an error upstream and
  ///     allows nothing unless `minAvailable` is a number.
  ///   - now: the instant of the sync.
  public mutating func sync(pods: [Pod], controllerScales: [Int]?, at now: SimTime) {
    disruptions.removeAll { disruption in
      disruption.at + Self.deletionTimeout <= now
        || !pods.contains { $0.id == disruption.pod && !$0.isTerminating }
    }
    let healthy = pods.reduce(0) { count, pod in
      let isGoing = pod.isTerminating || disruptions.contains { $0.pod == pod.id }
      return count + (pod.isReady && !isGoing ? 1 : 0)
    }
    isStatusStale = false
    guard
      let new = Self.status(
        requirement, podCount: pods.count, healthy: healthy, controllerScales: controllerScales)
    else {
      status.disruptionsAllowed = 0
      return
    }
    status = new
  }

  /// The numbers for a requirement; nil when the expected number of pods can not be known.
  public static func status(
    _ requirement: Requirement, podCount: Int, healthy: Int, controllerScales: [Int]?
  ) -> Status? {
    let expected: Int
    let desired: Int
    switch requirement {
    case .minAvailable(.int(let count)):
      expected = podCount
      desired = count
    case .minAvailable(let share):
      guard let controllerScales else { return nil }
      expected = controllerScales.reduce(0, +)
      desired = share.scaled(to: expected, roundingUp: true)
    case .maxUnavailable(let share):
      guard let controllerScales else { return nil }
      expected = controllerScales.reduce(0, +)
      desired = max(0, expected - share.scaled(to: expected, roundingUp: true))
    }
    let allowed = expected > 0 ? max(0, healthy - desired) : 0
    return Status(
      disruptionsAllowed: allowed, currentHealthy: healthy, desiredHealthy: desired,
      expectedPods: expected)
  }
}
