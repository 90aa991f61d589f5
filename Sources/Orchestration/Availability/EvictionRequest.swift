public import TimeAndChance

/// A request to evict one pod, and what the API server answers.
///
/// - Source: Kubernetes `Create`, `canIgnorePDB`, `checkAndDecrement` in
///   `pkg/registry/core/pod/storage/eviction.go`.
public struct EvictionRequest: Sendable, Equatable {
  /// A pod's phase.
  public enum Phase: Sendable, Equatable {
    /// Not all its containers have started.
    case pending
    /// Started.
    case running
    /// Ended well.
    case succeeded
    /// Ended badly.
    case failed
    /// Its node does not report.
    case unknown
  }

  /// The pod's identity, remembered by the budget.
  public var pod: Int
  /// Its phase.
  public var phase: Phase
  /// Its Ready condition is true.
  public var isReady: Bool
  /// It already has a deletion timestamp.
  public var isTerminating: Bool

  /// A request for a pod in this state.
  public init(pod: Int = 0, phase: Phase, isReady: Bool, isTerminating: Bool = false) {
    self.pod = pod
    self.phase = phase
    self.isReady = isReady
    self.isTerminating = isTerminating
  }

  /// The API server's answer.
  public enum Answer: Sendable, Equatable {
    /// 201: the pod is deleted; its budget, if it has one, was charged.
    case evicted
    /// 201: the pod is deleted without asking the budget.
    case evictedBudgetSkipped
    /// 429: not now. The server suggests a wait only while the budget's status is stale.
    case tooManyRequests(retryAfter: SimDuration)
    /// 403: more than 2000 granted evictions are still unconfirmed.
    case forbidden
    /// 500: more than one budget selects the pod.
    case multipleBudgets

    /// Whether the pod gets a deletion timestamp.
    public var isGranted: Bool { self == .evicted || self == .evictedBudgetSkipped }
  }

  /// Answers the request and charges the budget if it is granted.
  ///
  /// - Parameters:
  ///   - budgets: the budgets that select the pod.
  ///   - now: the instant of the request.
  /// - Returns: the answer; a granted one has charged the budget.
  public func answer(budgets: inout [PodDisruptionBudget], at now: SimTime) -> Answer {
    if isTerminating || phase != .running && phase != .unknown { return .evictedBudgetSkipped }
    if budgets.count > 1 { return .multipleBudgets }
    guard let budget = budgets.first else { return .evicted }
    if !isReady {
      let status = budget.status
      let isHealthy =
        status.currentHealthy >= status.desiredHealthy && status.desiredHealthy > 0
      if budget.unhealthyPodEvictionPolicy == .alwaysAllow || isHealthy {
        return .evictedBudgetSkipped
      }
    }
    return budgets[0].charge(pod: pod, at: now)
  }
}

extension PodDisruptionBudget {
  /// Evictions that may wait for confirmation; beyond it all are refused.
  public static let maxDisruptedPods = 2000

  /// Takes one eviction out of the budget, if it allows one.
  mutating func charge(pod: Int, at now: SimTime) -> EvictionRequest.Answer {
    if isStatusStale { return .tooManyRequests(retryAfter: .seconds(10)) }
    if disruptions.count > Self.maxDisruptedPods { return .forbidden }
    if status.disruptionsAllowed <= 0 { return .tooManyRequests(retryAfter: .zero) }
    status.disruptionsAllowed -= 1
    disruptions.removeAll { $0.pod == pod }
    disruptions.append(Disruption(pod: pod, at: now))
    return .evicted
  }
}
