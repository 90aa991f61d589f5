import Orchestration
import Testing
import TimeAndChance

@Suite struct PodGroupTests {
  private let grouping = PodGrouping(AutoscalerSettings())
  private let now = autoscalerNow

  private func group(
    _ pod: AutoscaledPod, sample: PodSample? = nil, isCPU: Bool = true
  ) -> PodGroup {
    grouping.group(
      pod, sample: sample ?? PodSample(value: 1, timestamp: now), isCPU: isCPU, now: now)
  }

  @Test func `going and failed pods are ignored before anything else`() {
    var pod = AutoscaledPod.settled
    pod.isDeleting = true
    #expect(group(pod, sample: .missing) == .ignored)
    #expect(
      group(AutoscaledPod(phase: .failed, startTime: .zero, readyChange: .zero)) == .ignored)
  }

  @Test func `pending pods are unready for every metric`() {
    let pod = AutoscaledPod(phase: .pending, startTime: now, readyChange: now)
    #expect(group(pod, sample: .missing, isCPU: false) == .unready)
  }

  @Test func `a young ready pod needs one whole window of samples`() {
    func young(readyFor seconds: Int64) -> PodGroup {
      group(
        AutoscaledPod(startTime: now - .seconds(60), readyChange: now - .seconds(seconds)),
        sample: PodSample(value: 1, timestamp: now, window: .seconds(15)))
    }
    #expect(young(readyFor: 15) == .counted)
    #expect(young(readyFor: 14) == .unready)
  }

  @Test func `the initialisation period ends at its last instant`() {
    func unready(age: Int64) -> PodGroup {
      group(
        AutoscaledPod(
          ready: .notReady, startTime: now - .seconds(age),
          readyChange: now - .seconds(age) + .seconds(100)))
    }
    #expect(unready(age: 299) == .unready)
    #expect(unready(age: 300) == .counted)
  }

  @Test func `an old pod is left out only if it was never ready`() {
    func unready(since seconds: Int64) -> PodGroup {
      let start = now - .minutes(10)
      return group(
        AutoscaledPod(ready: .notReady, startTime: start, readyChange: start + .seconds(seconds)))
    }
    #expect(unready(since: 29) == .unready)
    #expect(unready(since: 30) == .counted)
  }

  @Test func `a condition that is unknown is not unready`() {
    // The node is silent: its pods keep counting with their last sample.
    #expect(
      group(AutoscaledPod(ready: .unknown, startTime: now - .minutes(10), readyChange: now))
        == .counted)
  }

  @Test func `CPU needs a start and a condition, other metrics need neither`() {
    let unstarted = AutoscaledPod(startTime: .never, readyChange: .zero)
    let unconditioned = AutoscaledPod(ready: .absent, startTime: .zero, readyChange: .zero)
    for pod in [unstarted, unconditioned] {
      #expect(group(pod) == .unready)
      #expect(group(pod, isCPU: false) == .counted)
    }
  }
}
