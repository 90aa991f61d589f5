/// What policy engines look at in a pod, beside its resources.
public struct PodSecurityFacts: Sendable, Equatable {
  /// One container's settings.
  public struct Container: Sendable, Equatable {
    /// Its name.
    public var name: String
    /// `securityContext.privileged`.
    public var isPrivileged: Bool
    /// `runAsNonRoot`, of the container or else of the pod; nil when neither says.
    public var runAsNonRoot: Bool?
    /// `runAsUser`, of the container or else of the pod; nil when neither says.
    public var runAsUser: Int?

    /// A container that says nothing about its user.
    public init(
      name: String, isPrivileged: Bool = false, runAsNonRoot: Bool? = nil, runAsUser: Int? = nil
    ) {
      self.name = name
      self.isPrivileged = isPrivileged
      self.runAsNonRoot = runAsNonRoot
      self.runAsUser = runAsUser
    }
  }

  /// The pod's labels.
  public var labels: [String: String]
  /// Its containers, init containers included.
  public var containers: [Container]

  /// A pod with these labels and containers.
  public init(labels: [String: String] = [:], containers: [Container] = []) {
    self.labels = labels
    self.containers = containers
  }
}

/// A Gatekeeper constraint on pods: one of the four kinds the lab uses.
///
/// Constraints are a validating webhook: they see the pod after LimitRange has filled in limits, so
/// a namespace with default limits never breaks ``Rule/requiredLimits(_:)``.
///
/// - Source: Gatekeeper library `pod-security-policy/privileged-containers`,
///   `general/containerlimits`, `general/requiredlabels`, `pod-security-policy/users`.
public struct GatekeeperConstraint: Sendable, Equatable {
  /// What is demanded.
  public enum Rule: Sendable, Equatable {
    /// No container is privileged.
    case noPrivilegedContainers
    /// Every container has a limit for each of these resources.
    case requiredLimits([ResourceName])
    /// The pod has all these labels.
    case requiredLabels([String])
    /// Every container runs as someone who is not root.
    case runAsNonRoot
  }

  /// What a broken constraint does.
  public enum EnforcementAction: Sendable, Equatable {
    /// The pod is refused; the default.
    case deny
    /// The pod passes, the caller sees a warning.
    case warn
    /// The pod passes, an audit reports it.
    case dryRun
  }

  /// Its name, for messages.
  public var name: String
  /// What is demanded.
  public var rule: Rule
  /// What breaking it does.
  public var enforcementAction: EnforcementAction
  /// Namespaces it does not look at.
  public var excludedNamespaces: [String]

  /// A constraint that denies, in every namespace.
  public init(
    name: String, rule: Rule, enforcementAction: EnforcementAction = .deny,
    excludedNamespaces: [String] = []
  ) {
    self.name = name
    self.rule = rule
    self.enforcementAction = enforcementAction
    self.excludedNamespaces = excludedNamespaces
  }

  /// What a pod breaks, one message for each; empty when it meets the constraint.
  public func violations(
    pod: PodRequirements, facts: PodSecurityFacts, namespace: String, names: ResourceNames
  ) -> [String] {
    guard !excludedNamespaces.contains(namespace) else { return [] }
    switch rule {
    case .noPrivilegedContainers:
      return facts.containers.filter(\.isPrivileged).map {
        "Privileged container is not allowed: \($0.name)"
      }
    case .requiredLimits(let resources):
      return pod.everyContainer.flatMap { container in
        resources.filter { container.limits[$0] == nil }.map {
          "container <\(container.name)> has no \(names.text($0)) limit"
        }
      }
    case .requiredLabels(let labels):
      let missing = labels.filter { facts.labels[$0] == nil }
      return missing.isEmpty ? [] : ["you must provide labels: \(missing.joined(separator: ", "))"]
    case .runAsNonRoot:
      return facts.containers.filter { container in
        if let user = container.runAsUser { return user == 0 }
        return container.runAsNonRoot != true
      }.map { "Container \($0.name) is attempting to run without a required non-root user" }
    }
  }
}
