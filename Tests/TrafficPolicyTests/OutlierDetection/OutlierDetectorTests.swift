import Testing
import TimeAndChance
import TrafficPolicy

/// A detector with its hosts, driven as a proxy drives it.
struct OutlierBench {
  var detector: OutlierDetector
  var hosts: [OutlierHost]
  var random = RandomStream(seed: 1, name: "outlier")
  var actions: [OutlierAction] = []

  init(hosts: Int, _ change: (inout OutlierDetectionSettings) -> Void) {
    var settings = OutlierDetectionSettings()
    change(&settings)
    detector = OutlierDetector(settings, hostCount: hosts)
    self.hosts = Array(repeating: OutlierHost(), count: hosts)
  }

  mutating func report(_ outcome: AttemptOutcome, host: Int = 0, at now: SimTime = .zero) {
    let trips = detector.record(outcome, on: &hosts[host])
    if !trips.isEmpty {
      _ = detector.act(
        on: trips, host: &hosts[host], index: UInt32(host), at: now, using: &random,
        into: &actions)
    }
  }

  mutating func report(status: UInt16, count: Int = 1, host: Int = 0, at now: SimTime = .zero) {
    for _ in 0..<count { report(AttemptOutcome(status: status), host: host, at: now) }
  }

  mutating func sweep(at now: SimTime) {
    hosts.withUnsafeMutableBufferPointer {
      detector.sweep($0, at: now, using: &random, into: &actions)
    }
  }

  var ejected: [Int] { hosts.indices.filter { hosts[$0].isEjected } }
}

func milliseconds(_ count: Int64) -> SimTime { SimTime(nanoseconds: count * 1_000_000) }

@Suite struct OutlierDetectorTests {
  /// One character a report: digits are the last of 50x, `.` is 200, `4` alone stands for 404 as `n`;
  /// the answer has `E` where the host is ejected, `-` elsewhere.
  func timeline(_ reports: String, _ change: (inout OutlierDetectionSettings) -> Void) -> String {
    var bench = OutlierBench(hosts: 2, change)
    return String(
      reports.map { character in
        let before = bench.hosts[0].isEjected
        switch character {
        case ".": bench.report(status: 200)
        case "n": bench.report(status: 404)
        case "l": bench.report(status: 429)
        case "u": bench.report(AttemptOutcome(.connectFailure))
        case "r": bench.report(AttemptOutcome(.connectionTermination))
        case "t": bench.report(AttemptOutcome(.perTryTimeout))
        case "o": bench.report(AttemptOutcome(.pendingOverflow))
        default: bench.report(status: 500 + UInt16(character.wholeNumberValue ?? 0))
        }
        return bench.hosts[0].isEjected && !before ? "E" : "-"
      })
  }

  @Test(
    arguments: [
      ("333", "--E"), ("303", "--E"), ("33.33.333", "--------E"), ("33n333", "-----E"),
      ("lllllllll", "---------"), ("uuu", "--E"), ("rrr", "--E"), ("ttt", "--E"),
      ("33oo3", "----E"), ("3333333", "--E----"),
    ])
  func `ejects at the third 5xx in a row`(reports: String, expected: String) {
    let seen = timeline(reports) {
      $0.consecutive5xx = 3
      $0.maxEjectionPercent = 100
    }
    #expect(seen == expected)
  }

  @Test(
    arguments: [
      ("222", "--E"), ("444", "--E"), ("000000", "------"), ("303030", "------"), ("uuu", "--E"),
      ("ttt", "--E"), ("33033", "-----"), ("330333", "-----E"),
    ])
  func `the gateway counter takes 502, 503 and 504 only`(reports: String, expected: String) {
    let seen = timeline(reports) {
      $0.consecutiveGatewayFailure = 3
      $0.enforcingConsecutiveGatewayFailure = 100
      $0.enforcingConsecutive5xx = 0
      $0.maxEjectionPercent = 100
    }
    #expect(seen == expected)
  }

  /// Vector `eject-error-classes`: 20 answers of 500 from one of two hosts.
  @Test func `a detection that is not enforced sets the counter back and is counted`() {
    var bench = OutlierBench(hosts: 2) {
      $0.enforcingConsecutive5xx = 0
      $0.maxEjectionPercent = 100
    }
    bench.report(status: 500, count: 20)
    #expect(bench.detector.statistics.detected(.consecutive5xx) == 4)
    #expect(bench.detector.statistics.ejectionsEnforcedTotal == 0)
    #expect(bench.actions.map(\.effect) == [.logged, .logged, .logged, .logged])
  }

