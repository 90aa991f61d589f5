import Orchestration
import Testing
import TimeAndChance

@Suite struct LimitRangeTests {
  @Test func `stored defaults derive from maximum and minimum`() {
    var item = LimitRange.Item(
      type: .container, min: [.cpu: cpu(100), .memory: mebibytes(64)], max: [.cpu: cpu(2000)])
    item.applyAPIDefaults()
    #expect(item.defaultLimits == [.cpu: cpu(2000)])
    #expect(item.defaultRequests == [.cpu: cpu(2000), .memory: mebibytes(64)])
    var pod = LimitRange.Item(type: .pod, max: [.cpu: cpu(1)])
    pod.applyAPIDefaults()
    #expect(pod.defaultLimits.isEmpty)
  }

  @Test func `init containers are defaulted and checked too`() {
    let range = LimitRange(items: [
      .init(type: .container, max: [.cpu: cpu(500)], defaultLimits: [.memory: mebibytes(1)])
    ])
    var pod = PodRequirements(
      containers: [.init(limits: [.cpu: cpu(500)])],
      initContainers: [.init(.init(limits: [.cpu: cpu(600)]))])
    range.applyDefaults(to: &pod)
    #expect(pod.initContainers[0].requirements.limits[.memory] == mebibytes(1))
    #expect(
      range.violations(of: pod).map { $0.message(names: ResourceNames()) }
        == ["maximum cpu usage per Container is 500m, but limit is 600m"])
  }

  @Test(
    arguments: [
      (750, 500, nil), (751, 500, "1.502000"), (2000, 500, "4.000000"),
    ] as [(Int64, Int64, String?)])
  func `the ratio is exact to a thousandth`(limit: Int64, request: Int64, ratio: String?) {
    let range = LimitRange(items: [
      .init(type: .container, maxLimitRequestRatio: [.cpu: cpu(1500)])
    ])
    let pod = PodRequirements(containers: [
      .init(requests: [.cpu: cpu(request)], limits: [.cpu: cpu(limit)])
    ])
    let messages = range.violations(of: pod).map { $0.message(names: ResourceNames()) }
    let text = "cpu max limit to request ratio per Container is 1500m, but provided ratio is "
    #expect(messages == (ratio.map { [text + $0] } ?? []))
  }
}

@Suite struct QuotaAdmissionTests {
  private func pod(_ milli: Int64) -> QuotaCharge {
    QuotaCharge(
      PodRequirements(containers: [
        .init(name: "c", requests: [.cpu: cpu(milli)], limits: [.cpu: cpu(milli)])
      ]))
  }
  private let requestsCPU = ResourceName.cpu.counted(as: .requests)

  @Test func `used never exceeds hard, and releasing gives back exactly`() {
    for seed in UInt64(0)..<150 {
      var random = RandomStream(seed: seed, name: "quota")
      var admission = QuotaAdmission(quotas: [
        ResourceQuota(
          name: "a", hard: [requestsCPU: cpu(4000), .pods: ResourceQuantity(7)]),
        ResourceQuota(name: "b", scopes: [.notBestEffort], hard: [.cpu: cpu(3000)]),
      ])
      var held: [QuotaCharge] = []
      for _ in 0..<100 {
        if random.below(3) == 0, let last = held.popLast() {
          admission.release(last)
        } else {
          let charge = pod(Int64(random.below(900)) + 1)
          let before = admission
          if admission.admit(charge) == .admitted {
            held.append(charge)
          } else {
            #expect(admission == before, "seed \(seed): a refusal charged something")
          }
        }
        let isWithin = admission.quotas.flatMap(\.entries).allSatisfy {
          $0.used <= $0.hard && $0.used >= .zero
        }
        #expect(isWithin, "seed \(seed)")
      }
      var counted = admission
      counted.recount(held)
      #expect(counted == admission, "seed \(seed)")
    }
  }

