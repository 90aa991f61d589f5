import EventKernel
import TimeAndChance

/// `batch_m1_fifo`: requests arrive in batches of a fixed size at one server.
struct Batches: KernelModel {
  let plan: KernelPlan
  private let gaps: CompiledDistribution
  private let service: CompiledDistribution
  private let size: Int

  private enum Kind {
    static let arrival: UInt8 = 0
    static let departure: UInt8 = 1
  }

  /// The model of a row's parameters.
  /// - Throws: ``MalformedVector``.
  init(_ row: QueueingRow, _ parameters: inout QueueingParameters) throws {
    let rate = try parameters.number("batch_rate")
    let serviceRate = try parameters.number("service_rate")
    size = try parameters.count("batch_size")
    try parameters.requireStable(load: rate * Double(size) / serviceRate)
    plan = KernelPlan(row, arrivalRate: rate * Double(size))
    gaps = try plan.exponential(rate: rate, parameters)
    service = try plan.exponential(rate: serviceRate, parameters)
  }

  func play(_ run: inout KernelRun) {
    var arrivals = run.stream("arrivals")
    var services = run.stream("service")
    var requests = Slab<KernelRequest>()
    var line = KernelLine()
    var isBusy = false
    run.queue.schedule(after: run.draw(gaps, &arrivals), kind: Kind.arrival, handle: 0)
    while let event = run.next() {
      if event.kind == Kind.departure {
        let request = requests[event.handle]
        run.depart(
          arrival: request.arrival, wait: run.now - request.arrival - request.work)
        requests.free(event.handle)
        isBusy = false
      } else {
        run.queue.schedule(after: run.draw(gaps, &arrivals), kind: Kind.arrival, handle: 0)
        for place in 0..<size {
          run.arrive(waits: isBusy || place > 0)
          let handle = requests.allocate()
          requests[handle] = KernelRequest(
            arrival: run.now, work: run.draw(service, &services))
          line.append(handle, requests)
        }
      }
      guard !isBusy else { continue }
      if let next = line.removeFirst(requests) {
        isBusy = true
        run.setBusy(1)
        run.queue.schedule(after: requests[next].work, kind: Kind.departure, handle: next)
      } else {
        run.setBusy(0)
      }
    }
  }
}