  @Test func `with the split, failures without an answer have their own counter`() {
    func bench(_ change: @escaping (inout OutlierDetectionSettings) -> Void) -> OutlierBench {
      OutlierBench(hosts: 2) {
        $0.splitExternalLocalOriginErrors = true
        $0.consecutiveLocalOriginFailure = 3
        $0.maxEjectionPercent = 100
        change(&$0)
      }
    }
    var refused = bench { _ in }
    for _ in 0..<3 { refused.report(AttemptOutcome(.connectFailure)) }
    #expect(refused.actions.map(\.type) == [.consecutiveLocalOriginFailure])
    #expect(refused.hosts[0].consecutive5xx == 0)

    var logged = bench {
      $0.consecutive5xx = 3
      $0.enforcingConsecutiveLocalOriginFailure = 0
    }
    for _ in 0..<20 { logged.report(AttemptOutcome(.connectFailure)) }
    #expect(logged.detector.statistics.detected(.consecutiveLocalOriginFailure) == 6)
    #expect(logged.ejected.isEmpty)

    var answers = bench { $0.consecutive5xx = 100 }
    for _ in 0..<20 {
      answers.detector.recordConnectSuccess(on: &answers.hosts[0])
      answers.report(status: 503)
    }
    #expect(answers.detector.statistics.detected(.consecutiveGatewayFailure) == 4)
    #expect(answers.ejected.isEmpty)

    var mixed = bench { _ in }
    mixed.report(AttemptOutcome(.connectFailure))
    mixed.report(AttemptOutcome(.perTryTimeout))
    mixed.detector.recordConnectSuccess(on: &mixed.hosts[0])
    mixed.report(AttemptOutcome(.connectFailure))
    #expect(mixed.hosts[0].consecutiveLocalOriginFailure == 1)
  }

  @Test func `a gRPC status in headers counts as its HTTP status`() {
    var bench = OutlierBench(hosts: 2) {
      $0.consecutive5xx = 2
      $0.maxEjectionPercent = 100
    }
    bench.report(AttemptOutcome(status: 200, grpcStatus: 14))
    bench.report(AttemptOutcome(status: 200, grpcStatus: 8))  // 429, a success
    #expect(bench.hosts[0].consecutive5xx == 0)
    bench.report(AttemptOutcome(status: 200, grpcStatus: 13))
    bench.report(AttemptOutcome(status: 200, grpcStatus: 4))
    #expect(bench.ejected == [0])
  }

  /// Hosts out of `hosts` at `percent`, all failing (vector `max-ejection-percent`).
  @Test(
    arguments: [
      (2, 10, false, 0), (2, 49, false, 0), (2, 50, false, 1), (3, 34, false, 1),
      (3, 66, false, 1), (3, 67, false, 2), (10, 10, false, 1), (10, 25, false, 2),
      (2, 10, true, 1), (10, 5, true, 1), (4, 100, false, 4), (9, 10, false, 0),
    ])
  func `the share of hosts out has no free first ejection`(
    hosts: Int, percent: Int, alwaysOne: Bool, ejected: Int
  ) {
    var bench = OutlierBench(hosts: hosts) {
      $0.consecutive5xx = 2
      $0.maxEjectionPercent = percent
      $0.alwaysEjectOneHost = alwaysOne
    }
    for host in 0..<hosts { bench.report(status: 500, count: 2, host: host) }
    #expect(bench.ejected.count == ejected)
    #expect(bench.detector.statistics.ejectionsActive == UInt32(ejected))
    #expect(bench.detector.statistics.ejectionsOverflow == UInt64(hosts - ejected))
    #expect(bench.detector.statistics.detected(.consecutive5xx) == UInt64(hosts))
  }

  @Test func `a gateway detection without enforcement still overflows`() {
    var bench = OutlierBench(hosts: 2) { $0.consecutive5xx = 5 }
    bench.report(status: 503, count: 5)
    #expect(bench.detector.statistics.ejectionsOverflow == 2)
    #expect(bench.actions.map(\.type) == [.consecutiveGatewayFailure, .consecutive5xx])
  }

