import Orchestration
import Testing
import TimeAndChance

@Suite struct PodStartupTests {
  @Test func `init containers run in order, sidecars only have to start`() {
    var startup = PodStartup(initContainers: [.plain, .sidecar, .plain])
    #expect(startup.begin() == .startInit(0))
    #expect(startup.initExited(0, succeeded: false) == .restartInit(0))
    #expect(startup.initExited(0, succeeded: true) == .startInit(1))
    #expect(startup.initExited(1, succeeded: false) == .restartInit(1))
    #expect(startup.sidecarStarted(1) == .startInit(2))
    #expect(startup.initExited(1, succeeded: true) == .restartInit(1))
    #expect(startup.sidecarStarted(1) == .wait)
    #expect(!startup.isInitialized)
    #expect(startup.initExited(2, succeeded: true) == .startMain)
    #expect(startup.isInitialized)
  }

  @Test func `a failed init container ends a pod that never restarts`() {
    var startup = PodStartup(initContainers: [.plain], restartPolicy: .never)
    #expect(startup.initExited(0, succeeded: false) == .fail)
    #expect(startup.initExited(0, succeeded: true) == .wait)
    #expect(!startup.isInitialized)
    #expect(!startup.restartsMain(exitCode: 1))
  }

  @Test func `without init containers the main ones start at once`() {
    #expect(PodStartup(initContainers: []).begin() == .startMain)
  }
}

@Suite struct PodTerminationTests {
  private func ends(_ containers: [PodTermination.Container], grace: Int64 = 30) -> [String] {
    PodTermination(gracePeriod: .seconds(grace), containers: containers).timeline().map {
      "\(Int($0.terminated.inSeconds))-\(Int($0.exited.inSeconds))\($0.wasKilled ? "!" : "")"
    }
  }

  @Test func `preStop comes out of the grace`() {
    #expect(ends([.init(preStop: .seconds(10), shutdown: .seconds(5))]) == ["10-15"])
    #expect(ends([.init(preStop: .seconds(10), shutdown: .seconds(25))]) == ["10-30!"])
    #expect(ends([.init(shutdown: nil)]) == ["0-30!"])
  }

  @Test func `who has used up the grace gets two more seconds`() {
    #expect(ends([.init(preStop: .seconds(29), shutdown: nil)]) == ["29-31!"])
    #expect(ends([.init(preStop: .seconds(60), shutdown: nil)]) == ["30-32!"])
    #expect(ends([.init(preStop: .seconds(60), shutdown: .seconds(1))]) == ["30-31"])
  }

  @Test func `native sidecars end after the application, last started first`() {
    let containers: [PodTermination.Container] = [
      .init(shutdown: .seconds(1), isSidecar: true),
      .init(shutdown: .seconds(2), isSidecar: true), .init(shutdown: .seconds(8)),
    ]
    #expect(ends(containers) == ["10-11", "8-10", "0-8"])
    #expect(
      ends([.init(shutdown: .seconds(1), isSidecar: true), .init(shutdown: nil)]) == [
        "30-31", "0-30!",
      ])
  }

  @Test func `requests are refused while clients still know the pod`() {
    #expect(
      PodTermination.refusal(listenerClosed: .zero, clientNoticed: .seconds(3)) == .seconds(3))
    #expect(
      PodTermination.refusal(listenerClosed: .seconds(5), clientNoticed: .seconds(3)) == .zero)
  }
}

