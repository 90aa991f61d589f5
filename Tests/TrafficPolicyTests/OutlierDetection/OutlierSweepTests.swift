import Testing
import TimeAndChance
import TrafficPolicy

@Suite struct OutlierSweepTests {
  /// Lengths of successive ejections of a host that fails as soon as it is back (vector
  /// `ejection-time-growth`): base 1 s, at most 4 s, sweeps every 200 ms.
  @Test func `each ejection is a base time longer, up to the maximum, rounded up to a sweep`() {
    var bench = OutlierBench(hosts: 2) {
      $0.consecutive5xx = 3
      $0.baseEjectionTime = .seconds(1)
      $0.interval = .milliseconds(200)
      $0.maxEjectionTime = .seconds(4)
      $0.maxEjectionPercent = 100
    }
    var lengths: [Int64] = []
    var since: Int64?
    for step in Int64(1)...2_500 {
      let now = milliseconds(step * 10)
      if step % 20 == 16 {
        bench.sweep(at: now)
        if let begin = since, bench.ejected.isEmpty {
          lengths.append(step * 10 - begin)
          since = nil
        }
      }
      if bench.ejected.isEmpty, step % 5 == 0 { bench.report(status: 503, at: now) }
      if since == nil, bench.ejected == [0] { since = step * 10 }
    }
    #expect(lengths.count >= 6)
    for (length, seconds) in zip(lengths, [1, 2, 3, 4, 4, 4] as [Int64]) {
      #expect(length >= seconds * 1_000 && length <= seconds * 1_000 + 200)
    }
  }

  @Test func `the multiplier forgets one step for each interval in service`() {
    var bench = OutlierBench(hosts: 1) {
      $0.consecutive5xx = 1
      $0.baseEjectionTime = .seconds(1)
      $0.interval = .seconds(1)
      $0.maxEjectionPercent = 100
    }
    var now: Int64 = 0
    for round in 1...3 {
      bench.report(status: 500, at: milliseconds(now))
      #expect(bench.hosts[0].ejectTimeBackoff == UInt32(round))
      now += Int64(round) * 1_000
      bench.sweep(at: milliseconds(now))
      #expect(bench.ejected.isEmpty)
    }
    #expect(bench.hosts[0].ejectTimeBackoff == 3)  // released in this very sweep
    for expected in [2, 1, 0, 0] as [UInt32] {
      now += 1_000
      bench.sweep(at: milliseconds(now))
      #expect(bench.hosts[0].ejectTimeBackoff == expected)
    }
  }

  /// Reports `failures[i]` failures and 100 minus that successes for each host, then sweeps.
  func sweepOnce(
    failures: [Int], volume: Int = 100, _ change: @escaping (inout OutlierDetectionSettings) -> Void
  ) -> OutlierBench {
    var bench = OutlierBench(hosts: failures.count) {
      $0.maxEjectionPercent = 100
      $0.enforcingConsecutive5xx = 0
      $0.successRateRequestVolume = 20
      $0.failurePercentageRequestVolume = 20
      change(&$0)
    }
    for (host, count) in failures.enumerated() {
      for _ in 0..<count { bench.report(status: 500, host: host) }
      for _ in count..<volume { bench.report(status: 200, host: host) }
    }
    bench.actions = []
    bench.sweep(at: milliseconds(1_000))
    return bench
  }

  /// The measured facts of vector `success-rate-ejection`: what counts is how many hosts are bad,
  /// not how bad they are.
  @Test(
    arguments: [
      ([10, 0, 0, 0, 0], 1900, [0]), ([1, 0, 0, 0, 0], 1900, [0]), ([100, 0, 0, 0], 1900, []),
      ([50, 50, 0, 0, 0, 0], 1900, []), ([100, 50, 0, 0, 0, 0], 1900, [0]),
      ([50, 50, 50, 0, 0, 0, 0, 0], 1900, []), ([50, 0, 0, 0, 0, 0], 2300, []),
      ([0, 0, 0, 0, 0], 1900, []),
    ])
  func `one bad host of five is out, one of four is not`(
    failures: [Int], factor: Int, ejected: [Int]
  ) {
    let bench = sweepOnce(failures: failures) {
      $0.successRateMinimumHosts = 4
      $0.successRateStdevFactor = factor
    }
    #expect(bench.ejected == ejected)
  }

