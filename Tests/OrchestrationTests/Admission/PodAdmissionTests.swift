import Orchestration
import Testing

@Suite struct PodAdmissionTests {
  /// The lab's namespace: quota of 4 CPU and 8Gi asked for, 8 and 16Gi at most, 20 pods.
  private func lab() -> PodAdmission {
    PodAdmission(
      namespace: "lab",
      limitRanges: [
        LimitRange(items: [
          .init(
            type: .container, defaultLimits: [.cpu: cpu(2000), .memory: mebibytes(4096)],
            defaultRequests: [.cpu: cpu(250), .memory: mebibytes(512)])
        ])
      ],
      quota: QuotaAdmission(quotas: [
        ResourceQuota(
          name: "lab-quota",
          hard: [
            .cpu.counted(as: .requests): cpu(4000), .cpu.counted(as: .limits): cpu(8000),
            .memory.counted(as: .requests): mebibytes(8192),
            .memory.counted(as: .limits): mebibytes(16384), .pods: ResourceQuantity(20),
          ])
      ]))
  }

  @Test func `four pods with default limits fill a quota of twenty`() {
    var admission = lab()
    let pod = PodRequirements(containers: [.init(name: "web")])
    var admitted = 0
    var refusal: PodAdmission.Decision?
    for _ in 0..<5 {
      let decision = admission.admit(pod)
      if case .admitted = decision { admitted += 1 } else { refusal = decision }
    }
    #expect(admitted == 4)
    guard case .refused(.resourceQuota, let message) = refusal else {
      Issue.record("the fifth pod must be refused by the quota, was \(String(describing: refusal))")
      return
    }
    #expect(
      message == "exceeded quota: lab-quota, requested: limits.cpu=2,limits.memory=4Gi, "
        + "used: limits.cpu=8,limits.memory=16Gi, limited: limits.cpu=8,limits.memory=16Gi")
  }

  @Test func `policies see the pod after the defaults`() {
    var admission = lab()
    admission.constraints = [
      GatekeeperConstraint(name: "must-have-limits", rule: .requiredLimits([.cpu, .memory]))
    ]
    let pod = PodRequirements(containers: [.init(name: "web")])
    #expect(isAdmitted(admission.admit(pod)))
    admission.limitRanges = []
    guard case .refused(.gatekeeper, let message) = admission.admit(pod) else {
      Issue.record("a pod without limits must be refused")
      return
    }
    #expect(
      message == "[must-have-limits] container <web> has no cpu limit\n"
        + "[must-have-limits] container <web> has no memory limit")
  }

  @Test func `the four constraints deny what they are for`() {
    let cases: [(GatekeeperConstraint.Rule, PodSecurityFacts, Bool)] = [
      (.noPrivilegedContainers, .init(containers: [.init(name: "c", isPrivileged: true)]), false),
      (.noPrivilegedContainers, .init(containers: [.init(name: "c")]), true),
      (.requiredLabels(["app", "team"]), .init(labels: ["app": "x"]), false),
      (.requiredLabels(["app"]), .init(labels: ["app": "x"]), true),
      (.runAsNonRoot, .init(containers: [.init(name: "c")]), false),
      (.runAsNonRoot, .init(containers: [.init(name: "c", runAsNonRoot: true)]), true),
      (
        .runAsNonRoot, .init(containers: [.init(name: "c", runAsNonRoot: true, runAsUser: 0)]),
        false
      ),
      (.runAsNonRoot, .init(containers: [.init(name: "c", runAsUser: 1000)]), true),
    ]
    for (rule, facts, passes) in cases {
      var admission = PodAdmission(constraints: [GatekeeperConstraint(name: "k", rule: rule)])
      let decision = admission.admit(PodRequirements(containers: []), facts: facts)
      #expect(isAdmitted(decision) == passes, "\(rule) \(facts)")
    }
  }

  @Test func `warnings and dry runs let pods pass, excluded namespaces are not looked at`() {
    let facts = PodSecurityFacts(containers: [.init(name: "c", isPrivileged: true)])
    var admission = PodAdmission(constraints: [
      GatekeeperConstraint(name: "w", rule: .noPrivilegedContainers, enforcementAction: .warn),
      GatekeeperConstraint(name: "d", rule: .noPrivilegedContainers, enforcementAction: .dryRun),
      GatekeeperConstraint(
        name: "x", rule: .noPrivilegedContainers, excludedNamespaces: ["default"]),
    ])
    guard case .admitted(let pod) = admission.admit(PodRequirements(containers: []), facts: facts)
    else {
      Issue.record("must pass")
      return
    }
    #expect(pod.warnings == ["[w] Privileged container is not allowed: c"])
  }

  @Test func `an unknown priority class refuses, none takes the default`() {
    var admission = PodAdmission(
      priorityClasses: PriorityClasses([
        .init(name: "normal", value: 10_000, isGlobalDefault: true),
        .init(name: "high", value: 1_000_000),
      ]))
    let pod = PodRequirements(containers: [])
    guard case .admitted(let stored) = admission.admit(pod) else {
      Issue.record("must pass")
      return
    }
    #expect(stored.priority.value == 10_000)
    #expect(
      admission.admit(pod, priorityClass: "higher")
        == .refused(by: .priority, message: "no PriorityClass with name higher was found"))
    #expect(PriorityClasses().resolve("system-node-critical")?.value == 2_000_001_000)
    #expect(PriorityClasses().resolve(nil)?.value == 0)
  }

  private func isAdmitted(_ decision: PodAdmission.Decision) -> Bool {
    if case .admitted = decision { return true }
    return false
  }
}
