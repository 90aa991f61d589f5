import Scenario
import Testing
import TimeAndChance
import TrafficPolicy

@testable import Simulation

@Suite struct LocalityTests {
  /// A front and a back with pods in both zones; a way across zones takes 5 ms instead of 1 ms.
  private func sample(_ locality: LocalityPreference) -> MeshSample {
    var sample = MeshSample()
    sample.back = 4
    sample.backNodes = [0, 1]
    sample.cluster.outlierDetection = OutlierDetectionSettings()
    sample.locality = locality
    return sample
  }

  @Test func `each sidecar prefers the hosts of its own zone`() throws {
    #expect(try sample(.ignored).run().latencies() == [12_000, 20_000])
    let record = try sample(.failover([])).run()
    #expect(record.latencies(by: 0) == [12_000])
    #expect(record.latencies(by: 1) == [12_000])
    let model = try ScenarioCompiler.compile(sample(.failover([])).scenario())
    #expect(model.gaps.isEmpty)
    #expect(model.model.proxies[0].homes.map(\.priorities) == [[[0, 1, 0, 1]], [[1, 0, 1, 0]]])
  }

  @Test func `a sidecar whose zone has died goes to the other`() throws {
    var sample = sample(.failover([]))
    sample.faults = [
      Fault(
        name: "zone a", at: .zero + .seconds(4), duration: .seconds(3),
        effect: .kill(PodSet(members: [.init(workload: 1, ordinals: [0, 2])])))
    ]
    var scenario = try sample.scenario()
    scenario.network.endpointDelay = try Sample.constant(0.5)
    let record = try MeshSample.run(scenario)
    #expect(record.latencies(to: .milliseconds(3_900), by: 0) == [12_000])
    let (from, to) = (SimDuration.milliseconds(5_000), SimDuration.milliseconds(6_900))
    #expect(record.latencies(from: from, to: to, by: 0) == [20_000])
    #expect(record.latencies(from: from, to: to, by: 1) == [12_000])
  }

  @Test func `weights of localities are those of each sidecar's own`() throws {
    let swapped = LocalityPreference.distribute([
      LocalityDistribution(from: "r/a", to: [.init(locality: "r/b", weight: 100)]),
      LocalityDistribution(from: "r/b", to: [.init(locality: "r/a", weight: 100)]),
    ])
    var crossed = sample(swapped)
    crossed.cluster.localityWeighted = true
    #expect(try crossed.run().latencies() == [20_000])
    // A locality that no entry speaks of spreads its traffic evenly.
    var half = sample(
      .distribute([LocalityDistribution(from: "r/a", to: [.init(locality: "r/b", weight: 100)])]))
    half.cluster.localityWeighted = true
    let record = try half.run()
    #expect(record.latencies(by: 0) == [20_000])
    #expect(record.latencies(by: 1) == [12_000, 20_000])
  }

  @Test func `one home is said by the endpoints themselves`() throws {
    var sample = sample(.failover([]))
    sample.frontNodes = [1]
    let proxy = try ScenarioCompiler.compile(sample.scenario()).model.proxies[0]
    #expect(proxy.homes.isEmpty)
    #expect(proxy.endpoints[0].map(\.priority) == [1, 0, 1, 0])
    #expect(try sample.run().latencies() == [12_000])
  }
}
