import EventKernel
import TimeAndChance

/// `mm1_breakdown`: a server that fails and is repaired, idle or not.
///
/// While it is down nothing is served and arrivals queue; work resumes where it stopped.
struct Breakdown: KernelModel {
  let plan: KernelPlan
  private let gaps: CompiledDistribution
  private let service: CompiledDistribution
  private let lifetime: CompiledDistribution
  private let repair: CompiledDistribution

  private enum Kind {
    static let arrival: UInt8 = 0
    static let departure: UInt8 = 1
    static let failure: UInt8 = 2
    static let repair: UInt8 = 3
  }

  /// The model of a row's parameters.
  /// - Throws: ``MalformedVector``.
  init(_ row: QueueingRow, _ parameters: inout QueueingParameters) throws {
    let rate = try parameters.number("arrival_rate")
    let serviceRate = try parameters.number("service_rate")
    let failureRate = try parameters.number("failure_rate")
    let repairRate = try parameters.number("repair_rate")
    try parameters.requireStable(load: rate / serviceRate * (1 + failureRate / repairRate))
    plan = KernelPlan(row, arrivalRate: rate)
    gaps = try plan.exponential(rate: rate, parameters)
    service = try plan.exponential(rate: serviceRate, parameters)
    lifetime = try plan.exponential(rate: failureRate, parameters)
    repair = try plan.exponential(rate: repairRate, parameters)
  }

  func play(_ run: inout KernelRun) {
    var arrivals = run.stream("arrivals")
    var services = run.stream("service")
    var failures = run.stream("failures")
    var repairs = run.stream("repairs")
    var requests = Slab<KernelRequest>()
    var line = KernelLine()
    var isUp = true
    /// Whose work is under way or interrupted, how much is left, and until when while it goes on.
    var current = (handle: KernelLine.none, left: SimDuration.zero, ends: SimTime.zero)
    var departure: UInt64 = 0
    run.setLevel(1)
    run.queue.schedule(after: run.draw(gaps, &arrivals), kind: Kind.arrival, handle: 0)
    run.queue.schedule(after: run.draw(lifetime, &failures), kind: Kind.failure, handle: 0)
    while let event = run.next() {
      switch event.kind {
      case Kind.arrival:
        run.queue.schedule(after: run.draw(gaps, &arrivals), kind: Kind.arrival, handle: 0)
        run.arrive(waits: !isUp || current.handle != KernelLine.none)
        let handle = requests.allocate()
        requests[handle] = KernelRequest(arrival: run.now, work: run.draw(service, &services))
        line.append(handle, requests)
        if !isUp || current.handle != KernelLine.none { continue }
      case Kind.departure:
        guard event.sequence == departure else { continue }
        let request = requests[current.handle]
        run.depart(
          arrival: request.arrival, wait: run.now - request.arrival - request.work)
        requests.free(current.handle)
        current.handle = KernelLine.none
      case Kind.failure:
        run.queue.schedule(after: run.draw(repair, &repairs), kind: Kind.repair, handle: 0)
        isUp = false
        run.setLevel(0)
        run.setBusy(0)
        departure = 0
        current.left = current.ends - run.now
        continue
      default:
        run.queue.schedule(after: run.draw(lifetime, &failures), kind: Kind.failure, handle: 0)
        isUp = true
        run.setLevel(1)
      }
      // The server is up and has nothing under way: it goes on with, or begins, the first in line.
      if current.handle == KernelLine.none {
        guard let next = line.removeFirst(requests) else {
          run.setBusy(0)
          continue
        }
        current.handle = next
        current.left = requests[next].work
      }
      run.setBusy(1)
      current.ends = run.now + current.left
      departure = run.queue.schedule(after: current.left, kind: Kind.departure, handle: 0)
    }
    run.own["availability"] = run.meanLevel
  }
}