@Suite struct CFSBandwidthTests {
  @Test(arguments: [
    (30, 200, 110), (20, 200, 20), (21, 200, 101), (100, 500, 150), (250, 1000, 250),
    (250, 250, 925),
  ])
  func `lone work under a limit takes what the closed form says`(
    work: Int64, limit: Int64, wall: Int64
  ) {
    #expect(
      CFSBandwidth.wallTime(work: .milliseconds(work), limitMilli: limit) == .milliseconds(wall))
  }

  /// Runs threads that begin together, each with its own work, to their ends.
  private func finish(
    _ works: [SimDuration], under bandwidth: inout CFSBandwidth, from start: SimTime
  ) -> [SimTime] {
    bandwidth.advance(to: start)
    let ends = works.map { bandwidth.begin($0) }
    var finished = works.map { _ in SimTime.never }
    while let next = finished.indices.filter({ finished[$0] == .never })
      .min(by: { bandwidth.earliest(ends[$0]) < bandwidth.earliest(ends[$1]) })
    {
      let instant = bandwidth.earliest(ends[next])
      bandwidth.advance(to: instant)
      if bandwidth.progress >= ends[next] {
        bandwidth.end()
        finished[next] = instant
      }
    }
    return finished
  }

  @Test func `many threads use the quota up early and stand still`() {
    var bandwidth = CFSBandwidth(limitMilli: 2000)
    let works = Array(repeating: SimDuration.milliseconds(50), count: 8)
    // 200 ms of quota last 25 ms; the same again in the next period.
    let finished = finish(works, under: &bandwidth, from: .zero)
    #expect(finished.allSatisfy { $0 == .zero + .milliseconds(125) })
    #expect(bandwidth.throttledPeriods == 1)
    #expect(bandwidth.throttledTime == .milliseconds(75))
    #expect(bandwidth.throttledSince == .zero + .milliseconds(25))
    #expect(bandwidth.used == .milliseconds(400))
  }

  @Test func `fewer threads make the quota last longer`() {
    var bandwidth = CFSBandwidth(limitMilli: 1000)
    let works = [10, 20, 100].map { SimDuration.milliseconds($0) }
    // By 10 ms 30 are used, by 20 ms 50, and 50 ms of quota then last one thread until 70 ms.
    let finished = finish(works, under: &bandwidth, from: .zero)
    #expect(finished.map { $0.nanoseconds / 1_000_000 } == [10, 20, 130])
    #expect(bandwidth.throttledTime == .milliseconds(30))
  }

  @Test func `starting late in a period gets the rest of it and the next quota`() {
    var bandwidth = CFSBandwidth(limitMilli: 500, phase: .zero + .milliseconds(30))
    let start = SimTime.zero + .milliseconds(120)
    let finished = finish([.milliseconds(30)], under: &bandwidth, from: start)
    #expect(finished == [start + .milliseconds(30)])
    #expect(bandwidth.throttledPeriods == 0)
  }

  @Test func `neighbours slow threads down and use no quota`() {
    var bandwidth = CFSBandwidth(limitMilli: 500)
    bandwidth.setSpeed(0.25)
    // A quarter of a core for 100 ms is 25 ms, below the quota: nothing stands still.
    #expect(finish([.milliseconds(40)], under: &bandwidth, from: .zero)[0].seconds == 0.16)
    #expect(bandwidth.throttledTime == .zero)
    #expect(bandwidth.used == .milliseconds(40))
  }

  @Test func `without a limit every thread has its core`() {
    var bandwidth = CFSBandwidth(limitMilli: nil)
    let works = (1...40).map { SimDuration.milliseconds(Int64($0) * 50) }
    let finished = finish(works, under: &bandwidth, from: .zero)
    let expected = works.map { SimTime.zero + $0 }
    #expect(finished == expected)
  }

  @Test func `no period ever gives more than its quota, and no work is lost`() {
    for seed in UInt64(0)..<300 {
      var random = RandomStream(seed: seed, name: "cfs")
      let limit = Int64(random.below(3000)) + 20
      var bandwidth = CFSBandwidth(limitMilli: limit)
      var now = SimTime.zero
      var total: Int64 = 0
      for _ in 0..<20 {
        now = now + .microseconds(Int64(random.below(40_000)))
        let works = (0...random.below(4)).map { _ in
          SimDuration.microseconds(Int64(random.below(30_000)) + 1)
        }
        total += works.reduce(0) { $0 + $1.nanoseconds }
        let finished = finish(works, under: &bandwidth, from: now)
        for (work, end) in zip(works, finished) { #expect(end - now >= work, "seed \(seed)") }
        now = finished.max() ?? now
      }
      #expect(bandwidth.used.nanoseconds == total, "seed \(seed)")
      let periods = (now.nanoseconds + 99_999_999) / 100_000_000
      #expect(total <= periods * limit * 100_000, "seed \(seed)")
    }
  }
}

