import EventKernel
import TimeAndChance

/// `mm1_deadline`: one server, and waiters who leave after exactly so long a wait.
///
/// Service is never cut.
struct QueueDeadline: KernelModel {
  let plan: KernelPlan
  private let gaps: CompiledDistribution
  private let service: CompiledDistribution
  private let deadline: SimDuration

  private enum Kind {
    static let arrival: UInt8 = 0
    static let departure: UInt8 = 1
    static let deadline: UInt8 = 2
  }

  /// The model of a row's parameters.
  /// - Throws: ``MalformedVector``.
  init(_ row: QueueingRow, _ parameters: inout QueueingParameters) throws {
    let rate = try parameters.number("arrival_rate")
    plan = KernelPlan(row, arrivalRate: rate)
    gaps = try plan.exponential(rate: rate, parameters)
    service = try plan.exponential(rate: parameters.number("service_rate"), parameters)
    deadline = plan.delay(try parameters.number("deadline"))
  }

  func play(_ run: inout KernelRun) {
    var arrivals = run.stream("arrivals")
    var services = run.stream("service")
    var requests = Slab<KernelRequest>()
    var line = KernelLine()
    var isBusy = false
    let timers = run.queue.timerLine(deadline)
    run.queue.schedule(after: run.draw(gaps, &arrivals), kind: Kind.arrival, handle: 0)
    while let event = run.next(isRunning: { [requests = requests.base] event in
      requests[Int(event.handle)].timer == event.timer.ticket
    }) {
      let handle = event.handle
      switch event.kind {
      case Kind.arrival:
        run.queue.schedule(after: run.draw(gaps, &arrivals), kind: Kind.arrival, handle: 0)
        run.arrive(waits: isBusy)
        let handle = requests.allocate()
        requests[handle] = KernelRequest(arrival: run.now, work: run.draw(service, &services))
        if isBusy {
          line.append(handle, requests)
          requests[handle].timer =
            run.queue.startTimer(on: timers, kind: Kind.deadline, handle: handle).ticket
        } else {
          isBusy = true
          run.setBusy(1)
          run.queue.schedule(
            after: requests[handle].work, kind: Kind.departure, handle: handle)
        }
      case Kind.departure:
        let request = requests[handle]
        run.depart(
          arrival: request.arrival, wait: run.now - request.arrival - request.work)
        requests.free(handle)
        if let next = line.removeFirst(requests) {
          requests[next].timer = 0
          run.queue.schedule(after: requests[next].work, kind: Kind.departure, handle: next)
        } else {
          isBusy = false
          run.setBusy(0)
        }
      default:
        line.remove(handle, requests)
        run.giveUp(arrival: requests[handle].arrival, waitCounts: false)
        requests.free(handle)
      }
    }
  }
}
