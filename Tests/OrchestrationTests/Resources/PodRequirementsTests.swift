import Orchestration
import Testing

func cpu(_ milli: Int64) -> ResourceQuantity { ResourceQuantity(milli: milli) }
func mebibytes(_ count: Int64) -> ResourceQuantity { .bytes(count << 20) }

@Suite struct PodRequirementsTests {
  @Test func `init containers count by their hungriest moment, sidecars beside everything`() {
    let pod = PodRequirements(
      containers: [.init(requests: [.cpu: cpu(200)]), .init(requests: [.cpu: cpu(100)])],
      initContainers: [
        .init(.init(requests: [.cpu: cpu(500)])),
        .init(.init(requests: [.cpu: cpu(50)]), isSidecar: true),
        .init(.init(requests: [.cpu: cpu(400)])),
      ],
      overhead: [.cpu: cpu(10)])
    // Together: 200 + 100 + 50; init peaks: 500, 50, 50 + 400.
    #expect(pod.effectiveRequests[.cpu] == cpu(510))
    #expect(pod.effectiveLimits[.cpu] == nil)
  }

  @Test func `a limit without a request becomes the request`() {
    var pod = PodRequirements(containers: [.init(limits: [.cpu: cpu(500)])])
    pod.applyAPIDefaults()
    #expect(pod.containers[0].requests[.cpu] == cpu(500))
  }

  @Test func `pod-level resources replace the sum of the containers`() {
    let pod = PodRequirements(
      containers: [.init(requests: [.cpu: cpu(200), .memory: mebibytes(10)])],
      podRequests: [.cpu: cpu(900)])
    #expect(pod.effectiveRequests == [.cpu: cpu(900), .memory: mebibytes(10)])
  }

  @Test func `the class follows from requests and limits`() {
    let both: ResourceList = [.cpu: cpu(100), .memory: mebibytes(64)]
    let guaranteed = ContainerRequirements(requests: both, limits: both)
    let some = ContainerRequirements(requests: [.cpu: cpu(100)])
    let none = ContainerRequirements(requests: [.cpu: .zero])
    #expect(QualityOfService(PodRequirements(containers: [guaranteed, guaranteed])) == .guaranteed)
    #expect(QualityOfService(PodRequirements(containers: [guaranteed, none])) == .burstable)
    #expect(QualityOfService(PodRequirements(containers: [some])) == .burstable)
    #expect(QualityOfService(PodRequirements(containers: [none])) == .bestEffort)
    let limitOnly = ContainerRequirements(limits: both)
    #expect(QualityOfService(PodRequirements(containers: [limitOnly])) == .burstable)
  }

  @Test func `names share their base and print as manifests write them`() {
    var names = ResourceNames()
    let requests = names.name("requests.cpu")
    #expect(requests == ResourceName.cpu.counted(as: .requests))
    let count = names.name("count/pods")
    #expect(count == ResourceName.pods.counted(as: .count))
    let quota = names.name("requests.nvidia.com/gpu")
    let plain = names.name("nvidia.com/gpu")
    #expect(plain != nil && quota?.counted(as: .plain) == plain)
    #expect(quota.map(names.text) == "requests.nvidia.com/gpu")
  }
}
