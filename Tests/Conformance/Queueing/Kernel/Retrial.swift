import EventKernel
import TimeAndChance

/// `mm1_retrial`: no queue; who finds the server busy tries again after an exponential time.
///
/// For ever, and in no order.
struct Retrial: KernelModel {
  let plan: KernelPlan
  private let gaps: CompiledDistribution
  private let service: CompiledDistribution
  private let pause: CompiledDistribution

  private enum Kind {
    static let arrival: UInt8 = 0
    static let departure: UInt8 = 1
    static let retry: UInt8 = 2
  }

  /// The model of a row's parameters.
  /// - Throws: ``MalformedVector``.
  init(_ row: QueueingRow, _ parameters: inout QueueingParameters) throws {
    let rate = try parameters.number("arrival_rate")
    let serviceRate = try parameters.number("service_rate")
    try parameters.requireStable(load: rate / serviceRate)
    plan = KernelPlan(row, arrivalRate: rate)
    gaps = try plan.exponential(rate: rate, parameters)
    service = try plan.exponential(rate: serviceRate, parameters)
    pause = try plan.exponential(rate: parameters.number("retry_rate"), parameters)
  }

  func play(_ run: inout KernelRun) {
    var arrivals = run.stream("arrivals")
    var services = run.stream("service")
    var pauses = run.stream("retries")
    var requests = Slab<KernelRequest>()
    var isBusy = false
    run.queue.schedule(after: run.draw(gaps, &arrivals), kind: Kind.arrival, handle: 0)
    while let event = run.next() {
      var handle = event.handle
      switch event.kind {
      case Kind.departure:
        let request = requests[handle]
        isBusy = false
        run.setBusy(0)
        run.depart(
          arrival: request.arrival, wait: run.now - request.arrival - request.work,
          tries: Int(request.tries))
        requests.free(handle)
        continue
      case Kind.arrival:
        run.queue.schedule(after: run.draw(gaps, &arrivals), kind: Kind.arrival, handle: 0)
        run.arrive(waits: isBusy)
        handle = requests.allocate()
        requests[handle] = KernelRequest(arrival: run.now, work: run.draw(service, &services))
        if isBusy { run.changeLevel(by: 1) }
      default:
        requests[handle].tries += 1
        if !isBusy { run.changeLevel(by: -1) }
      }
      if isBusy {
        run.queue.schedule(after: run.draw(pause, &pauses), kind: Kind.retry, handle: handle)
      } else {
        isBusy = true
        run.setBusy(1)
        run.queue.schedule(after: requests[handle].work, kind: Kind.departure, handle: handle)
      }
    }
    run.own["mean_orbit"] = run.meanLevel
  }
}
