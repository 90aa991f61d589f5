import Scenario
import Statistics
import Testing
import TimeAndChance
import TrafficPolicy

@testable import Simulation

@Suite struct ModelBuilderTests {
  @Test func `a rate curve with a jump and a ramp keeps both`() {
    let curve = RateCurve(pieces: [
      .init(
        start: SimTime(nanoseconds: 1_000_000_000), end: SimTime(nanoseconds: 3_000_000_000),
        startRate: 10, endRate: 30),
      .init(
        start: SimTime(nanoseconds: 3_000_000_000), end: SimTime(nanoseconds: 4_000_000_000),
        startRate: 50, endRate: 50),
    ])
    #expect(
      ModelBuilder.points(of: curve) == [
        .init(at: .zero, perSecond: 0), .init(at: .seconds(1), perSecond: 10, holds: false),
        .init(at: .seconds(3), perSecond: 30), .init(at: .seconds(3), perSecond: 50),
        .init(at: .seconds(4), perSecond: 0),
      ])
  }

  @Test func `a header that is passed on makes a request kind of its own`() throws {
    let step = try Scenario::Step.wait(Sample.constant(0.001))
    var scenario = Sample.chain(
      [.init(name: "front", steps: [step]), .init(name: "back", steps: [step])], rate: 10,
      duration: .seconds(10))
    scenario.workloads[0].steps = [
      [.call(Call(target: Sample.target(1, "back"), headers: [.forwarded(name: "end-user")]))]
    ]
    scenario.traffic[0].classes = [
      RequestClass(
        name: "jason", weight: 1, headers: [.init(name: "end-user", value: "jason")]),
      RequestClass(name: "others", weight: 3),
    ]
    let model = try ScenarioCompiler.compile(scenario).model
    // Two kinds at the front; each makes an edge of its own to the back.
    #expect(model.edges.count == 4)
    #expect(model.edges.map(\.attributes.headers.count) == [1, 0, 1, 0])
    #expect(model.sources[0].mix.map(\.weight) == [1, 3])
  }

  @Test func `calls go through the caller's sidecar, and know the route for its fault filter`()
    throws
  {
    let step = try Scenario::Step.wait(Sample.constant(0.001))
    let scenario = Sample.chain(
      [
        .init(
          name: "front", steps: [.call(Call(target: Sample.target(1, "back")))], replicas: 2),
        .init(name: "back", steps: [step], replicas: 3),
      ], rate: 10, duration: .seconds(10)
    ).withSidecar(
      route: ForwardAction(destinations: [.init(cluster: 0)]), cluster: Cluster(name: "back"),
      filters: RouteFilters(
        fault: FaultInjectionSettings(abortStatus: 418, abortFraction: .all)))
    let model = try ScenarioCompiler.compile(scenario).model
    #expect(model.proxies[0].placement == .besideEachCaller(service: 0))
    #expect(model.proxies[0].endpoints[0].map(\.pod.pod) == [0, 1, 2])
    #expect(model.edges[1].carrier == .proxy(0))
    #expect(model.edges[1].attributes.headers == [.init(name: ":route", value: "0")])
    guard case .fault(let fault) = model.proxies[0].configuration.filters[0] else {
      Issue.record("the route's fault is no filter")
      return
    }
    #expect(fault.headers.map(\.name) == [":route"])
  }

  @Test func `a server that demands mTLS refuses callers without a mesh`() throws {
    var scenario = Sample.chain(
      [.init(name: "front", steps: [try .wait(Sample.constant(0.001))])], rate: 10,
      duration: .seconds(10))
    scenario.workloads[0].mutualTLS = .strict
    let compiled = try ScenarioCompiler.compile(scenario)
    let endpoints = compiled.model.proxies[0].endpoints[0]
    #expect(endpoints.map(\.pod) == [PodReference(service: 1, pod: 0)])
    #expect(compiled.model.services[1].pods[0].reachability == .down)
  }

  @Test func `an endless loop is unrolled to the end of its probability`() throws {
    var scenario = Sample.chain(
      [.init(name: "front", steps: [], workers: nil)], rate: 200, duration: .seconds(50))
    scenario.workloads[0].steps = [
      [.loop(.again(probability: 0.5), [try .wait(Sample.constant(0.01))])]
    ]
    let record = SimulationRun.run(try ScenarioCompiler.compile(scenario).model, seed: 3)
    let mean = try #require(record.sources[0].latency.mean)
    // Two passes on average, of 10 ms each; 10 000 requests, standard deviation 14 ms.
    #expect(abs(mean / 1e6 - 20) < 5 * 0.15)
  }

  @Test func `loops that would unroll beyond the limit are refused with a number`() throws {
    var scenario = Sample.chain(
      [.init(name: "front", steps: [])], rate: 1, duration: .seconds(1))
    scenario.workloads[0].steps = [
      [.loop(.times(1_000_000_000), [try .wait(Sample.constant(0.01))])]
    ]
    #expect(throws: CompilationError.self) { try ScenarioCompiler.compile(scenario) }
  }
}
