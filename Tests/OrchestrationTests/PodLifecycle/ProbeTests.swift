import Orchestration
import Testing
import TimeAndChance

@Suite struct ProbeTests {
  /// One character a probe and one a published state.
  ///
  /// `.` succeeds, `x` fails, `n` is a new container. Published: `R` ready or healthy, `-` not,
  /// `?` unknown.
  private func timeline(_ probe: ProbeState, _ results: String) -> String {
    var probe = probe
    return results.reduce(into: "") { text, result in
      switch result {
      case ".": _ = probe.record(.success)
      case "x": _ = probe.record(.failure)
      default: probe.containerReplaced()
      }
      switch probe.published {
      case .success: text += "R"
      case .failure: text += "-"
      case .unknown: text += "?"
      }
    }
  }

  @Test func `readiness follows its thresholds in both directions`() {
    let probe = ProbeState(kind: .readiness, successThreshold: 2, failureThreshold: 3)
    #expect(timeline(probe, "..xx.xxx.x..") == "-RRRRRR----R")
  }

  @Test func `liveness rests after its verdict until a new container comes`() {
    let probe = ProbeState(kind: .liveness)
    #expect(timeline(probe, "xx.xxx...nxx") == "RRRRR----RRR")
  }

  @Test func `failures from before a crash still count`() {
    #expect(timeline(ProbeState(kind: .liveness), "xxnx") == "RRR-")
  }

  @Test func `a startup probe decides once per container`() {
    #expect(timeline(ProbeState(kind: .startup), "xx.xxxxnx") == "??RRRRR??")
  }

  @Test func `termination makes liveness quiet and leaves readiness alone`() {
    var live = ProbeState(kind: .liveness, failureThreshold: 1)
    _ = live.record(.failure)
    live.podTerminates()
    #expect(live.published == .success && !live.demandsRestart)
    var ready = ProbeState(kind: .readiness)
    ready.podTerminates()
    #expect(ready.published == .failure)
  }

  @Test func `nothing is probed before its time`() {
    let schedule = ProbeSchedule(initialDelay: .seconds(5))
    let start = SimTime.zero
    let probes = { (kind: ProbeState.Kind, started: Bool, at: SimDuration) in
      schedule.probes(
        kind: kind, containerStartedAt: start, hasStarted: started, isTerminating: false,
        at: start + at)
    }
    #expect(!probes(.readiness, true, .milliseconds(4_999)))
    #expect(probes(.readiness, true, .seconds(5)))
    #expect(!probes(.readiness, false, .seconds(50)))
    #expect(probes(.startup, false, .seconds(50)))
    #expect(!probes(.startup, true, .seconds(50)))
  }

  @Test func `defaults notice a hanging endpoint in 21 to 31 seconds`() {
    let delay = ProbeSchedule().detectionDelay(failureThreshold: 3, hangs: true)
    #expect(delay == .seconds(21)...(.seconds(31)))
    #expect(ProbeSchedule().startupBudget(failureThreshold: 30) == .seconds(300))
  }

  @Test func `a kubelet that just started spreads its first runs over a period`() {
    let schedule = ProbeSchedule()
    var random = RandomStream(seed: 1, name: "probe")
    let now = SimTime.zero + .seconds(3)
    for _ in 0..<200 {
      let first = schedule.firstRun(
        workerCreatedAt: now, kubeletStartedAt: .zero, random: &random)
      #expect(first >= now && first < now + .seconds(10))
    }
    let late = SimTime.zero + .seconds(100)
    #expect(
      schedule.firstRun(workerCreatedAt: late, kubeletStartedAt: .zero, random: &random) == late)
  }
}

@Suite struct BackOffTests {
  @Test func `a crash loop waits longer and longer, and forgets after ten minutes`() {
    var backOff = RestartBackOff()
    var now = SimTime.zero
    var waits: [SimDuration] = []
    for run: Int64 in [1, 1, 1, 600, 601, 1] {
      now = now + .seconds(run)
      let wait = backOff.delay(afterExitAt: now)
      waits.append(wait)
      now = now + wait
    }
    #expect(waits == [0, 10, 20, 40, 0, 10].map { .seconds($0) })
  }

  @Test func `a node maximum below the first wait becomes the first wait`() {
    var backOff = RestartBackOff(maximum: .seconds(4))
    let waits = (0..<3).map { _ in backOff.delay(afterExitAt: .zero) }
    #expect(waits == [.zero, .seconds(4), .seconds(4)])
  }

  @Test func `failed pulls wait from the first one on`() {
    var backOff = ImagePullBackOff()
    var now = SimTime.zero
    var waits: [SimDuration] = []
    for _ in 0..<7 {
      waits.append(backOff.delay(afterFailureAt: now))
      now = now + (waits.last ?? .zero)
    }
    #expect(waits == [10, 20, 40, 80, 160, 300, 300].map { .seconds($0) })
    #expect(backOff.delay(afterFailureAt: now + .seconds(301)) == .seconds(10))
  }

  @Test(arguments: [
    ("nginx", ImagePullPolicy.always), ("nginx:latest", .always), ("nginx:1.27", .ifNotPresent),
    ("harbor:5000/app", .always), ("harbor:5000/app:v1", .ifNotPresent),
    ("app@sha256:abc", .ifNotPresent),
  ])
  func `the pull policy follows from the tag`(image: String, policy: ImagePullPolicy) {
    #expect(ImagePullPolicy.apiDefault(image: image) == policy)
  }

  @Test func `a down registry matters to those who ask it`() {
    #expect(ImagePullPolicy.always.need(imageIsPresent: true) == .resolve)
    #expect(ImagePullPolicy.ifNotPresent.need(imageIsPresent: true) == .nothing)
    #expect(ImagePullPolicy.ifNotPresent.need(imageIsPresent: false) == .pull)
    #expect(ImagePullPolicy.never.need(imageIsPresent: false) == .fails)
  }

  @Test func `a node pulls one image after the other`() {
    var pulls = NodeImagePulls()
    #expect(pulls.pull(at: .zero, duration: .seconds(3)) == .zero + .seconds(3))
    #expect(pulls.pull(at: .zero, duration: .seconds(2)) == .zero + .seconds(5))
    for _ in 0..<8 { _ = pulls.pull(at: .zero, duration: .seconds(1)) }
    #expect(pulls.pull(at: .zero, duration: .seconds(1)) == nil)
  }
}
