import Results
import Testing
import TimeAndChance

@testable import Reporting

@Suite struct EventGroupsTests {
  private func at(_ seconds: Double) -> SimTime { .zero + SimDuration(seconds: seconds) }

  /// The lines of a minute in which a workload of so many pods refuses a fifth of its arrivals.
  private func lines(
    _ events: [RunEvent], replicas: Int = 1, faultAt: Double? = nil
  ) -> [String] {
    let run = RunDescription(
      scenario: "s", duration: .seconds(60),
      services: [.init(name: "web"), .init(name: "api", workloads: [0])],
      workloads: [.init(name: "api", service: 1, replicas: replicas)],
      faults: faultAt.map {
        [
          FaultDescription(
            name: "f", text: "", occurrences: [.init(start: at($0), end: at($0 + 5))])
        ]
      } ?? [])
    let workload = WorkloadFigures(
      flow: FlowFigures(samples: Array(repeating: FlowSample(attempts: 50), count: 60)),
      server: ServerFigures(samples: Array(repeating: ServerSample(refused: 10), count: 60)))
    let result = RunResult(
      run, [ReplicationResult(index: 0, workloads: [workload], events: events)])
    return EventGroups.entries(result).map(\.text)
  }

  @Test(arguments: [
    ("max_pending_requests", 2, "more than 2 pending (http1MaxPendingRequests)"),
    ("max_requests", 1_000, "more than 1000 at a time (http2MaxRequests)"),
  ])
  func `a limit of a circuit breaker is told in words, with how many and how long`(
    detail: String, limit: Int, words: String
  ) {
    func events(until: Double) -> [RunEvent] {
      (0..<2).map { instance in
        RunEvent(
          at: at(3), kind: .overflowBegan, service: 1, proxy: "sidecar of web", instance: instance,
          instances: 2, detail: detail, until: at(until), refused: 4_500, limit: limit)
      }
    }
    let begin = "2 of 2 × sidecar of web refuse 9k requests to api: " + words
    #expect(lines(events(until: 58)) == [begin + ", to the end"])
    #expect(lines(events(until: 40)) == [begin + ", until 00:40"])
    #expect(
      lines([
        RunEvent(
          at: at(3), kind: .overflowBegan, service: 1, proxy: "sidecar of web", detail: detail,
          until: at(3), refused: 1, limit: limit)
      ]) == ["sidecar of web refuses a request to api: " + words])
    #expect(
      lines([
        RunEvent(
          at: at(3), kind: .overflowBegan, service: 1, proxy: "inbound sidecar of api",
          detail: detail, until: at(30), refused: 20, limit: limit)
      ]) == ["inbound sidecar of api refuses 20 requests: " + words + ", until 00:30"])
  }

  @Test func `a rate limit names its proxy`() {
    let event = RunEvent(
      at: at(0.4), kind: .rateLimited, proxy: "gateway shop/edge", until: at(59.8), refused: 4_640)
    #expect(
      lines([event]) == ["rate limit of gateway shop/edge refuses 4.64k requests, to the end"])
  }

  @Test func `a full queue says which share of arrivals it refuses`() {
    let event = RunEvent(
      at: at(10), kind: .queueFull, service: 1, workload: 0, pod: 0, until: at(30), refused: 210)
    #expect(lines([event]) == ["full queue at api-0 refuses 20 % of requests, until 00:30"])
    // The log knows the pod that refused first.
    #expect(
      lines([event], replicas: 3) == ["full queues at api refuse 20 % of requests, until 00:30"])
  }

  @Test func `what comes time and again is one line`() {
    func throttled(_ times: Int) -> [RunEvent] {
      (0..<times).map {
        RunEvent(at: at(1 + 14 * Double($0)), kind: .throttled, service: 1, workload: 0, pod: 0)
      }
    }
    #expect(lines(throttled(3)) == Array(repeating: "CPU limit holds back api-0", count: 3))
    #expect(lines(throttled(4)) == ["CPU limit holds back api-0, 4 times until 00:43"])
    // A fault in between makes it another story.
    #expect(lines(throttled(4), faultAt: 30).count == 4)
    #expect(
      lines(throttled(4), faultAt: 50) == ["CPU limit holds back api-0, 4 times until 00:43"])
    let refusals = (0..<4).map { time in
      RunEvent(
        at: at(15 * Double(time)), kind: .queueFull, service: 1, workload: 0, pod: 0,
        until: at(15 * Double(time) + 1), refused: 5)
    }
    #expect(
      lines(refusals) == ["full queue at api-0 refuses 20 requests, 4 times until 00:46"])
  }
}
