import Orchestration
import Testing

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
