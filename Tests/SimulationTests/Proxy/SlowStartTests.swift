import Simulation
import Testing
import TimeAndChance
import TrafficPolicy

/// Who is new to a proxy.
@Suite struct SlowStartTests {
  /// Three hosts that have been there for as long as the proxy, and one that joins.
  private func sample(askedBefore: Bool) -> ProxySample {
    var sample = ProxySample()
    sample.hosts = ["A", "B", "C", "N"].map { ProxySample.host($0) }
    sample.absent = [3]
    sample.cluster.slowStart = SlowStartSettings(window: .seconds(10))
    sample.upFor = .seconds(60)
    let join = ActionKind.membership(PodReference(service: 0, pod: 3), isMember: true)
    let load = ClientPhase.openLoop(count: 300, perSecond: 150, abortAfter: nil)
    sample.phases = [.actDuring(join, .milliseconds(150)), load]
    if askedBefore {
      sample.phases.insert(.sequential(count: 3, gap: .zero, abortAfter: nil), at: 0)
    }
    return sample
  }

  // The first request comes when the run has begun: the hosts are not new for that.
  @Test(arguments: [true, false])
  func `hosts of the start are warm, one that joins is new`(askedBefore: Bool) {
    let arrivals = sample(askedBefore: askedBefore).run().services[0].pods.map(\.arrivals)
    // A tenth to a fifth of the weight of the others over two seconds of ten.
    #expect((8...20).contains(arrivals[3]), "\(arrivals)")
  }

  @Test func `hosts are as new as the proxy`() {
    var sample = sample(askedBefore: true)
    sample.upFor = .zero
    let arrivals = sample.run().services[0].pods.map(\.arrivals)
    #expect((60...80).contains(arrivals[3]), "\(arrivals)")
  }
}
