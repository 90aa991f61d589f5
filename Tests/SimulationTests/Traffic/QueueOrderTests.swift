import Testing
import TimeAndChance

@testable import Simulation

@Suite struct QueueOrderTests {
  /// Five requests, one a second, to one worker of 10 s with two places in its queue: by request,
  /// its status and the seconds until its end.
  private func ends(_ order: ServiceModel.QueueOrder) throws -> [String] {
    var server = try Small.server(seconds: 10, workers: 1)
    server.queueLimit = 2
    server.queueOrder = order
    var model = Small.model(server, Small.even(1, limit: 5))
    model.recording.requests = true
    return SimulationRun.run(model, seed: 1).requests.map {
      "\($0.status) \(Int(($0.ended - $0.started).inSeconds))"
    }
  }

  @Test func `a full queue refuses, or drops its oldest, whichever end it is served from`() throws {
    #expect(try ends(.fifo) == ["200 10", "200 19", "200 28", "503 0", "503 0"])
    #expect(try ends(.lifo) == ["200 10", "200 29", "200 18", "503 0", "503 0"])
    #expect(try ends(.dropOldest) == ["200 10", "503 2", "503 2", "200 17", "200 26"])
    #expect(try ends(.lifoDropOldest) == ["200 10", "503 2", "503 2", "200 27", "200 16"])
  }

  @Test func `a queue served from either end loses the same number, and none twice`() throws {
    for seed in UInt64(0)..<20 {
      var lost: [UInt64] = []
      for order in [ServiceModel.QueueOrder.dropOldest, .lifoDropOldest] {
        var server = try Small.server(seconds: 0, workers: 2)
        server.operations[0].steps = [.work(try Distribution(.exponential(mean: 0.1)))]
        server.queueLimit = 1 + Int(seed) % 7
        server.queueOrder = order
        server.abandonedWork = seed % 2 == 0 ? .finished : .leavesQueue
        let client = ClientBehaviour(tryTimeout: .milliseconds(400))
        let source = SourceModel(
          name: "load",
          pattern: .open(rate: [.init(at: .zero, perSecond: 24)], arrivals: .poisson),
          mix: [(edge: 0, weight: 1)], limit: 3_000)
        var model = Small.model(server, source, client: seed % 2 == 0 ? nil : client)
        model.linger = .seconds(60)
        let record = SimulationRun.run(model, seed: seed)
        let pod = record.services[0].pods[0]
        #expect(record.sources[0].byStatus.values.reduce(0, +) == 3_000, "seed \(seed)")
        #expect(pod.peakQueue == server.queueLimit, "seed \(seed)")
        lost.append(pod.refused)
        if seed % 2 == 0 {
          #expect(record.sources[0].byStatus == [200: 3_000 - pod.refused, 503: pod.refused])
        }
      }
      // Work is drawn as it begins, so who waits does not change how many must go.
      if seed % 2 == 0 { #expect(lost[0] == lost[1], "seed \(seed)") }
    }
  }
}
