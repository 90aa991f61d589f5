import Orchestration
import Testing

@Suite struct PodRequestsTests {
  private typealias Container = PodRequests.Container

  private let mesh = PodRequests(
    containers: [Container(name: "app", requestMilli: 500)],
    initContainers: [
      Container(name: "istio-init", requestMilli: nil),
      Container(name: "istio-proxy", requestMilli: 100, isSidecar: true),
    ])

  @Test func `native sidecars count and plain init containers do not`() throws {
    #expect(try mesh.milli() == 600)
  }

  @Test func `a sidecar without a request switches the metric off`() {
    var pod = mesh
    pod.initContainers[1].requestMilli = nil
    #expect(throws: MetricFailure.missingRequest(container: "istio-proxy")) { try pod.milli() }
  }

  @Test func `a container metric looks at its container only`() throws {
    var pod = mesh
    pod.containers[0].requestMilli = nil
    #expect(try pod.milli(container: "istio-proxy") == 100)
    #expect(throws: MetricFailure.missingRequest(container: "app")) {
      try pod.milli(container: "app")
    }
    #expect(throws: MetricFailure.containerNotFound) { try pod.milli(container: "istio-init") }
  }

  @Test func `pod-level requests win behind their gate and never for one container`() throws {
    var pod = mesh
    pod.podLevelMilli = 800
    pod.hasPodLevelRequests = true
    pod.overheadMilli = 50
    #expect(try pod.milli() == 850)
    #expect(try pod.milli(podLevelResources: false) == 600)
    #expect(try pod.milli(container: "app") == 500)
  }

  @Test func `pod-level requests for another resource fall back to what scheduling adds up`() throws
  {
    var pod = mesh
    pod.hasPodLevelRequests = true
    pod.initContainers[0].requestMilli = 900
    #expect(try pod.milli() == 900)
    pod.initContainers.swapAt(0, 1)
    #expect(try pod.milli() == 1000)  // the init container starts beside the sidecar
    let empty = PodRequests(
      containers: [Container(name: "app", requestMilli: nil)], hasPodLevelRequests: true)
    #expect(throws: MetricFailure.missingRequest(container: nil)) { try empty.milli() }
  }
}
