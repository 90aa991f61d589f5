import Simulation
import Testing
import TimeAndChance
import TrafficPolicy

/// Answers that break off.
@Suite struct BrokenAnswerTests {
  @Test(arguments: [false, true])
  func `an answer that breaks off counts against its host`(split: Bool) {
    var sample = ProxySample()
    let reply = ProxySample.reply(200, .answerThenReset(after: .milliseconds(50)))
    sample.hosts = [ProxySample.host("A", otherwise: reply), ProxySample.host("B")]
    var outlier = OutlierDetectionSettings()
    outlier.consecutive5xx = 1
    outlier.consecutiveLocalOriginFailure = 1
    outlier.splitExternalLocalOriginErrors = split
    outlier.maxEjectionPercent = 50
    sample.cluster.outlierDetection = outlier
    sample.cluster.updateMergeWindow = .zero
    sample.phases = [.sequential(count: 10, gap: .zero, abortAfter: nil)]
    let record = sample.run()
    #expect(record.ends.filter { $0 == "200 UPE" }.count == 1)
    let type: OutlierEjectionType = split ? .consecutiveLocalOriginFailure : .consecutive5xx
    #expect(record.ejections.map(\.type) == [type])
    #expect(record.proxies[0].hostErrors[0] == [1, 0])
  }
}