  @Test func `the messages are the API server's`() {
    var admission = QuotaAdmission(quotas: [
      ResourceQuota(
        name: "dev-quota", hard: [requestsCPU: cpu(4000)], used: [requestsCPU: cpu(2200)])
    ])
    #expect(
      admission.admit(pod(2000)).message(names: ResourceNames())
        == "exceeded quota: dev-quota, requested: requests.cpu=2, used: requests.cpu=2200m, "
        + "limited: requests.cpu=4")
    let silent = QuotaCharge(PodRequirements(containers: [.init(name: "web")]))
    #expect(
      admission.admit(silent).message(names: ResourceNames())
        == "failed quota: dev-quota: must specify requests.cpu for: web")
  }

  @Test func `a quota is only about what its scopes say`() {
    let critical = QuotaCharge(
      PodRequirements(containers: [.init(name: "c")]), priorityClass: "critical")
    let plain = QuotaCharge(PodRequirements(containers: [.init(name: "c")]))
    let quota = { (scope: ResourceQuota.Scope) in
      ResourceQuota(name: "q", scopes: [scope], hard: [.pods: ResourceQuantity(1)])
    }
    #expect(quota(.priorityClassIn(["critical"])).matches(critical))
    #expect(!quota(.priorityClassIn(["critical"])).matches(plain))
    #expect(quota(.priorityClassNotIn(["critical"])).matches(plain))
    #expect(quota(.priorityClassDoesNotExist).matches(plain))
    #expect(!quota(.priorityClassExists).matches(plain))
    let storage = ResourceQuota(name: "s", hard: [.storage: ResourceQuantity(1)])
    #expect(!storage.matches(plain))
  }

  @Test func `a pod costs nothing once it ended or should long be gone`() {
    let grace = SimDuration.seconds(30)
    let charged = { (ended: Bool, terminating: SimDuration?) in
      QuotaCharge.isCharged(hasEnded: ended, terminatingFor: terminating, gracePeriod: grace)
    }
    #expect(charged(false, nil))
    #expect(!charged(true, nil))
    #expect(charged(false, .seconds(60)))
    #expect(!charged(false, .seconds(61)))
  }
}

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

@Suite struct AuthorizationPolicyTests {
  private let gateway = "cluster.local/ns/kong/sa/kong-gateway"
  private let web = "cluster.local/ns/demo/sa/frontend"

  private func allows(
    _ policies: [AuthorizationPolicy], from principal: String?, method: String? = "GET",
    path: String? = "/api/x"
  ) -> Bool {
    AuthorizationPolicy.allows(
      .init(principal: principal, method: method, path: path, port: 8080), policies: policies)
  }

  @Test func `without the gateway's account the gateway is refused`() {
    let policy = AuthorizationPolicy(rules: [.init(from: [.init(principals: .init([web]))])])
    #expect(allows([policy], from: web))
    #expect(!allows([policy], from: gateway))
    #expect(!allows([policy], from: nil))
    #expect(allows([], from: nil))
  }

  @Test func `deny comes before allow, and an empty allow refuses everything`() {
    let all = AuthorizationPolicy(rules: [.init()])
    let noAdmin = AuthorizationPolicy(
      action: .deny, rules: [.init(to: [.init(paths: .init(["/admin*"]))])])
    #expect(allows([all, noAdmin], from: web))
    #expect(!allows([all, noAdmin], from: web, path: "/admin/users"))
    #expect(allows([noAdmin], from: nil))
    #expect(!allows([AuthorizationPolicy(rules: [])], from: web))
  }

  @Test func `namespaces, methods and negations are told apart`() {
    let policy = AuthorizationPolicy(rules: [
      .init(
        from: [.init(namespaces: .init(["demo"]))],
        to: [.init(methods: .init(["GET"]), paths: .init(nil, not: ["/api/secret"]))])
    ])
    #expect(allows([policy], from: web))
    #expect(!allows([policy], from: gateway))
    #expect(!allows([policy], from: web, method: "POST"))
    #expect(!allows([policy], from: web, path: "/api/secret"))
    #expect(!allows([policy], from: web, method: nil))
    let identified = AuthorizationPolicy(rules: [.init(from: [.init(principals: .init(["*"]))])])
    #expect(allows([identified], from: gateway))
    #expect(!allows([identified], from: nil))
    let suffix = AuthorizationPolicy(rules: [
      .init(from: [.init(principals: .init(["*/sa/frontend"]))])
    ])
    #expect(allows([suffix], from: web))
    #expect(!allows([suffix], from: gateway))
  }
}
