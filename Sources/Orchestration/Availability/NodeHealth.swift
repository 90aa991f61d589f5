public import TimeAndChance

/// A node's kubelet as it reports: renewing a lease, and the state of Ready when it changes.
///
/// - Source: Kubernetes `pkg/kubelet/kubelet.go`, `pkg/kubelet/nodelease`; docs:
///   concepts/architecture/nodes.
public enum NodeHeartbeat {
  /// Time between renewals of the lease, a quarter of its 40 s.
  public static let renewInterval = SimDuration.seconds(10)
  /// How long a lease is said to last; nothing reads it but people.
  public static let leaseDuration = SimDuration.seconds(40)
  /// The longest time between reports of an unchanged status.
  public static let statusReportInterval = SimDuration.seconds(300)
  /// The longest time until a changed status is reported.
  public static let statusUpdateInterval = SimDuration.seconds(10)
}

/// What the node lifecycle controller thinks of one node.
///
/// Only the controller's own clock counts: it remembers when it last *saw* a renewal. A node that
/// reboots in less than the grace period is never marked. After an outage of the whole control
/// plane, ``resumeMonitoring(at:)`` gives every node its grace period anew.
///
/// - Source: Kubernetes `tryUpdateNodeHealth`, `processTaintBaseEviction` in
///   `pkg/controller/nodelifecycle/node_lifecycle_controller.go`.
public struct NodeHealth: Sendable, Equatable {
  /// The Ready condition.
  public enum Condition: Sendable, Equatable {
    /// True: the kubelet reports and is fine.
    case ready
    /// False: the kubelet reports that it is not.
    case notReady
    /// Unknown: the kubelet has not reported for the grace period.
    case unknown
  }

  /// What a check changed.
  public enum Transition: Sendable, Equatable {
    /// All its pods become not ready at once; the node waits for a taint of that kind.
    case lost(Taint)
    /// It already had a taint of the other kind, which is swapped at once.
    case swapped(to: Taint)
    /// It is ready again: taints go, evictions are cancelled.
    case recovered
  }

  /// Time between checks; 5 s by default.
  public static let monitorPeriod = SimDuration.seconds(5)

  /// Time without a report until the node counts as lost: 50 s since 1.32, 40 s before.
  public let gracePeriod: SimDuration
  /// The condition as last published.
  public private(set) var condition = Condition.ready
  private var lastSeen: SimTime

  /// A node that is ready and was just seen.
  public init(gracePeriod: SimDuration = .seconds(50), seenAt now: SimTime) {
    self.gracePeriod = gracePeriod
    lastSeen = now
  }

  /// One check of the node.
  ///
  /// - Parameters:
  ///   - isRenewed: the lease or the status was renewed since the last check.
  ///   - reportsReady: what the kubelet last reported about Ready.
  ///   - now: the instant of the check.
  /// - Returns: what changed; nil when nothing did.
  public mutating func check(
    isRenewed: Bool, reportsReady: Bool, at now: SimTime
  ) -> Transition? {
    if isRenewed { lastSeen = now }
    let new: Condition
    if now - lastSeen > gracePeriod {
      new = .unknown
    } else if isRenewed || condition != .unknown {
      new = reportsReady ? .ready : .notReady
    } else {
      new = condition
    }
    defer { condition = new }
    switch (condition, new) {
    case (.ready, .ready), (.notReady, .notReady), (.unknown, .unknown): return nil
    case (_, .ready): return .recovered
    case (.ready, .notReady): return .lost(.notReady)
    case (.ready, .unknown): return .lost(.unreachable)
    case (.unknown, .notReady): return .swapped(to: .notReady)
    case (.notReady, .unknown): return .swapped(to: .unreachable)
    }
  }

  /// The controller is back after the whole cluster was lost to it: the grace begins anew.
  public mutating func resumeMonitoring(at now: SimTime) { lastSeen = now }
}

/// The nodes of a zone that wait for their taint, given out at the zone's rate.
///
/// - Source: Kubernetes `doNoExecuteTaintingPass`, `RateLimitedTimedQueue` in
///   `pkg/controller/nodelifecycle`; burst 1.
public struct ZoneTaintQueue: Sendable, Equatable {
  private var waiting: [Int] = []
  private var mayTaintAt = SimTime.zero
  private var interval: SimDuration?

  /// An empty queue with that many taints per second; 0 taints nothing.
  public init(perSecond: Double) {
    interval = perSecond > 0 ? SimDuration(seconds: 1 / perSecond) : nil
  }

  /// Changes the rate, when the zone's state changes.
  public mutating func setRate(perSecond: Double, at now: SimTime) {
    let new: SimDuration? = perSecond > 0 ? SimDuration(seconds: 1 / perSecond) : nil
    guard new != interval else { return }
    interval = new
    mayTaintAt = now  // a new limiter begins with its burst of one
  }

  /// A node was lost.
  public mutating func add(node: Int) {
    if !waiting.contains(node) { waiting.append(node) }
  }

  /// A node recovered before its turn.
  public mutating func remove(node: Int) { waiting.removeAll { $0 == node } }

  /// The instant at which the next node gets its taint; nil while none may.
  public func nextTaint(at now: SimTime) -> SimTime? {
    waiting.isEmpty || interval == nil ? nil : max(now, mayTaintAt)
  }

  /// Takes the next node, if its turn has come.
  public mutating func taintNext(at now: SimTime) -> Int? {
    guard let interval, !waiting.isEmpty, mayTaintAt <= now else { return nil }
    mayTaintAt = now + interval
    return waiting.removeFirst()
  }
}
