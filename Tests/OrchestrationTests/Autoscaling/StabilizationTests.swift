import Orchestration
import Testing
import TimeAndChance

@Suite struct StabilizationTests {
  private func log(_ entries: (replicas: Int32, age: Int64)...) -> RecommendationLog {
    RecommendationLog(
      entries.map { .init(replicas: $0.replicas, time: autoscalerNow - .seconds($0.age)) })
  }

  @Test func `without behavior an entry as old as the window still holds`() {
    var edge = log((9, 300))
    #expect(
      edge.stabilize(raw: 2, downscaleWindow: .seconds(300), now: autoscalerNow) == 9)
    var older = log((9, 301))
    #expect(
      older.stabilize(raw: 2, downscaleWindow: .seconds(300), now: autoscalerNow) == 2)
    #expect(older.entries.count == 1, "the outdated entry gave up its place")
  }

  @Test func `with behavior an entry as old as the window does not hold`() {
    var edge = log((9, 300))
    #expect(
      edge.stabilize(
        raw: 2, current: 9, scaleUpWindow: .zero, scaleDownWindow: .seconds(300),
        now: autoscalerNow) == 2)
    #expect(edge.entries.count == 2, "not yet outdated either")
  }

  @Test func `both windows hold the size between them`() {
    var log = log((4, 30), (8, 20))
    #expect(
      log.stabilize(
        raw: 12, current: 6, scaleUpWindow: .seconds(60), scaleDownWindow: .seconds(60),
        now: autoscalerNow) == 6)
  }

  // Row D03 of the queueing vectors (family hpa_scale_down).
  @Test func `ten replicas fall to two after three hundred seconds`() {
    var autoscaler = HorizontalPodAutoscaler(spec: .cpu(max: 20))
    _ = autoscaler.sync(at: .zero, replicas: 10, usage: 500)
    let sizes = autoscaler.sizes(from: 10, syncs: 21) { _, replicas in
      replicas == 10 ? 100 : 500
    }
    #expect(Array(sizes[..<20]) == Array(repeating: 10, count: 20))
    #expect(sizes[20] == 2, "at 315 s")
  }

  @Test func `a controller restart delays shrinking by a window and growing not at all`() {
    var autoscaler = HorizontalPodAutoscaler(spec: .cpu(max: 20))
    _ = autoscaler.sync(at: .zero, replicas: 10, usage: 500)
    for second in stride(from: Int64(15), through: 300, by: 15) {
      _ = autoscaler.sync(at: .zero + .seconds(second), replicas: 10, usage: 100)
    }
    autoscaler.controllerRestarted()
    #expect(autoscaler.recommendations == nil)
    let held = autoscaler.sync(at: .zero + .seconds(315), replicas: 10, usage: 100)
    #expect(held.action == .keep)
    #expect(autoscaler.conditions.ableToScale?.reason == .scaleDownStabilized)
    let grown = autoscaler.sync(at: .zero + .seconds(330), replicas: 10, usage: 750)
    #expect(grown.action == .scale(to: 15, reason: .aboveTarget(metric: 0)))
  }
}
