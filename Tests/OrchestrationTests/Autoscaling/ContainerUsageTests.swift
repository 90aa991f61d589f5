import Orchestration
import Testing
import TimeAndChance

@Suite struct ContainerUsageTests {
  private func second(_ second: Int64) -> SimTime { .zero + .seconds(second) }

  /// A reading of a container that used `milli` since its start.
  private func point(start: Int64 = 0, at time: Int64, milli: Int64) -> ContainerUsagePoint {
    ContainerUsagePoint(
      startTime: second(start), timestamp: second(time),
      cpuCoreNanoseconds: (time - start) * milli * 1_000_000, workingSetBytes: 1 << 20)
  }

  private let resolution = SimDuration.seconds(15)

  @Test func `usage needs two points, and is the rate between them`() throws {
    var container = ContainerUsageHistory()
    container.scrape(resolution: resolution)
    #expect(container.usage == nil, "nothing was read yet")
    container.read(point(at: 20, milli: 100))
    container.scrape(resolution: resolution)
    #expect(container.usage == nil, "one point gives no rate")
    container.read(
      ContainerUsagePoint(
        startTime: .zero, timestamp: second(30), cpuCoreNanoseconds: 7_000_000_010))
    container.scrape(resolution: resolution)
    let usage = try #require(container.usage)
    #expect(usage.cpuMilli == 501, "5 s of CPU in 10 s, and a nanocore more, rounded up")
    #expect(usage.timestamp == second(30))
    #expect(usage.window == .seconds(10))
  }

  @Test func `a scrape without a newer reading changes nothing`() {
    var container = ContainerUsageHistory()
    for time in [20, 30] as [Int64] {
      container.read(point(at: time, milli: 100))
      container.scrape(resolution: resolution)
    }
    let before = container.usage
    container.scrape(resolution: resolution)
    #expect(container.usage == before)
  }

  @Test(arguments: zip([9, 10, 14, 15] as [Int64], [false, true, true, false]))
  func `a container of ten seconds up to one resolution counts from its start`(
    age: Int64, hasUsage: Bool
  ) {
    var container = ContainerUsageHistory()
    container.read(point(start: 100, at: 100 + age, milli: 300))
    container.scrape(resolution: resolution)
    #expect(container.usage?.cpuMilli == (hasUsage ? 300 : nil))
    #expect(container.usage?.window == (hasUsage ? .seconds(age) : nil))
  }

  @Test func `a restart forgets the point before it`() {
    var container = ContainerUsageHistory()
    for time in [20, 30] as [Int64] {
      container.read(point(at: time, milli: 100))
      container.scrape(resolution: resolution)
    }
    container.read(point(start: 40, at: 45, milli: 900))
    container.scrape(resolution: resolution)
    #expect(container.usage == nil)
    container.read(point(start: 40, at: 60, milli: 900))
    container.scrape(resolution: resolution)
    #expect(container.usage?.cpuMilli == 900)
  }

  @Test func `a silent kubelet loses its containers at once`() {
    var container = ContainerUsageHistory()
    for time in [20, 30] as [Int64] {
      container.read(point(at: time, milli: 100))
      container.scrape(resolution: resolution)
    }
    container.forget()
    #expect(container.usage == nil)
    container.scrape(resolution: resolution)
    #expect(container.usage == nil, "one point again")
    container.remove()
    container.scrape(resolution: resolution)
    #expect(container.usage == nil)
  }

  @Test func `a pod's sample is the sum of its containers at the time of the oldest`() {
    func container(at time: Int64, milli: Int64) -> ContainerUsageHistory {
      var container = ContainerUsageHistory()
      for time in [time - 10, time] {
        container.read(point(at: time, milli: milli))
        container.scrape(resolution: resolution)
      }
      return container
    }
    let both = [container(at: 42, milli: 200), container(at: 40, milli: 50)]
    let cpu = PodSample(.cpu, of: both)
    #expect(cpu == PodSample(value: 250, timestamp: second(40), window: .seconds(10)))
    #expect(PodSample(.memory, of: both).value == 2 * 1_048_576 * 1000)
    #expect(PodSample(.other("example.com/gpu"), of: both).isMissing)
    #expect(PodSample(.cpu, of: both + [ContainerUsageHistory()]).isMissing)
    #expect(PodSample(.cpu, of: [] as [ContainerUsageHistory]).isMissing)
  }

  /// The CPU that the metrics API shows at each second after a step from 0 to 400m at second 600.
  private func step(readPhase: Int64, scrapePhase: Int64) -> [Int64] {
    var container = ContainerUsageHistory()
    var used: Int64 = 0
    var shown: [Int64] = []
    for time in Int64(0)..<700 {
      if time % 10 == readPhase {
        container.read(
          ContainerUsagePoint(
            startTime: .zero, timestamp: second(time), cpuCoreNanoseconds: used))
      }
      if time % 15 == scrapePhase { container.scrape(resolution: resolution) }
      if time >= 600 { used += 400_000_000 }
      if time >= 600 { shown.append(container.usage?.cpuMilli ?? -1) }
    }
    return shown
  }

  @Test func `a step in load shows fully within a window, a scrape and a reading`() throws {
    var slowest = 0
    var quickest = Int.max
    for readPhase in Int64(0)..<10 {
      for scrapePhase in Int64(0)..<15 {
        let shown = step(readPhase: readPhase, scrapePhase: scrapePhase)
        let full = try #require(shown.firstIndex(of: 400))
        slowest = max(slowest, full)
        quickest = min(quickest, full)
        #expect(shown[full...].allSatisfy { $0 == 400 })
        #expect(zip(shown, shown.dropFirst()).allSatisfy { $0 <= $1 })
      }
    }
    // A window of 10 s at best; at worst 20 s of window, 10 s of reading and 15 s of scraping.
    #expect(quickest >= 10)
    #expect(slowest <= 45)
  }

  @Test func `jitter stretches the kubelet's interval and never shortens it`() {
    var random = RandomStream(seed: 1, name: "kubelet.housekeeping")
    let settings = ResourceMetricsSettings(kubeletJitter: 1)
    for _ in 0..<1000 {
      let wait = settings.kubeletWait(using: &random)
      #expect(wait >= .seconds(10) && wait < .seconds(20))
      #expect(settings.scrapePhase(using: &random) < .seconds(15))
    }
    #expect(ResourceMetricsSettings().kubeletWait(using: &random) == .seconds(10))
  }
}
