import Results
import Testing
import TimeAndChance

@Suite struct TrustLabelTests {
  /// A service's figures of a second.
  private struct Second {
    var arrivals = 60.0
    var ended = 60.0
    var queue = 0.0
    var busy = 0.0
    /// 0 is unlimited.
    var workers: UInt32 = 0
    var refused = 0.0
  }

  /// The label of a service over five minutes without faults.
  private func label(_ second: (Double) -> Second) -> TrustLabel {
    let seconds = (0..<300).map { second(Double($0)) }
    let flow = FlowFigures(
      samples: seconds.map { second in
        FlowSample(
          succeeded: UInt32(second.ended), serverErrors: UInt32(second.refused),
          attempts: UInt32(second.arrivals))
      })
    let server = ServerFigures(
      samples: seconds.map { second in
        ServerSample(
          queue: Float(second.queue), busy: Float(second.busy), workers: second.workers,
          refused: UInt32(second.refused))
      })
    let run = RunDescription(
      scenario: "s", duration: .seconds(300), services: [.init(name: "shop")])
    let result = ReplicationResult(index: 0, services: [ServiceFigures(flow: flow, server: server)])
    return RunResult(run, [result]).trust[0][0]
  }

  @Test func `work that comes and is done is stable, however long it takes`() {
    #expect(label { _ in Second(busy: 120) }.state == .stable)
    // Chance moves the number in service by its square root.
    let few = label { second in
      Second(arrivals: 4, ended: 4, busy: second < 100 ? 4 : second < 200 ? 6 : 8)
    }
    #expect(few.state == .stable)
    #expect(label { _ in Second(arrivals: 0, ended: 0) }.state == .idle)
  }

  @Test func `requests that pile up in service are an overload`() {
    let label = label { Second(ended: 50, busy: 10 * $0) }
    #expect(label == TrustLabel(state: .overloaded, excess: .staysInService))
    #expect(
      label.advice
        == "throughput holds; requests in service and latency would grow with a longer run")
    // In a later phase they are many from the start and grow by little of that.
    #expect(self.label { Second(ended: 50, busy: 5_000 + 10 * $0) }.state == .overloaded)
    // Nothing ends: the pods hang.
    #expect(self.label { Second(ended: 0, busy: 60 * $0) }.state == .overloaded)
  }

  @Test func `more requests in service are no overload when each stays as long as before`() {
    let rising = label { second in
      let rate = 10 + 0.3 * second
      return Second(arrivals: rate, ended: rate, busy: 2 * rate)
    }
    #expect(rising.state == .stable)
    // A callee became slow at once, and stays so.
    #expect(label { Second(busy: $0 < 10 ? 60 * $0 : 600) }.state == .stable)
    // Of a request in twenty seconds there is no trend.
    #expect(
      label { second in
        let isOne = Int(second) % 20 == 0
        return Second(arrivals: isOne ? 1 : 0, ended: isOne ? 1 : 0, busy: second / 100)
      }.state == .stable)
  }

  @Test func `unlimited workers have a backlog when requests stay long for a while`() {
    #expect(label { Second(busy: (100..<140).contains($0) ? 600 : 6) }.state == .backlogged)
    #expect(label { Second(busy: (100..<120).contains($0) ? 600 : 6) }.state == .stable)
    // Traffic that is over after a minute: what is usual is how long its requests took.
    let short = label { second in
      second < 60 ? Second(busy: 120) : Second(arrivals: 0, ended: 0)
    }
    #expect(short.state == .stable)
  }

  @Test func `a full queue refuses, and does not grow`() {
    let full = label { _ in
      Second(arrivals: 150, ended: 100, queue: 50, busy: 1, workers: 1, refused: 50)
    }
    #expect(full == TrustLabel(state: .overloaded, excess: .isRefused(share: 50.0 / 150)))
    #expect(
      full.advice
        == "throughput holds; 33 % of arrivals are refused, latency is that of a full queue")
    // It became full towards the end.
    let filling = label { second in
      let refused = second < 295 ? 0.0 : 20
      return Second(
        arrivals: 120, ended: 100, queue: min(5_900, 20 * second), busy: 1, workers: 1,
        refused: refused)
    }
    guard case .isRefused(let share) = filling.excess else {
      Issue.record("\(filling)")
      return
    }
    #expect(filling.state == .overloaded && share < 0.01)
    #expect(filling.advice.contains("less than 1 % of arrivals are refused"))
  }

  @Test func `a queue that grows would grow further`() {
    let label = label { Second(arrivals: 105, ended: 100, queue: 5 * $0, busy: 1, workers: 1) }
    #expect(label == TrustLabel(state: .overloaded, excess: .queues))
    #expect(label.advice == "throughput holds; queue and latency would grow with a longer run")
  }
}
