public import TimeAndChance

/// The timing of a leader lease, as kube-vip uses it for a virtual address.
public struct LeaseSettings: Sendable, Equatable {
  /// How long others wait after the last renewal they saw; 15 s by default.
  public var leaseDuration: SimDuration
  /// How long a leader goes on trying to renew before it gives up; 10 s by default.
  public var renewDeadline: SimDuration
  /// Time between tries; 2 s by default.
  public var retryPeriod: SimDuration

  /// A lease with client-go's values for what is not given.
  public init(
    leaseDuration: SimDuration = .seconds(15), renewDeadline: SimDuration = .seconds(10),
    retryPeriod: SimDuration = .seconds(2)
  ) {
    precondition(leaseDuration > renewDeadline, "the lease must outlast the renew deadline")
    precondition(renewDeadline > retryPeriod, "the renew deadline must outlast one retry")
    self.leaseDuration = leaseDuration
    self.renewDeadline = renewDeadline
    self.retryPeriod = retryPeriod
  }
}

/// One candidate for a leader lease: it tries every `retryPeriod`.
///
/// Fail-over takes the lease duration and up to one retry. A leader that cannot renew (the API
/// server or etcd is slow) gives the address up by itself, so short leases flap.
///
/// - Source: client-go `tools/leaderelection`; kube-vip's older command line used 5, 3 and 1 s.
public struct LeaseCandidate: Sendable, Equatable {
  /// What the candidate does at a try.
  public enum Action: Sendable, Equatable {
    /// Nothing changes.
    case none
    /// It holds the lease now and announces the address.
    case lead
    /// It no longer holds the lease.
    case giveUp
  }

  /// The timing.
  public let settings: LeaseSettings
  /// Whether it holds the lease.
  public private(set) var isLeader = false
  private var lastRenewal = SimTime.zero
  private var seenRenewal: SimTime?
  private var seenAt: SimTime?

  /// A candidate that has seen no lease.
  public init(settings: LeaseSettings) { self.settings = settings }

  /// A try, every `retryPeriod`.
  ///
  /// - Parameters:
  ///   - isReachable: whether the API server answers.
  ///   - renewal: the renewal time written in the lease by another holder; nil when there is none
  ///     or when this candidate holds it.
  ///   - now: the time of the try.
  /// - Returns: what to do about the address.
  public mutating func attempt(
    isReachable: Bool, othersRenewal renewal: SimTime?, at now: SimTime
  ) -> Action {
    if isLeader {
      if isReachable && renewal == nil {
        lastRenewal = now
        return .none
      }
      if isReachable || now - lastRenewal >= settings.renewDeadline {
        isLeader = false
        seenRenewal = renewal
        seenAt = now
        return .giveUp
      }
      return .none
    }
    if !isReachable { return .none }
    // A candidate trusts its own clock: the lease counts from when it saw the record change.
    if renewal != seenRenewal || seenAt == nil {
      seenRenewal = renewal
      seenAt = now
    }
    if renewal != nil, let seenAt, now - seenAt < settings.leaseDuration { return .none }
    isLeader = true
    lastRenewal = now
    return .lead
  }
}
