import Scenario
import Statistics
import Testing
import TimeAndChance

@testable import Simulation

@Suite struct DeadlineTests {
  /// A source with one second for a first service, which works and calls a second one that takes
  /// 2 s.
  private func chain(
    work seconds: Double, calls: [StepModel] = [.call(edge: 1)], propagates: Bool = true,
    inner: ClientBehaviour? = nil
  ) throws -> SimulationModel {
    var model = SimulationModel(
      services: [
        try Small.server("front", seconds: seconds, then: calls),
        try Small.server("back", seconds: 2),
      ],
      edges: [
        EdgeModel(
          name: "to front", carrier: .direct(service: 0, latency: .zero),
          client: ClientBehaviour(deadline: .seconds(1), propagatesDeadline: propagates)),
        EdgeModel(
          name: "to back", carrier: .direct(service: 1, latency: .zero), client: inner, flow: 0),
      ], flows: [FlowModel(), FlowModel()], sources: [Small.even(0.1, limit: 3)],
      linger: .seconds(20))
    model.recording.serviceHistograms = true
    return model
  }

  @Test func `a server's calls end when its own caller gives up`() throws {
    let record = SimulationRun.run(try chain(work: 0.6), seed: 1)
    #expect(record.sources[0].byStatus == [0: 3])
    #expect(record.sources[0].latency.maximum == 1_000_000_000)
    #expect(record.edges[1].calls == 3)
    #expect(record.edges[1].failed == 3)
    #expect(record.flows[0].latency.maximum == 400_000_000)
    // Without propagation the server waits for the whole answer.
    let deaf = SimulationRun.run(try chain(work: 0.6, propagates: false), seed: 1)
    #expect(deaf.edges[1].succeeded == 3)
    #expect(deaf.flows[0].latency.maximum == 2_000_000_000)
  }

  @Test func `nothing is sent when the time is over before the call`() throws {
    let record = SimulationRun.run(try chain(work: 1.2), seed: 1)
    #expect(record.edges[1].calls == 3)
    #expect(record.edges[1].failed == 3)
    #expect(record.edges[1].attempts == 0)
    #expect(record.services[1].pods[0].arrivals == 0)
  }

  @Test func `ever so many calls after the deadline end one by one`() throws {
    let model = try chain(
      work: 1.2, calls: [.loop(count: 50_000, steps: [.callIgnoringFailure(edge: 1)])])
    let record = SimulationRun.run(model, seed: 1)
    #expect(record.edges[1].failed == 150_000)
    #expect(record.services[0].pods[0].unheard == 3)
  }

  @Test func `the shorter of both limits holds, and retries end by it too`() throws {
    // Tries of 300 ms from 0.2 s on: at 0.2, 0.5 and 0.8 s, the third cut off at 1 s.
    let eager = ClientBehaviour(retries: 9, tryTimeout: .milliseconds(300))
    let record = SimulationRun.run(try chain(work: 0.2, inner: eager), seed: 1)
    #expect(record.edges[1].attempts == 9)
    #expect(record.flows[0].latency.maximum == 800_000_000)
    let brief = ClientBehaviour(deadline: .milliseconds(500))
    let short = SimulationRun.run(try chain(work: 0.2, inner: brief), seed: 1)
    #expect(short.flows[0].latency.maximum == 500_000_000)
    #expect(short.sources[0].byStatus == [503: 3])
  }

  @Test func `the time of one try is what the server is told when it is shorter`() throws {
    var model = try chain(work: 0.6)
    model.edges[0].client = ClientBehaviour(
      tryTimeout: .milliseconds(800), deadline: .seconds(1), propagatesDeadline: true)
    let record = SimulationRun.run(model, seed: 1)
    #expect(record.flows[0].latency.maximum == 200_000_000)
  }

  @Test func `branches of a parallel step know the deadline of their request`() throws {
    let arm: [StepModel] = [.work(try Small.constant(0.1)), .call(edge: 1)]
    let record = SimulationRun.run(
      try chain(work: 0.6, calls: [.parallel([arm, [.call(edge: 1)]])]), seed: 1)
    #expect(record.edges[1].calls == 6)
    #expect(record.flows[0].latency.minimum == 300_000_000)
    #expect(record.flows[0].latency.maximum == 400_000_000)
  }

  @Test func `a deadline goes on from service to service where each passes it on`() throws {
    var model = try chain(
      work: 0.5, inner: ClientBehaviour(propagatesDeadline: true))
    model.services[1] = try Small.server("back", seconds: 0.3, then: [.call(edge: 2)])
    model.services.append(try Small.server("last", seconds: 9))
    model.edges.append(
      EdgeModel(name: "to last", carrier: .direct(service: 2, latency: .zero), flow: 1))
    let record = SimulationRun.run(model, seed: 1)
    #expect(record.flows[1].latency.maximum == 200_000_000)
    // The middle one keeps it to itself.
    model.edges[1].client = nil
    let kept = SimulationRun.run(model, seed: 1)
    #expect(kept.flows[1].latency.maximum == 9_000_000_000)
  }

  @Test(arguments: [(true, 2.0), (false, 3.0)])
  func `work whose time is over when a worker would start it is not begun`(
    propagates: Bool, busy: Double
  ) throws {
    // Three at once with 1.5 s, 1 s of work each: the second starts in time, the third does not.
    var model = Small.model(
      try Small.server(seconds: 1, workers: 1), Small.batch(3),
      client: ClientBehaviour(tryTimeout: .milliseconds(1_500), propagatesDeadline: propagates))
    model.linger = .seconds(10)
    let record = SimulationRun.run(model, seed: 1)
    let pod = record.services[0].pods[0]
    #expect(record.sources[0].byStatus == [200: 1, 0: 2])
    #expect(pod.unheard == 2)
    #expect((pod.meanBusy * record.end.seconds * 1e6).rounded() / 1e6 == busy)
  }

  @Test func `a request that arrives too late is not begun`() throws {
    var model = Small.model(
      try Small.server(seconds: 1, workers: 1), Small.even(1, limit: 5),
      client: ClientBehaviour(
        retries: 1, tryTimeout: .milliseconds(100), propagatesDeadline: true),
      latency: .milliseconds(200))
    model.linger = .seconds(10)
    let record = SimulationRun.run(model, seed: 1)
    #expect(record.sources[0].byStatus == [0: 5])
    #expect(record.services[0].pods[0].arrivals == 10)
    #expect(record.services[0].pods[0].unheard == 10)
    #expect(record.services[0].pods[0].meanBusy == 0)
  }

  @Test func `requests with and without a deadline keep apart at one server`() throws {
    // The second source waits for ever, and its requests are all answered.
    var model = Small.model(
      try Small.server(seconds: 0.1, workers: 1), Small.even(9, limit: 400),
      client: ClientBehaviour(tryTimeout: .milliseconds(250), propagatesDeadline: true))
    model.edges.append(EdgeModel(name: "patient", carrier: .direct(service: 0, latency: .zero)))
    var patient = Small.even(5, limit: 200, edge: 1)
    patient.name = "patient"
    model.sources.append(patient)
    let record = SimulationRun.run(model, seed: 1)
    #expect(record.sources[1].byStatus == [200: 200])
    #expect(record.sources[0].byStatus[0, default: 0] > 50)
    #expect(record.services[0].pods[0].unheard > 50)
  }
}
