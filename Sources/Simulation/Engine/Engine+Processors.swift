import EventKernel
import Orchestration
import TimeAndChance

/// A job's work on its pod's CPU.
struct CPUWork: BitwiseCopyable {
  /// The pod's progress at which it is done.
  var end = SimDuration.zero
  /// The low bits of the sequence of the event that looks whether it is, or 0.
  var sequence: UInt32 = 0
  /// The pod's count of deaths when it began.
  var life: UInt32 = 0
}

// Pods with a CPU limit, or whose neighbours take CPU away: how far work is depends on all others.
//
// A job's event comes at the earliest time at which it can be done. If the pod stood still in
// between, the job is not done by then and looks again, at most once a period.
extension Engine {
  /// A job begins to use CPU.
  @inline(never)
  mutating func beginCPU(
    _ j: UInt32, _ pod: UnsafeMutablePointer<Pod>, _ step: UnsafeMutablePointer<Step>
  ) {
    if jobs[j].marks & (Job.hasWorker | Job.isBranch) == 0 {
      guard regainWorker(j, pod) else { return }
    }
    var time = laws[step.pointee.a].sampleNanoseconds(using: &pod.pointee.random, sampler)
    if pod.pointee.marks & Pod.isSlow != 0 {
      time = stretched(time, by: podBooks[jobs[j].pod].slowFactor)
    }
    jobs[j].step &+= 1
    while cpuWork.count <= Int(j) { cpuWork.append(CPUWork()) }
    let p = jobs[j].pod
    advanceProcessor(p)
    cpuWork[j].end = processors[p].begin(.nanoseconds(time))
    cpuWork[j].life = podBooks[jobs[j].pod].deaths
    lookAgain(j)
  }

  /// Sets the event that looks whether a job's work is done.
  private mutating func lookAgain(_ j: UInt32) {
    let wait = max(.zero, processors[jobs[j].pod].earliest(cpuWork[j].end) - now)
    let sequence = schedule(.cpuDone, j, after: wait)
    cpuWork[j].sequence = UInt32(truncatingIfNeeded: sequence)
  }

  /// A job's work may be done.
  mutating func cpuDone(_ j: UInt32, sequence: UInt64) {
    guard cpuWork[j].sequence == UInt32(truncatingIfNeeded: sequence) else { return }
    let p = jobs[j].pod
    if jobs[j].state == Job.gone || cpuWork[j].life != podBooks[p].deaths {
      // What died with its pod, or was dropped, does not run any more.
      cpuWork[j].sequence = 0
      return advance(j)
    }
    advanceProcessor(p)
    if processors[p].progress < cpuWork[j].end { return lookAgain(j) }
    processors[p].end()
    cpuWork[j].sequence = 0
    advance(j)
  }

  /// A job that is dropped leaves the CPU.
  mutating func leaveProcessor(_ j: UInt32) {
    guard Int(j) < cpuWork.count, cpuWork[j].sequence != 0 else { return }
    advanceProcessor(jobs[j].pod)
    processors[jobs[j].pod].end()
  }

  /// A pod dies, and all that runs on it.
  mutating func stopProcessor(_ p: UInt32) {
    guard processors.count > 0 else { return }
    advanceProcessor(p)
    processors[p].stop()
    podBooks[p].deaths &+= 1
  }

  /// Neighbours take a share of a pod's cores from now on.
  mutating func steal(_ share: Double, from p: UInt32) {
    guard processors.count > 0 else { return }
    advanceProcessor(p)
    processors[p].setSpeed(1 - share)
    // With more CPU than before work is done earlier than its event would look.
    for j in 0..<UInt32(cpuWork.count) where cpuWork[j].sequence != 0 && jobs[j].pod == p {
      if cpuWork[j].life == podBooks[p].deaths, jobs[j].state != Job.gone { lookAgain(j) }
    }
  }

  /// Brings a pod's CPU up to now, and logs when it began to hold work back.
  private mutating func advanceProcessor(_ p: UInt32) {
    let before = processors[p].throttledSince
    processors[p].advance(to: now)
    let since = processors[p].throttledSince
    if since != before, before < .zero || since - before > .seconds(1) {
      logCause(.throttled, pod: p, at: since)
    }
  }

  /// How long a pod's limit held it back after the warm-up, in seconds.
  func throttledTime(_ p: UInt32) -> Double {
    guard processors.count > 0 else { return 0 }
    var processor = processors[p]
    processor.advance(to: now)
    let before = throttledBefore.isEmpty ? .zero : throttledBefore[Int(p)]
    return (processor.throttledTime - before).inSeconds
  }
}
