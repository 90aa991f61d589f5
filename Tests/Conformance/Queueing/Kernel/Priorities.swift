import EventKernel
import TimeAndChance

/// `mm1_priority`, `mm1_priority_preemptive`: one server, two classes, first come first in each.
///
/// With preemption an urgent arrival interrupts a service of the other class, which goes on where
/// it stopped before others of its class; at most one can be interrupted.
struct Priorities: KernelModel {
  let plan: KernelPlan
  private let gaps: (CompiledDistribution, CompiledDistribution)
  private let service: CompiledDistribution
  private let isPreemptive: Bool

  private enum Kind {
    static let urgent: UInt8 = 0
    static let normal: UInt8 = 1
    static let departure: UInt8 = 2
  }

  /// The model of a row's parameters.
  /// - Throws: ``MalformedVector``.
  init(_ row: QueueingRow, _ parameters: inout QueueingParameters) throws {
    let urgent = try parameters.number("arrival_rate_class1")
    let normal = try parameters.number("arrival_rate_class2")
    let rate = try parameters.number("service_rate")
    try parameters.requireStable(load: (urgent + normal) / rate)
    isPreemptive = row.family == "mm1_priority_preemptive"
    plan = KernelPlan(row, arrivalRate: urgent + normal)
    gaps = (
      try plan.exponential(rate: urgent, parameters), try plan.exponential(rate: normal, parameters)
    )
    service = try plan.exponential(rate: rate, parameters)
  }

  /// What a class has had; the wait of an interrupted request is all the time it was not served.
  private struct Times {
    var wait = KernelMean()
    var sojourn = KernelMean()
  }

  func play(_ run: inout KernelRun) {
    var arrivals = (run.stream("arrivals.class1"), run.stream("arrivals.class2"))
    var services = (run.stream("service.class1"), run.stream("service.class2"))
    var requests = Slab<KernelRequest>()
    var lines = (urgent: KernelLine(), normal: KernelLine())
    var times = (urgent: Times(), normal: Times())
    var current = KernelLine.none
    var isUrgent = false
    var ends = SimTime.zero
    var departure: UInt64 = 0
    var interrupted = (handle: KernelLine.none, left: SimDuration.zero)
    run.queue.schedule(after: run.draw(gaps.0, &arrivals.0), kind: Kind.urgent, handle: 0)
    run.queue.schedule(after: run.draw(gaps.1, &arrivals.1), kind: Kind.normal, handle: 0)
    while let event = run.next() {
      switch event.kind {
      case Kind.departure:
        guard event.sequence == departure else { continue }
        let request = requests[current]
        let sojourn = run.now - request.arrival
        run.depart(arrival: request.arrival, wait: sojourn - request.work)
        if run.counts(request.arrival) {
          if isUrgent {
            times.urgent.wait.add(sojourn - request.work)
            times.urgent.sojourn.add(sojourn)
          } else {
            times.normal.wait.add(sojourn - request.work)
            times.normal.sojourn.add(sojourn)
          }
        }
        requests.free(current)
        current = KernelLine.none
      case Kind.urgent:
        run.queue.schedule(after: run.draw(gaps.0, &arrivals.0), kind: Kind.urgent, handle: 0)
        run.arrive(waits: current != KernelLine.none && (isUrgent || !isPreemptive))
        let handle = requests.allocate()
        requests[handle] = KernelRequest(
          arrival: run.now, work: run.draw(service, &services.0))
        lines.urgent.append(handle, requests)
        if isPreemptive, current != KernelLine.none, !isUrgent {
          interrupted = (current, ends - run.now)
          current = KernelLine.none
          departure = 0
        }
      default:
        run.queue.schedule(after: run.draw(gaps.1, &arrivals.1), kind: Kind.normal, handle: 0)
        run.arrive(waits: current != KernelLine.none)
        let handle = requests.allocate()
        requests[handle] = KernelRequest(
          arrival: run.now, work: run.draw(service, &services.1))
        lines.normal.append(handle, requests)
      }
      guard current == KernelLine.none else { continue }
      var left: SimDuration
      if let handle = lines.urgent.removeFirst(requests) {
        (current, isUrgent, left) = (handle, true, requests[handle].work)
      } else if interrupted.handle != KernelLine.none {
        (current, isUrgent, left) = (interrupted.handle, false, interrupted.left)
        interrupted.handle = KernelLine.none
      } else if let handle = lines.normal.removeFirst(requests) {
        (current, isUrgent, left) = (handle, false, requests[handle].work)
      } else {
        run.setBusy(0)
        continue
      }
      run.setBusy(1)
      ends = run.now + left
      departure = run.queue.schedule(after: left, kind: Kind.departure, handle: 0)
    }
    report(times.urgent, "class1", &run)
    report(times.normal, "class2", &run)
  }

  private func report(_ times: Times, _ name: String, _ run: inout KernelRun) {
    run.own["mean_wait_\(name)"] = times.wait.mean.map(plan.units)
    run.own["mean_sojourn_\(name)"] = times.sojourn.mean.map(plan.units)
  }
}
