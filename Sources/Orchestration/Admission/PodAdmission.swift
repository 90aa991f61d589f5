/// Everything a new pod must pass, in the API server's order.
///
/// Defaults of the API, then the mutating steps (LimitRange defaults, priority), then the
/// validating ones (LimitRange bounds, policy engines), then the quota, last. A refused pod is
/// never stored; its owner gets a 403, shows `FailedCreate`, and waits in its ``WorkQueueBackOff``.
///
/// - Source: Kubernetes `AllOrderedPlugins` in `pkg/kubeapiserver/options/plugins.go`.
public struct PodAdmission: Sendable, Equatable {
  /// The outcome.
  public enum Decision: Sendable, Equatable {
    /// Stored and charged.
    case admitted(Admitted)
    /// Refused with 403.
    case refused(by: Step, message: String)
  }

  /// A pod as it was stored.
  public struct Admitted: Sendable, Equatable {
    /// With every default filled in.
    public var pod: PodRequirements
    /// What its quotas were charged; to be given back when it is gone.
    public var charge: QuotaCharge
    /// Its class and priority.
    public var priority: PriorityClasses.Class
    /// Constraints that were broken but only warn.
    public var warnings: [String]
  }

  /// Who refused.
  public enum Step: String, Sendable {
    /// An unknown priority class.
    case priority = "Priority"
    /// A bound of a LimitRange.
    case limitRanger = "LimitRanger"
    /// A Gatekeeper constraint.
    case gatekeeper = "gatekeeper"
    /// A quota.
    case resourceQuota = "ResourceQuota"
  }

  /// The namespace.
  public var namespace: String
  /// Its LimitRanges.
  public var limitRanges: [LimitRange]
  /// The cluster's priority classes.
  public var priorityClasses: PriorityClasses
  /// The cluster's Gatekeeper constraints.
  public var constraints: [GatekeeperConstraint]
  /// The namespace's quotas.
  public var quota: QuotaAdmission
  /// The texts of resource names.
  public var names: ResourceNames

  /// A namespace that refuses nothing, unless given something that does.
  public init(
    namespace: String = "default", limitRanges: [LimitRange] = [],
    priorityClasses: PriorityClasses = PriorityClasses(),
    constraints: [GatekeeperConstraint] = [], quota: QuotaAdmission = QuotaAdmission(quotas: []),
    names: ResourceNames = ResourceNames()
  ) {
    self.namespace = namespace
    self.limitRanges = limitRanges
    self.priorityClasses = priorityClasses
    self.constraints = constraints
    self.quota = quota
    self.names = names
  }

  /// Decides about one pod.
  ///
  /// - Parameters:
  ///   - template: the pod as its owner sends it.
  ///   - facts: its labels and security settings.
  ///   - priorityClass: the class it names, if any.
  ///   - hasDeadline: it has `activeDeadlineSeconds`.
  /// - Returns: the pod as stored, or who refused it and in which words.
  public mutating func admit(
    _ template: PodRequirements, facts: PodSecurityFacts = PodSecurityFacts(),
    priorityClass: String? = nil, hasDeadline: Bool = false
  ) -> Decision {
    var pod = template
    pod.applyAPIDefaults()
    for range in limitRanges { range.applyDefaults(to: &pod) }
    guard let priority = priorityClasses.resolve(priorityClass) else {
      return .refused(
        by: .priority, message: "no PriorityClass with name \(priorityClass ?? "") was found")
    }
    let broken = limitRanges.flatMap { $0.violations(of: pod) }.map { $0.message(names: names) }
    if let first = broken.first {
      let message = broken.count == 1 ? first : "[\(broken.joined(separator: ", "))]"
      return .refused(by: .limitRanger, message: message)
    }
    var denials: [String] = []
    var warnings: [String] = []
    for constraint in constraints {
      let messages = constraint.violations(
        pod: pod, facts: facts, namespace: namespace, names: names
      ).map { "[\(constraint.name)] \($0)" }
      switch constraint.enforcementAction {
      case .deny: denials += messages
      case .warn: warnings += messages
      case .dryRun: break
      }
    }
    if !denials.isEmpty {
      return .refused(by: .gatekeeper, message: denials.joined(separator: "\n"))
    }
    let charge = QuotaCharge(
      pod, hasDeadline: hasDeadline,
      priorityClass: priority.name.isEmpty ? nil : priority.name)
    let decision = quota.admit(charge)
    if let message = decision.message(names: names) {
      return .refused(by: .resourceQuota, message: message)
    }
    return .admitted(
      Admitted(pod: pod, charge: charge, priority: priority, warnings: warnings))
  }
}
