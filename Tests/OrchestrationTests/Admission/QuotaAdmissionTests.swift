import Orchestration
import Testing
import TimeAndChance

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