@Suite struct NodeShortageTests {
  @Test func `busy containers share by weight, idle ones leave theirs`() {
    let shares = CPUShares.divide(
      capacityMilli: 1000,
      among: [(1024, 5000), (1024, 5000), (2048, 100)])
    #expect(shares == [450, 450, 100])
    #expect(CPUShares.weight(requestMilli: 0) == 2)
    #expect(CPUShares.weight(requestMilli: 500) == 512)
  }

  @Test func `shares never exceed the capacity or the demand`() {
    for seed in UInt64(0)..<500 {
      var random = RandomStream(seed: seed, name: "shares")
      let containers = (0..<6).map { _ in
        (weight: Int64(random.below(3000)), demandMilli: Int64(random.below(2000)))
      }
      let shares = CPUShares.divide(capacityMilli: 2000, among: containers)
      #expect(shares.reduce(0, +) <= 2000, "seed \(seed)")
      #expect(zip(shares, containers).allSatisfy { $0 <= $1.demandMilli }, "seed \(seed)")
    }
  }

  @Test func `the kernel prefers BestEffort and spares Guaranteed`() {
    let capacity: Int64 = 8 << 30
    let adjust = { MemoryKill.scoreAdjustment(pod: $0, requestBytes: $1, capacityBytes: capacity) }
    #expect(adjust(.bestEffort, 0) == 1000)
    #expect(adjust(.guaranteed, 1 << 30) == -997)
    #expect(adjust(.burstable, 2 << 30) == 750)
    #expect(adjust(.burstable, capacity) == 3)
    #expect(adjust(.burstable, 0) == 999)
    let victim = MemoryKill.nodeVictim(
      [
        .init(usageBytes: 4 << 30, scoreAdjustment: -997),
        .init(usageBytes: 1 << 30, scoreAdjustment: 999),
        .init(usageBytes: 2 << 30, scoreAdjustment: 750),
      ], capacityBytes: capacity)
    #expect(victim == 1)
    #expect(MemoryKill.exceedsLimit(usage: .bytes(11), limit: .bytes(10)))
    #expect(!MemoryKill.exceedsLimit(usage: .bytes(10), limit: .bytes(10)))
    #expect(!MemoryKill.exceedsLimit(usage: .bytes(10), limit: nil))
  }

  @Test func `node pressure takes those above their request, then by priority and excess`() {
    let pods: [NodePressureEviction.Candidate] = [
      .init(priority: 0, request: .bytes(100), usage: .bytes(90)),
      .init(priority: 0, request: .bytes(100), usage: .bytes(150)),
      .init(priority: 5, request: .zero, usage: .bytes(900)),
      .init(priority: 0, request: .zero, usage: .bytes(70)),
    ]
    #expect(NodePressureEviction.order(pods) == [3, 1, 2, 0])
  }

  @Test func `pressure lasts five minutes after the last shortage`() {
    var pressure = NodePressureEviction(signal: .memoryAvailable)
    let capacity = mebibytes(8192)
    #expect(pressure.check(available: mebibytes(100), capacity: capacity, at: .zero) == false)
    #expect(!pressure.hasPressure(at: .zero))
    #expect(pressure.check(available: mebibytes(99), capacity: capacity, at: .zero) == true)
    #expect(pressure.hasPressure(at: .zero + .seconds(299)))
    #expect(!pressure.hasPressure(at: .zero + .seconds(300)))
    var disk = NodePressureEviction(signal: .nodefsAvailable)
    #expect(disk.check(available: mebibytes(99), capacity: mebibytes(1000), at: .zero) == true)
  }
}
