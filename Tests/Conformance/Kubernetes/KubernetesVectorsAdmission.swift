import Orchestration

/// LimitRange and ResourceQuota.
extension KubernetesVectors {
  @Sendable static func limitRange(_ input: KubernetesNode) throws -> KubernetesOutputs {
    var names = ResourceNames()
    let limit = try input.required("limit")
    guard let type = LimitRange.LimitType(rawValue: try limit.required("type").text()) else {
      throw limit.malformed("unknown limit type '\(try limit.required("type").text())'")
    }
    func resources(_ node: KubernetesNode, _ key: String) throws -> ResourceList {
      try node.optional(key)?.resources(&names) ?? [:]
    }
    let range = LimitRange(items: [
      .init(
        type: type, min: try resources(limit, "min"), max: try resources(limit, "max"),
        defaultLimits: try resources(limit, "default"),
        defaultRequests: try resources(limit, "default_request"),
        maxLimitRequestRatio: try resources(limit, "max_limit_request_ratio"))
    ])
    let container = ContainerRequirements(
      requests: try resources(input, "requests"), limits: try resources(input, "limits"))
    let count = try input.required("containers").count(atMost: 10_000)
    var pod = PodRequirements(containers: Array(repeating: container, count: count))
    range.applyDefaults(to: &pod)

    let messages = range.violations(of: pod).map { $0.message(names: names) }
    var outputs: KubernetesOutputs = ["admitted": .bool(messages.isEmpty)]
    if !messages.isEmpty {
      outputs["reason"] = .oneOf(messages + ["[\(messages.joined(separator: ", "))]"])
    }
    for entry in pod.containers.first?.requests.entries ?? [] {
      outputs["requests_after/\(names.text(entry.name))"] = .quantity(entry.quantity)
    }
    for entry in pod.containers.first?.limits.entries ?? [] {
      outputs["limits_after/\(names.text(entry.name))"] = .quantity(entry.quantity)
    }
    return outputs
  }

  @Sendable static func quotaAdmission(_ input: KubernetesNode) throws -> KubernetesOutputs {
    var names = ResourceNames()
    var admission = QuotaAdmission(
      quotas: try input.required("quotas").list().map { node in
        ResourceQuota(
          name: try node.required("name").text(),
          scopes: try node.optional("scopes")?.list().map(scope) ?? [],
          hard: try node.required("hard").resources(&names),
          used: try node.optional("used")?.resources(&names) ?? [:])
      })
    let pod = try input.required("pod")
    func containers(_ key: String) throws -> [(ContainerRequirements, isSidecar: Bool)] {
      try pod.optional(key)?.list().enumerated().map { index, node in
        let requirements = ContainerRequirements(
          name: try node.optional("name")?.text() ?? "container-\(index)",
          requests: try node.optional("requests")?.resources(&names) ?? [:],
          limits: try node.optional("limits")?.resources(&names) ?? [:])
        return (requirements, try node.optional("restart_policy")?.text() == "Always")
      } ?? []
    }
    let requirements = PodRequirements(
      containers: try containers("containers").map(\.0),
      initContainers: try containers("init_containers").map { .init($0, isSidecar: $1) },
      overhead: try pod.optional("overhead")?.resources(&names) ?? [:])
    let charge = QuotaCharge(
      requirements, hasDeadline: try pod.optional("active_deadline_s") != nil,
      priorityClass: try pod.optional("priority_class")?.text())

    var outputs: KubernetesOutputs = [:]
    let decision = admission.admit(charge)
    switch decision {
    case .admitted:
      outputs["admitted"] = .bool(true)
      // Without any quota there is nothing that could be used.
      if admission.quotas.isEmpty { outputs["used_after"] = .list([]) }
      for quota in admission.quotas {
        for entry in quota.entries {
          outputs["used_after/\(quota.name)/\(names.text(entry.name))"] = .quantity(entry.used)
        }
      }
    case .mustSpecify(_, let gaps):
      outputs["admitted"] = .bool(false)
      outputs["reason"] = .text("must_specify")
      let texts = gaps.map { names.text($0.resource) }
      outputs["resources"] = .unordered(Array(Set(texts)))
    case .exceeded(_, let excess):
      outputs["admitted"] = .bool(false)
      outputs["reason"] = .text("exceeded")
      outputs["resources"] = .unordered(excess.map { names.text($0.resource) })
      for (key, amount) in [
        ("requested", \QuotaAdmission.Excess.requested), ("used", \.used), ("limited", \.hard),
      ] {
        let parts = excess.map { "\(names.text($0.resource))=\($0[keyPath: amount])" }
        outputs["message_fields/\(key)"] = .text(parts.sorted().joined(separator: ","))
      }
    }
    if let message = decision.message(names: names) { outputs["message"] = .text(message) }
    return outputs
  }

  private static func scope(_ node: KubernetesNode) throws -> ResourceQuota.Scope {
    switch try node.text() {
    case "Terminating": return .terminating
    case "NotTerminating": return .notTerminating
    case "BestEffort": return .bestEffort
    case "NotBestEffort": return .notBestEffort
    case "PriorityClass": return .priorityClassExists
    case let other: throw node.malformed("unknown scope '\(other)'")
    }
  }
}
