import Testing
import TimeAndChance
import TrafficPolicy

@Suite struct PriorityLoadsTests {
  func loads(_ levels: [(Int, Int)], factor: Int = 140, panic: Int = 50) -> PriorityLoads {
    PriorityLoads(
      levels: levels.map { PriorityLoads.Level(hosts: $0.1, healthy: $0.0) },
      overprovisioningFactor: factor, panicThreshold: panic)
  }

  /// Healthy of all hosts per level, and the load (vector `priority-failover`).
  @Test(
    arguments: [
      ([(2, 4), (4, 4)], 140, [70, 30]), ([(3, 4), (4, 4)], 140, [100, 0]),
      ([(1, 3), (3, 3)], 140, [46, 54]), ([(0, 4), (4, 4)], 140, [0, 100]),
      ([(2, 4), (4, 4)], 100, [50, 50]), ([(4, 4)], 140, [100]),
    ] as [([(Int, Int)], Int, [UInt32])])
  func `a level keeps its availability and passes the rest on`(
    levels: [(Int, Int)], factor: Int, load: [UInt32]
  ) {
    let loads = loads(levels, factor: factor)
    #expect(loads.load == load)
    #expect(loads.panic.allSatisfy { !$0 })
  }

  @Test func `a shortage is scaled up and rounding goes to the first level`() {
    let loads = loads([(1, 10), (2, 10), (1, 10)], panic: 0)
    #expect(loads.health == [14, 28, 14])
    #expect(loads.load == [25, 50, 25])
    let uneven = self.loads([(1, 14), (1, 14), (1, 14)], panic: 0)
    #expect(uneven.load == [34, 33, 33])
  }

  /// Healthy of 4 hosts, threshold, whether it panics (vectors `panic-threshold*`).
  @Test(
    arguments: [
      (3, 50, false), (3, 74, false), (3, 76, false), (3, 90, false), (3, 100, false),
      (1, 50, true), (1, 0, false), (1, 25, false), (1, 26, true), (0, 1, true), (0, 0, false),
      (4, 100, false),
    ])
  func `panic needs too few healthy hosts and too little availability`(
    healthy: Int, threshold: Int, panics: Bool
  ) {
    let loads = loads([(healthy, 4)], panic: threshold)
    #expect(loads.panic == [panics])
    #expect(loads.load == [100])
  }

  @Test func `one level never panics with 72 percent healthy or more`() {
    for hosts in 1...100 {
      for healthy in 0...hosts {
        let panics = loads([(healthy, hosts)], panic: 100).panic[0]
        #expect(panics == (140 * healthy / hosts < 100), "\(healthy) of \(hosts)")
      }
    }
  }

  @Test func `when all levels panic, host counts decide`() {
    let loads = loads([(0, 1), (0, 2), (0, 4)])
    #expect(loads.panic == [true, true, true])
    #expect(loads.load == [15, 28, 57])
    #expect(self.loads([(0, 0), (0, 0)]).load == [100, 0])
  }

  @Test func `degraded hosts come after healthy ones`() {
    let loads = PriorityLoads(
      levels: [
        PriorityLoads.Level(hosts: 10, healthy: 1, degraded: 2),
        PriorityLoads.Level(hosts: 10, healthy: 2, degraded: 1),
        PriorityLoads.Level(hosts: 10, healthy: 1),
      ], overprovisioningFactor: 100, panicThreshold: 0)
    #expect(loads.load == [16, 28, 14])  // Envoy's own example, rounding to the first level
    #expect(loads.degradedLoad == [28, 14, 0])
    #expect(loads.level(of: 57).availability == .healthy)
    #expect(loads.level(of: 58) == (0, .degraded))
  }

  @Test func `loads sum to 100, whatever the health`() {
    for seed in UInt64(0)..<2_000 {
      var random = RandomStream(seed: seed, name: "levels")
      let levels = (0...random.below(4)).map { _ in
        let hosts = Int(random.below(12))
        let healthy = Int(random.below(UInt32(hosts + 1)))
        let degraded = Int(random.below(UInt32(hosts - healthy + 1)))
        return PriorityLoads.Level(hosts: hosts, healthy: healthy, degraded: degraded)
      }
      let threshold = Int(random.below(101))
      let loads = PriorityLoads(
        levels: levels, overprovisioningFactor: 140, panicThreshold: threshold)
      let sum = loads.load.reduce(0, +) + loads.degradedLoad.reduce(0, +)
      #expect(sum == 100, "seed \(seed)")
      var counts = [UInt32](repeating: 0, count: levels.count)
      for hash in UInt64(0)..<100 where loads.level(of: hash).availability == .healthy {
        counts[loads.level(of: hash).level] += 1
      }
      #expect(counts == loads.load, "seed \(seed)")
    }
  }

  @Test func `every second try leaves out the levels tried, until all were`() {
    let all = loads([(2, 4), (2, 4), (4, 4)])
    #expect(all.load == [70, 30, 0])
    var memory = PreviousPriorities(updateFrequency: 2)
    memory.attempted(level: 0)
    #expect(memory.loads(all) == all)
    memory.attempted(level: 0)
    #expect(memory.loads(all).load == [0, 70, 30])
    memory.attempted(level: 1)
    #expect(memory.loads(all).load == [0, 70, 30])
    memory.attempted(level: 1)
    #expect(memory.loads(all).load == [0, 0, 100])
    memory.attempted(level: 2)
    memory.attempted(level: 2)
    #expect(memory.loads(all).load == [70, 30, 0])
    #expect(memory.excluded == 0)
  }
}