  @Test func `failures of an ejected host are not detected again until it is back`() {
    var bench = OutlierBench(hosts: 2) {
      $0.consecutive5xx = 2
      $0.maxEjectionPercent = 100
    }
    bench.report(status: 500, count: 20)
    #expect(bench.detector.statistics.detected(.consecutive5xx) == 1)
    bench.sweep(at: milliseconds(30_000))
    #expect(bench.ejected.isEmpty)
    bench.report(status: 500, at: milliseconds(30_001))
    #expect(bench.ejected.isEmpty)
    bench.report(status: 500, at: milliseconds(30_002))
    #expect(bench.ejected == [0])
    #expect(bench.hosts[0].numEjections == 2)
  }

  @Test func `an enforcing percentage of 30 ejects three times in ten`() {
    var ejections = 0
    for seed in UInt64(0)..<4_000 {
      var bench = OutlierBench(hosts: 1) {
        $0.consecutive5xx = 1
        $0.enforcingConsecutive5xx = 30
        $0.maxEjectionPercent = 100
      }
      bench.random = RandomStream(seed: seed, name: "outlier")
      bench.report(status: 500)
      ejections += bench.ejected.count
    }
    #expect(isNear(ejections, of: 4_000, 0.3))
  }

  @Test func `a passing health check releases, unless that is off`() {
    for unejects in [true, false] {
      var bench = OutlierBench(hosts: 1) {
        $0.consecutive5xx = 1
        $0.maxEjectionPercent = 100
        $0.successfulHealthCheckUnejects = unejects
      }
      bench.report(status: 500)
      let answer1 = bench.detector.healthCheckPassed(&bench.hosts[0], at: milliseconds(1))
      #expect(answer1 == unejects)
      #expect(bench.ejected.isEmpty == unejects)
    }
  }

  @Test func `a host that leaves and joins again is a new host`() {
    var bench = OutlierBench(hosts: 2) {
      $0.consecutive5xx = 1
      $0.maxEjectionPercent = 100
    }
    bench.report(status: 500)
    bench.detector.leave(&bench.hosts[0])
    #expect(bench.detector.statistics.ejectionsActive == 0)
    #expect(bench.detector.hostCount == 1)
    bench.detector.join(&bench.hosts[0])
    #expect(bench.detector.hostCount == 2)
    #expect(bench.hosts[0].numEjections == 0)
    #expect(bench.ejected.isEmpty)
  }

  @Test func `the number of hosts out matches their flags, whatever happens`() {
    for seed in UInt64(0)..<20 {
      var bench = OutlierBench(hosts: 12) {
        $0.consecutive5xx = 3
        $0.maxEjectionPercent = 40
        $0.interval = .seconds(1)
        $0.baseEjectionTime = .seconds(2)
        $0.successRateRequestVolume = 5
        $0.enforcingFailurePercentage = 100
        $0.failurePercentageRequestVolume = 5
        $0.maxEjectionTimeJitter = .milliseconds(700)
      }
      bench.random = RandomStream(seed: seed, name: "outlier")
      var chance = RandomStream(seed: seed, name: "answers")
      for step in Int64(1)...3_000 {
        let host = Int(chance.below(12))
        let bad = chance.below(100) < UInt32(host * 8)
        if bench.hosts[host].isMember {
          bench.report(status: bad ? 503 : 200, host: host, at: milliseconds(step * 10))
        }
        if step % 100 == 0 { bench.sweep(at: milliseconds(step * 10)) }
        if step % 331 == 0 { bench.detector.leave(&bench.hosts[host]) }
        if step % 337 == 0, !bench.hosts[host].isMember {
          bench.detector.join(&bench.hosts[host])
        }
        #expect(
          Int(bench.detector.statistics.ejectionsActive) == bench.ejected.count, "seed \(seed)")
      }
      let members = bench.hosts.count { $0.isMember }
      #expect(Int(bench.detector.hostCount) == members, "seed \(seed)")
      let enforced = OutlierEjectionType.allCases.reduce(0) {
        $0 + bench.detector.statistics.enforced($1)
      }
      #expect(enforced == bench.detector.statistics.ejectionsEnforcedTotal)
      #expect(enforced > 0)
    }
  }

  @Test func `statistics have Envoy's names`() {
    let names = OutlierStatistics().named.map(\.name)
    #expect(names.contains("outlier_detection.ejections_enforced_consecutive_5xx"))
    #expect(names.contains("outlier_detection.ejections_detected_local_origin_failure_percentage"))
    #expect(Set(names).count == 17)
  }
}
