import Statistics
import Testing
import TimeAndChance

@testable import Simulation

@Suite struct ClosedLoopTests {
  private func steps(
    _ list: [(from: Double, to: Double, users: Int, and: Int)]
  ) -> [String] {
    var steps = UserSteps(Small.stages(list))
    var result: [String] = []
    while let step = steps.next() { result.append("\(step.at.seconds):\(step.users)") }
    return result
  }

  @Test func `users come when the line reaches them, and leave when it reaches the next below`() {
    // The picture in k6's ramping_vus.go, a fifth as high and as long.
    #expect(
      steps([(0, 2, 0, 2), (2, 4, 2, 0)]) == ["1.0:1", "2.0:2", "3.0:1", "4.0:0"])
    #expect(
      steps([(0, 8, 4, 6), (8, 10, 6, 1)])
        == ["0.0:4", "4.0:5", "8.0:6", "8.4:5", "8.8:4", "9.2:3", "9.6:2", "10.0:1"])
  }

  @Test func `a jump between stages happens at once, and a flat stage changes nothing`() {
    #expect(steps([(1, 3, 2, 2), (3, 5, 5, 5), (5, 9, 5, 5)]) == ["1.0:2", "3.0:5"])
    #expect(steps([]).isEmpty)
    // A ramp so long and high that products of both do not fit 64 bits.
    var far = UserSteps([
      .init(start: .zero, end: .seconds(30_000_000), startUsers: 0, endUsers: 9_000_000)
    ])
    #expect(far.next()?.at.seconds.rounded() == 3)
  }

  @Test func `users of a ramp make exactly as many requests as they have time for`() throws {
    // They come at 2, 4, 6 and 8 s and ask once a second until 10 s: 8 + 6 + 4 + 2.
    let loop = UserLoop(
      stages: Small.stages([(0, 8, 0, 4)]), end: .seconds(10), think: try Small.constant(0))
    let record = SimulationRun.run(
      Small.model(try Small.server(seconds: 1), Small.users(loop)), seed: 1)
    #expect(record.sources[0].offered == 20)
    #expect(record.sources[0].byStatus == [200: 20])
    #expect(record.end.seconds == 10)
  }

  @Test(arguments: [(false, 3), (true, 2)])
  func `a user asks as soon as it comes unless it starts by thinking`(
    thinks: Bool, requests: UInt64
  ) throws {
    // Asks at 0, 4, 8 or at 3, 7 of 9 s, with 3 s of thinking and 1 s of service.
    let loop = UserLoop(
      stages: Small.stages([(0, 9, 1, 1)]), end: .seconds(9), think: try Small.constant(3),
      startsThinking: thinks)
    let record = SimulationRun.run(
      Small.model(try Small.server(seconds: 1), Small.users(loop)), seed: 1)
    #expect(record.sources[0].offered == requests)
  }

  @Test func `users with iterations of their own stop one by one, and the run ends with them`()
    throws
  {
    let loop = UserLoop(
      stages: Small.stages([(2, 60, 3, 3)]), think: try Small.constant(0), iterations: 5)
    let record = SimulationRun.run(
      Small.model(try Small.server(seconds: 1), Small.users(loop)), seed: 1)
    #expect(record.sources[0].offered == 15)
    #expect(record.sources[0].dropped == 0)
    #expect(record.end.seconds == 7)
  }

  @Test func `iterations that the end cuts off are counted as dropped`() throws {
    // Three users begin three of five iterations each by 3 s.
    var loop = UserLoop(
      stages: Small.stages([(0, 3, 3, 3)]), end: .seconds(3), think: try Small.constant(0),
      iterations: 5)
    let server = try Small.server(seconds: 1)
    let own = SimulationRun.run(Small.model(server, Small.users(loop)), seed: 1)
    #expect(own.sources[0].offered == 9)
    #expect(own.sources[0].dropped == 6)
    // Of ten shared iterations four users begin eight by 2 s, and all ten when there is time.
    loop.iterations = nil
    loop.stages = Small.stages([(0, 3, 4, 4)])
    loop.end = .seconds(2)
    let shared = SimulationRun.run(Small.model(server, Small.users(loop, limit: 10)), seed: 1)
    #expect(shared.sources[0].offered == 8)
    #expect(shared.sources[0].dropped == 2)
    loop.end = nil
    let whole = SimulationRun.run(Small.model(server, Small.users(loop, limit: 10)), seed: 1)
    #expect(whole.sources[0].offered == 10)
    #expect(whole.sources[0].dropped == 0)
    #expect(whole.end.seconds == 3)
  }

  @Test(arguments: [(2.0, UInt64(0), 6.0), (20.0, UInt64(3), 10.0), (0.0, UInt64(0), 4.0)])
  func `a request of a user that leaves is given up when its grace is over`(
    grace: Double, answered: UInt64, seconds: Double
  ) throws {
    let loop = UserLoop(
      stages: Small.stages([(0, 4, 3, 3), (4, 8, 0, 0)]), think: try Small.constant(0),
      gracefulStop: SimDuration(seconds: grace))
    let record = SimulationRun.run(
      Small.model(try Small.server(seconds: 10), Small.users(loop), duration: .seconds(30)),
      seed: 1)
    let source = record.sources[0]
    #expect(source.offered == 3)
    #expect(source.open == 0)
    #expect(source.byStatus[200, default: 0] == answered)
    #expect(source.byStatus[0, default: 0] == 3 - answered)
    #expect(source.latency.maximum == SimDuration(seconds: seconds).nanoseconds)
  }

  @Test func `a user that is wanted again before it has gone stays and goes on`() throws {
    // Two users ask at 0; nobody is wanted from 2 to 4 s, but the grace of 5 s lasts until 7 s.
    let stages = Small.stages([(0, 2, 2, 2), (2, 4, 0, 0), (4, 12, 2, 2)])
    let loop = UserLoop(
      stages: stages, end: .seconds(12), think: try Small.constant(0), gracefulStop: .seconds(5))
    let server = try Small.server(seconds: 10)
    let record = SimulationRun.run(
      Small.model(server, Small.users(loop), duration: .seconds(15)), seed: 1)
    // The answers come at 10 s, and the second requests are open at 15 s.
    #expect(record.sources[0].offered == 4)
    #expect(record.sources[0].byStatus == [200: 2])
    #expect(record.sources[0].open == 2)
    // With 1 s of grace both are given up, and ask anew as soon as they are back.
    var hasty = loop
    hasty.gracefulStop = .seconds(1)
    let again = SimulationRun.run(
      Small.model(server, Small.users(hasty), duration: .seconds(15)), seed: 1)
    #expect(again.sources[0].offered == 4)
    #expect(again.sources[0].byStatus == [0: 4])
    #expect(again.sources[0].latency.minimum == 3_000_000_000)
    #expect(again.sources[0].latency.maximum == 9_000_000_000)
  }

  @Test func `a thinking user that leaves asks no more`() throws {
    // Answers at 1 s, thinking until 5 s; it leaves at 2 s and another one comes at 4 s.
    let loop = UserLoop(
      stages: Small.stages([(0, 2, 1, 1), (2, 4, 0, 0), (4, 8, 1, 1)]), end: .seconds(8),
      think: try Small.constant(4), gracefulStop: .zero)
    let record = SimulationRun.run(
      Small.model(try Small.server(seconds: 1), Small.users(loop)), seed: 1)
    #expect(record.sources[0].offered == 2)
    #expect(record.sources[0].byStatus == [200: 2])
  }

  @Test(arguments: [false, true])
  func `the server hears that a user gave up, with a client of its own or without`(
    hasClient: Bool
  ) throws {
    let loop = UserLoop(
      stages: Small.stages([(0, 4, 3, 3)]), end: .seconds(4), think: try Small.constant(0),
      gracefulStop: .seconds(2))
    var server = try Small.server(seconds: 10, workers: 1)
    server.abandonedWork = .droppedAtOnce
    let record = SimulationRun.run(
      Small.model(
        server, Small.users(loop),
        client: hasClient ? ClientBehaviour(retries: 2, tryTimeout: .seconds(60)) : nil,
        duration: .seconds(12)), seed: 1)
    #expect(record.sources[0].byStatus == [0: 3])
    #expect(record.services[0].pods[0].unheard == 3)
    // One worker was busy for 6 of 12 s.
    #expect(record.services[0].pods[0].meanBusy == 0.5)
    #expect(record.edges[0].calls == 3)
    #expect(record.edges[0].failed == 3)
    #expect(record.edges[0].retries == 0)
  }

  @Test func `whatever users do, their requests are answered, given up or open`() throws {
    for seed in UInt64(0)..<40 {
      var random = RandomStream(seed: seed, name: "loops")
      var stages: [UserLoop.Stage] = []
      var time = 0.0
      for _ in 0..<5 {
        let end = time + 4 * random.unit()
        stages += Small.stages([
          (time, end, Int(random.below(UInt32(8))), Int(random.below(UInt32(8))))
        ])
        time = end
      }
      let loop = UserLoop(
        stages: stages, end: SimDuration(seconds: time),
        think: try Distribution(.exponential(mean: 0.3)), startsThinking: random.chance(0.5),
        iterations: random.chance(0.5) ? 4 : nil,
        gracefulStop: random.chance(0.3) ? .zero : .milliseconds(400))
      var server = try Small.server(seconds: 0, workers: 3)
      server.operations[0].steps = [.work(try Distribution(.exponential(mean: 0.5)))]
      let client = ClientBehaviour(retries: 1, tryTimeout: .seconds(1))
      let record = SimulationRun.run(
        Small.model(server, Small.users(loop), client: random.chance(0.5) ? client : nil),
        seed: seed)
      let source = record.sources[0]
      #expect(source.offered == source.byStatus.values.reduce(0, +), "seed \(seed)")
      #expect(source.latency.count == source.offered, "seed \(seed)")
      #expect(record.edges[0].calls == record.edges[0].succeeded + record.edges[0].failed)
    }
  }

  @Test func `users whose answers take no time ask again after a pause`() throws {
    let loop = UserLoop(
      stages: Small.stages([(0, 6, 10, 10)]), end: .seconds(6), think: try Small.constant(0))
    let atOnce = SimulationRun.run(
      Small.model(Small.failing(), Small.users(loop), duration: .seconds(6)), seed: 1)
    #expect(atOnce.stopped == nil)
    // At 0, 1, … 5999 ms.
    #expect(atOnce.sources[0].offered == 10 * 6000)
    // A pod that works for a while and then refuses its users.
    var model = Small.model(
      try Small.server(seconds: 1), Small.users(loop), duration: .seconds(6))
    model.actions = [
      TimedAction(
        at: .seconds(3), kind: .reachability(PodReference(service: 0, pod: 0), .down))
    ]
    let later = SimulationRun.run(model, seed: 1)
    #expect(later.stopped == nil)
    #expect(later.end.seconds == 6)
    #expect(later.sources[0].byStatus[200] == 20)
    // Users 10 ms away from it ask every 20 ms: they are not held up.
    model.edges[0].carrier = .direct(service: 0, latency: .milliseconds(10))
    let longer = SimulationRun.run(model, seed: 1)
    #expect(longer.sources[0].offered == 10 * (3 + 150))
  }

  @Test func `a think time, however short, needs no pause`() throws {
    var loop = UserLoop(
      stages: Small.stages([(0, 1, 1, 1)]), end: .seconds(1), think: try Small.constant(1e-4))
    loop.pauseAtOnce = .milliseconds(50)
    let record = SimulationRun.run(
      Small.model(Small.failing(), Small.users(loop), duration: .seconds(1)), seed: 1)
    #expect(record.sources[0].offered == 10_000)
  }

  @Test(arguments: [
    (think: 0.0, offered: 20), (think: 0.2, offered: 20), (think: 0.7, offered: 13),
  ])
  func `an iteration lasts at least its minimum`(_ row: (think: Double, offered: UInt64)) throws {
    let loop = UserLoop(
      stages: Small.stages([(0, 10, 1, 1)]), end: .seconds(10),
      think: try Small.constant(row.think), minIterationDuration: .milliseconds(500))
    let record = SimulationRun.run(
      Small.model(try Small.server(seconds: 0.1), Small.users(loop), duration: .seconds(10)),
      seed: 1)
    #expect(record.sources[0].offered == row.offered)
  }
}
