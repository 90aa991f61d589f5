public import TimeAndChance

/// What admitting one pod would cost, and what a quota needs to know about it.
///
/// Made once per pod template after defaults are filled in, so that a decision only compares
/// numbers.
///
/// - Source: Kubernetes `PodUsageFunc`, `podComputeUsageHelper`, `Constraints` in
///   `pkg/quota/v1/evaluator/core/pods.go`.
public struct QuotaCharge: Sendable, Equatable {
  /// A container that leaves out a resource which a quota may demand.
  public struct Gap: Sendable, Equatable {
    /// The name a quota has for it, for instance `requests.cpu` or `limits.memory`.
    public let resource: ResourceName
    /// The container's name.
    public let container: String
  }

  /// The usage, by every name a quota may give it (`cpu` and `requests.cpu` are the same amount).
  public let usage: ResourceList
  /// What containers leave out.
  ///
  /// Only cpu and memory can be demanded.
  public let gaps: [Gap]
  /// The pod's class, for quotas with a scope.
  public let qualityOfService: QualityOfService
  /// Whether the pod has `activeDeadlineSeconds`.
  public let hasDeadline: Bool
  /// The pod's priority class, if it names one.
  public let priorityClass: String?

  /// The cost of a pod whose defaults are filled in.
  public init(_ pod: PodRequirements, hasDeadline: Bool = false, priorityClass: String? = nil) {
    var usage: ResourceList = [
      .pods: ResourceQuantity(1), .pods.counted(as: .count): ResourceQuantity(1),
    ]
    for entry in pod.effectiveRequests.entries {
      if Self.hasPlainName(entry.name) { usage[entry.name] = entry.quantity }
      usage[entry.name.counted(as: .requests)] = entry.quantity
    }
    for entry in pod.effectiveLimits.entries where Self.hasPlainName(entry.name) {
      usage[entry.name.counted(as: .limits)] = entry.quantity
    }
    self.usage = usage

    var gaps: [Gap] = []
    if pod.podRequests.isEmpty && pod.podLimits.isEmpty {
      for container in pod.everyContainer {
        for name in [ResourceName.cpu, .memory] {
          if container.requests[name] == nil {
            gaps.append(Gap(resource: name, container: container.name))
            gaps.append(Gap(resource: name.counted(as: .requests), container: container.name))
          }
          if container.limits[name] == nil {
            gaps.append(Gap(resource: name.counted(as: .limits), container: container.name))
          }
        }
      }
    }
    self.gaps = gaps
    qualityOfService = QualityOfService(pod)
    self.hasDeadline = hasDeadline
    self.priorityClass = priorityClass
  }

  /// Extended resources are counted under `requests.` only.
  private static func hasPlainName(_ name: ResourceName) -> Bool {
    name <= .ephemeralStorage
  }

  /// Whether a pod still costs anything: not after it ended, nor when it should long be gone.
  ///
  /// - Parameters:
  ///   - hasEnded: Succeeded or Failed. Such a pod still counts in `count/pods`.
  ///   - terminatingFor: time since the deletion request; nil while it is not being deleted.
  ///   - gracePeriod: the grace of that request. A pod on a lost node stops costing anything after
  ///     twice its grace: the deletion timestamp is the end of the grace, and the rule adds it again.
  /// - Returns: whether the pod's amounts count as used.
  /// - Source: `QuotaV1Pod` in `pods.go`.
  public static func isCharged(
    hasEnded: Bool, terminatingFor: SimDuration?, gracePeriod: SimDuration
  ) -> Bool {
    guard !hasEnded else { return false }
    guard let terminatingFor else { return true }
    return terminatingFor <= gracePeriod * 2
  }
}