  @Test func `k equally bad of n are out iff k/n + f sqrt(k(n-k))/n is below 1`() {
    for n in 4...14 {
      for k in 1..<n {
        let failures = (0..<n).map { $0 < k ? 30 : 0 }
        let bench = sweepOnce(failures: failures) { $0.successRateMinimumHosts = 3 }
        let limit = Double(k) / Double(n) + 1.9 * Double(k * (n - k)).squareRoot() / Double(n)
        #expect(bench.ejected == (limit < 1 ? Array(0..<k) : []), "\(k) of \(n)")
      }
    }
  }

  @Test func `hosts with too few requests are not judged and do not count`() {
    #expect(sweepOnce(failures: [10, 0, 0, 0, 0], volume: 19) { _ in }.ejected.isEmpty)
    #expect(sweepOnce(failures: [10, 0, 0, 0], volume: 100) { _ in }.ejected.isEmpty)
  }

  @Test(arguments: [(90, 85, [0]), (80, 85, []), (85, 85, [0]), (50, 50, [0])])
  func `a failure percentage at the threshold is out`(
    failed: Int, threshold: Int, ejected: [Int]
  ) {
    let bench = sweepOnce(failures: [failed, 0, 0, 0, 0]) {
      $0.enforcingSuccessRate = 0
      $0.enforcingFailurePercentage = 100
      $0.failurePercentageThreshold = threshold
    }
    #expect(bench.ejected == ejected)
  }

  @Test func `a host that both rate detectors find is ejected once and counted by both`() {
    let bench = sweepOnce(failures: [100, 0, 0, 0, 0]) { $0.enforcingFailurePercentage = 100 }
    let statistics = bench.detector.statistics
    #expect(bench.ejected == [0])
    #expect(statistics.ejectionsActive == 1)
    #expect(statistics.detected(.successRate) == 1)
    #expect(statistics.detected(.failurePercentage) == 1)
    #expect(statistics.ejectionsEnforcedTotal == 1)
    #expect(bench.hosts[0].ejectTimeBackoff == 1)
    #expect(bench.actions.map(\.type) == [.successRate])
  }

  @Test func `each sweep judges only the interval that just ended`() {
    var bench = sweepOnce(failures: [0, 0, 0, 0, 0]) { _ in }
    for host in 0..<5 {
      for number in 0..<10 { bench.report(status: host == 0 && number < 5 ? 500 : 200, host: host) }
    }
    bench.sweep(at: milliseconds(2_000))
    #expect(bench.ejected.isEmpty)  // ten requests are too few; the hundred before are gone
  }

  @Test func `local-origin rates are judged apart, only with the split`() {
    for split in [true, false] {
      var bench = OutlierBench(hosts: 5) {
        $0.splitExternalLocalOriginErrors = split
        $0.maxEjectionPercent = 100
        $0.enforcingConsecutive5xx = 0
        $0.enforcingSuccessRate = 0
        $0.enforcingConsecutiveLocalOriginFailure = 0
        $0.successRateRequestVolume = 10
      }
      for host in 0..<5 {
        for _ in 0..<10 {
          if host == 0 {
            bench.report(AttemptOutcome(.connectFailure), host: host)
          } else {
            bench.detector.recordConnectSuccess(on: &bench.hosts[host])
            bench.report(status: 200, host: host)
          }
        }
      }
      bench.sweep(at: milliseconds(1_000))
      #expect(bench.ejected == (split ? [0] : []))
      #expect(bench.detector.statistics.enforced(.successRateLocalOrigin) == (split ? 1 : 0))
    }
  }

  @Test func `jitter lengthens an ejection by whole milliseconds up to its bound`() {
    var longest: Int64 = 0
    for seed in UInt64(0)..<300 {
      var bench = OutlierBench(hosts: 1) {
        $0.consecutive5xx = 1
        $0.maxEjectionPercent = 100
        $0.maxEjectionTimeJitter = .milliseconds(40)
      }
      bench.random = RandomStream(seed: seed, name: "outlier")
      bench.report(status: 500)
      let extra = bench.detector.ejectionTime(of: bench.hosts[0]) - .seconds(30)
      #expect(extra >= .zero && extra <= .milliseconds(40))
      longest = max(longest, extra.nanoseconds / 1_000_000)
    }
    #expect(longest == 40)
  }
}
